"""Passages live while their words do, come back under their own name, and know whose each word is."""

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
    """Someone known by a name."""
    return Author(None, name)


def edit(page: WikiPage, text: str, name: str) -> None:
    """Save the next version of a page."""
    page_writer.edit(page_lookup.reload_page(page.pk), text, by(name))


def lives(page: WikiPage) -> list[tuple[str, int, int | None]]:
    """Texts, births and deaths, in order of birth."""
    return list(
        Passage.objects.filter(page=page).order_by("added_in", "rank").values_list("text", "added_in", "removed_in")
    )


def written(page: WikiPage) -> list[list[tuple[str, str]]]:
    """The words of each living passage with the names of those who wrote them."""
    found = []
    for row in Passage.objects.filter(page=page, removed_in=None).order_by("position"):
        words, whose = iter(row.words.split()), []
        for count, version, *elsewhere in row.runs:
            where, number = elsewhere or (page.pk, version)
            name = PageVersion.objects.get(page=where, number=number).author_name
            whose.append((" ".join(next(words) for _ in range(count)), name))
        assert next(words, None) is None
        found.append(whose)
    return found


def same_from_history() -> None:
    """Fail unless rebuilding gives what is kept; from nothing, too."""
    kept = rebuild_derived.snapshot()["passages"]
    for from_nothing in (False, True):
        if from_nothing:
            Passage.objects.all().delete()
        rebuild_derived.rebuild()
        assert rebuild_derived.snapshot()["passages"] == kept


def test_it_lives_while_it_is_said() -> None:
    page = make_page("Charte", "# Charte\n\nUn.\n\nDeux.")
    edit(page, "# Charte\n\nUn.\n\nTrois.\n", "bob")
    edit(page, "#  Charte\nUn.\n\n\nTrois.\n\nDeux.", "bob")
    assert lives(page) == [
        ("# Charte", 1, None), ("Un.", 1, None), ("Deux.", 1, 2), ("Trois.", 2, None), ("Deux.", 3, None)
    ]  # fmt: skip
    back = Passage.objects.get(page=page, added_in=3)
    assert back.origin == f"{page.pk}.1.2"
    page_writer.delete(page_lookup.reload_page(page.pk), by("bob"))
    assert not Passage.objects.filter(page=page, removed_in=None).exists()
    page_writer.undelete(page_lookup.reload_page(page.pk), by("bob"))
    again = Passage.objects.filter(page=page, removed_in=None).order_by("position")
    assert [row.text for row in again] == ["#  Charte", "Un.", "Trois.", "Deux."]
    assert [row.origin.split(".")[1] for row in again] == ["1", "1", "2", "1"]
    same_from_history()


def test_a_mended_comma_takes_nobodys_credit() -> None:
    page = make_page("Charte", LONG)
    edit(page, LONG.replace("ensemble,", "ensemble"), "Bob")
    edit(page, LONG.replace("ensemble,", "ensemble").replace("chaque jour", "presque chaque jour"), "Chloé")
    assert written(page) == [
        [
            ("un tiers lieu est un lieu que des gens font ensemble avec leurs mains", "Quelqu'un"),
            ("presque", "Chloé"),
            ("chaque jour de la semaine", "Quelqu'un"),
        ]
    ]
    last = Passage.objects.get(page=page, removed_in=None)
    assert (last.grew_from, last.origin) == (f"{page.pk}.2.0", last.name)
    same_from_history()


def test_vandalism_and_its_repair_change_no_author() -> None:
    page = make_page("Charte", f"# Charte\n\n{LONG}\n\nMerci.")
    edit(page, "mdr", "Vandale")
    restore.restore(page_lookup.reload_page(page.pk), 1, by("Bob"))
    assert {name for passage in written(page) for _, name in passage} == {"Quelqu'un"}
    edit(page, f"# Charte\n\n{LONG.replace('font', 'défont')}\n\nMerci.", "Vandale")
    restore.undo(page_lookup.reload_page(page.pk), 4, by("Bob"))
    assert {name for passage in written(page) for _, name in passage} == {"Quelqu'un"}
    same_from_history()


def test_a_divided_paragraph_and_joined_ones_keep_their_words() -> None:
    page = make_page("Charte", f"{LONG}\n\nFin.")
    edit(page, LONG.replace(", avec", ".\n\nAvec") + "\n\nFin.", "Bob")
    assert {name for passage in written(page) for _, name in passage} == {"Quelqu'un"}
    edit(page, f"{LONG} {OTHER}\n\nFin.", "Chloé")
    assert written(page)[0][-1][1] == "Chloé"
    assert len(written(page)[0]) == 2
    same_from_history()


def test_what_others_say_in_the_same_short_words_is_their_own() -> None:
    make_page("Charte", "Merci.")
    page = make_page("Accueil", "Bonjour.")
    edit(page, "Bonjour.\n\nMerci.", "Bob")
    assert written(page) == [[("bonjour", "Quelqu'un")], [("merci", "Bob")]]
    edit(page, "Bonjour.\n\nMerci.\n\nMerci.", "Chloé")
    assert written(page)[2] == [("merci", "Chloé")]
    edit(page, f"Bonjour.\n\n{LONG}", "Bob")
    edit(page, f"Bonjour.\n\n{LONG}\n\n{LONG}", "Chloé")
    assert {name for passage in written(page)[1:] for _, name in passage} == {"Bob"}
    same_from_history()


