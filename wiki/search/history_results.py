"""History search for the search page and the command line: pages with the periods in which they matched the query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from wiki.pages.array_lookup import column_in
from wiki.pages.models import PageVersion, WikiPage
from wiki.search import history_documents, history_search, search_parser
from wiki.search.engine.index_directory import IndexDamaged, IndexMissing
from wiki.search.history_search import HistoryHit, HistoryHits, HistoryScope
from wiki.search.intervals import END, Span, Spans, overlap
from wiki.search.search_ast import Leaf, positive_terms
from wiki.search.snippets import Highlighter, Piece
from wiki.search.time_filter import TimeFilter, TimeFilterInput, extract_time_filter

if TYPE_CHECKING:
    from wiki.pages.models import Reader

MAX_PASSAGES = 3
"""Most passages shown of one period."""
VERSION_FIELDS = ("page_id", "number", "claimed_at", "author_name", "origin_host", "author__username")
"""Fields loaded of the versions that begin and end a period."""


@dataclass(slots=True)
class HistoryResults:
    """The hits of a history search, best first, all readable by the user."""

    query: search_parser.ParsedQuery
    found: HistoryHits = field(default_factory=HistoryHits)
    index_available: bool = True
    """False where the search index is missing or damaged."""
    is_unlimited: bool = False
    """Whether all periods count, at any time and by anyone."""

    @property
    def hits(self) -> list[HistoryHit]:
        """The hits, best first."""
        return self.found.hits

    @property
    def leaves(self) -> list[Leaf]:
        """The terms of the query that are searched for, without excluded ones."""
        return list(positive_terms(self.query.tree))


@dataclass(slots=True)
class Period:
    """An interval in which the page matched: the version that began it, and the version that ended it, if any."""

    added_in: PageVersion
    removed_in: PageVersion | None
    passages: list[str]
    """Passages and facts that contain the query terms, without markup."""
    snippets: list[list[Piece]]
    """A snippet of each of the passages, with the query terms highlighted."""


@dataclass(slots=True)
class HistoryResult:
    """A page with the periods in which it matched, for display."""

    page: WikiPage
    score: float
    title: list[Piece]
    periods: list[Period]
    more: int = 0
    """Number of periods that are not in `periods`."""

    @property
    def url(self) -> str:
        """URL of the page; of a deleted one, that of its last version with a text."""
        url = self.page.get_absolute_url()
        return f"{url}?version={self.page.version - 1}" if self.page.is_deleted else url


def search_history(
    text: str, user: Reader, time_input: TimeFilterInput, where: Q | None = None, pages: Iterable[int] | None = None
) -> HistoryResults:  # fmt: skip
    """Find the pages that matched the query `text` in periods that pass `time_input`.

    `where` is a condition on the current pages, `pages` the primary keys of the only pages to search.
    """
    query = search_parser.parse(text.strip())
    tree, time_filter, lifetime = extract_time_filter(query.tree, time_input.parse(query.warnings), query.warnings)
    scope = HistoryScope(user, time_filter, lifetime, where, None if pages is None else tuple(pages))
    try:
        found = history_search.find_in_history(tree, scope, query.warnings)
    except (IndexMissing, IndexDamaged):
        return HistoryResults(query, index_available=False)
    finally:
        query.warnings = list(dict.fromkeys(query.warnings))
    is_unlimited = time_filter == TimeFilter() and lifetime == TimeFilter()
    return HistoryResults(query, found, is_unlimited=is_unlimited)


def sort_oldest_first(results: HistoryResults, user: Reader) -> None:
    """Sort the hits by the time of the version that began their first period; last those whose version is hidden."""
    begins = {hit.pk: hit.spans[0][0] for hit in results.hits if hit.spans}
    numbers = set(begins.values())
    rows = PageVersion.objects.readable_by(user).filter(column_in("page_id", begins), column_in("number", numbers))
    times = {
        page: time
        for page, number, time in rows.order_by().values_list("page_id", "number", "claimed_at")
        if begins[page] == number
    }
    results.hits.sort(key=lambda hit: (0, times[hit.pk], hit.pk) if hit.pk in times else (1,))


def first_written(results: HistoryResults, shown: Sequence[HistoryResult]) -> PageVersion | None:
    """Return the version that wrote first what is searched for, if `shown` begins with it and nothing was left out."""
    is_whole = results.is_unlimited and results.found.is_complete
    if not is_whole or not shown or not shown[0].periods or shown[0].page.pk != results.hits[0].pk:
        return None
    version = shown[0].periods[0].added_in
    return version if version.number == results.hits[0].spans[0][0] else None


def load_history_results(
    results: HistoryResults, hits: Sequence[HistoryHit], user: Reader, max_periods: int | None = None
) -> list[HistoryResult]:
    """Load the pages of `hits` with at most `max_periods` periods each; five database queries."""
    readable = WikiPage.objects.readable_in_history(user)
    pages = readable.select_related("kind", "place").in_bulk([hit.pk for hit in hits])
    spans_by_page = {hit.pk: hit.spans[:max_periods] for hit in hits if hit.pk in pages}
    versions = _versions(spans_by_page, pages, user)
    passage_ids = _PassageChooser(results, spans_by_page).passages()
    texts = history_documents.load_texts({key for keys in passage_ids.values() for key in keys})
    highlighter = Highlighter(results.leaves)
    found = []
    for hit in hits:
        if hit.pk not in pages:
            continue
        page = pages[hit.pk]
        periods = []
        for span in spans_by_page[hit.pk]:
            added_in, removed_in = versions.get((hit.pk, span[0])), versions.get((hit.pk, span[1]))
            if added_in is None or (removed_in is None and span[1] < END):
                continue  # a version that the user may not read
            passages = [texts[key] for key in passage_ids.get((hit.pk, span), ()) if key in texts]
            snippets = [highlighter.snippet(text) or [(text, False)] for text in passages]
            periods.append(Period(added_in, removed_in, passages, snippets))
        title = highlighter.highlight(page.shown_title)
        found.append(HistoryResult(page, hit.score, title, periods, len(hit.spans) - len(spans_by_page[hit.pk])))
    return found


def _versions(
    spans_by_page: dict[int, Spans], pages: dict[int, WikiPage], user: Reader
) -> dict[tuple[int, int], PageVersion]:  # fmt: skip
    """Load the versions that begin and end the periods, by page and number."""
    bounds = Q()
    for page, spans in spans_by_page.items():
        bounds |= Q(page=page, number__in=sorted({bound for span in spans for bound in span if bound < END}))
    if not bounds:
        return {}
    rows = PageVersion.objects.readable_by(user).filter(bounds).select_related("author").only(*VERSION_FIELDS)
    found = {}
    for row in rows:
        row.page = pages[row.page_id]
        found[row.page_id, row.number] = row
    return found


class _PassageChooser:
    """Chooses the passages to show for each period."""

    def __init__(self, results: HistoryResults, spans_by_page: dict[int, Spans]) -> None:
        self.scores = {leaf: results.found.scores[leaf] for leaf in results.leaves if leaf in results.found.scores}
        self.spans_by_page = spans_by_page
        self.intervals: dict[int, list[tuple[int, Span]]] = defaultdict(list)
        for key, page, added_in, removed_in in history_documents.rows_of_pages(spans_by_page):
            if any(key in scores for scores in self.scores.values()):
                self.intervals[page].append((key, (added_in, removed_in or END)))

    def passages(self) -> dict[tuple[int, Span], list[int]]:
        """Return the document ids of the passages to show, by page and period, in text order."""
        return {(page, span): self._choose(page, span) for page, spans in self.spans_by_page.items() for span in spans}

    def _choose(self, page: int, span: Span) -> list[int]:
        """Choose at most MAX_PASSAGES passages that together contain the most query terms.

        Among equals, prefer passages that are present from the start of the period, then higher scores (greedy).
        """
        candidates = [(key, interval) for key, interval in self.intervals[page] if overlap(interval, span)]
        order = [key for key, _ in candidates]
        from_start = {key for key, (added_in, removed_in) in candidates if added_in <= span[0] < removed_in}
        missing = set(self.scores)
        passage_ids: list[int] = []
        while missing and len(passage_ids) < MAX_PASSAGES:
            remaining = [key for key in order if key not in passage_ids]
            best = max(remaining, key=lambda key: self._rank(key, missing, from_start), default=None)
            if best is None or not self._rank(best, missing, from_start)[0]:
                break
            passage_ids.append(best)
            missing -= {leaf for leaf, scores in self.scores.items() if best in scores}
        return sorted(passage_ids, key=order.index)

    def _rank(self, key: int, missing: set[Leaf], from_start: set[int]) -> tuple[int, bool, float]:
        scores = [scores[key] for leaf, scores in self.scores.items() if leaf in missing and key in scores]
        return len(scores), key in from_start, sum(scores)


def as_data(result: HistoryResult) -> dict[str, Any]:
    """Return a result as data for JSON: title, score, and periods with their versions and passages."""
    return {
        "title": result.page.full_title,
        "score": round(result.score, 4),
        "periods": [
            {
                "born": _version(period.added_in),
                "died": _version(period.removed_in),
                "passage": "\n".join(period.passages),
            }
            for period in result.periods
        ],
    }


def _version(version: PageVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {"version": version.number, "date": version.claimed_at.isoformat(), "author": version.author_name}
