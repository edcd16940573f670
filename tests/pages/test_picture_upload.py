"""Pictures that the editor uploads: JSON answers, names, HEIC, and small copies."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, OperationalError
from django.test import Client, RequestFactory
from PIL import Image, ImageCms

from tests.conftest import person
from tests.factories import make_page
from tests.pages.test_media import drawn
from wiki.accounts import rate_limits, slow_work
from wiki.accounts.models import User
from wiki.pages import media_models, picture_storage
from wiki.pages.media_models import Picture, clean_picture
from wiki.pages.picture_storage import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ClientOf = Callable[..., Client]
OTHER = {"size": (60, 40)}


def send(client: Client, content: bytes, file_name: str = "Le_four.jpg", **more: str) -> Any:
    """Upload a picture as the editor does; return the response."""
    data = {"file": SimpleUploadedFile(file_name, content)} | more
    return client.post("/upload", data, headers={"accept": "application/json"})


def heic(gps: bool = False, orientation: int = 1, **options: Any) -> bytes:
    """Return a HEIC of 300 × 200 pixels, whose upper part is red."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (45.0, 26.0, 24.0), 3: "E", 4: (4.0, 23.0, 14.0)})
        exif[0x010E] = "Chez moi"
    picture = Image.new("RGB", (300, 200), "navy")
    picture.paste("red", (0, 0, 300, 60))
    out = io.BytesIO()
    picture.save(out, format="HEIF", exif=exif.tobytes(), **options)
    return out.getvalue()


def test_an_upload_needs_only_a_file(alice: User, client_of: ClientOf) -> None:
    response = send(client_of(alice), drawn(), "Le_four-à pain.jpg")
    assert response.status_code == 201
    data = response.json()
    picture = Picture.objects.get()
    assert data == {
        "name": "Le four-à pain.jpg", "title": "File:Le four-à pain.jpg", "description": "Le four à pain",
        "license": "CC-BY-SA-4.0", "author": alice.label, "url": data["url"], "width": 400, "height": 266,
    }  # fmt: skip
    assert (picture.name, picture.author, picture.license) == (data["name"], alice.label, "CC-BY-SA-4.0")
    assert picture.uploaded_by_user == alice
    assert data["url"].startswith("/media/")


def test_what_is_sent_is_taken(alice: User, client_of: ClientOf) -> None:
    more = {"description": "La porte", "author": "Zoé", "license": "CC-BY-4.0", "source": "Albums"}
    data = send(client_of(alice), drawn(), **more).json()
    assert (data["description"], data["author"], data["license"]) == ("La porte", "Zoé", "CC-BY-4.0")
    assert Picture.objects.get().source == "Albums"


@pytest.mark.parametrize(
    ("name", "words"),
    [("IMG_1234.jpg", ""), ("image.png", ""), ("20240105_101112.jpg", ""), ("DSC00012.JPG", ""), (".jpg", ""),
    ("PXL_20240105_101112.jpg", ""), ("le_four.jpg", "le four"), ("Atelier-vélo 2.jpg", "Atelier vélo 2")],
)  # fmt: skip
def test_a_file_name_that_says_something_is_the_description(name: str, words: str) -> None:
    assert words_of(name) == words


def test_a_picture_is_never_without_description(alice: User, client_of: ClientOf) -> None:
    assert send(client_of(alice), drawn(), "IMG_1234.jpg").json()["description"].endswith(f"({alice.label})")


@pytest.mark.parametrize("name", ["a#b[1]<c>|{d}.jpg", "::x.jpg", "é" * 120 + ".jpg", "C:\\photos\\x.jpg", "x" * 250])
def test_any_name_of_a_device_can_be_stored(alice: User, client_of: ClientOf, name: str) -> None:
    response = send(client_of(alice), drawn(**OTHER), name)
    assert response.status_code == 201
    assert response.json()["name"].endswith(".jpg")


