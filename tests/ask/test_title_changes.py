"""No list is stale after a title has come to mean another page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.campaigns.staleness import BY, StaleViewSearch
from tests.conftest import Standing
from tests.factories import make_page
from wiki.ask.embedding import result_cache
from wiki.ask.embedding.embedded_results import EmbeddedResults
from wiki.pages import page_lookup
from wiki.pages.models import RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering import page_output
from wiki.pages.writing import page_moves, page_writer

pytestmark = pytest.mark.only_on("sqlite")
PAGES = {
    "Property:Porte": "---\nHas type: Page\n---\n",
    "Property:Ville": "---\nHas type: Text\n---\n",
    "A": "[[Porte::B]]",
    "C": "[[Porte::A]]",
    "D": "[[Ville::Lyon]]",
    "E": "[[Category:Sous]]",
    "F": "[[Porte::R]]",
    "R": "#REDIRECT [[Absent]]",
    "Category:Sous": "[[Category:Haut]]",
}
"""B and Absent are named, but not written."""
QUERIES = [
    "{{#ask: [[Porte.Ville::Lyon]]}}",
    "{{#show: A|?Porte.Ville}}",
    "{{#ask: [[-Porte::A]]}}",
    "{{#ask: [[Porte::<q>[[Ville::Lyon]]</q>]]}}",
    "{{#ask: [[Porte.Porte.Ville::Lyon]]}}",
    "{{#ask: [[Category:Haut]]}}",
    "{{#ask: [[Porte::+]]|sort=Porte.Ville|limit=1}}",
    "{{#ask: [[Porte::+]]|?Porte.Ville}}",
    "{{#ask: [[:+]]|?-Porte}}",
    "{{#ask: [[Ville::Lyon]] OR [[Porte::A]]|limit=1}}",
    "{{#ask: [[Porte::!D]]}}",
    "{{#show: C|?Porte.Porte.Ville}}",
    "{{#ask: [[Porte::+]]|limit=1}}",
    "{{#ask: [[-Porte::+]]}}",
    "{{#ask: [[-Porte::+]]|limit=2}}",
    "{{#ask: [[-Porte::+]]|format=count}}",
    "{{#ask: [[:R]]}}",
    "{{#ask: [[Porte::+]]}}",
    "{{#ask: [[:B]]|?-Porte}}",
    "{{#ask: [[:B||E]]|?Category|format=category}}",
]


def _page(title: str) -> WikiPage:
    page = page_lookup.find_by_key(title)
    assert page is not None
    return page


def _move(title: str, new: str, *, leave_redirect: bool = False) -> Callable[[], object]:
    return lambda: page_moves.move(_page(title), new, BY, leave_redirect=leave_redirect)


def _write(title: str, text: str) -> Callable[[], object]:
    return lambda: page_writer.create(title, text, by=BY)


def _edit(title: str, text: str) -> Callable[[], object]:
    return lambda: page_writer.edit(_page(title), text, BY, base=_page(title).version)


CHANGES = {
    "a red name is filled by a move": _move("D", "B"),
    "and a redirect stays": _move("D", "B", leave_redirect=True),
    "a red name becomes a redirect": _write("B", "#REDIRECT [[D]]"),
    "a red name is written": _write("B", "[[Ville::Lyon]]"),
    "a page in the middle goes": _move("A", "Z"),
    "a page in the middle is renamed": _move("A", "Z", leave_redirect=True),
    "the target of a redirect is filled": _move("D", "Absent"),
    "a redirect leads elsewhere": _edit("R", "#REDIRECT [[D]]"),
    "a second redirect": _write("S", "#REDIRECT [[D]]"),
    "a page becomes a redirect": _edit("A", "#REDIRECT [[D]]"),
    "a subcategory goes": _move("Category:Sous", "Category:Autre"),
    "a subcategory is renamed": _move("Category:Sous", "Category:Autre", leave_redirect=True),
    "a category becomes a redirect": _write("Category:Haut", "#REDIRECT [[:Category:Sous]]"),
    "a page moves before the limit": _move("D", "0"),
    "a sort key puts a page last": _edit("A", "[[Porte::B]] {{DEFAULTSORT:Zut}}"),
    "a sort key puts a page first": _edit("F", "[[Porte::R]] {{DEFAULTSORT:0}}"),
    "a page is deleted": lambda: page_writer.delete(_page("D"), BY),
    "a page in the middle is deleted": lambda: page_writer.delete(_page("A"), BY),
}


@pytest.fixture(scope="module")
def read_pages(standing: Standing) -> None:
    """All pages, each list read once, so that its results are cached."""
    with standing():
        for title, text in PAGES.items():
            make_page(title, text)
        for number, query in enumerate(QUERIES):
            make_page(f"Liste {number}", query)
        search = StaleViewSearch(1)
        assert all(search.compare(f"Liste {number}") for number in range(len(QUERIES)))


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_what_a_title_means_shows_at_once(change: Callable[[], object], read_pages: None) -> None:
    change()
    lists = RenderedPage.objects.filter(page__full_title__startswith="Liste ", ui_language="fr")
    cached = [stored for stored in lists.select_related("page__place") if result_cache.is_fresh(stored)]
    stale = [stored.page.full_title for stored in cached if _computed(stored) != stored.results]
    assert stale == []
    assert len(cached) < len(lists) == len(QUERIES)  # something was invalidated


def _computed(stored: RenderedPage) -> object:
    """Return the results of a list as they would be computed now."""
    slots = page_output.deferred_slots(stored, PageFields.of(stored.page), stored.page)
    return EmbeddedResults(slots, AnonymousUser()).fill().results
