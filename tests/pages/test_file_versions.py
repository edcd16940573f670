"""Versions and names of pictures and files: replaced, restored, renamed, and by whom."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.conftest import person
from tests.factories import make_page, make_place
from tests.pages.test_file_upload import CONTENTS, make_file
from tests.pages.test_media import drawn, upload
from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import NotAllowed, Refused, TitleTaken
from wiki.pages import media_permissions
from wiki.pages.media_models import File, Picture
from wiki.pages.media_version_models import FileVersion, list_versions
from wiki.pages.models import Changeset, WikiPage
from wiki.pages.writing import media_changes, page_writer
from wiki.pages.writing.version_store import Author
from wiki.text.media_names import rename_media
from wiki.text.titles import MIRROR_NAMESPACE

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]
OTHER_PDF = b"%PDF-1.7 second"


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "limit_edits", lambda user: None)


def replaced(client: Client, content: bytes, name: str, file_name: str = "", **more: str) -> Any:
    """Replace a file by the form; return the response."""
    said = {"author": "Zoé", "license": "CC-BY-4.0", "source": "", "comment": "plus net"}
    data = {"file": SimpleUploadedFile(file_name or name, content)} | said | more
    return client.post(f"/replace-file/{name}", data)


def content_of(media: Picture | File) -> bytes:
    """Return the stored content."""
    with open(media.file.path, "rb") as file:
        return file.read()


def test_a_file_is_replaced_and_restored(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    make_file("Plan.pdf", alice)
    make_page("Atelier", "![le plan](File:Plan.pdf)", by=alice)
    assert client.get("/replace-file/Plan.pdf").status_code == 200
    response = replaced(client, OTHER_PDF, "Plan.pdf", author="Yves")
    assert response.headers["Location"] == "/wiki/File:Plan.pdf"
    file = File.objects.get()
    assert (content_of(file), file.author, file.content_by) == (OTHER_PDF, "Yves", alice)
    assert file.file_size == len(OTHER_PDF)
    old = FileVersion.objects.get()
    assert (old.number, old.author, old.by) == (1, "Zoé", alice)
    html = client.get("/wiki/File:Plan.pdf").content.decode()
    assert "plus net" in html
    served = Client().get(old.content_url)
    assert b"".join(served.streaming_content) == CONTENTS[".pdf"]  # type: ignore[attr-defined]
    assert served.headers["Content-Disposition"] == "attachment"
    assert "Yves" in Client().get("/wiki/Atelier").content.decode()
    assert client.post("/restore-file/1/Plan.pdf").headers["Location"] == "/wiki/File:Plan.pdf"
    file.refresh_from_db()
    assert (content_of(file), file.author) == (CONTENTS[".pdf"], "Zoé")
    assert [version.number for version in list_versions(file)] == [3, 2, 1]
    client.post("/restore-file/3/Plan.pdf")
    client.post("/restore-file/1/Plan.pdf")
    assert FileVersion.objects.count() == 2, "the same content makes no version"
    assert Path(old.file.path).exists()


def test_a_picture_is_replaced_and_restored_without_loss(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    upload(client, drawn(), name="four.jpg")
    make_page("Fournil", "![Le four](File:four.jpg)", by=alice)
    before = Client().get("/wiki/Fournil").content.decode()
    picture = Picture.objects.get()
    first = content_of(picture)
    assert replaced(client, drawn(size=(300, 500), gps=True), "Four.jpg", "IMG_2.JPG").status_code == 302
    picture.refresh_from_db()
    assert (picture.width, picture.height) == (300, 500)
    assert b"Chez moi" not in content_of(picture)
    after = Client().get("/wiki/Fournil").content.decode()
    assert "500" in after
    assert before != after
    assert "900 × 600" in client.get("/wiki/File:Four.jpg").content.decode()
    client.post("/restore-file/1/Four.jpg")
    picture.refresh_from_db()
    assert content_of(picture) == first
    assert (picture.width, picture.height) == (900, 600)


def test_the_file_page_says_the_size_of_the_original(alice: User, client_of: ClientOf) -> None:
    upload(client_of(alice), drawn(size=(1500, 2000)), name="four.jpg")
    html = Client().get("/wiki/File:Four.jpg").content.decode()
    assert "1500 × 2000" in html
    assert "1200 × 1600" not in html


@pytest.mark.parametrize(
    ("content", "file_name"), [(drawn("PNG"), "x.png"), (b"x", "x.jpg"), (b"%PDF-1.7", "x.pdf"), (b"", "x.jpg")]
)
def test_a_picture_is_replaced_only_by_its_format(
    alice: User, client_of: ClientOf, content: bytes, file_name: str
) -> None:
    client = client_of(alice)
    upload(client, drawn(), name="four.jpg")
    response = replaced(client, content, "Four.jpg", file_name)
    assert response.status_code == 200
    assert "plus net" in response.content.decode(), "what was typed is there"
    assert not FileVersion.objects.exists()


@pytest.mark.parametrize(
    ("content", "file_name"), [(CONTENTS[".odt"], "plan.odt"), (b"x", "plan.pdf"), (CONTENTS[".pdf"], "plan.pdf")]
)
def test_a_file_is_replaced_only_by_other_content_of_its_type(
    alice: User, client_of: ClientOf, content: bytes, file_name: str
) -> None:
    make_file("Plan.pdf", alice)
    assert replaced(client_of(alice), content, "Plan.pdf", file_name).status_code == 200
    assert not FileVersion.objects.exists()
    assert content_of(File.objects.get()) == CONTENTS[".pdf"]


def test_a_large_picture_is_not_read(alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(client_of(alice), drawn(), name="four.jpg")
    monkeypatch.setattr("wiki.pages.views.file_versions.BYTE_LIMIT", 100)
    assert replaced(client_of(alice), drawn(size=(90, 90)), "Four.jpg").status_code == 200
    assert not FileVersion.objects.exists()


def test_a_version_that_is_not_there_is_refused(alice: User, client_of: ClientOf) -> None:
    file = make_file("Plan.pdf", alice)
    assert client_of(alice).post("/restore-file/7/Plan.pdf").status_code == 422
    media_changes.replace_content(file, SimpleUploadedFile("x.pdf", OTHER_PDF), alice)
    Path(FileVersion.objects.get().file.path).unlink()
    assert client_of(alice).post("/restore-file/1/Plan.pdf").status_code == 422
    assert Client().get("/wiki/File:Plan.pdf").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_old_content_is_deleted_with_its_file(alice: User) -> None:
    file = make_file("Plan.pdf", alice)
    media_changes.replace_content(file, SimpleUploadedFile("x.pdf", OTHER_PDF), alice)
    paths = [Path(FileVersion.objects.get().file.path), Path(File.objects.get().file.path)]
    assert all(path.exists() for path in paths)
    File.objects.get().delete()
    assert not any(path.exists() for path in paths)


def test_who_may_change_a_file(alice: User, bob: User, charlie: User) -> None:
    file = make_file("Plan.pdf", alice)
    root = person("root", is_superuser=True)
    assert [media_permissions.may_change(user, file) for user in (alice, bob, charlie, root)] == [
        True,
        False,
        False,
        True,
    ]
    place = make_place("Fournil", by=bob)
    make_page("Four", "![p](File:Plan.pdf)", place=place)
    assert media_permissions.may_change(bob, file), "the steward of all pages that show it"
    make_page("Ailleurs", "![p](File:Plan.pdf)", by=alice)
    assert not media_permissions.may_change(bob, file)
    alice.is_blocked = True
    assert not media_permissions.may_change(alice, file)
    with pytest.raises(NotAllowed):
        media_permissions.require_change(bob, file)


# ---------------------------------------------------------------- names


def test_pages_follow_a_new_name(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    upload(client, drawn(), name="four.jpg")
    text = '![Le four](File:four.jpg "a") ![b](four.jpg){width=30}\n\n[[:File:Four.jpg|voir]] ![[four.jpg]] '
    text += "![x](autre.jpg)\n"
    page = make_page("Fournil", text, by=alice)
    make_page("File:Four.jpg", "Ce que l’on voit.", by=alice)
    make_page("Loin", "rien", by=alice)
    assert client.get("/rename-file/Four.jpg").status_code == 200
    response = client.post("/rename-file/Four.jpg", {"name": "Le four (2)", "comment": "mieux"})
    assert response.headers["Location"] == "/wiki/File:Le_four_(2).jpg"
    page.refresh_from_db()
    assert page.source.text == (
        '![Le four](File:Le_four_%282%29.jpg "a") ![b](File:Le_four_%282%29.jpg){width=30}\n\n'
        "[[:File:Le four (2).jpg|voir]] ![[Le four (2).jpg]] ![x](autre.jpg)\n"
    )
    assert page.version == 2
    assert Changeset.objects.get().comment == "mieux"
    assert WikiPage.objects.get(title_key="File:Le four (2).jpg").version == 2
    html = Client().get("/wiki/Fournil").content.decode()
    assert html.count("<img") >= 3
    assert "upload?name=autre.jpg" in html
    assert "Fournil" in Client().get("/wiki/File:Le_four_(2).jpg").content.decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("![a](File:a.pdf)", "![a](File:B_c.pdf)"), ("![a](<File:a.pdf>)", "![a](<File:B c.pdf>)"),
        ("[[Fichier:a.pdf]]", "[[Fichier:B c.pdf]]"), ("[x]: a.pdf", "[x]: File:B_c.pdf"),
        ("![a](a.pdfx) xa.pdf", "![a](a.pdfx) xa.pdf"), ("Plan: File:A.pdf", "Plan: File:B c.pdf"),
        ("![a](https://x.example/a.pdf)", "![a](https://x.example/a.pdf)"),
        ("![a](dossier/a.pdf)", "![a](File:B_c.pdf)"),
    ],
)  # fmt: skip
def test_names_in_a_text(text: str, expected: str) -> None:
    assert rename_media(text, {"A.pdf": "B c.pdf"}) == expected
    assert rename_media(text, {}) == text


def test_the_ending_stays(alice: User) -> None:
    file = make_file("Plan.pdf", alice)
    media_changes.rename(file, "Coupe.PDF", Author.of(alice))
    assert File.objects.get().name == "Coupe.pdf"
    media_changes.rename(file, "Coupe.html", Author.of(alice))
    assert File.objects.get().name == "Coupe.html.pdf"
    assert media_changes.rename(file, "Coupe.html.pdf", Author.of(alice)) == 0


def test_a_name_in_use_is_refused(alice: User, client_of: ClientOf) -> None:
    file = make_file("Plan.pdf", alice)
    make_file("Coupe.pdf", alice)
    with pytest.raises(TitleTaken):
        media_changes.rename(file, "coupe", Author.of(alice))
    response = client_of(alice).post("/rename-file/Plan.pdf", {"name": "coupe"})
    assert response.status_code == 409
    assert 'value="coupe"' in response.content.decode()
    assert client_of(alice).post("/rename-file/Plan.pdf", {"name": "a<b>"}).status_code in (200, 422)
    assert File.objects.filter(name="Plan.pdf").exists()


def test_a_page_that_cannot_follow_keeps_the_name(alice: User, client_of: ClientOf) -> None:
    file = make_file("Plan.pdf", alice)
    page = make_page("Copie", "![p](File:Plan.pdf)", by=alice)
    WikiPage.objects.filter(pk=page.pk).update(namespace=MIRROR_NAMESPACE)
    with pytest.raises(NotAllowed):
        media_changes.rename(file, "Coupe", Author.of(alice))
    assert client_of(alice).post("/rename-file/Plan.pdf", {"name": "Coupe"}).status_code == 403
    assert File.objects.get().name == "Plan.pdf"


def test_too_many_pages_are_refused(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_file("Plan.pdf", alice)
    make_page("Copie", "![p](File:Plan.pdf)", by=alice)
    monkeypatch.setattr(media_changes, "PAGES_LIMIT", 0)
    with pytest.raises(Refused):
        media_changes.rename(file, "Coupe", Author.of(alice))


def test_a_page_that_names_it_meanwhile_follows_too(alice: User) -> None:
    file = make_file("Plan.pdf", alice)
    make_page("Copie", "![p](File:Plan.pdf)", by=alice)
    real = media_changes.store

    def store_later(*arguments: Any, **more: Any) -> Any:
        if not WikiPage.objects.filter(title="Venue").exists():
            make_page("Venue", "![p](File:Plan.pdf)", by=alice)
        return real(*arguments, **more)

    with patch.object(media_changes, "store", store_later):
        assert media_changes.rename(file, "Coupe", Author.of(alice)) == 2
    assert WikiPage.objects.get(title="Venue").source.text == "![p](File:Coupe.pdf)"


def test_a_rename_that_fails_changes_nothing(alice: User) -> None:
    file = make_file("Plan.pdf", alice)
    page = make_page("Copie", "![p](File:Plan.pdf)", by=alice)
    with patch.object(File, "save", side_effect=RuntimeError), pytest.raises(RuntimeError):
        media_changes.rename(file, "Coupe", Author.of(alice))
    page.refresh_from_db()
    assert (page.version, File.objects.get().name) == (1, "Plan.pdf")


def test_the_old_version_of_a_page_shows_what_it_can(alice: User) -> None:
    file = make_file("Plan.pdf", alice)
    page = make_page("Copie", "![p](File:Plan.pdf)", by=alice)
    page_writer.edit(page, "![p](File:Plan.pdf) x", Author.of(alice))
    media_changes.rename(file, "Coupe", Author.of(alice))
    assert Client().get("/wiki/Copie?version=1").status_code == 200


def test_the_size_of_an_image_is_read_again() -> None:
    picture = Picture(name="Vue.png", title="Vue")
    picture.set_content(drawn("PNG", (90, 60)), "Vue.png")
    picture.save()
    picture.set_content(drawn("PNG", (50, 70)), "Vue.png")
    picture.save()
    assert Image.open(io.BytesIO(content_of(Picture.objects.get()))).size == (50, 70)
    assert (Picture.objects.get().width, Picture.objects.get().height) == (50, 70)


# ---------------------------------------------------------------- cropping and turning


def cropped(client: Client, name: str = "Four.jpg", **fields: Any) -> Any:
    """Crop a picture of 90 × 60 by the form; return the response."""
    return client.post(f"/edit-picture/{name}", {"left": 0, "top": 0, "width": 90, "height": 60, "turn": ""} | fields)


def make_marked(alice: User, form: str = "JPEG") -> Picture:
    """Store a picture of 90 × 60, of which the left third is navy and the rest gold."""
    image, out = Image.new("RGB", (90, 60), "gold"), io.BytesIO()
    image.paste("navy", (0, 0, 30, 60))
    image.save(out, form)
    ending = {"JPEG": "jpg"}.get(form, form.lower())
    picture = Picture(title="Four", author="Zoé", uploaded_by_user=alice)
    picture.set_content(out.getvalue(), f"Four.{ending}")
    picture.save()
    return picture


@pytest.mark.parametrize(
    ("fields", "size", "is_navy_at"),
    [
        ({"turn": "left"}, (60, 90), (30, 85)), ({"turn": "right"}, (60, 90), (30, 5)),
        ({"turn": "half"}, (90, 60), (85, 30)), ({"left": 10, "top": 5, "width": 40, "height": 20}, (40, 20), (5, 5)),
        ({"left": 10, "top": 5, "width": 40, "height": 20, "turn": "right"}, (20, 40), (10, 5)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_is_cropped_and_turned(
    alice: User, client_of: ClientOf, form: str, fields: dict[str, Any], size: tuple[int, int], is_navy_at: Any
) -> None:
    picture = make_marked(alice, form)
    assert cropped(client_of(alice), picture.name, **fields).headers["Location"] == f"/wiki/File:{picture.name}"
    picture.refresh_from_db()
    found = Image.open(io.BytesIO(content_of(picture)))
    assert (found.format, found.size, (picture.width, picture.height)) == (form, size, size)
    red, _green, blue = found.convert("RGB").getpixel(is_navy_at)  # type: ignore[misc]
    assert blue > 90 > red
    assert FileVersion.objects.get().width == 90


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"width": 91}, {"left": 1}, {"top": 60, "height": 1}, {"width": 0}, {"left": -1}, {"width": "x"},
        {"turn": "up"}, {"left": 2**70}, {"height": ""},
    ],
)  # fmt: skip
def test_a_part_that_is_none_is_refused(alice: User, client_of: ClientOf, fields: dict[str, Any]) -> None:
    make_marked(alice)
    response = cropped(client_of(alice), **fields)
    assert response.status_code == 200
    assert "errorlist" in response.content.decode() or 'role="alert"' in response.content.decode()
    assert not FileVersion.objects.exists()


def test_what_moves_is_not_cropped(alice: User, client_of: ClientOf) -> None:
    frames, out = [Image.new("RGB", (90, 60), colour) for colour in ("red", "green")], io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    picture = Picture(title="Danse", uploaded_by_user=alice)
    picture.set_content(out.getvalue(), "Danse.gif")
    picture.save()
    assert cropped(client_of(alice), "Danse.gif", turn="left").status_code == 200
    assert not FileVersion.objects.exists()


def test_a_file_that_is_no_picture_or_gone_is_not_cropped(alice: User, client_of: ClientOf) -> None:
    make_file("Plan.pdf", alice)
    assert client_of(alice).get("/edit-picture/Plan.pdf").status_code == 404
    Path(make_marked(alice).file.path).unlink()
    assert cropped(client_of(alice), turn="left").status_code == 422
