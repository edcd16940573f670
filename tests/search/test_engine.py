"""The Whoosh backend: queries in French and English, damaged indexes, locks and rebuilds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from modelsearch.query import Fuzzy, Phrase, PlainText, SearchQuery

from tests.conftest import Standing
from tests.factories import make_page
from wiki.pages.models import WikiPage
from wiki.search.engine.backend import WhooshBackend, WhooshIndex
from wiki.search.engine.index_directory import IndexBusy, IndexDamaged, IndexMissing
from wiki.search.engine.queries import InFields, Prefix

pytestmark = pytest.mark.only_on("sqlite")
TITLES = [
    "Ateliers partagés du tiers-lieu",
    "L’école d'été",
    "Une charte étudiée",
    "Charte de l'atelier",
    "Réparer un vélo",
    "Réparation de vélos",
    "Les libraires de Lyon",
]
Finder = Callable[..., set[str]]


@pytest.fixture(scope="module", autouse=True)
def pages(standing: Standing) -> list[WikiPage]:
    """The pages of TITLES, and one in English."""
    with standing():
        return [*(make_page(title) for title in TITLES), make_page("Library of makers", language="en")]


@pytest.fixture
def backend(pages: list[WikiPage], tmp_path: Path, db: None) -> WhooshBackend:
    """A backend with its own folder, in which the pages are indexed."""
    engine = WhooshBackend({"FOLDER": tmp_path / "index"})
    engine.add_bulk(WikiPage, pages)
    return engine


@pytest.fixture
def find(backend: WhooshBackend) -> Finder:
    """Return the titles that a query finds."""

    def find(query: str | SearchQuery, **options: Any) -> set[str]:
        return {page.title for page in backend.search(query, WikiPage, **options)}

    return find


def index_of(backend: WhooshBackend) -> WhooshIndex:
    return backend.get_index_for_model(WikiPage)


CASES: list[tuple[str | SearchQuery, set[str]]] = [
    ("atelier", {"Ateliers partagés du tiers-lieu", "Charte de l'atelier"}),
    ("ecole", {"L’école d'été"}),
    ("L'ÉCOLE", {"L’école d'été"}),
    ("ete", {"L’école d'été"}),
    ("etudie", {"Une charte étudiée"}),
    ("tiers lieux", {"Ateliers partagés du tiers-lieu"}),
    ("tierslieu", {"Ateliers partagés du tiers-lieu"}),
    ("tiers-lieux", {"Ateliers partagés du tiers-lieu"}),
    ("libraries", {"Library of makers"}),
    ("la charte de l'atelier", {"Charte de l'atelier"}),
    (Phrase("charte de l'atelier"), {"Charte de l'atelier"}),
    (Phrase("atelier de charte"), set()),
    (Phrase("vélo"), {"Réparer un vélo"}),
    (Phrase("ateliers partagés du tiers lieu"), {"Ateliers partagés du tiers-lieu"}),
    (Prefix("répar"), {"Réparer un vélo", "Réparation de vélos"}),
    (Prefix("charte ate"), {"Charte de l'atelier"}),
    (Fuzzy("attelier"), {"Ateliers partagés du tiers-lieu", "Charte de l'atelier"}),
    (Fuzzy("chrte"), {"Une charte étudiée", "Charte de l'atelier"}),
    (Fuzzy("hcarte"), set()),
    (Fuzzy("xyzzy"), set()),
    (InFields(PlainText("charte"), ["title"]), {"Une charte étudiée", "Charte de l'atelier"}),
    (InFields(PlainText("charte"), ["nothing"]), set()),
    (PlainText("charte") & ~PlainText("atelier"), {"Une charte étudiée"}),
    (PlainText("charte") & ~Prefix("at"), {"Une charte étudiée"}),
    (PlainText("… !? ’"), set()),
    (Phrase(""), set()),
    (Prefix(""), set()),
]


def test_it_finds(find: Finder) -> None:
    assert [(str(query), find(query)) for query, _ in CASES] == [(str(query), found) for query, found in CASES]


def test_exact_words_rank_first(backend: WhooshBackend) -> None:
    assert backend.search("vélos", WikiPage)[0].title == "Réparation de vélos"
    assert backend.search("vélo", WikiPage)[0].title == "Réparer un vélo"


def test_it_finds_the_beginnings_of_titles(backend: WhooshBackend) -> None:
    found = backend.autocomplete("vélo", WikiPage)
    assert {page.title for page in found} == {"Réparer un vélo", "Réparation de vélos"}
    assert [page.title for page in backend.autocomplete("Réparer v", WikiPage)] == ["Réparer un vélo"]


def test_huge_queries_are_limited(find: Finder) -> None:
    assert find(" ".join(f"mot{number}" for number in range(50_000))) == set()
    assert find(Phrase("de " * 50_000)) == set()
    assert find(Prefix("a" * 50_000)) == set()


def test_updated_and_deleted_objects_are_replaced(backend: WhooshBackend, find: Finder) -> None:
    page = WikiPage.objects.get(title="Réparer un vélo")
    page.title = "Réparer une table"
    backend.add(page)
    assert find("vélo") == {"Réparation de vélos"}
    backend.delete(page)
    assert find("réparer") == {"Réparation de vélos"}


def test_it_sees_what_another_writer_committed(backend: WhooshBackend, find: Finder) -> None:
    assert find("nouvelle") == set()
    WhooshBackend({"FOLDER": backend.folder}).add(make_page("Une nouvelle page"))
    assert find("nouvelle") == {"Une nouvelle page"}


def test_without_an_index_the_database_is_searched(tmp_path: Path, db: None) -> None:
    make_page("Un fournil")
    engine = WhooshBackend({"FOLDER": tmp_path / "none"})
    assert [page.title for page in engine.search("Fournil", WikiPage)] == ["Un fournil"]
    assert list(engine.search(Prefix("fourn"), WikiPage)) == []
    with pytest.raises(IndexMissing):
        index_of(engine).find(PlainText("fournil"), {"title": 1.0}, WikiPage)


# --- Damage, locks and rebuilds -------------------------------------------------------------------
@pytest.mark.parametrize("damage", ["cut", "zeros", "gone", "noise"])
def test_damage_is_detected_and_logged_once(
    backend: WhooshBackend, find: Finder, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    directory = index_of(backend).directory
    assert directory.is_usable
    for file in directory.build.glob("*.seg"):
        if damage == "gone":
            file.unlink()
            continue
        content = file.read_bytes()
        first_half = content[: len(content) // 2]
        file.write_bytes(first_half + {"cut": b"", "zeros": bytes(len(first_half)), "noise": first_half[::-1]}[damage])
    for _ in range(2):
        with pytest.raises(IndexDamaged):
            index_of(backend).find(PlainText("atelier"), {"title": 1.0}, WikiPage)
    assert find("Charte de") == {"Charte de l'atelier"}  # found by the database
    assert not directory.is_usable
    assert directory.damage
    assert sum("damaged" in line for line in caplog.messages) == 1
    index_of(backend).reset()
    assert directory.is_usable
    assert find("atelier") == set()


def test_a_programming_error_is_not_recorded_as_damage(backend: WhooshBackend, find: Finder) -> None:
    with pytest.raises(IndexDamaged):
        index_of(backend).find(PlainText(7), {"title": 1.0}, WikiPage)
    assert index_of(backend).directory.is_usable
    assert find("charte") == {"Une charte étudiée", "Charte de l'atelier"}


def test_the_write_lock_is_exclusive(backend: WhooshBackend) -> None:
    directory = index_of(backend).directory
    is_locked, release = threading.Event(), threading.Event()

    def hold_lock() -> None:
        with directory.write_lock(patience=0):
            is_locked.set()
            release.wait(10)

    other = threading.Thread(target=hold_lock)
    other.start()
    is_locked.wait(10)
    with pytest.raises(IndexBusy), directory.write_lock(patience=0.1):
        pass
    release.set()
    other.join()
    with directory.write_lock(patience=5):
        pass


def test_searches_use_the_old_index_until_a_rebuild_finishes(backend: WhooshBackend, find: Finder) -> None:
    rebuilder = backend.rebuilder_class(index_of(backend))
    index = rebuilder.start()
    assert find("charte") == {"Une charte étudiée", "Charte de l'atelier"}
    index.add_items(WikiPage, list(WikiPage.objects.filter(title__contains="atelier")))
    assert find("charte") == {"Une charte étudiée", "Charte de l'atelier"}
    rebuilder.finish()
    assert find("charte") == {"Charte de l'atelier"}
    assert len(list(index.directory.folder.glob("build-*"))) == 1


def test_unfinished_builds_are_deleted(backend: WhooshBackend, find: Finder) -> None:
    index = index_of(backend)
    from wiki.search.engine import schema

    index.directory.create_build(schema.schema_of(index.root))
    index.reset()
    assert len(list(index.directory.folder.glob("build-*"))) == 1


def test_an_index_with_another_signature_counts_as_missing(backend: WhooshBackend, find: Finder) -> None:
    directory = index_of(backend).directory
    text = (directory.folder / "current").read_text(encoding="utf-8")
    (directory.folder / "current").write_text(text.replace(directory.signature, "0" * 16), encoding="utf-8")
    assert not directory.is_usable
    with pytest.raises(IndexMissing):
        index_of(backend).find(PlainText("atelier"), {"title": 1.0}, WikiPage)
