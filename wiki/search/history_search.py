"""Searching all that was ever written: from a tree of words to pages, and the versions through which it held.

Each word has the passages and facts that hold it, and these have lives; what joins words joins lives, page by page:
all of them is the intersection, any the union, not the difference (`intervals`). So words may lie in different
passages, and a period is one in which all lived. The engine gives candidates; lives and rights come from the database.
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
"""Passages whose lives are read in one go; where words have more, the best pages are looked at first."""
STEP_DOCUMENTS = 4_000
"""Passages from which the next best pages are taken then."""
STEP_PAGES = 250
"""Pages looked at together then."""
TIME_LIMIT = 0.7
"""Seconds after which no further pages are looked at then, nor where all pages have to be."""


@dataclass(slots=True)
class HistoryHit(SearchHit):
    """A page in which the query held at some time that was asked for, and the versions."""

    spans: Spans = ()


@dataclass(slots=True)
class HistoryHits:
    """All that was found, best first."""

    hits: list[HistoryHit] = field(default_factory=list)
    scores: dict[Leaf, dict[int, float]] = field(default_factory=dict)
    """What holds each word of the query, named as in `living`, and the scores."""
    is_complete: bool = True
    """Whether all pages were looked at: what nearly all pages hold is counted for a limited time."""


@dataclass(frozen=True, slots=True)
class HistoryScope:
    """For whom, and among what, is searched."""

    user: Reader
    time_filter: TimeFilter
    lifetime: TimeFilter = field(default_factory=TimeFilter)
    """In which time the periods have to have lived, by `before:` and `after:`."""
    where: Q | None = None
    """A condition on the pages as they are now."""
    pages: tuple[int, ...] | None = None
    """The only pages that are looked at."""


def find_in_history(tree: Node | None, scope: HistoryScope, notes: list[QueryWarning]) -> HistoryHits:
    """The pages in whose history `tree` held.

    Conditions of the language (`kind:` and others, and `title:`) speak of the page as it is now. Raises IndexMissing
    and IndexDamaged.
    """
    if tree is None:
        return HistoryHits()
    search = _Search(_telling(tree), scope, notes)
    search.run()
    search.past.hits.sort(key=lambda hit: (-hit.score, -hit.pk))
    return search.past


def _telling(node: Node) -> Node:
    """A tree without words that are too common to tell texts apart, where others stand beside them."""
    match node:
        case AndNode(parts):
            plain = [part for part in parts if isinstance(part, Term)]
            common = {part for part in plain if all(is_common(word) for word in iter_words(part.text))}
            dropped = common if len(common) < len(plain) else set()
            kept = [_telling(part) for part in parts if part not in dropped]
            return AndNode(tuple(kept)) if len(kept) > 1 else kept[0]
        case OrNode(parts):
            return OrNode(tuple(_telling(part) for part in parts))
        case NotNode(part):
            return NotNode(_telling(part))
    return node


def _leaves(node: Node) -> Iterator[Leaf]:
    """The words of a tree, those that must not be there too."""
    match node:
        case Term() | Phrase() | PrefixTerm() | FuzzyTerm():
            yield node
        case NotNode(part):
            yield from _leaves(part)
        case AndNode(parts) | OrNode(parts):
            for part in parts:
                yield from _leaves(part)


def _needs_words(node: Node) -> bool:
    """Whether a part holds only while some words are there."""
    match node:
        case Term() | Phrase() | PrefixTerm() | FuzzyTerm():
            return True
        case AndNode(parts):
            return any(_needs_words(part) for part in parts)
        case OrNode(parts):
            return all(_needs_words(part) for part in parts)
    return False


PageIntervals = dict[int, dict[Leaf, list[Span]]]
"""By page, the lives of the passages that hold each word."""


class _Search:
    """One search. `past` fills while it runs."""

    def __init__(self, tree: Node, scope: HistoryScope, notes: list[QueryWarning]) -> None:
        self.tree, self.scope, self.user = tree, scope, scope.user
        self.past = HistoryHits()
        self.evaluation = page_search.QueryPlan(notes)
        self.where = Q()
        self.sets: dict[Node, set[int]] = {}
        """Pages that meet a condition which stands among words."""
        self.best: dict[tuple[int, Leaf], float] = {}
        """By page and word, the score of the best passage, of pages looked at last."""
        self.title = titles.fold(" ".join(leaf.text for leaf in positive_terms(tree)))

    def run(self) -> None:
        """Ask the engine, then the database."""
        for leaf in dict.fromkeys(_leaves(self.tree)):
            self.past.scores[leaf], is_all = history_documents.find_history_candidates(leaf)
            self.past.is_complete &= is_all
        parts = self.tree.parts if isinstance(self.tree, AndNode) else (self.tree,)
        others = []
        for part in parts:
            if page_search.is_condition(part):
                self.where &= self.evaluation.condition(part)
            else:
                self._prepare(part)
                others.append(part)
        self.tree = others[0] if len(others) == 1 else AndNode(tuple(others))
        if self.scope.pages is not None or not _needs_words(self.tree):
            self._in_turn(self._pages(), time.monotonic() + TIME_LIMIT)
            return
        total = sum(map(len, self.past.scores.values()))
        if total <= MAX_DOCUMENTS:
            names = {name for found in self.past.scores.values() for name in found}
            self._judge(self._lives(history_documents.rows_with_ids(names)))
        else:
            self._best_first()

    def _pages(self) -> Sequence[int]:
        """The pages to look at, where words do not say it."""
        if self.scope.pages is not None:
            return self.scope.pages
        return sorted(WikiPage.objects.readable_by(self.user).filter(self.where).values_list("pk", flat=True))

    def _prepare(self, node: Node) -> None:
        """Look up what conditions within a part need."""
        match node:
            case InTitle():
                self.sets[node] = set(engine_queries.find_candidates(node))
            case FieldFilter():
                where = self.evaluation.condition(node)
                self.sets[node] = set(WikiPage.objects.filter(where).values_list("pk", flat=True))
            case NotNode(part):
                self._prepare(part)
            case AndNode(parts) | OrNode(parts):
                for part in parts:
                    self._prepare(part)

    # --- Many passages ------------------------------------------------------------------------------
    def _best_first(self) -> None:
        """Look at the pages of the best passages first, for a limited time."""
        scores = self._driving(self.tree) or {}
        until = time.monotonic() + TIME_LIMIT
        keys = sorted(scores, key=lambda key: -scores[key])
        seen: set[int] = set()
        for start in range(0, len(keys), STEP_DOCUMENTS):
            fresh = {
                page for _, page, _, _ in history_documents.rows_with_ids(keys[start : start + STEP_DOCUMENTS])
            } - seen
            seen |= fresh
            self._in_turn(sorted(fresh), until)
            if time.monotonic() > until:
                self.past.is_complete &= start + STEP_DOCUMENTS >= len(keys)
                return

    def _in_turn(self, pages: Sequence[int], until: float) -> None:
        """Look at pages, some at once; after `until` no more."""
        for start in range(0, len(pages), STEP_PAGES):
            some = pages[start : start + STEP_PAGES]
            lives = self._lives(history_documents.rows_of_pages(some))
            self._judge({page: lives.get(page, {}) for page in some})
            if time.monotonic() > until:
                self.past.is_complete &= start + STEP_PAGES >= len(pages)
                return

    def _driving(self, node: Node) -> dict[int, float] | None:
        """Passages of which every page that matches has one; as few as can be told."""
        match node:
            case Term() | Phrase() | PrefixTerm() | FuzzyTerm():
                return self.past.scores[node]
            case AndNode(parts):
                some = [one for one in map(self._driving, parts) if one is not None]
                return min(some, key=len, default=None)
            case OrNode(parts):
                total: dict[int, float] = {}
                for part in parts:
                    one = self._driving(part)
                    if one is None:
                        return None
                    total |= one
                return total
        return None

    # --- Pages --------------------------------------------------------------------------------------
    def _lives(self, rows: Iterable[DocumentRow]) -> PageIntervals:
        """The lives of those passages and facts that hold a word."""
        found: PageIntervals = {}
        best: dict[tuple[int, Leaf], float] = defaultdict(float)
        held = list(self.past.scores.items())
        for key, page, added_in, removed_in in rows:
            for leaf, scores in held:
                score = scores.get(key)
                if score is not None:
                    found.setdefault(page, {}).setdefault(leaf, []).append((added_in, removed_in or END))
                    best[page, leaf] = max(best[page, leaf], score)
        self.best = best
        return found

    def _judge(self, lives: PageIntervals) -> None:
        """Add the pages among those of `lives` in which the query held when it was asked for."""
        held = {}
        for page, theirs in lives.items():
            joined = {leaf: union(spans) for leaf, spans in theirs.items()}
            if spans := self._held(self.tree, page, joined):
                held[page] = spans
        if not _needs_words(self.tree):
            _leave_out_deletions(held)
        if not held:
            return
        sieve = PeriodFilter.load(self.scope.time_filter, self.scope.lifetime, list(held), self.user)
        kept = {page: spans for page, all_spans in held.items() if (spans := sieve.filter_periods(page, all_spans))}
        rows = WikiPage.objects.readable_by(self.user).filter(self.where).filter(column_in("pk", kept))
        if self.scope.where is not None:
            rows = rows.filter(self.scope.where)
        for pk, kind, place, license, language, key, edited_at, namespace, fold, *_ in rows.values_list(
            *page_search.HIT_COLUMNS
        ):
            score = self._score(pk) * (1.0 if namespace == 0 else page_search.OTHER_NAMESPACE_WEIGHT)
            score *= page_search.EXACT_TITLE_WEIGHT if fold == self.title else 1.0
            self.past.hits.append(
                HistoryHit(pk, score, kind, place, license, language, key, edited_at, spans=kept[pk])
            )  # fmt: skip

    def _score(self, page: int) -> float:
        """The best passage for each word, added up."""
        return sum(self.best.get((page, leaf), 0.0) for leaf in set(positive_terms(self.tree))) or 1.0

    def _held(self, node: Node, page: int, lives: dict[Leaf, Spans]) -> Spans:
        """The versions of a page for which a part of the tree held."""
        match node:
            case Term() | Phrase() | PrefixTerm() | FuzzyTerm():
                return lives.get(node, NEVER)
            case NotNode(part):
                return difference(ALWAYS, self._held(part, page, lives))
            case AndNode(parts):
                spans = ALWAYS
                for part in parts:
                    spans = intersection(spans, self._held(part, page, lives))
                    if not spans:
                        break
                return spans
            case OrNode(parts):
                return union([span for part in parts for span in self._held(part, page, lives)])
        return ALWAYS if page in self.sets[node] else NEVER


def _leave_out_deletions(held: dict[int, Spans]) -> None:
    """Take away versions in which there was no page; where words are wanted, none lived in them."""
    gone: dict[int, list[Span]] = defaultdict(list)
    rows = PageVersion.objects.filter(column_in("page_id", held), is_deletion=True)
    for page, number in rows.order_by().values_list("page_id", "number"):
        gone[page].append((number, number + 1))
    for page, spans in gone.items():
        held[page] = difference(held[page], union(spans))
        if not held[page]:
            del held[page]
