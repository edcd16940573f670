"""Tables of directories follow what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.factories import make_page, make_place
from wiki.directory import table_cache
from wiki.directory.directory_table import DirectoryTable
from wiki.pages import page_lookup
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db


def facts_of(table: DirectoryTable) -> dict[str, dict[str, list[str]]]:
    """Return the values of each page by title and name of facet, without empty ones."""
    return {
        row.title: {
            facet.name: [known.labels[value] for value in ids]
            for facet, known, ids in zip(table.fields.facets, table.values, row.values, strict=True)
            if ids
        }
        for row in table.rows
    }


def test_a_table_follows_every_write(alice: User, bob: User) -> None:
    author = Author.of(bob)
    make_page("Property:Coordonnées", "---\nHas type: Geographic coordinates\n---\n")
    make_page("Property:Surface", "---\nHas type: Number\n---\n")
    place = make_place("Atelier", bob, "---\nVille: Lyon\nServices: [Café, Laser]\nSurface: 120\n"
                       "Coordonnées: 45.7, 4.8\nHoraires: mardi 9h-12h\n---\n[[Catégorie:Fablabs]]")  # fmt: skip
    assert facts_of(table_cache.table_of("place")) == {
        "Atelier": {"ville": ["Lyon"], "services": ["Café", "Laser"], "category": ["Fablabs"]}
    }
    row = table_cache.table_of("place").rows[0]
    assert (row.lat, row.lon, row.numbers[:1], row.hours) == (45.7, 4.8, (120.0,), ("mardi 9h-12h",))

    page_writer.edit(place, "---\nVille: Lyon\nServices: Café\nVille préférée: Brest\n---\nUn lieu.", author)
    assert facts_of(table_cache.table_of("place")) == {"Atelier": {"ville": ["Lyon"], "services": ["Café"]}}
    make_place("Bocal", bob, "---\nVille: lyon\n---\n")
    assert facts_of(table_cache.table_of("place"))["Bocal"] == {"ville": ["Lyon"]}
    page_moves.move(page_lookup.reload_page(place.pk), "Bel atelier", author)
    assert sorted(facts_of(table_cache.table_of("place"))) == ["Bel atelier", "Bocal"]
    make_page("Compost", "---\nkind: Pratique\n---\n", by=alice)
    assert sorted(facts_of(table_cache.table_of("place"))) == ["Bel atelier", "Bocal"]
    assert facts_of(table_cache.table_of("practice")) == {"Compost": {}}
    page_writer.delete(page_lookup.reload_page(place.pk), author)
    assert sorted(facts_of(table_cache.table_of("place"))) == ["Bocal"]
    page_writer.undelete(page_lookup.reload_page(place.pk), author)
    assert sorted(facts_of(table_cache.table_of("place"))) == ["Bel atelier", "Bocal"]

    # A property that becomes another name of one in the form, and a form with other fields
    make_page("Lieu dit", "---\nkind: Pratique\nLocalité: Brest\n---\n", by=alice)
    make_page("Propriété:Localité", "#REDIRECTION [[Propriété:Public]]", by=alice)
    assert facts_of(table_cache.table_of("practice"))["Lieu dit"] == {}
    make_page("Form:Practice", "## S\n\n### Public\n- saisie: texte\n- plusieurs: oui\n", by=None)
    assert facts_of(table_cache.table_of("practice"))["Lieu dit"] == {"public": ["Brest"]}


@pytest.mark.django_db(transaction=True)  # on PostgreSQL, a write that is not committed lets all pages be read again
def test_a_table_is_read_once(bob: User, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for number in range(5):
        make_place(f"Lieu {number}", bob, "---\nVille: Lyon\n---\n")
    first = table_cache.table_of("place")
    with django_assert_num_queries(2):
        assert table_cache.table_of("place") is first
    make_place("Lieu 6", bob, "---\nVille: Lyon\n---\n")
    with django_assert_num_queries(8):  # state, form, properties, changed versions, and their pages, facts, categories
        table = table_cache.table_of("place")
    assert len(table) == 6
    assert table.values is first.values


def test_many_changes_are_read_as_a_whole(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_cache, "MOST_CHANGES", 2)
    first = table_cache.table_of("place")
    for number in range(4):
        make_place(f"Lieu {number}", bob)
    table = table_cache.table_of("place")
    assert len(table) == 4
    assert table.values is not first.values


def test_a_version_that_is_committed_late_is_not_missed(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL a version with a smaller key may be seen after one with a greater key."""
    place = make_place("Tard", bob, "---\nVille: Lyon\n---\n")
    table_cache.table_of("place")
    entry = table_cache._entries["place"]
    state = entry.state
    assert state is not None
    # As if the write of the next version had been open while the table was read, with the key of an earlier one.
    page_writer.edit(place, "---\nVille: Brest\n---\n", Author.of(bob))
    last = table_cache._current_state("place").last_version
    monkeypatch.setattr(table_cache, "read_site_state", lambda: (last + 1, state.epoch, "3/7"))
    read_to = entry.read_to
    table_cache.table_of("place")
    assert entry.read_to == read_to
    monkeypatch.setattr(table_cache, "read_site_state", lambda: (last + 1, state.epoch, ""))
    assert facts_of(table_cache.table_of("place")) == {"Tard": {"ville": ["Brest"]}}
    assert entry.read_to == last + 1
