"""Pictures: metadata removed on upload, shown in pages with attribution."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.factories import make_page
from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.pages import media_models
from wiki.pages.media_models import Picture, clean_picture
from wiki.pages.models import RenderedPage

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ClientOf = Callable[..., Client]


def drawn(format: str = "JPEG", size: tuple[int, int] = (900, 600), gps: bool = False, orientation: int = 1) -> bytes:
    """Return a small picture; with `gps`, its metadata contains a location."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (45.0, 26.0, 24.0), 3: "E", 4: (4.0, 23.0, 14.0)})
        exif[0x010E] = "Chez moi"
    out = io.BytesIO()
    Image.new("RGB", size, "tomato").save(
        out, format=format, **({"exif": exif} if format in ("JPEG", "WEBP", "PNG") else {})
    )
    return out.getvalue()


def upload(client: Client, content: bytes, file_name: str = "four.jpg", **more: str) -> Any:
    """Upload a picture; return the response."""
    data = {
        "file": SimpleUploadedFile(file_name, content),
        "description": "Le four",
        "author": "Alice",
        "license": "CC-BY-4.0",
    }
    return client.post("/upload", data | more)


def test_a_moving_png_is_refused_with_a_word(client_of: Any, alice: User) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (100, 100), colour) for colour in ("tomato", "navy", "gold")]
    frames[0].save(out, format="PNG", save_all=True, append_images=frames[1:])
    response = upload(client_of(alice), out.getvalue(), "danse.png")
    assert response.status_code == 200
    assert "WebP" in response.content.decode()
    assert not Picture.objects.exists()


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "PNG"])
def test_location_is_removed(format: str) -> None:
    raw = drawn(format, gps=True)
    assert Image.open(io.BytesIO(raw)).getexif().get_ifd(0x8825)
    clean, _ending = clean_picture(raw)
    found = Image.open(io.BytesIO(clean))
    assert not dict(found.getexif())
    assert b"Chez moi" not in clean
    assert found.size == (900, 600)


def test_picture_is_rotated_upright() -> None:
    clean, _ = clean_picture(drawn(orientation=6))
    assert Image.open(io.BytesIO(clean)).size == (600, 900)


@pytest.mark.parametrize("raw", [b"", b"x" * 5000, b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
    b"GIF89a" + b"\x00" * 20, drawn()[:300], b"%PDF-1.4"])  # fmt: skip
def test_invalid_picture_raises(raw: bytes) -> None:
    with pytest.raises(ValidationError):
        clean_picture(raw)


def test_picture_with_too_many_pixels_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, format="PNG")
    with pytest.raises(ValidationError):
        clean_picture(out.getvalue())


def test_missing_picture_can_be_uploaded(alice: User, client_of: ClientOf) -> None:
    page = make_page("Fournil", "![Le four](File:four.jpg)", by=alice)
    client = client_of(alice)
    html = client.get("/wiki/Fournil").content.decode()
    assert "/upload?name=four.jpg" in html
    response = upload(client, drawn(gps=True), file_name="IMG_1234.JPG", name="four.jpg")
    assert response.headers["location"] == "/wiki/File:Four.jpg"
    assert RenderedPage.objects.filter(page=page, version=0).count() == 2
    html = client.get("/wiki/Fournil").content.decode()
    assert "<img" in html
    assert "Alice" in html
    assert "srcset" in html
    picture = Picture.objects.get()
    assert picture.sha256 == hashlib.sha256(picture.file.read()).hexdigest()
    html = client.get("/wiki/File:Four.jpg").content.decode()
    assert "Fournil" in html
    assert "CC-BY-4.0" in html or "Attribution" in html
    picture.delete()
    assert "/upload?name=four.jpg" in client.get("/wiki/Fournil").content.decode()