def test_the_same_picture_is_stored_once_and_others_get_numbers(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    contents = [drawn(size=(60 + number, 40)) for number in range(3)]
    names = [send(client, content, "image.jpg").json()["name"] for content in contents]
    assert names == ["Image.jpg", "Image-2.jpg", "Image-3.jpg"]
    for content, name in zip(contents, names, strict=True):
        again = send(client, content, "image.jpg")
        assert (again.status_code, again.json()["name"]) == (200, name)
    assert send(client, contents[1], "autre.jpg").json()["name"] == "Autre.jpg", "under another name it is another"
    assert Picture.objects.count() == 4


def test_a_name_taken_in_the_same_moment_is_chosen_again(
    alice: User, client_of: ClientOf, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(alice)
    send(client, drawn(), "image.jpg")
    names = iter(["Image.jpg", "Image.jpg", "Image-2.jpg"])
    monkeypatch.setattr(picture_storage, "unused_file_name", lambda wanted: next(names))
    response = send(client, drawn(**OTHER), "image.jpg")
    assert (response.status_code, response.json()["name"]) == (201, "Image-2.jpg")
    stored = {file.name for file in (settings.MEDIA_ROOT / "original_images").iterdir()}
    assert stored == {picture.file.name.rpartition("/")[2] for picture in Picture.objects.all()}


def test_choosing_a_name_ends(alice: User, client_of: ClientOf) -> None:
    with patch.object(Picture, "save", side_effect=IntegrityError):
        response = send(client_of(alice), drawn(**OTHER))
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert response.json()["error"]


def test_who_may_upload(alice: User, bob: User, charlie: User, client_of: ClientOf) -> None:
    statuses = [send(client_of(user), drawn(**OTHER)).status_code for user in (alice, bob, charlie, AnonymousUser())]
    assert statuses == [201, 200, 403, 403]
    for user in (charlie, AnonymousUser()):
        assert send(client_of(user), drawn(**OTHER)).json()["error"]
    assert Picture.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 422), (b"x" * 500, 422), (b"<svg/>", 422), (drawn()[:300], 422), (drawn(size=(61, 41)), 413)],
)
def test_what_is_no_picture_or_too_large_is_an_error(
    alice: User, client_of: ClientOf, content: bytes, status: int
) -> None:
    with patch.object(media_models, "PIXEL_LIMIT", 60 * 40):
        response = send(client_of(alice), content)
    assert response.status_code == status
    assert set(response.json()) == {"error"}
    assert response.json()["error"]


def test_too_many_bytes_are_an_error(alice: User, client_of: ClientOf) -> None:
    with patch("wiki.pages.views.upload.BYTE_LIMIT", 100):
        assert send(client_of(alice), drawn(**OTHER)).status_code == 413


def test_a_licence_that_is_not_free_is_an_error(alice: User, client_of: ClientOf) -> None:
    assert send(client_of(alice), drawn(**OTHER), license="CC-BY-NC-4.0").status_code == 422
    assert client_of(alice).post("/upload", headers={"accept": "application/json"}).status_code == 422


@pytest.mark.only_on("sqlite")
def test_limits_say_when_to_try_again(alice: User, client_of: ClientOf) -> None:
    request = RequestFactory().post("/upload")
    request.user = alice
    slow_work.begin(request, "picture")
    response = send(client_of(alice), drawn(**OTHER))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.json()["error"]
    slow_work.end(request)
    for _ in range(59):
        rate_limits.limit_edits(alice)
    response = send(client_of(alice), drawn(**OTHER))
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
    assert response.json()["error"]


def test_faults_and_forged_requests_are_json_too(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice, raise_request_exception=False)
    with patch.object(Picture, "save", side_effect=OperationalError("database is locked")):
        response = send(client, drawn(**OTHER))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert response.json()["error"]
    response = send(client_of(alice, enforce_csrf_checks=True), drawn(**OTHER))
    assert response.status_code == 403
    assert response.json()["error"]


