"""Pictures: cleaned when taken in, credited, shown where pages ask for them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.pages.media_models import Picture, clean_picture
from wiki.pages.models import RenderedPage

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]


def drawn(format: str = "JPEG", size: tuple[int, int] = (900, 600), gps: bool = False, turn: int = 1) -> bytes:
    """A small picture; with `gps`, one that says where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = turn
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (45.0, 26.0, 24.0), 3: "E", 4: (4.0, 23.0, 14.0)})
        exif[0x010E] = "Chez moi"
    out = io.BytesIO()
    Image.new("RGB", size, "tomato").save(
        out, format=format, **({"exif": exif} if format in ("JPEG", "WEBP", "PNG") else {})
    )
    return out.getvalue()


def sent(client: Client, content: bytes, sent_as: str = "four.jpg", **more: str) -> Any:
    """The answer to an upload."""
    data = {
        "file": SimpleUploadedFile(sent_as, content),
        "description": "Le four",
        "author": "Alice",
        "license": "CC-BY-4.0",
    }
    return client.post("/upload", data | more)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "PNG"])
def test_where_it_was_taken_is_removed(format: str) -> None:
    raw = drawn(format, gps=True)
    assert Image.open(io.BytesIO(raw)).getexif().get_ifd(0x8825)
    clean, _ending = clean_picture(raw)
    found = Image.open(io.BytesIO(clean))
    assert not dict(found.getexif())
    assert b"Chez moi" not in clean
    assert found.size == (900, 600)


def test_a_picture_is_turned_upright() -> None:
    clean, _ = clean_picture(drawn(turn=6))
    assert Image.open(io.BytesIO(clean)).size == (600, 900)


@pytest.mark.parametrize("raw", [b"", b"x" * 5000, b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
    b"GIF89a" + b"\x00" * 20, drawn()[:300], b"%PDF-1.4"])  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(ValidationError):
        clean_picture(raw)


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, format="PNG")
    with pytest.raises(ValidationError):
        clean_picture(out.getvalue())


def test_a_missing_picture_is_filled_by_an_upload(alice: User, client_of: ClientOf) -> None:
    page = make_page("Fournil", "![Le four](File:four.jpg)", by=alice)
    client = client_of(alice)
    screen = client.get("/wiki/Fournil").content.decode()
    assert "/upload?name=four.jpg" in screen
    answer = sent(client, drawn(gps=True), sent_as="IMG_1234.JPG", name="four.jpg")
    assert answer.headers["location"] == "/wiki/File:Four.jpg"
    assert RenderedPage.objects.filter(page=page, version=0).count() == 2
    screen = client.get("/wiki/Fournil").content.decode()
    assert "<img" in screen
    assert "Alice" in screen
    assert "srcset" in screen
    picture = Picture.objects.get()
    assert picture.sha256 == hashlib.sha256(picture.file.read()).hexdigest()
    shown = client.get("/wiki/File:Four.jpg").content.decode()
    assert "Fournil" in shown
    assert "CC-BY-4.0" in shown or "Attribution" in shown
    picture.delete()
    assert "/upload?name=four.jpg" in client.get("/wiki/Fournil").content.decode()


def test_a_name_is_taken_once(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert sent(client, drawn()).status_code == 302
    again = sent(client, drawn("PNG"), sent_as="x.png", name="four.jpg")
    assert again.status_code in (200, 302)
    assert sent(client, drawn()).status_code == 200
    assert len(set(Picture.objects.values_list("name", flat=True))) == Picture.objects.count()


@pytest.mark.parametrize(
    "more", [{"license": "CC-BY-NC-4.0"}, {"author": ""}, {"name": "a/../../b<.jpg"}, {"name": "[x].jpg"}]
)
def test_wrong_uploads_store_nothing(alice: User, client_of: ClientOf, more: dict[str, str]) -> None:
    answer = sent(client_of(alice), drawn(), **more)
    assert answer.status_code in (200, 302)
    assert Picture.objects.filter(name__regex=r"[<\[/]").count() == 0
    assert Picture.objects.filter(license="CC-BY-NC-4.0").count() == 0


@pytest.mark.parametrize("content", [b"<svg/>", b"", drawn()[:200]])
def test_no_svg_and_no_broken_file(alice: User, client_of: ClientOf, content: bytes) -> None:
    answer = sent(client_of(alice), content, sent_as="x.svg")
    assert answer.status_code == 200
    assert Picture.objects.count() == 0


def test_a_picture_that_moves_without_end_is_refused_in_time() -> None:
    head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    frame = b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
    with pytest.raises(ValidationError, match="animée"):
        clean_picture(head + frame * 50_000 + b"\x3b")