def test_renamed_picture_is_gone_from_pages_with_its_old_name(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    upload(client, drawn(), name="four.jpg")
    make_page("Fournil", "![Le four](File:four.jpg)", by=alice)
    make_page("Foyer", "![Le four](File:foyer.jpg)", by=alice)
    assert "<img" in client.get("/wiki/Fournil").content.decode()
    assert "/upload?name=foyer.jpg" in client.get("/wiki/Foyer").content.decode()
    picture = Picture.objects.get()
    picture.name = "Foyer.jpg"
    picture.save()
    assert "/upload?name=four.jpg" in client.get("/wiki/Fournil").content.decode()
    assert "<img" in client.get("/wiki/Foyer").content.decode()


def test_an_upload_is_encoded_once(alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[bytes] = []

    def clean(raw: bytes) -> tuple[bytes, str]:
        encoded.append(raw)
        return clean_picture(raw)

    monkeypatch.setattr(media_models, "clean_picture", clean)
    upload(client_of(alice), drawn(), name="four.jpg")
    picture = Picture.objects.get()
    assert len(encoded) == 1
    picture.file = ContentFile(drawn(gps=True), "four.jpg")
    picture.save()
    assert len(encoded) == 2, "another file is"
    assert b"Chez moi" not in picture.file.open().read()


@pytest.mark.only_on("sqlite")
def test_uploads_count_as_edits(alice: User, client_of: ClientOf) -> None:
    for _ in range(60):
        rate_limits.limit_edits(alice)
    assert upload(client_of(alice), drawn()).status_code == 429
    assert not Picture.objects.exists()


def test_name_is_unique(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert upload(client, drawn()).status_code == 302
    again = upload(client, drawn("PNG"), file_name="x.png", name="four.jpg")
    assert again.status_code in (200, 302)
    assert upload(client, drawn()).status_code == 200
    assert len(set(Picture.objects.values_list("name", flat=True))) == Picture.objects.count()


@pytest.mark.parametrize(
    "more", [{"license": "CC-BY-NC-4.0"}, {"author": ""}, {"name": "a/../../b<.jpg"}, {"name": "[x].jpg"}]
)
def test_invalid_upload_stores_nothing(alice: User, client_of: ClientOf, more: dict[str, str]) -> None:
    response = upload(client_of(alice), drawn(), **more)
    assert response.status_code in (200, 302)
    assert Picture.objects.filter(name__regex=r"[<\[/]").count() == 0
    assert Picture.objects.filter(license="CC-BY-NC-4.0").count() == 0


@pytest.mark.parametrize("content", [b"<svg/>", b"", drawn()[:200]])
def test_svg_and_broken_file_are_refused(alice: User, client_of: ClientOf, content: bytes) -> None:
    response = upload(client_of(alice), content, file_name="x.svg")
    assert response.status_code == 200
    assert Picture.objects.count() == 0


def test_animation_with_too_many_frames_is_refused() -> None:
    head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    frame = b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
    with pytest.raises(ValidationError, match="animée"):
        clean_picture(head + frame * 50_000 + b"\x3b")


def test_pages_are_served_while_the_file_of_a_picture_is_gone(alice: User) -> None:
    raw = io.BytesIO()
    Image.new("RGB", (900, 600)).save(raw, "PNG")
    picture = Picture.objects.create(title="Vue", name="Vue.png", file=ContentFile(raw.getvalue(), "Vue.png"))
    Path(picture.file.path).unlink()
    make_page("Fournil", "---\nNature: Pratique\n---\n![Le four](File:Vue.png)", by=alice)
    reader = Client()
    for path in ("/", "/wiki/Fournil", "/wiki/File:Vue.png", "/all-pages"):
        response = reader.get(path)
        assert response.status_code == 200, path
    assert f'src="/media/{picture.file.name}"' in reader.get("/wiki/Fournil").content.decode()
    assert 'alt="Le four"' in reader.get("/wiki/Fournil").content.decode()


def test_copies_of_photos_are_webp_with_their_true_size(alice: User, client_of: ClientOf) -> None:
    raw = io.BytesIO()
    Image.new("RGB", (1200, 900), "green").save(raw, "JPEG")
    client = client_of(alice)
    upload(client, raw.getvalue(), name="vue.jpg")
    make_page("Vue", "![La vue](File:vue.jpg)", by=alice)
    html = client.get("/wiki/Vue").content.decode()
    assert re.search(r'srcset="[^"]+\.webp 400w, [^"]+\.webp 800w', html)
    assert 'width="' in html
    picture = Picture.objects.get()
    copy = picture.get_rendition("width-400")
    with Image.open(copy.file) as opened:
        assert (opened.format, opened.size) == ("WEBP", (400, 300))
    assert picture.file.name.endswith(".jpg"), "the original stays"
