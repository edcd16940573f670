"""No view is stale: cases in which a title comes to mean another page, and random histories of a small wiki."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.campaigns.staleness import BY, StaleViewSearch
from tests.factories import make_page
from tests.instances import Instance
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_moves, page_writer

SEED = int(os.environ.get("MOVILAB_STALENESS_SEED", "1"))
STEPS = int(os.environ.get("MOVILAB_STALENESS_STEPS", "20"))
"""`make campaign NAME=staleness` chooses another seed and more steps."""
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


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_what_a_title_means_shows_at_once(change: Callable[[], object]) -> None:
    for title, text in PAGES.items():
        make_page(title, text)
    for number, query in enumerate(QUERIES):
        make_page(f"Liste {number}", query)
    search = StaleViewSearch(1)
    assert all(search.compare(f"Liste {number}") for number in range(len(QUERIES)))
    change()
    stale = [query for number, query in enumerate(QUERIES) if not search.compare(f"Liste {number}")]
    assert stale == []


@pytest.mark.slow
@pytest.mark.django_db
def test_every_view_of_a_random_history_is_as_if_made_afresh() -> None:
    search = StaleViewSearch(SEED)
    search.set_up()
    for _ in range(STEPS):
        assert search.step(), search.fault
    assert search.view_count == STEPS * search.views_per_step


SETUP = """
from django.contrib.staticfiles.storage import staticfiles_storage
staticfiles_storage.hashed_files, _ = staticfiles_storage.load_manifest()  # made after Django was set up
"""
WRITE_AND_READ = (
    SETUP
    + """
from tests.campaigns.staleness import StaleViewSearch
search = StaleViewSearch({seed})
for _ in range({steps}):
    search.change()
    search.read_some()
"""
)
COMPARE_ALL = (
    SETUP
    + """
from tests.campaigns.staleness import StaleViewSearch, existing_titles
search = StaleViewSearch(0)
for title in existing_titles():
    assert search.compare(title), search.fault
"""
)


@pytest.mark.slow
def test_what_two_processes_cached_while_both_wrote_is_as_if_made_afresh(instance: Instance) -> None:
    instance.manage("collectstatic", "--no-input", "--verbosity", "0")
    instance.python(f"from tests.campaigns.staleness import StaleViewSearch\nStaleViewSearch({SEED}).set_up()")
    for number in range(max(STEPS // 20, 1)):
        codes = [WRITE_AND_READ.format(seed=1000 * SEED + 2 * number + one, steps=15) for one in range(2)]
        for process in [instance.script(code) for code in codes]:
            _, errors = process.communicate(timeout=300)
            assert process.returncode == 0, errors
        instance.python(COMPARE_ALL)
