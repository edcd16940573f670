"""Passages have lifetimes, get their origin back when they are restored, and record the author of each word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.factories import make_page, make_place
from wiki.forks import fork_creation
from wiki.history import restore
from wiki.history.models import Passage
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_moves, page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author
from wiki.pages.writing.version_store import NewVersion, store

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db
LONG = "Un tiers-lieu est un lieu que des gens font ensemble, avec leurs mains, chaque jour de la semaine."
OTHER = "La cuisine ouvre à midi pour tous, et chacun y apporte de quoi partager avec les voisins."
BEGIN = datetime(2019, 3, 1, tzinfo=UTC)


def by(name: str) -> Author:
    """Return an author known by name only."""
    return Author(None, name)


def edit(page: WikiPage, text: str, name: str) -> None:
    """Save the next version of a page."""
    page_writer.edit(page_lookup.reload_page(page.pk), text, by(name))


def lifetimes(page: WikiPage) -> list[tuple[str, int, int | None]]:
    """Return (text, added_in, removed_in), in order of addition."""
    return list(
        Passage.objects.filter(page=page).order_by("added_in", "rank").values_list("text", "added_in", "removed_in")
    )


def authored_words(page: WikiPage) -> list[list[tuple[str, str]]]:
    """Return the words of each current passage with the names of their authors."""
    passages = []
    for row in Passage.objects.filter(page=page, removed_in=None).order_by("position"):
        words, attributed = iter(row.words.split()), []
        for count, version, *foreign in row.runs:
            page_id, number = foreign or (page.pk, version)
            name = PageVersion.objects.get(page=page_id, number=number).author_name
            attributed.append((" ".join(next(words) for _ in range(count)), name))
        assert next(words, None) is None
        passages.append(attributed)
    return passages


def check_rebuild() -> None:
    """Check that a rebuild gives the stored passages, with and without deleting them first."""
    stored = rebuild_derived.snapshot()["passages"]
    for from_nothing in (False, True):
        if from_nothing:
            Passage.objects.all().delete()
        rebuild_derived.rebuild()
        assert rebuild_derived.snapshot()["passages"] == stored


def test_passages_last_while_their_text_does() -> None:
    page = make_page("Charte", "# Charte\n\nUn.\n\nDeux.")
    edit(page, "# Charte\n\nUn.\n\nTrois.\n", "bob")
    edit(page, "#  Charte\nUn.\n\n\nTrois.\n\nDeux.", "bob")
    assert lifetimes(page) == [
        ("# Charte", 1, None), ("Un.", 1, None), ("Deux.", 1, 2), ("Trois.", 2, None), ("Deux.", 3, None)
    ]  # fmt: skip
    restored = Passage.objects.get(page=page, added_in=3)
    assert restored.origin == f"{page.pk}.1.2"
    page_writer.delete(page_lookup.reload_page(page.pk), by("bob"))
    assert not Passage.objects.filter(page=page, removed_in=None).exists()
    page_writer.undelete(page_lookup.reload_page(page.pk), by("bob"))
    passages = Passage.objects.filter(page=page, removed_in=None).order_by("position")
    assert [row.text for row in passages] == ["#  Charte", "Un.", "Trois.", "Deux."]
    assert [row.origin.split(".")[1] for row in passages] == ["1", "1", "2", "1"]
    check_rebuild()


def test_a_corrected_comma_changes_no_author() -> None:
    page = make_page("Charte", LONG)
    edit(page, LONG.replace("ensemble,", "ensemble"), "Bob")
    edit(page, LONG.replace("ensemble,", "ensemble").replace("chaque jour", "presque chaque jour"), "Chloé")
    assert authored_words(page) == [
        [
            ("un tiers lieu est un lieu que des gens font ensemble avec leurs mains", "Quelqu'un"),
            ("presque", "Chloé"),
            ("chaque jour de la semaine", "Quelqu'un"),
        ]
    ]
    last = Passage.objects.get(page=page, removed_in=None)
    assert (last.grew_from, last.origin) == (f"{page.pk}.2.0", last.name)
    check_rebuild()


def test_vandalism_and_its_repair_change_no_author() -> None:
    page = make_page("Charte", f"# Charte\n\n{LONG}\n\nMerci.")
    edit(page, "mdr", "Vandale")
    restore.restore(page_lookup.reload_page(page.pk), 1, by("Bob"))
    assert {name for passage in authored_words(page) for _, name in passage} == {"Quelqu'un"}
    edit(page, f"# Charte\n\n{LONG.replace('font', 'défont')}\n\nMerci.", "Vandale")
    restore.undo(page_lookup.reload_page(page.pk), 4, by("Bob"))
    assert {name for passage in authored_words(page) for _, name in passage} == {"Quelqu'un"}
    check_rebuild()


def test_split_and_joined_paragraphs_have_their_authors_still() -> None:
    page = make_page("Charte", f"{LONG}\n\nFin.")
    edit(page, LONG.replace(", avec", ".\n\nAvec") + "\n\nFin.", "Bob")
    assert {name for passage in authored_words(page) for _, name in passage} == {"Quelqu'un"}
    edit(page, f"{LONG} {OTHER}\n\nFin.", "Chloé")
    assert authored_words(page)[0][-1][1] == "Chloé"
    assert len(authored_words(page)[0]) == 2
    check_rebuild()


def test_short_equal_texts_on_other_pages_are_not_attributed() -> None:
    make_page("Charte", "Merci.")
    page = make_page("Accueil", "Bonjour.")
    edit(page, "Bonjour.\n\nMerci.", "Bob")
    assert authored_words(page) == [[("bonjour", "Quelqu'un")], [("merci", "Bob")]]
    edit(page, "Bonjour.\n\nMerci.\n\nMerci.", "Chloé")
    assert authored_words(page)[2] == [("merci", "Chloé")]
    edit(page, f"Bonjour.\n\n{LONG}", "Bob")
    edit(page, f"Bonjour.\n\n{LONG}\n\n{LONG}", "Chloé")
    assert {name for passage in authored_words(page)[1:] for _, name in passage} == {"Bob"}
    check_rebuild()


def test_a_fork_has_the_authors_of_its_upstream(alice: User, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", f"# Charte\n\n{LONG}", by=alice)
    edit(page, f"# Charte\n\n{LONG}\n\n{OTHER}", "Bob")
    copy = fork_creation.fork(page_lookup.reload_page(page.pk), fork_creation.ForkTarget(place), Author.of(bob))
    assert [attributed[0][1] for attributed in authored_words(copy)] == ["alice", "alice", "Bob"]
    edit(copy, f"# Charte\n\n{LONG.replace('mains', 'deux mains')}\n\n{OTHER}", "Chloé")
    assert [name for _, name in authored_words(copy)[1]] == ["alice", "Chloé", "alice"]
    other = make_place("Labo", by=bob)
    third = fork_creation.fork(page_lookup.reload_page(copy.pk), fork_creation.ForkTarget(other), Author.of(bob))
    assert [name for _, name in authored_words(third)[1]] == ["alice", "Chloé", "alice"]
    assert Passage.objects.filter(page=third, text=OTHER).get().origin == f"{page.pk}.2.0"
    page_moves.move(page_lookup.reload_page(third.pk), "Labo:Règles", Author.of(bob))
    edit(page, f"{OTHER}", "Dan")
    check_rebuild()


def test_an_import_applies_each_version() -> None:
    page = WikiPage()
    fields = PageFields(0, None, "Cahier", False, "CC-BY-SA-4.0", "fr")
    texts = [LONG, f"{LONG}\n\n{OTHER}", OTHER, f"{OTHER}\n\n{LONG}"]
    store(
        [
            NewVersion(page, text, fields, by(name), claimed_at=BEGIN + timedelta(days=day))
            for text, name, day in zip(texts, "ABCD", [0, 5, 3, 9], strict=True)
        ],
        Changeset(act=Changeset.Act.IMPORT),
    )
    assert [attributed[0][1] for attributed in authored_words(page)] == ["B", "A"]
    removed = Passage.objects.get(page=page, removed_in=3)
    assert (removed.added_at, removed.removed_at) == (BEGIN, BEGIN + timedelta(days=5))
    page_writer.edit(page_lookup.reload_page(page.pk), LONG, Author(None, "E", claimed_at=BEGIN))
    assert Passage.objects.get(page=page, removed_in=5).removed_at == BEGIN + timedelta(days=9)
    check_rebuild()


def test_several_versions_continue_stored_passages() -> None:
    page = make_page("Cahier", f"{LONG}\n\n{OTHER}\n\nMerci.")
    edit(page, f"{LONG}\n\n{OTHER.replace('midi', 'treize heures')}\n\nMerci.", "Bob")
    now = page_lookup.reload_page(page.pk)
    texts = [OTHER, "mdr", f"{LONG.replace('gens', 'voisins')}\n\nMerci.\n\n{OTHER}"]
    store(
        [NewVersion(now, text, PageFields.of(now), by("Chloé")) for text in texts], Changeset(act=Changeset.Act.IMPORT)
    )
    assert [[name for _, name in passage] for passage in authored_words(page)] == [
        ["Quelqu'un", "Chloé", "Quelqu'un"], ["Quelqu'un"], ["Quelqu'un"]
    ]  # fmt: skip
    check_rebuild()


def test_a_repair_that_changes_a_word_changes_no_other_author() -> None:
    page = make_page("Charte", f"{LONG}\n\n{OTHER}")
    edit(page, "mdr", "Vandale")
    edit(page, f"{LONG.replace('gens', 'voisins')}\n\n{OTHER}", "Bob")
    assert [[name for _, name in passage] for passage in authored_words(page)] == [
        ["Quelqu'un", "Bob", "Quelqu'un"], ["Quelqu'un"]
    ]  # fmt: skip
    check_rebuild()


def test_a_section_moved_between_pages_in_one_changeset_has_its_author_still() -> None:
    one = make_page("Un", f"{LONG}\n\nMerci.")
    two = make_page("Deux", OTHER)
    third = make_page("Trois", "Rien.")
    changeset = Changeset(act=Changeset.Act.IMPORT)
    texts = {one.pk: OTHER, two.pk: f"{LONG}\n\nMerci.", third.pk: f"Rien.\n\n{LONG}"}
    pages = [page_lookup.reload_page(pk) for pk in texts]
    store([NewVersion(page, texts[page.pk], PageFields.of(page), by("Bob")) for page in pages], changeset)
    assert authored_words(one) == [[(" ".join(Passage.objects.get(page=two, removed_in=2).words.split()), "Quelqu'un")]]
    assert [attributed[0][1] for attributed in authored_words(two)] == ["Quelqu'un", "Bob"]
    check_rebuild()
    edit(two, OTHER, "Bob")
    edit(third, f"Rien.\n\n{LONG}\n\n{OTHER}", "Chloé")
    assert authored_words(third)[2][0][1] == "Chloé"
    check_rebuild()
