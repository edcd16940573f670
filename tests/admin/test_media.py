"""Pictures and files through Wagtail's admin: cleaned, named, or refused with a sentence."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from wagtail.models import Collection, UploadedFile

from wiki.pages.media_models import File, Picture, clean_picture

if TYPE_CHECKING:
    from django.test import Client

GPS = 0x8825
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(form: str = "JPEG", gps: bool = True, size: tuple[int, int] = (40, 30)) -> bytes:
    """A picture that says where it was taken."""
    image, out = Image.new("RGB", size, "teal"), io.BytesIO()
    exif = Image.Exif()
    if gps:
        exif[GPS] = {1: "N", 2: (45.0, 26.0, 0.0), 3: "E", 4: (4.0, 23.0, 0.0)}
        exif[0x010F] = "Camera of alice"
    image.save(out, form, exif=exif)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that claims 30,000 × 30,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def add_one(client: Client, upload: str, raw: bytes, **fields: str) -> Any:
    """Add a picture by the form for one."""
    data = {
        "title": "Atelier",
        "file": SimpleUploadedFile(upload, raw),
        "collection": Collection.get_first_root_node().pk,
        "license": "CC-BY-4.0",
        **fields,
    }
    return client.post(reverse("wagtailimages:add"), data)


def add_many(client: Client, name: str, raw: bytes, address: str = "wagtailimages:add_multiple", **more: str) -> Any:
    """Add a picture as the form for many does, one file at a time, by script."""
    data = {"title": name, "files[]": SimpleUploadedFile(name, raw), "collection": 1, **more}
    return client.post(reverse(address), data, headers={"x-requested-with": "XMLHttpRequest"})


def stored(one: Picture) -> bytes:
    with one.file.open("rb") as file:
        return bytes(file.read())


HOSTILE = [
    ("drawing.svg", SVG),
    ("drawing.png", SVG),
    ("drawing.jpg", b"GIF89a<script>"),
    ("bomb.png", bomb()),
    ("cut.jpg", picture()[:200]),
    ("empty.png", b""),
    ("photo.tiff", picture("TIFF", gps=False)),
]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_it_takes_no_place_of_taking_with_a_picture(admin_client: Client, form: str) -> None:
    ending = {"JPEG": "jpg"}.get(form, form.lower())
    answer = add_one(admin_client, f"workshop.{ending}", picture(form))
    assert answer.status_code == 302, answer.context["form"].errors
    one = Picture.objects.get()
    assert one.name == f"Workshop.{ending}"
    assert one.license == "CC-BY-4.0"
    assert (one.width, one.height) == (40, 30)
    with Image.open(io.BytesIO(stored(one))) as image:
        assert not image.getexif()
    assert b"alice" not in stored(one)


def test_it_cleans_pictures_of_the_form_for_many_too(admin_client: Client) -> None:
    answer = add_many(admin_client, "workshop.jpg", picture())
    assert answer.json()["success"] is True
    one = Picture.objects.get()
    assert b"alice" not in stored(one)
    assert (one.name, one.license) == ("Workshop.jpg", "CC-BY-SA-4.0")


def test_it_then_asks_for_the_rest(admin_client: Client) -> None:
    number = add_many(admin_client, "workshop.jpg", picture()).json()["image_id"]
    data = {f"image-{number}-{field}": value for field, value in {"title": "Atelier", "name": "", "tags": ""}.items()}
    data |= {f"image-{number}-license": "CC0-1.0", f"image-{number}-collection": "1"}
    address = reverse("wagtailimages:edit_multiple", args=[number])
    answer = admin_client.post(address, data, headers={"x-requested-with": "XMLHttpRequest"})
    assert answer.json()["success"] is True, answer.json()
    one = Picture.objects.get()
    assert (one.title, one.name, one.license) == ("Atelier", "Workshop.jpg", "CC0-1.0")


@pytest.mark.parametrize(("name", "raw"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_it_refuses_what_is_no_picture_with_a_sentence(admin_client: Client, name: str, raw: bytes) -> None:
    answer = add_one(admin_client, name, raw)
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]
    many = add_many(admin_client, name, raw)
    assert many.status_code == 200
    assert many.json()["success"] is False
    assert many.json()["error_message"]
    assert not Picture.objects.exists()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_it_stands_pictures_that_were_cut_off_anywhere(admin_client: Client, form: str) -> None:
    whole = picture(form, gps=form != "GIF")
    for length in range(1, len(whole) - 20, max(1, len(whole) // 25)):
        answer = add_many(admin_client, f"cut.{form.lower()}", whole[:length])
        assert answer.status_code == 200
        assert answer.json()["success"] is False, length


def test_it_keeps_nothing_aside_uncleaned(admin_client: Client) -> None:
    answer = add_many(admin_client, "workshop.jpg", picture(), title="x" * 300)
    assert answer.json()["success"] is False
    assert not UploadedFile.objects.exists()
    assert not Picture.objects.exists()


def test_it_gives_equal_names_a_number(admin_client: Client) -> None:
    for _ in range(3):
        assert add_many(admin_client, "photo.jpg", picture()).json()["success"] is True
    assert set(Picture.objects.values_list("name", flat=True)) == {"Photo.jpg", "Photo-2.jpg", "Photo-3.jpg"}


def test_it_refuses_a_name_that_another_picture_has(admin_client: Client) -> None:
    add_one(admin_client, "photo.jpg", picture())
    answer = add_one(admin_client, "other.jpg", picture(), name="photo.jpg")
    assert "Another file has this name already." in answer.context["form"].errors["name"]


def test_it_refuses_names_that_no_page_could_write(admin_client: Client) -> None:
    assert "name" in add_one(admin_client, "photo.jpg", picture(), name="a|b.jpg").context["form"].errors
    assert add_one(admin_client, "a|b[1].jpg", picture()).status_code == 200
    assert not Picture.objects.exists()


def test_it_replaces_a_picture_by_a_cleaned_one(admin_client: Client) -> None:
    add_one(admin_client, "photo.jpg", picture(gps=False))
    one = Picture.objects.get()
    before = one.sha256
    data = {
        "title": "Autre",
        "collection": "1",
        "license": one.license,
        "name": one.name,
        "file": SimpleUploadedFile("new.jpg", picture(size=(50, 50))),
    }
    assert admin_client.post(reverse("wagtailimages:edit", args=[one.pk]), data).status_code == 302
    one = Picture.objects.get()
    assert (one.name, one.title, one.width) == ("Photo.jpg", "Autre", 50)
    assert one.sha256 != before
    assert b"alice" not in stored(one)
    data["file"] = SimpleUploadedFile("new.png", picture("PNG"))
    answer = admin_client.post(reverse("wagtailimages:edit", args=[one.pk]), data)
    assert "of the same format" in answer.context["form"].errors["file"][0]


def test_it_changes_the_words_about_a_picture(admin_client: Client) -> None:
    add_one(admin_client, "photo.jpg", picture())
    one = Picture.objects.get()
    data = {"title": "Atelier", "collection": "1", "license": "CC0-1.0", "name": one.name, "author": "Dana"}
    assert admin_client.post(reverse("wagtailimages:edit", args=[one.pk]), data).status_code == 302
    assert (Picture.objects.get().author, Picture.objects.get().sha256) == ("Dana", one.sha256)


# --- Files ----------------------------------------------------------------------------------------
def add_file(client: Client, name: str, raw: bytes = b"a,b\n1,2\n", **fields: str) -> Any:
    data = {"title": "Table", "file": SimpleUploadedFile(name, raw), "collection": "1", "license": "CC0-1.0", **fields}
    return client.post(reverse("wagtaildocs:add"), data)


def test_it_takes_a_document_and_serves_it_as_a_download(admin_client: Client) -> None:
    answer = add_file(admin_client, "table.pdf", b"%PDF-1.4 <script>")
    assert answer.status_code == 302, answer.context["form"].errors
    one = File.objects.get()
    assert (one.name, len(one.sha256)) == ("Table.pdf", 64)
    for address in (one.url, f"/media/{one.file.name}"):
        served = admin_client.get(address)
        assert served.status_code == 200
        assert served.headers["Content-Disposition"].startswith("attachment")
        assert served.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "run.exe", "page.xhtml", "style.css", "a.js"])
def test_it_refuses_documents_that_browsers_run(admin_client: Client, name: str) -> None:
    assert add_file(admin_client, name).context["form"].errors["file"]
    many = add_many(admin_client, name, b"x", "wagtaildocs:add_multiple")
    assert many.json()["success"] is False
    assert not File.objects.exists()


def test_it_names_equal_documents_apart(admin_client: Client) -> None:
    for _ in range(2):
        assert add_many(admin_client, "table.csv", b"a", "wagtaildocs:add_multiple").json()["success"] is True
    assert set(File.objects.values_list("name", flat=True)) == {"Table.csv", "Table-2.csv"}


# --- Cleaning itself ------------------------------------------------------------------------------
def moving_picture(form: str, frames: int = 2, size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    several = [Image.new("RGB", size, (255 * (number % 2), number % 250, 90)) for number in range(frames)]
    out = io.BytesIO()
    several[0].save(out, form, save_all=True, append_images=several[1:], **more)
    return out.getvalue()


def exif_of_alice() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "Camera of alice"
    return exif


def test_it_takes_the_first_picture_of_those_that_phones_write() -> None:
    clean, ending = clean_picture(moving_picture("MPO", exif=exif_of_alice()))
    with Image.open(io.BytesIO(clean)) as image:
        assert (image.format, ending, image.size) == ("JPEG", ".jpg", (40, 30))
    assert b"alice" not in clean


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_it_keeps_what_moves_without_what_it_tells(form: str) -> None:
    words: dict[str, Any] = {"comment": b"alice"} if form == "GIF" else {"exif": exif_of_alice()}
    clean, _ending = clean_picture(moving_picture(form, **words))
    with Image.open(io.BytesIO(clean)) as image:
        assert getattr(image, "n_frames", 1) == 2
    assert b"alice" not in clean


def test_it_refuses_a_small_file_with_many_large_frames() -> None:
    raw = moving_picture("GIF", 60, (1000, 1000))
    assert len(raw) < 1_000_000
    with pytest.raises(ValidationError, match="pixels"):
        clean_picture(raw)
