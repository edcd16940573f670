"""Search over all versions: from a query tree to pages, and the intervals of versions in which each page matched.

The search engine returns the documents (passages and facts, see `history_documents`) that contain each query term; the
database has the versions that added and removed each document, and the permissions. Per page, AND intersects these
intervals, OR unites them and NOT subtracts them (see `intervals`). So the terms may stand in different passages, as
long as these passages existed at the same time.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q

from wiki.pages.array_lookup import column_in
from wiki.pages.models import PageVersion, WikiPage
from wiki.search import engine_queries, history_documents, page_search
from wiki.search.engine.schema import is_common
from wiki.search.history_documents import DocumentRow
from wiki.search.intervals import ALWAYS, END, NEVER, Span, Spans, difference, intersection, union
from wiki.search.page_search import SearchHit
from wiki.search.search_ast import (
    AndNode,
    FieldFilter,
    FuzzyTerm,
    InTitle,
    Leaf,
    Node,
    NotNode,
    OrNode,
    Phrase,
    PrefixTerm,
    QueryWarning,
    Term,
    positive_terms,
)
from wiki.search.time_filter import PeriodFilter, TimeFilter
from wiki.text import titles
from wiki.text.tokenizer import iter_words

if TYPE_CHECKING:
    from wiki.pages.models import Reader

MAX_DOCUMENTS = 20_000
"""Most documents whose intervals are loaded at once; beyond that, the search proceeds in steps, best pages first."""
STEP_DOCUMENTS = 4_000
"""Documents per step, best first, whose pages are examined next."""
STEP_PAGES = 250
"""Pages whose documents are loaded together in a step."""
TIME_LIMIT = 0.7
"""Seconds after which a search that proceeds in steps stops."""


@dataclass(slots=True)
class HistoryHit(SearchHit):
    """A page that matched the query at some time that passes the filters, with the intervals of versions (`spans`)."""

    spans: Spans = ()


@dataclass(slots=True)
class HistoryHits:
    """The hits, best first, and the documents that matched."""

    hits: list[HistoryHit] = field(default_factory=list)
    scores: dict[Leaf, dict[int, float]] = field(default_factory=dict)
    """By query term, the scores of the documents that contain it, by document id (see `history_documents`)."""
    is_complete: bool = True
    """False where the time limit was reached before all pages were examined."""


@dataclass(frozen=True, slots=True)
class HistoryScope:
    """Who searches, and which periods and pages are searched."""

    user: Reader
    time_filter: TimeFilter
    lifetime: TimeFilter = field(default_factory=TimeFilter)
    """The time that the periods have to overlap, from `before:` and `after:`."""
    where: Q | None = None
    """A condition on the current pages."""
    pages: tuple[int, ...] | None = None
    """Primary keys of the only pages to search; None for all."""


def find_in_history(tree: Node | None, scope: HistoryScope, warnings: list[QueryWarning]) -> HistoryHits:
    """Find the pages that matched `tree` at some time; appends to `warnings` the parts of the query that are ignored.

    Field filters (`kind:` and others, and `title:`) apply to the current state of the page. Raises IndexMissing and
    IndexDamaged.
    """
    if tree is None:
        return HistoryHits()
    search = _Search(_without_stop_words(tree), scope, warnings)
    search.run()
    search.found.hits.sort(key=lambda hit: (-hit.score, -hit.pk))
    return search.found


def _without_stop_words(node: Node) -> Node:
    """Drop stop words from conjunctions that also contain other words."""
    match node:
        case AndNode(parts):
            plain = [part for part in parts if isinstance(part, Term)]
            common = {part for part in plain if all(is_common(word) for word in iter_words(part.text))}
            dropped = common if len(common) < len(plain) else set()
            remaining = [_without_stop_words(part) for part in parts if part not in dropped]
            return AndNode(tuple(remaining)) if len(remaining) > 1 else remaining[0]
        case OrNode(parts):
            return OrNode(tuple(_without_stop_words(part) for part in parts))
        case NotNode(part):
            return NotNode(_without_stop_words(part))
    return node


def _leaves(node: Node) -> Iterator[Leaf]:
    """Iterate over the terms of a tree, excluded (NOT) terms included."""
    match node:
        case Term() | Phrase() | PrefixTerm() | FuzzyTerm():
            yield node
        case NotNode(part):
            yield from _leaves(part)
        case AndNode(parts) | OrNode(parts):
            for part in parts:
                yield from _leaves(part)


def _needs_terms(node: Node) -> bool:
    """Return whether a node can match only where at least one term is present."""
    match node:
        case Term() | Phrase() | PrefixTerm() | FuzzyTerm():
            return True
        case AndNode(parts):
            return any(_needs_terms(part) for part in parts)
        case OrNode(parts):
            return all(_needs_terms(part) for part in parts)
    return False


PageIntervals = dict[int, dict[Leaf, list[Span]]]
"""By page and query term, the intervals of the documents that contain the term."""


class _Search:
    """One run of a search; collects its result in `found`."""

    def __init__(self, tree: Node, scope: HistoryScope, warnings: list[QueryWarning]) -> None:
        self.tree, self.scope, self.user = tree, scope, scope.user
        self.found = HistoryHits()
        self.plan = page_search.QueryPlan(warnings)
        self.where = Q()
        self.filtered_pages: dict[Node, set[int]] = {}
        """By field or title filter that is combined with terms (in OR or NOT), the pages that pass it."""
        self.best_scores: dict[tuple[int, Leaf], float] = {}
        """By page and term, the best score among the documents of the pages examined last."""
        self.title = titles.fold(" ".join(leaf.text for leaf in positive_terms(tree)))

    def run(self) -> None:
        """Query the engine for every term, then filter by the database."""
        for leaf in dict.fromkeys(_leaves(self.tree)):
            self.found.scores[leaf], is_complete = history_documents.find_history_candidates(leaf)
            self.found.is_complete &= is_complete
        parts = self.tree.parts if isinstance(self.tree, AndNode) else (self.tree,)
        others = []
        for part in parts:
            if page_search.is_condition(part):
                self.where &= self.plan.condition(part)
            else:
                self._prepare(part)
                others.append(part)
        self.tree = others[0] if len(others) == 1 else AndNode(tuple(others))
        if self.scope.pages is not None or not _needs_terms(self.tree):
            self._examine(self._pages(), time.monotonic() + TIME_LIMIT)
            return
        total = sum(map(len, self.found.scores.values()))
        if total <= MAX_DOCUMENTS:
            document_ids = {document for found in self.found.scores.values() for document in found}
            self._add_hits(self._intervals(history_documents.rows_with_ids(document_ids)))
        else:
            self._examine_best_first()

    def _pages(self) -> Sequence[int]:
        """Return the pages to examine where the terms do not determine them."""
        if self.scope.pages is not None:
            return self.scope.pages
        return sorted(WikiPage.objects.readable_in_history(self.user).filter(self.where).values_list("pk", flat=True))

    def _prepare(self, node: Node) -> None:
        """Load the pages that pass each field or title filter within a node."""
        match node:
            case InTitle():
                self.filtered_pages[node] = set(engine_queries.find_candidates(node))
            case FieldFilter():
                where = self.plan.condition(node)
                self.filtered_pages[node] = set(WikiPage.objects.filter(where).values_list("pk", flat=True))
            case NotNode(part):
                self._prepare(part)
            case AndNode(parts) | OrNode(parts):
                for part in parts:
                    self._prepare(part)

    # --- Many documents -----------------------------------------------------------------------------
    def _examine_best_first(self) -> None:
        """Examine the pages of the best documents first, until the time limit."""
        scores = self._smallest_candidates(self.tree) or {}
        deadline = time.monotonic() + TIME_LIMIT
        keys = sorted(scores, key=lambda key: -scores[key])
        examined: set[int] = set()
        for start in range(0, len(keys), STEP_DOCUMENTS):
            new_pages = {
                page for _, page, _, _ in history_documents.rows_with_ids(keys[start : start + STEP_DOCUMENTS])
            } - examined
            examined |= new_pages
            self._examine(sorted(new_pages), deadline)
            if time.monotonic() > deadline:
                self.found.is_complete &= start + STEP_DOCUMENTS >= len(keys)
                return

    def _examine(self, pages: Sequence[int], deadline: float) -> None:
        """Examine pages in chunks, until `deadline` (a time of `time.monotonic`)."""
        for start in range(0, len(pages), STEP_PAGES):
            chunk = pages[start : start + STEP_PAGES]
            page_intervals = self._intervals(history_documents.rows_of_pages(chunk))
            self._add_hits({page: page_intervals.get(page, {}) for page in chunk})
            if time.monotonic() > deadline:
                self.found.is_complete &= start + STEP_PAGES >= len(pages)
                return

    def _smallest_candidates(self, node: Node) -> dict[int, float] | None:
        """Return a small set of documents of which every matching page has at least one, or None if there is none."""
        match node:
            case Term() | Phrase() | PrefixTerm() | FuzzyTerm():
                return self.found.scores[node]
            case AndNode(parts):
                sets = [candidates for candidates in map(self._smallest_candidates, parts) if candidates is not None]
                return min(sets, key=len, default=None)
            case OrNode(parts):
                total: dict[int, float] = {}
                for part in parts:
                    candidates = self._smallest_candidates(part)
                    if candidates is None:
                        return None
                    total |= candidates
                return total
        return None

    # --- Pages --------------------------------------------------------------------------------------
    def _intervals(self, rows: Iterable[DocumentRow]) -> PageIntervals:
        """Group the intervals of the documents that contain a term by page and term."""
        found: PageIntervals = {}
        best: dict[tuple[int, Leaf], float] = defaultdict(float)
        scores_by_term = list(self.found.scores.items())
        for key, page, added_in, removed_in in rows:
            for leaf, scores in scores_by_term:
                score = scores.get(key)
                if score is not None:
                    found.setdefault(page, {}).setdefault(leaf, []).append((added_in, removed_in or END))
                    best[page, leaf] = max(best[page, leaf], score)
        self.best_scores = best
        return found

    def _add_hits(self, page_intervals: PageIntervals) -> None:
        """Add to the hits the pages that matched the query and pass the filters."""
        matched = {}
        for page, spans_by_term in page_intervals.items():
            joined = {leaf: union(spans) for leaf, spans in spans_by_term.items()}
            if spans := self._matching_spans(self.tree, page, joined):
                matched[page] = spans
        if not _needs_terms(self.tree):
            _subtract_deletions(matched)
        if not matched:
            return
        period_filter = PeriodFilter.load(self.scope.time_filter, self.scope.lifetime, list(matched), self.user)
        remaining = {
            page: spans
            for page, all_matching in matched.items()
            if (spans := period_filter.filter_periods(page, all_matching))
        }
        rows = WikiPage.objects.readable_in_history(self.user).filter(self.where).filter(column_in("pk", remaining))
        if self.scope.where is not None:
            rows = rows.filter(self.scope.where)
        for pk, kind, place, license, language, key, edited_at, namespace, title_fold, *_ in rows.values_list(
            *page_search.HIT_COLUMNS
        ):
            score = self._score(pk) * (1.0 if namespace == 0 else page_search.OTHER_NAMESPACE_WEIGHT)
            score *= page_search.EXACT_TITLE_WEIGHT if title_fold == self.title else 1.0
            self.found.hits.append(
                HistoryHit(pk, score, kind, place, license, language, key, edited_at, spans=remaining[pk])
            )  # fmt: skip

    def _score(self, page: int) -> float:
        """Sum the best document score of each term."""
        return sum(self.best_scores.get((page, leaf), 0.0) for leaf in set(positive_terms(self.tree))) or 1.0

    def _matching_spans(self, node: Node, page: int, page_intervals: dict[Leaf, Spans]) -> Spans:
        """Return the intervals of versions in which a node matched a page."""
        match node:
            case Term() | Phrase() | PrefixTerm() | FuzzyTerm():
                return page_intervals.get(node, NEVER)
            case NotNode(part):
                return difference(ALWAYS, self._matching_spans(part, page, page_intervals))
            case AndNode(parts):
                spans = ALWAYS
                for part in parts:
                    spans = intersection(spans, self._matching_spans(part, page, page_intervals))
                    if not spans:
                        break
                return spans
            case OrNode(parts):
                return union([span for part in parts for span in self._matching_spans(part, page, page_intervals)])
        return ALWAYS if page in self.filtered_pages[node] else NEVER


def _subtract_deletions(matched: dict[int, Spans]) -> None:
    """Subtract the versions in which the page was deleted; needed only for queries that match without any term."""
    deleted: dict[int, list[Span]] = defaultdict(list)
    rows = PageVersion.objects.filter(column_in("page_id", matched), is_deletion=True)
    for page, number, last in rows.order_by().values_list("page_id", "number", "page__version"):
        deleted[page].append((number, END if number == last else number + 1))
    for page, spans in deleted.items():
        matched[page] = difference(matched[page], union(spans))
        if not matched[page]:
            del matched[page]
