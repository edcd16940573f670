"""Uploads of pictures and files in Wagtail's admin: re-encoded, named, or refused with an error message."""

from __future__ import annotations

import hashlib
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
from wiki.pages.media_version_models import FileVersion

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.only_on("sqlite")
GPS = 0x8825
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(form: str = "JPEG", gps: bool = True, size: tuple[int, int] = (40, 30)) -> bytes:
    """Return a picture; with `gps`, its metadata contains a location."""
    image, out = Image.new("RGB", size, "teal"), io.BytesIO()
    exif = Image.Exif()
    if gps:
        exif[GPS] = {1: "N", 2: (45.0, 26.0, 0.0), 3: "E", 4: (4.0, 23.0, 0.0)}
        exif[0x010F] = "Camera of alice"
    image.save(out, form, exif=exif)
    return out.getvalue()


def bomb() -> bytes:
    """Return a small PNG file whose header claims 30,000 × 30,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def add_one(client: Client, upload: str, raw: bytes, **fields: str) -> Any:
    """Upload a picture with the form for a single picture."""
    data = {
        "title": "Atelier",
        "file": SimpleUploadedFile(upload, raw),
        "collection": Collection.get_first_root_node().pk,
        "license": "CC-BY-4.0",
        **fields,
    }
    return client.post(reverse("wagtailimages:add"), data)


def add_many(client: Client, name: str, raw: bytes, address: str = "wagtailimages:add_multiple", **more: str) -> Any:
    """Upload a file as the script of the form for multiple uploads does."""
    data = {"title": name, "files[]": SimpleUploadedFile(name, raw), "collection": 1, **more}
    return client.post(reverse(address), data, headers={"x-requested-with": "XMLHttpRequest"})


def stored_bytes(picture: Picture) -> bytes:
    with picture.file.open("rb") as file:
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
def test_location_is_removed_from_picture(admin_client: Client, form: str) -> None:
    ending = {"JPEG": "jpg"}.get(form, form.lower())
    response = add_one(admin_client, f"workshop.{ending}", picture(form))
    assert response.status_code == 302, response.context["form"].errors
    uploaded = Picture.objects.get()
    assert uploaded.name == f"Workshop.{ending}"
    assert uploaded.license == "CC-BY-4.0"
    assert (uploaded.width, uploaded.height) == (40, 30)
    with Image.open(io.BytesIO(stored_bytes(uploaded))) as image:
        assert not image.getexif()
    assert b"alice" not in stored_bytes(uploaded)


def test_heic_becomes_jpeg(admin_client: Client) -> None:
    assert add_one(admin_client, "photo.heic", picture("HEIF")).status_code == 302
    stored = Picture.objects.get()
    assert stored.name == "Photo.jpg"
    assert Image.open(io.BytesIO(stored_bytes(stored))).format == "JPEG"
    assert b"Camera of alice" not in stored_bytes(stored)


def test_location_is_removed_in_multiple_upload(admin_client: Client) -> None:
    response = add_many(admin_client, "workshop.jpg", picture())
    assert response.json()["success"] is True
    uploaded = Picture.objects.get()
    assert b"alice" not in stored_bytes(uploaded)
    assert (uploaded.name, uploaded.license) == ("Workshop.jpg", "CC-BY-SA-4.0")


def test_multiple_upload_continues_with_form_of_each_picture(admin_client: Client) -> None:
    number = add_many(admin_client, "workshop.jpg", picture()).json()["image_id"]
    data = {f"image-{number}-{field}": value for field, value in {"title": "Atelier", "name": "", "tags": ""}.items()}
    data |= {f"image-{number}-license": "CC0-1.0", f"image-{number}-collection": "1"}
    address = reverse("wagtailimages:edit_multiple", args=[number])
    response = admin_client.post(address, data, headers={"x-requested-with": "XMLHttpRequest"})
    assert response.json()["success"] is True, response.json()
    uploaded = Picture.objects.get()
    assert (uploaded.title, uploaded.name, uploaded.license) == ("Atelier", "Workshop.jpg", "CC0-1.0")


@pytest.mark.parametrize(("name", "raw"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_invalid_picture_is_refused_with_message(admin_client: Client, name: str, raw: bytes) -> None:
    response = add_one(admin_client, name, raw)
    assert response.status_code == 200
    assert response.context["form"].errors["file"]
    many = add_many(admin_client, name, raw)
    assert many.status_code == 200
    assert many.json()["success"] is False
    assert many.json()["error_message"]
    assert not Picture.objects.exists()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_truncated_picture_is_refused(admin_client: Client, form: str) -> None:
    whole = picture(form, gps=form != "GIF")
    for length in range(1, len(whole) - 20, max(1, len(whole) // 25)):
        response = add_many(admin_client, f"cut.{form.lower()}", whole[:length])
        assert response.status_code == 200
        assert response.json()["success"] is False, length


def test_invalid_form_stores_no_original_file(admin_client: Client) -> None:
    response = add_many(admin_client, "workshop.jpg", picture(), title="x" * 300)
    assert response.json()["success"] is False
    assert not UploadedFile.objects.exists()
    assert not Picture.objects.exists()


def test_equal_picture_names_are_numbered(admin_client: Client) -> None:
    for _ in range(3):
        assert add_many(admin_client, "photo.jpg", picture()).json()["success"] is True
    assert set(Picture.objects.values_list("name", flat=True)) == {"Photo.jpg", "Photo-2.jpg", "Photo-3.jpg"}


def test_name_of_another_picture_is_refused(admin_client: Client) -> None:
    add_one(admin_client, "photo.jpg", picture())
    response = add_one(admin_client, "other.jpg", picture(), name="photo.jpg")
    assert "Another file has this name already." in response.context["form"].errors["name"]


def test_name_that_is_no_title_is_refused(admin_client: Client) -> None:
    assert "name" in add_one(admin_client, "photo.jpg", picture(), name="a|b.jpg").context["form"].errors
    assert add_one(admin_client, "a|b[1].jpg", picture()).status_code == 200
    assert not Picture.objects.exists()


def test_replacement_is_re_encoded(admin_client: Client) -> None:
    add_one(admin_client, "photo.jpg", picture(gps=False))
    uploaded = Picture.objects.get()
    before = uploaded.sha256
    data = {
        "title": "Autre",
        "collection": "1",
        "license": uploaded.license,
        "name": uploaded.name,
        "file": SimpleUploadedFile("new.jpg", picture(size=(50, 50))),
    }
    assert admin_client.post(reverse("wagtailimages:edit", args=[uploaded.pk]), data).status_code == 302
    uploaded = Picture.objects.get()
    assert (uploaded.name, uploaded.title, uploaded.width) == ("Photo.jpg", "Autre", 50)
    assert uploaded.sha256 != before
    assert b"alice" not in stored_bytes(uploaded)
    old = FileVersion.objects.get()
    assert (old.sha256, old.number) == (before, 1)
    assert hashlib.sha256(old.file.read()).hexdigest() == before, "Wagtail deleted the replaced file, not its copy"
    assert uploaded.content_by is not None
    data["file"] = SimpleUploadedFile("new.png", picture("PNG"))
    response = admin_client.post(reverse("wagtailimages:edit", args=[uploaded.pk]), data)
    assert "of the same format" in response.context["form"].errors["file"][0]


def test_the_name_of_a_file_fits_its_content(admin_client: Client) -> None:
    address = reverse("wagtaildocs:add")
    data = {"title": "Plan", "collection": "1", "name": "Plan.odt", "license": "CC-BY-4.0"}
    data["file"] = SimpleUploadedFile("plan.pdf", b"%PDF-1.7")  # type: ignore[assignment]
    assert admin_client.post(address, data).status_code == 200
    data["file"] = SimpleUploadedFile("plan.odt", b"%PDF-1.7")  # type: ignore[assignment]
    assert admin_client.post(address, data).status_code == 200
    assert not File.objects.exists()
    data |= {"name": "Plan.pdf", "file": SimpleUploadedFile("plan.pdf", b"%PDF-1.7")}  # type: ignore[dict-item]
    assert admin_client.post(address, data).status_code == 302
    file = File.objects.get()
    edit = reverse("wagtaildocs:edit", args=[file.pk])
    data["file"] = SimpleUploadedFile("plan.csv", b"a;b")  # type: ignore[assignment]
    assert admin_client.post(edit, data).status_code == 200
    data |= {"name": "Plan.csv", "file": ""}
    assert admin_client.post(edit, data).status_code == 200
    assert File.objects.get().name == "Plan.pdf"


def test_fields_of_picture_can_be_changed(admin_client: Client) -> None:
    add_one(admin_client, "photo.jpg", picture())
    uploaded = Picture.objects.get()
    data = {"title": "Atelier", "collection": "1", "license": "CC0-1.0", "name": uploaded.name, "author": "Dana"}
    assert admin_client.post(reverse("wagtailimages:edit", args=[uploaded.pk]), data).status_code == 302
    assert (Picture.objects.get().author, Picture.objects.get().sha256) == ("Dana", uploaded.sha256)


# --- Files ----------------------------------------------------------------------------------------
def add_file(client: Client, name: str, raw: bytes = b"a,b\n1,2\n", **fields: str) -> Any:
    data = {"title": "Table", "file": SimpleUploadedFile(name, raw), "collection": "1", "license": "CC0-1.0", **fields}
    return client.post(reverse("wagtaildocs:add"), data)


def test_document_is_served_as_download(admin_client: Client) -> None:
    response = add_file(admin_client, "table.pdf", b"%PDF-1.4 <script>")
    assert response.status_code == 302, response.context["form"].errors
    uploaded = File.objects.get()
    assert (uploaded.name, len(uploaded.sha256)) == ("Table.pdf", 64)
    for address in (uploaded.url, f"/media/{uploaded.file.name}"):
        served = admin_client.get(address)
        assert served.status_code == 200
        assert served.headers["Content-Disposition"].startswith("attachment")
        assert served.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "run.exe", "page.xhtml", "style.css", "a.js"])
def test_executable_document_is_refused(admin_client: Client, name: str) -> None:
    assert add_file(admin_client, name).context["form"].errors["file"]
    many = add_many(admin_client, name, b"x", "wagtaildocs:add_multiple")
    assert many.json()["success"] is False
    assert not File.objects.exists()


def test_equal_document_names_are_numbered(admin_client: Client) -> None:
    for _ in range(2):
        assert add_many(admin_client, "table.csv", b"a", "wagtaildocs:add_multiple").json()["success"] is True
    assert set(File.objects.values_list("name", flat=True)) == {"Table.csv", "Table-2.csv"}


# --- clean_picture --------------------------------------------------------------------------------
def animation(form: str, frames: int = 2, size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    frame_images = [Image.new("RGB", size, (255 * (number % 2), number % 250, 90)) for number in range(frames)]
    out = io.BytesIO()
    frame_images[0].save(out, form, save_all=True, append_images=frame_images[1:], **more)
    return out.getvalue()


def exif_with_name() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "Camera of alice"
    return exif


def test_first_picture_of_mpo_is_used() -> None:
    clean, ending = clean_picture(animation("MPO", exif=exif_with_name()))
    with Image.open(io.BytesIO(clean)) as image:
        assert (image.format, ending, image.size) == ("JPEG", ".jpg", (40, 30))
    assert b"alice" not in clean


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_animation_is_preserved_without_metadata(form: str) -> None:
    metadata: dict[str, Any] = {"comment": b"alice"} if form == "GIF" else {"exif": exif_with_name()}
    clean, _ending = clean_picture(animation(form, **metadata))
    with Image.open(io.BytesIO(clean)) as image:
        assert getattr(image, "n_frames", 1) == 2
    assert b"alice" not in clean


def test_small_file_with_many_large_frames_is_refused() -> None:
    raw = animation("GIF", 60, (1000, 1000))
    assert len(raw) < 1_000_000
    with pytest.raises(ValidationError, match="pixels"):
        clean_picture(raw)
