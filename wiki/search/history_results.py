"""One answer about the past, for the page and the command line: pages with the periods in which the words lived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from wiki.pages.models import PageVersion, WikiPage
from wiki.search import history_documents, history_search, search_parser
from wiki.search.engine.index_directory import IndexDamaged, IndexMissing
from wiki.search.history_search import HistoryHit, HistoryHits, HistoryScope
from wiki.search.intervals import END, Span, Spans, overlap
from wiki.search.search_ast import Leaf, positive_terms
from wiki.search.snippets import Highlighter, Piece
from wiki.search.time_filter import TimeFilterInput, extract_time_filter

if TYPE_CHECKING:
    from wiki.pages.models import Reader

MAX_PASSAGES = 3
"""Passages shown of one period, at most."""
VERSION_FIELDS = ("page_id", "number", "claimed_at", "author_name", "origin_host", "author__username")
"""What is shown of a version."""


@dataclass(slots=True)
class HistoryResults:
    """What was found, best first; nothing in it is hidden from the reader."""

    query: search_parser.ParsedQuery
    found: HistoryHits = field(default_factory=HistoryHits)
    index_available: bool = True
    """Whether the index could be asked."""

    @property
    def hits(self) -> list[HistoryHit]:
        """The pages."""
        return self.found.hits

    @property
    def leaves(self) -> list[Leaf]:
        """The words that were looked for."""
        return list(positive_terms(self.query.tree))


@dataclass(slots=True)
class Period:
    """From the version that brought the words to the one that ended them, if one did."""

    added_in: PageVersion
    removed_in: PageVersion | None
    passages: list[str]
    """Passages and facts that held the words when the period began, without markup."""
    snippets: list[list[Piece]]
    """The same, with the words marked, and shortened."""


@dataclass(slots=True)
class HistoryResult:
    """One page as it is shown."""

    page: WikiPage
    score: float
    title: list[Piece]
    periods: list[Period]
    more: int = 0
    """How many periods are not shown."""


def search_history(
    text: str, user: Reader, wish: TimeFilterInput, also: Q | None = None, pages: Iterable[int] | None = None
) -> HistoryResults:  # fmt: skip
    """The pages in whose history `text` held when `wish` says; among `pages`, or all that meet `also` now."""
    query = search_parser.parse(text.strip())
    tree, when, lived = extract_time_filter(query.tree, wish.parse(query.warnings), query.warnings)
    scope = HistoryScope(user, when, lived, also, None if pages is None else tuple(pages))
    try:
        found = history_search.find_in_history(tree, scope, query.warnings)
    except (IndexMissing, IndexDamaged):
        return HistoryResults(query, index_available=False)
    finally:
        query.warnings = list(dict.fromkeys(query.warnings))
    return HistoryResults(query, found)


def load_history_results(
    given: HistoryResults, hits: Sequence[HistoryHit], user: Reader, most: int | None = None
) -> list[HistoryResult]:
    """The pages of some hits with their periods, `most` of each. Four queries, and one more for the places."""
    pages = WikiPage.objects.readable_by(user).select_related("kind", "place").in_bulk([hit.pk for hit in hits])
    shown = {hit.pk: hit.spans[:most] for hit in hits if hit.pk in pages}
    versions = _versions(shown, pages, user)
    chosen = _Choice(given, shown).passages()
    texts = history_documents.load_texts({key for keys in chosen.values() for key in keys})
    marker = Highlighter(given.leaves)
    found = []
    for hit in hits:
        if hit.pk not in pages:
            continue
        page = pages[hit.pk]
        periods = []
        for span in shown[hit.pk]:
            added_in, removed_in = versions.get((hit.pk, span[0])), versions.get((hit.pk, span[1]))
            if added_in is None or (removed_in is None and span[1] < END):
                continue  # a version that the reader may not see
            said = [texts[key] for key in chosen.get((hit.pk, span), ()) if key in texts]
            pieces = [marker.snippet(text) or [(text, False)] for text in said]
            periods.append(Period(added_in, removed_in, said, pieces))
        title = marker.highlight(page.shown_title)
        found.append(HistoryResult(page, hit.score, title, periods, len(hit.spans) - len(shown[hit.pk])))
    return found


def _versions(
    shown: dict[int, Spans], pages: dict[int, WikiPage], user: Reader
) -> dict[tuple[int, int], PageVersion]:  # fmt: skip
    """The versions that begin and end periods, by page and number."""
    wanted = Q()
    for page, spans in shown.items():
        wanted |= Q(page=page, number__in=sorted({bound for span in spans for bound in span if bound < END}))
    if not wanted:
        return {}
    rows = PageVersion.objects.readable_by(user).filter(wanted).select_related("author").only(*VERSION_FIELDS)
    found = {}
    for row in rows:
        row.page = pages[row.page_id]
        found[row.page_id, row.number] = row
    return found


class _Choice:
    """Chooses the passages that show each period."""

    def __init__(self, given: HistoryResults, shown: dict[int, Spans]) -> None:
        self.found = {leaf: given.found.scores[leaf] for leaf in given.leaves if leaf in given.found.scores}
        self.shown = shown
        self.lives: dict[int, list[tuple[int, Span]]] = defaultdict(list)
        for key, page, added_in, removed_in in history_documents.rows_of_pages(shown):
            if any(key in scores for scores in self.found.values()):
                self.lives[page].append((key, (added_in, removed_in or END)))

    def passages(self) -> dict[tuple[int, Span], list[int]]:
        """The keys of passages for each page and period, in the order of the text."""
        return {(page, span): self._of(page, span) for page, spans in self.shown.items() for span in spans}

    def _of(self, page: int, span: Span) -> list[int]:
        """Few passages that hold as many of the words as can be; those there from the beginning before others."""
        there = [(key, life) for key, life in self.lives[page] if overlap(life, span)]
        order = [key for key, _ in there]
        first = {key for key, (added_in, removed_in) in there if added_in <= span[0] < removed_in}
        lacking = set(self.found)
        chosen: list[int] = []
        while lacking and len(chosen) < MAX_PASSAGES:
            rest = [key for key in order if key not in chosen]
            best = max(rest, key=lambda key: self._worth(key, lacking, first), default=None)
            if best is None or not self._worth(best, lacking, first)[0]:
                break
            chosen.append(best)
            lacking -= {leaf for leaf, scores in self.found.items() if best in scores}
        return sorted(chosen, key=order.index)

    def _worth(self, key: int, lacking: set[Leaf], first: set[int]) -> tuple[int, bool, float]:
        held = [scores[key] for leaf, scores in self.found.items() if leaf in lacking and key in scores]
        return len(held), key in first, sum(held)


def as_data(result: HistoryResult) -> dict[str, Any]:
    """A result for machines: title, score, and periods with their versions and passage."""
    return {
        "title": result.page.full_title,
        "score": round(result.score, 4),
        "periods": [
            {
                "added_in": _version(one.added_in),
                "removed_in": _version(one.removed_in),
                "passage": "\n".join(one.passages),
            }
            for one in result.periods
        ],
    }


def _version(version: PageVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {"version": version.number, "date": version.claimed_at.isoformat(), "author": version.author_name}
