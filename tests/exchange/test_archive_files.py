"""Files that are no pictures in archives: carried with their credits, checked and cleaned at import."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.exchange.archives import NEW, Bag, check_refused, digest_of, export
from tests.factories import make_page
from tests.pages.test_file_upload import CONTENTS, SVG, make_file
from wiki.accounts.models import User
from wiki.exchange.archive import bag_writer
from wiki.exchange.archive.importer import import_archive
from wiki.exchange.attribution_texts import of_page
from wiki.pages.file_types import TYPES
from wiki.pages.media_models import File
from wiki.pages.models import WikiPage
from wiki.text.media_names import media_keys

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
TEXT = "![le plan](File:Plan.pdf)\n\n![le trait](File:Trait.svg)\n\n![le film](File:Film.mp4) et ![son](Son.wav)\n"


def make_story(by: User) -> WikiPage:
    """Create a page that shows four files."""
    for name in ("Plan.pdf", "Trait.svg", "Film.mp4", "Son.wav"):
        make_file(name, by, license="CC-BY-4.0", description=f"Fichier {name}")
    return make_page("Atelier bois", TEXT, by=by)


def content_of(file: File) -> bytes:
    """Return the stored content."""
    with open(file.file.path, "rb") as opened:
        return opened.read()


def test_files_come_along(alice: User) -> None:
    raw = export(make_story(alice))
    bag = Bag.opened(raw)
    credits = json.loads(bag.files["data/credits.json"])
    assert [entry["file"] for entry in credits["media"]] == [
        "media/film.mp4", "media/plan.pdf", "media/son.wav", "media/trait.svg",
    ]  # fmt: skip
    assert {entry["author"] for entry in credits["media"]} == {"Zoé"}
    assert b"media/plan.pdf" in bag.files["data/REUSE.toml"]
    assert b'href="media/plan.pdf"' in bag.files["data/index.html"]
    assert b'<img src="media/trait.svg"' in bag.files["data/index.html"]
    crate = bag.files["data/ro-crate-metadata.json"]
    assert b"application/pdf" in crate
    assert "data/LICENSES/CC-BY-4.0.txt" in bag.files
    File.objects.all().delete()
    done = import_archive(io.BytesIO(raw), alice, NEW)
    assert (done.pictures, done.renamed, done.cleaned) == (4, {}, [])
    for name in ("Plan.pdf", "Film.mp4", "Son.wav"):
        file = File.objects.get(name=name)
        assert content_of(file) == CONTENTS["." + name.rpartition(".")[2]]
        assert (file.author, file.license, file.description) == ("Zoé", "CC-BY-4.0", f"Fichier {name}")
        assert file.file_size == len(content_of(file))
    assert digest_of(export(done.page)) != ""


def test_known_files_are_reused_and_others_get_another_name(alice: User) -> None:
    raw = export(make_story(alice))
    File.objects.exclude(name="Film.mp4").delete()
    make_file("Plan.pdf", alice, content=b"%PDF-1.4 another")
    done = import_archive(io.BytesIO(raw), alice, NEW)
    assert done.renamed == {"Plan.pdf": "Plan-2.pdf"}
    assert content_of(File.objects.get(name="Plan-2.pdf")) == CONTENTS[".pdf"]
    assert "File:Plan-2.pdf" in done.page.source.text
    assert File.objects.filter(name__startswith="Film").count() == 1


def altered(raw: bytes, path: str, content: bytes) -> bytes:
    """Return an archive with other content of a file, sealed as a forger would."""
    bag = Bag.opened(raw)
    bag.files[f"data/{path}"] = content
    digest = __import__("hashlib").sha256(content).hexdigest()

    def change(values: dict[str, Any]) -> None:
        next(entry for entry in values["media"] if entry["file"] == path)["sha256"] = digest

    bag.change_json("credits.json", change)
    return bag.seal().zip()


@pytest.mark.parametrize(
    ("path", "content"),
    [("media/plan.pdf", b"<html>"), ("media/film.mp4", b"MZ"), ("media/trait.svg", b"<svg/>"), ("media/son.wav", b"")],
)
def test_content_of_another_type_is_refused(alice: User, path: str, content: bytes) -> None:
    raw = altered(export(make_story(alice)), path, content)
    check_refused(raw, "is refused")


def test_a_file_above_the_limit_is_refused(alice: User, settings: Any) -> None:
    raw = export(make_story(alice))
    settings.FILE_LIMIT = 100
    check_refused(raw, "is refused")


def test_a_drawing_is_cleaned(alice: User) -> None:
    raw = export(make_story(alice))
    File.objects.all().delete()
    raw = altered(raw, "media/trait.svg", SVG.replace(b"<rect", b"<script>evil()</script><rect"))
    done = import_archive(io.BytesIO(raw), alice, NEW)
    assert done.cleaned == ["Trait.svg"]
    assert b"evil" not in content_of(File.objects.get(name="Trait.svg"))


def test_a_drawing_stands_only_among_the_files(alice: User) -> None:
    bag = Bag.opened(export(make_story(alice)))
    bag.files["data/logo.svg"] = SVG
    check_refused(bag.seal().zip(), "SVG")
    bag.files["data/media/logo.svgz"] = bag.files.pop("data/logo.svg")
    check_refused(bag.seal().zip(), "SVG")


def test_a_file_without_a_free_licence_stays_here(alice: User) -> None:
    page = make_story(alice)
    File.objects.filter(name="Plan.pdf").update(license="CC-BY-NC-4.0")
    credits = json.loads(Bag.opened(export(page)).files["data/credits.json"])
    assert "Plan.pdf" not in [entry["name"] for entry in credits["media"]]


def test_files_are_named_in_the_credits_of_a_page(alice: User) -> None:
    assert "Plan.pdf" in str(of_page(make_story(alice), "fr"))


def test_all_types_are_found_in_texts_and_named_in_archives() -> None:
    for ending in TYPES:
        assert media_keys(f"![x](File:a{ending})") == {f"A{ending}"}
        assert media_keys(f"![[a{ending}]]") == {f"A{ending}"}
    assert set(bag_writer._STORED) - set(TYPES) == {".jpg", ".jpeg", ".png", ".gif", ".webp"}