def test_the_form_still_refuses_a_name_in_use(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    send(client, drawn(**OTHER), "image.jpg")
    form = {"file": SimpleUploadedFile("image.jpg", drawn()), "description": "x", "author": "x", "license": "CC-BY-4.0"}
    assert "Image.jpg" in client.post("/upload", form).content.decode()
    assert Picture.objects.count() == 1


def test_a_heic_becomes_an_upright_jpeg_without_metadata(alice: User, client_of: ClientOf) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    raw = heic(gps=True, orientation=6, icc_profile=profile, xmp=b"<x:xmpmeta>Chez toi</x:xmpmeta>")
    assert b"Chez moi" in raw
    assert b"Chez toi" in raw
    assert send(client_of(alice), raw, "IMG_1.HEIC").json()["name"] == "IMG 1.jpg"
    with Picture.objects.get().file.open() as file:
        content = file.read()
    assert b"Chez " not in content
    found = Image.open(io.BytesIO(content))
    assert (found.format, found.size, dict(found.getexif())) == ("JPEG", (200, 300), {})
    red, _green, blue = found.convert("RGB").getpixel((190, 150))  # type: ignore[misc]
    assert red > 150 > blue, "the upper part is at the right"
    assert found.info["icc_profile"]


def test_of_a_heic_with_several_pictures_the_main_one_is_stored() -> None:
    others = [Image.new("RGB", (120, 80), "gold"), Image.new("RGB", (64, 64))]
    content, extension = clean_picture(heic(save_all=True, append_images=others, primary_index=1))
    found = Image.open(io.BytesIO(content))
    assert (found.size, getattr(found, "n_frames", 1), extension) == ((120, 80), 1, ".jpg")


def test_a_heic_with_too_many_pixels_is_not_decoded(alice: User, client_of: ClientOf) -> None:
    with (
        patch.object(media_models, "PIXEL_LIMIT", 300 * 200 - 1),
        patch("pillow_heif.heif.HeifImage.load", side_effect=AssertionError("decoded")),
    ):
        assert send(client_of(alice), heic(), "IMG_1.HEIC").status_code == 413


def test_damaged_heics_are_an_error(alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "limit_edits", lambda user: None)
    raw, client = heic(gps=True), client_of(alice)
    large = raw.replace((300).to_bytes(4, "big") + (200).to_bytes(4, "big"), (8000).to_bytes(4, "big") * 2)
    small = raw.replace((300).to_bytes(4, "big") + (200).to_bytes(4, "big"), b"\0\0\0\x08\0\0\0\x08")
    damaged = [raw[: len(raw) * part // 10] for part in range(1, 10)]
    noise = [raw[:at] + b"\xff" * 40 + raw[at + 40 :] for at in range(16, len(raw) - 40, len(raw) // 12)]
    for content in (large, small, *damaged, *noise, raw[:12], b"\0\0\0\x18ftypavif" + raw[12:]):
        response = send(client, content, "IMG_1.HEIC")
        assert response.status_code in (200, 201, 413, 422)
        assert response.json()
    assert send(client, large).status_code == 413
    assert send(client, damaged[4]).status_code == 422


def test_who_added_a_picture_corrects_author_and_licence(alice: User, bob: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    form = {"description": "Le four", "author": "Zoé", "license": "CC-BY-4.0", "source": "ici"}
    send(client, drawn(**OTHER))
    make_page("Fournil", "![Le four](File:Le_four.jpg)", by=alice)
    assert "Zoé" not in client.get("/wiki/Fournil").content.decode()
    assert "/picture-details/Le%20four.jpg" in client.get("/wiki/File:Le_four.jpg").content.decode()
    assert "/picture-details" not in client_of(bob).get("/wiki/File:Le_four.jpg").content.decode()
    assert client_of(bob).post("/picture-details/Le_four.jpg", form).status_code == 403
    assert client.post("/picture-details/Le_four.jpg", form | {"license": "CC-BY-NC-4.0"}).status_code == 200
    response = client.post("/picture-details/Le_four.jpg", form)
    assert response.headers["Location"] == "/wiki/File:Le_four.jpg"
    picture = Picture.objects.get()
    assert (picture.author, picture.license, picture.source) == ("Zoé", "CC-BY-4.0", "ici")
    assert "Zoé" in client.get("/wiki/Fournil").content.decode()
    administrator = client_of(person("root", is_superuser=True))
    assert administrator.get("/picture-details/Le_four.jpg").status_code == 200
    with patch.object(rate_limits, "EDITS", (rate_limits.RateLimit(0, 60, "Too many"),)):
        assert "Too many" in client.post("/picture-details/Le_four.jpg", form | {"author": "Yves"}).content.decode()
    alice.is_blocked = True
    alice.save()
    response = client.post("/picture-details/Le_four.jpg", form | {"author": "Yves"})
    assert response.status_code == 403
    assert Picture.objects.get().author == "Zoé"


def test_a_small_copy_is_found_by_name(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    send(client, drawn(size=(900, 600)), "Le_four.jpg")
    for name in ("Le_four.jpg", "le four.jpg"):
        response = Client().get(f"/thumbnail/{name}")
        assert response.status_code == 302
        assert ".width-800." in response.headers["Location"]
        assert response.headers["Cache-Control"] == "private, max-age=300"
    assert Client().get("/thumbnail/Le_four.jpg?width=77").headers["Location"] == response.headers["Location"]
    assert Client().get(response.headers["Location"]).status_code == 200
    assert Client().get("/thumbnail/rien.jpg").status_code == 404
