"""Measures saves, and refreshes of embedded query results, among generated pages; `ask.py` calls it."""

from __future__ import annotations

import statistics
import time
from typing import Any

TURNS = 15
VILLES = 40
"""Number of pages with a query for one town; besides, one has a query for any town, one for another property."""


def measured() -> dict[str, Any]:
    """Return milliseconds of a save with ten facts and of a refresh with 50 rows, and pages invalidated by a fact."""
    from tests.factories import make_page
    from wiki.pages.models import RenderedPage

    make_page("Banc", text_of(0))
    make_page("Liste", "{{#ask: [[Surface::>100]] | ?Ville | ?Capacité | limit=50 }}")
    for number in range(VILLES):
        make_page(f"Ville demandée {number}", f"{{{{#ask: [[Ville::Ville {number}]] | limit=10 }}}}")
    make_page("Toutes", "{{#ask: [[Ville::+]] | limit=10 }}")
    make_page("Ailleurs", "{{#ask: [[Note::>999]] | limit=10 }}")
    refresh_times = [refreshed("Liste") for _ in range(TURNS)]
    save_times = [saved(f"Ville {number % VILLES}", number) for number in range(1, TURNS + 1)]
    watching = [f"Ville demandée {number}" for number in range(VILLES)] + ["Toutes", "Ailleurs", "Liste"]
    for title in watching:
        refreshed(title)
    saved("Ville 7", TURNS)  # only the town changes
    stale = RenderedPage.objects.filter(results_release="", ui_language="fr").values_list("page__title", flat=True)
    needed = changed(list(stale))
    return {
        "save": statistics.median(save_times), "refresh": statistics.median(refresh_times),
        "stale": len(stale), "watching": len(watching), "needed": needed,
    }  # fmt: skip


def text_of(number: int, town: str = "Ville 0") -> str:
    """Return a text with ten facts."""
    return (
        f"---\nNature: Projet\nVille: {town}\nCapacité: {number}\nSurface: {number + 5}\nLieu: 45.{number}, 4.3\n"
        f"Vers: Page {number}\nDate: 2021-03-12\nTexte: atelier {number}\nNote: {number % 20}\n"
        f"Libre: {number}\n---\nTexte."
    )


def saved(town: str, number: int) -> float:
    """Save an edit; return milliseconds."""
    from wiki.pages import page_lookup
    from wiki.pages.writing import page_writer
    from wiki.pages.writing.page_writer import Author, EditSummary

    page = page_lookup.find_by_key("Banc")
    assert page is not None
    begun = time.perf_counter()
    page_writer.edit(page, text_of(number, town), Author(None, "banc"), EditSummary("essai"), base=page.version)
    return (time.perf_counter() - begun) * 1000


def refreshed(title: str, language: str = "fr") -> float:
    """Refresh the query results of a page; return milliseconds."""
    from wiki.ask.embedding import result_cache
    from wiki.pages.models import RenderedPage

    stored = RenderedPage.objects.select_related("page__place").get(page__title=title, ui_language=language)
    begun = time.perf_counter()
    result_cache.refresh(stored, stored.page)
    return (time.perf_counter() - begun) * 1000


def changed(titles: list[str]) -> int:
    """Return how many of the invalidated pages have different results."""
    from wiki.pages.models import RenderedPage

    count = 0
    for title in titles:
        before = RenderedPage.objects.get(page__title=title, ui_language="fr").results
        refreshed(title)
        count += RenderedPage.objects.get(page__title=title, ui_language="fr").results != before
    return count