def test_a_fork_keeps_its_authors(alice: User, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", f"# Charte\n\n{LONG}", by=alice)
    edit(page, f"# Charte\n\n{LONG}\n\n{OTHER}", "Bob")
    copy = fork_creation.fork(page_lookup.reload_page(page.pk), fork_creation.ForkTarget(place), Author.of(bob))
    assert [whose[0][1] for whose in written(copy)] == ["alice", "alice", "Bob"]
    edit(copy, f"# Charte\n\n{LONG.replace('mains', 'deux mains')}\n\n{OTHER}", "Chloé")
    assert [name for _, name in written(copy)[1]] == ["alice", "Chloé", "alice"]
    other = make_place("Labo", by=bob)
    third = fork_creation.fork(page_lookup.reload_page(copy.pk), fork_creation.ForkTarget(other), Author.of(bob))
    assert [name for _, name in written(third)[1]] == ["alice", "Chloé", "alice"]
    assert Passage.objects.filter(page=third, text=OTHER).get().origin == f"{page.pk}.2.0"
    page_moves.move(page_lookup.reload_page(third.pk), "Labo:Règles", Author.of(bob))
    edit(page, f"{OTHER}", "Dan")
    same_from_history()


def test_an_import_is_followed_version_by_version() -> None:
    page = WikiPage()
    fields = PageFields(0, None, "Cahier", False, "CC-BY-SA-4.0", "fr")
    texts = [LONG, f"{LONG}\n\n{OTHER}", OTHER, f"{OTHER}\n\n{LONG}"]
    store(
        [
            NewVersion(page, text, fields, by(name), claimed_at=BEGIN + timedelta(days=clock))
            for text, name, clock in zip(texts, "ABCD", [0, 5, 3, 9], strict=True)
        ],
        Changeset(act=Changeset.Act.IMPORT),
    )
    assert [whose[0][1] for whose in written(page)] == ["B", "A"]
    gone = Passage.objects.get(page=page, removed_in=3)
    assert (gone.added_at, gone.removed_at) == (BEGIN, BEGIN + timedelta(days=5))
    page_writer.edit(page_lookup.reload_page(page.pk), LONG, Author(None, "E", claimed_at=BEGIN))
    assert Passage.objects.get(page=page, removed_in=5).removed_at == BEGIN + timedelta(days=9)
    same_from_history()


def test_several_versions_follow_what_is_there() -> None:
    page = make_page("Cahier", f"{LONG}\n\n{OTHER}\n\nMerci.")
    edit(page, f"{LONG}\n\n{OTHER.replace('midi', 'treize heures')}\n\nMerci.", "Bob")
    now = page_lookup.reload_page(page.pk)
    texts = [OTHER, "mdr", f"{LONG.replace('gens', 'voisins')}\n\nMerci.\n\n{OTHER}"]
    store(
        [NewVersion(now, text, PageFields.of(now), by("Chloé")) for text in texts], Changeset(act=Changeset.Act.IMPORT)
    )
    assert [[name for _, name in passage] for passage in written(page)] == [
        ["Quelqu'un", "Chloé", "Quelqu'un"], ["Quelqu'un"], ["Quelqu'un"]
    ]  # fmt: skip
    same_from_history()


def test_a_repair_that_changes_a_word_takes_nobodys_credit() -> None:
    page = make_page("Charte", f"{LONG}\n\n{OTHER}")
    edit(page, "mdr", "Vandale")
    edit(page, f"{LONG.replace('gens', 'voisins')}\n\n{OTHER}", "Bob")
    assert [[name for _, name in passage] for passage in written(page)] == [
        ["Quelqu'un", "Bob", "Quelqu'un"], ["Quelqu'un"]
    ]  # fmt: skip
    same_from_history()


def test_a_section_moved_between_pages_in_one_act_keeps_its_author() -> None:
    one = make_page("Un", f"{LONG}\n\nMerci.")
    two = make_page("Deux", OTHER)
    lonely = make_page("Trois", "Rien.")
    changeset = Changeset(act=Changeset.Act.IMPORT)
    said = {one.pk: OTHER, two.pk: f"{LONG}\n\nMerci.", lonely.pk: f"Rien.\n\n{LONG}"}
    pages = [page_lookup.reload_page(pk) for pk in said]
    store([NewVersion(page, said[page.pk], PageFields.of(page), by("Bob")) for page in pages], changeset)
    assert written(one) == [[(" ".join(Passage.objects.get(page=two, removed_in=2).words.split()), "Quelqu'un")]]
    assert [whose[0][1] for whose in written(two)] == ["Quelqu'un", "Bob"]
    same_from_history()
    edit(two, OTHER, "Bob")
    edit(lonely, f"Rien.\n\n{LONG}\n\n{OTHER}", "Chloé")
    assert written(lonely)[2][0][1] == "Chloé"
    same_from_history()
