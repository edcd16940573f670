"""From a tree to the pages that match and that a reader may read, the best first.

Engines cannot apply our gate: they give candidates, page keys with scores. Conditions on the page itself become
conditions of the database. What is shown, counted or offered comes from `Hit`s, which have all passed `readable_by`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from math import exp
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils import timezone

from wiki.pages.array_lookup import column_in
from wiki.pages.models import PageLink, WikiPage
from wiki.search import engine_queries, query_fields
from wiki.search.search_ast import AndNode, FieldFilter, Node, NotNode, OrNode, QueryWarning
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader, WikiPageQuerySet

OTHER_NAMESPACE_WEIGHT = 0.5
"""What a page outside the main namespace is worth beside one within it."""
EXACT_TITLE_WEIGHT = 3.0
TITLE_PREFIX_WEIGHT = 1.3
"""What a title is worth that is what was asked for, or begins so."""
RECENCY_WEIGHT, LINK_WEIGHT = 0.06, 0.06
"""The most that freshness, and links from other pages, add to a score: they decide between equals."""
YEAR = 365.25 * 24 * 3600
TOP_HITS = 200
"""Pages for which links are counted."""


@dataclass(slots=True)
class SearchHit:
    """A page that was found and may be read."""

    pk: int
    score: float
    kind: int | None
    place: int | None
    license: str
    language: str
    key: str
    edited_at: datetime
    via: str = ""
    """The title of the redirect by which it was found."""


@dataclass(slots=True)
class SearchHits:
    """An answer: all hits, best first."""

    hits: list[SearchHit] = field(default_factory=list)
    warnings: list[QueryWarning] = field(default_factory=list)


HIT_COLUMNS = (
    "pk", "kind_id", "place_id", "license", "language", "title_key", "edited_at", "namespace", "title_fold",
    "redirect_key", "full_title",
)  # fmt: skip


def find_pages(tree: Node | None, user: Reader, also: Q | None = None, words: str = "") -> SearchHits:
    """The pages that match `tree` and the condition `also`; `words` are what a title would be that is asked for.

    Raises IndexMissing and IndexDamaged.
    """
    found = SearchHits()
    if tree is None and also is None:
        return found
    evaluation = QueryPlan(found.warnings)
    scores, where = evaluation.split(tree) if tree is not None else (None, Q())
    readable = WikiPage.objects.readable_by(user).filter(where)
    if also is not None:
        readable = readable.filter(also)
    rows = readable if scores is None else readable.filter(column_in("pk", scores))
    _collect(found, rows.values_list(*HIT_COLUMNS), scores or {}, titles.fold(words))
    _follow_redirects(found, readable)
    _order(found.hits)
    return found


class QueryPlan:
    """Divides a tree between the engine and the database."""

    def __init__(self, notes: list[QueryWarning]) -> None:
        self.warnings = notes
        self._all: set[int] | None = None

    def split(self, node: Node) -> tuple[dict[int, float] | None, Q]:
        """Candidates (None for all pages) and the condition that they have to meet as well."""
        parts = node.parts if isinstance(node, AndNode) else (node,)
        where = Q()
        others = []
        for part in parts:
            if is_condition(part):
                where &= self.condition(part)
            else:
                others.append(part)
        if not others:
            return None, where
        return self.scores(others[0] if len(others) == 1 else AndNode(tuple(others))), where

    def condition(self, node: Node) -> Q:
        """A part that the database decides alone."""
        match node:
            case FieldFilter(name, value):
                try:
                    return query_fields.condition(name, value)
                except query_fields.UnknownFieldValue:
                    self.warnings.append(QueryWarning(f"unknown_{name}", value[:60]))
                    return Q()
            case NotNode(part):
                inner = self.condition(part)
                return ~inner if inner else Q()
            case AndNode(parts):
                return _joined([self.condition(part) for part in parts], Q.AND)
            case OrNode(parts):
                return _joined([self.condition(part) for part in parts], Q.OR)
        raise TypeError(node)

    def scores(self, node: Node) -> dict[int, float]:
        """The candidates of a part that the database does not decide alone."""
        if engine_queries.is_text_query(node):
            return engine_queries.find_candidates(node)
        match node:
            case AndNode(parts):
                wanted = [self.scores(part) for part in parts if not isinstance(part, NotNode)]
                hits = _all_of(wanted) if wanted else dict.fromkeys(self._everything(), 0.0)
                for part in parts:
                    if isinstance(part, NotNode):
                        gone = self.scores(part.part)
                        hits = {pk: score for pk, score in hits.items() if pk not in gone}
                return hits
            case OrNode(parts):
                hits = {}
                for part in parts:
                    for pk, score in self.scores(part).items():
                        hits[pk] = hits.get(pk, 0.0) + score
                return hits
            case NotNode(part):
                gone = self.scores(part)
                return {pk: 0.0 for pk in self._everything() if pk not in gone}
        where = self.condition(node)
        return dict.fromkeys(WikiPage.objects.filter(where).values_list("pk", flat=True), 0.0)

    def _everything(self) -> set[int]:
        if self._all is None:
            self._all = set(WikiPage.objects.filter(title_key__isnull=False).values_list("pk", flat=True))
        return self._all


def is_condition(node: Node) -> bool:
    """Whether the database can decide a part alone."""
    match node:
        case FieldFilter():
            return True
        case NotNode(part):
            return is_condition(part)
        case AndNode(parts) | OrNode(parts):
            return all(is_condition(part) for part in parts)
    return False


def _joined(conditions: Iterable[Q], way: str) -> Q:
    """Conditions by AND or OR; those that were ignored have no say."""
    total = Q()
    for one in conditions:
        if one:
            total = total._combine(one, way) if total else one  # type: ignore[attr-defined]
    return total


def _all_of(some: list[dict[int, float]]) -> dict[int, float]:
    first, *others = sorted(some, key=len)
    shared = set(first)
    for one in others:
        shared &= one.keys()
    return {pk: sum(one[pk] for one in some) for pk in shared}


# --- Rows and their order -----------------------------------------------------------------------------
def _collect(found: SearchHits, rows: Iterable[tuple[Any, ...]], scores: dict[int, float], words: str) -> None:
    """Make hits of the rows."""
    for pk, kind, place, license, language, key, edited_at, namespace, fold, redirects_to, full_title in rows:
        score = scores.get(pk, 1.0) * (1.0 if namespace == 0 else OTHER_NAMESPACE_WEIGHT)
        if words and fold == words:
            score *= EXACT_TITLE_WEIGHT
        elif words and fold.startswith(words):
            score *= TITLE_PREFIX_WEIGHT
        hit = SearchHit(pk, score, kind, place, license, language, key, edited_at)
        if redirects_to:
            hit.key, hit.via = redirects_to, full_title
        found.hits.append(hit)


def _follow_redirects(found: SearchHits, readable: WikiPageQuerySet) -> None:
    """Let redirects count for the pages to which they lead, where these meet all conditions too."""
    redirects = [hit for hit in found.hits if hit.via]
    if not redirects:
        return
    there = {hit.key: hit for hit in found.hits if not hit.via}
    missing = {hit.key for hit in redirects} - there.keys()
    for row in readable.filter(title_key__in=sorted(missing)[:TOP_HITS], redirect_key="").values_list(*HIT_COLUMNS):
        pk, kind, place, license, language, key, edited_at = row[:7]
        there[key] = SearchHit(pk, 0.0, kind, place, license, language, key, edited_at)
    for hit in redirects:
        target = there.get(hit.key)
        if target is not None and hit.score > target.score:
            target.score, target.via = hit.score, hit.via
    found.hits = list(there.values())


def _order(hits: list[SearchHit]) -> None:
    """Best first. Between pages that match equally well the fresher and the better linked one wins."""
    now = timezone.now()
    for hit in hits:
        age = max((now - hit.edited_at).total_seconds(), 0.0)
        hit.score *= 1 + RECENCY_WEIGHT * exp(-age / YEAR)
    hits.sort(key=lambda hit: (-hit.score, -hit.pk))
    top = hits[:TOP_HITS]
    links = (
        PageLink.objects.filter(key__in=[hit.key for hit in top]).order_by().values_list("key").annotate(Count("page"))
    )
    counts = dict(links)
    most = max(counts.values(), default=0)
    for hit in top:
        hit.score *= 1 + LINK_WEIGHT * counts.get(hit.key, 0) / max(most, 1)
    hits[:TOP_HITS] = sorted(top, key=lambda hit: (-hit.score, -hit.pk))


def count_hits_by(hits: Iterable[SearchHit], name: str) -> Counter[Any]:
    """How many hits have each value of a column."""
    return Counter(getattr(hit, name) for hit in hits)
