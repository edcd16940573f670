"""Search of current pages: from a query tree to the readable pages that match, best first.

The search engine cannot apply permissions: it returns candidates, scores by primary key of pages. Field filters become
conditions of a database query. Results, counts and facets are made of `SearchHit`s only, which passed `readable_by`.
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
"""Factor of the score of pages outside the main namespace."""
EXACT_TITLE_WEIGHT = 3.0
TITLE_PREFIX_WEIGHT = 1.3
"""Factors of the score where the title is the query text, or begins with it."""
RECENCY_WEIGHT, LINK_WEIGHT = 0.06, 0.06
"""Most that recency and incoming links add to a score (as a factor): they decide between equal matches."""
YEAR = 365.25 * 24 * 3600
TOP_HITS = 200
"""Number of best hits for which links are counted."""


@dataclass(slots=True)
class SearchHit:
    """A page that matches and that the user may read."""

    pk: int
    score: float
    kind: int | None
    place: int | None
    license: str
    language: str
    key: str
    edited_at: datetime
    via: str = ""
    """Full title of the redirect by which the page was found; empty if it was found directly."""


@dataclass(slots=True)
class SearchHits:
    """All hits of a search, best first, and warnings about ignored parts of the query."""

    hits: list[SearchHit] = field(default_factory=list)
    warnings: list[QueryWarning] = field(default_factory=list)


HIT_COLUMNS = (
    "pk", "kind_id", "place_id", "license", "language", "title_key", "edited_at", "namespace", "title_fold",
    "redirect_key", "full_title",
)  # fmt: skip


def find_pages(tree: Node | None, user: Reader, where: Q | None = None, title: str = "") -> SearchHits:
    """Find the readable pages that match `tree` and the condition `where`; pages titled `title` are ranked higher.

    Raises IndexMissing and IndexDamaged.
    """
    found = SearchHits()
    if tree is None and where is None:
        return found
    plan = QueryPlan(found.warnings)
    scores, filters = plan.split(tree) if tree is not None else (None, Q())
    readable = WikiPage.objects.readable_by(user).filter(filters)
    if where is not None:
        readable = readable.filter(where)
    rows = readable if scores is None else readable.filter(column_in("pk", scores))
    _collect(found, rows.values_list(*HIT_COLUMNS), scores or {}, titles.fold(title))
    _follow_redirects(found, readable)
    _order(found.hits)
    return found


class QueryPlan:
    """Divides a query tree between the search engine and the database."""

    def __init__(self, warnings: list[QueryWarning]) -> None:
        self.warnings = warnings
        self._all: set[int] | None = None

    def split(self, node: Node) -> tuple[dict[int, float] | None, Q]:
        """Return the candidates (None for all pages) and a condition that they have to meet in addition."""
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
        """Translate a node without terms into a database condition; unknown values are ignored, with a warning."""
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
                return _combine([self.condition(part) for part in parts], Q.AND)
            case OrNode(parts):
                return _combine([self.condition(part) for part in parts], Q.OR)
        raise TypeError(node)

    def scores(self, node: Node) -> dict[int, float]:
        """Return the candidates of a node, by the search engine as far as possible: scores by primary key."""
        if engine_queries.is_text_query(node):
            return engine_queries.find_candidates(node)
        match node:
            case AndNode(parts):
                required = [self.scores(part) for part in parts if not isinstance(part, NotNode)]
                hits = _intersect(required) if required else dict.fromkeys(self._everything(), 0.0)
                for part in parts:
                    if isinstance(part, NotNode):
                        excluded = self.scores(part.part)
                        hits = {pk: score for pk, score in hits.items() if pk not in excluded}
                return hits
            case OrNode(parts):
                hits = {}
                for part in parts:
                    for pk, score in self.scores(part).items():
                        hits[pk] = hits.get(pk, 0.0) + score
                return hits
            case NotNode(part):
                excluded = self.scores(part)
                return {pk: 0.0 for pk in self._everything() if pk not in excluded}
        where = self.condition(node)
        return dict.fromkeys(WikiPage.objects.filter(where).values_list("pk", flat=True), 0.0)

    def _everything(self) -> set[int]:
        if self._all is None:
            self._all = set(WikiPage.objects.filter(title_key__isnull=False).values_list("pk", flat=True))
        return self._all


def is_condition(node: Node) -> bool:
    """Return whether the database alone can evaluate a node (it has only field filters)."""
    match node:
        case FieldFilter():
            return True
        case NotNode(part):
            return is_condition(part)
        case AndNode(parts) | OrNode(parts):
            return all(is_condition(part) for part in parts)
    return False


def _combine(conditions: Iterable[Q], connector: str) -> Q:
    """Combine conditions by Q.AND or Q.OR, without empty ones: an ignored filter must not match everything in OR."""
    total = Q()
    for other in conditions:
        if other:
            total = total._combine(other, connector) if total else other  # type: ignore[attr-defined]
    return total


def _intersect(score_maps: list[dict[int, float]]) -> dict[int, float]:
    first, *others = sorted(score_maps, key=len)
    shared = set(first)
    for other in others:
        shared &= other.keys()
    return {pk: sum(other[pk] for other in score_maps) for pk in shared}


# --- Rows and their order -----------------------------------------------------------------------------
def _collect(found: SearchHits, rows: Iterable[tuple[Any, ...]], scores: dict[int, float], title: str) -> None:
    """Make hits of database rows; `title` is the folded query text, compared with titles."""
    for pk, kind, place, license, language, key, edited_at, namespace, title_fold, redirects_to, full_title in rows:
        score = scores.get(pk, 1.0) * (1.0 if namespace == 0 else OTHER_NAMESPACE_WEIGHT)
        if title and title_fold == title:
            score *= EXACT_TITLE_WEIGHT
        elif title and title_fold.startswith(title):
            score *= TITLE_PREFIX_WEIGHT
        hit = SearchHit(pk, score, kind, place, license, language, key, edited_at)
        if redirects_to:
            hit.key, hit.via = redirects_to, full_title
        found.hits.append(hit)


def _follow_redirects(found: SearchHits, readable: WikiPageQuerySet) -> None:
    """Replace redirects by their target pages, as far as these meet the conditions too."""
    redirects = [hit for hit in found.hits if hit.via]
    if not redirects:
        return
    hits_by_key = {hit.key: hit for hit in found.hits if not hit.via}
    missing = {hit.key for hit in redirects} - hits_by_key.keys()
    for row in readable.filter(title_key__in=sorted(missing)[:TOP_HITS], redirect_key="").values_list(*HIT_COLUMNS):
        pk, kind, place, license, language, key, edited_at = row[:7]
        hits_by_key[key] = SearchHit(pk, 0.0, kind, place, license, language, key, edited_at)
    for hit in redirects:
        target = hits_by_key.get(hit.key)
        if target is not None and hit.score > target.score:
            target.score, target.via = hit.score, hit.via
    found.hits = list(hits_by_key.values())


def _order(hits: list[SearchHit]) -> None:
    """Sort the hits by score, best first, after adding small factors for recency and incoming links."""
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
    highest = max(counts.values(), default=0)
    for hit in top:
        hit.score *= 1 + LINK_WEIGHT * counts.get(hit.key, 0) / max(highest, 1)
    hits[:TOP_HITS] = sorted(top, key=lambda hit: (-hit.score, -hit.pk))


def count_hits_by(hits: Iterable[SearchHit], name: str) -> Counter[Any]:
    """Count the hits by the value of an attribute."""
    return Counter(getattr(hit, name) for hit in hits)
