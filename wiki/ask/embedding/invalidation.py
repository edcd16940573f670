"""From what an answer looked at to what it needs, and from a change to the answers that need what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q

from wiki.ask.execution.dependencies import ANY, QueryDependencies
from wiki.ask.models import CacheDependency
from wiki.pages.models import NEVER_COMPUTED, STALE, RenderedPage, WikiPage

DependencyKey = tuple[int, str, str]
"""sort, key, word"""
KEYS_PER_QUERY = 400
"""How many keys one query names at most."""
FACT_VALUE_LIMIT = 200
"""Values of facts up to which a change is told by value; a larger one is told by property alone."""
CONDITIONS_PER_QUERY = 12
"""How many conditions one query has at most."""
LOCK_ID = 7_230_108
"""The number of the lock by which PostgreSQL keeps writers and keepers of answers apart."""
Sort = CacheDependency.Sort


def dependency_keys(footprint: QueryDependencies) -> set[DependencyKey]:
    """What the answer with that footprint needs."""
    needs = {(int(Sort.FACT), key, word) for key, word in footprint.fact_values}
    needs |= {(int(Sort.PROPERTY), key, "") for key in footprint.properties}
    needs |= {(int(Sort.PAGE), key, "") for key in footprint.title_keys}
    needs |= {(int(Sort.SEEN), str(pk), "") for pk in footprint.page_pks}
    needs |= {(int(Sort.SPACE), str(number), "") for number in footprint.namespaces}
    return needs | ({(int(Sort.ALL), "", "")} if footprint.any_change else set())


@dataclass(slots=True)
class CacheInvalidation:
    """What one write changed, as far as answers can see."""

    facts: dict[str, set[str]] = field(default_factory=dict)
    """By property key, the words of facts that began, ended or are read differently."""
    fact_pages: set[int] = field(default_factory=set)
    """Numbers of the pages that have those facts."""
    retitled_pages: set[int] = field(default_factory=set)
    """Numbers of pages that are called differently in results."""
    card_pages: set[int] = field(default_factory=set)
    """Numbers of pages whose beginning or picture is another one."""
    title_keys: set[str] = field(default_factory=set)
    """Title keys that came into use, fell out of it, or lead elsewhere; files too."""
    text_keys: set[str] = field(default_factory=set)
    """Title keys of pages whose text changed."""
    namespaces: set[int] = field(default_factory=set)
    """Namespaces in which a page came, went or was renamed."""
    properties: set[str] = field(default_factory=set)
    """Keys of properties that declare something else now."""

    def apply(self) -> int:
        """Mark the answers that could see this; inside the transaction of the change. Returns how many pages."""
        lock_out_cache_fills()
        found: dict[int, int] = {}
        conditions = list(self._conditions())
        if len(conditions) <= CONDITIONS_PER_QUERY:
            conditions = [reduce(or_, conditions)]
        for condition in conditions:
            found.update(CacheDependency.objects.filter(condition).values_list("rendered", "rendered__page"))
        mark_stale(found)
        return len(set(found.values()))

    def _conditions(self) -> Iterable[Q]:
        yield Q(sort=Sort.ALL)
        yield from self._of_facts()
        wanted: tuple[tuple[Iterable[str], CacheDependency.Sort], ...] = (
            (self.title_keys, Sort.PAGE), (self.text_keys, Sort.TEXT), (self.properties, Sort.PROPERTY),
            (map(str, self.retitled_pages), Sort.SEEN), (map(str, self.card_pages), Sort.CARD), (map(str, self.namespaces), Sort.SPACE),
        )  # fmt: skip
        for keys, sort in wanted:
            for some in _slices(keys):
                yield Q(sort=sort, key__in=some)

    def _of_facts(self) -> Iterable[Q]:
        """Facts in conditions, by value; and facts of pages in results, by property."""
        if sum(map(len, self.facts.values())) > FACT_VALUE_LIMIT:
            for some in _slices(self.facts):
                yield Q(sort=Sort.FACT, key__in=some)
        elif self.facts:
            yield reduce(or_, (_of_fact(key, words) for key, words in self.facts.items()))
        for some in _slices(str(pk) for pk in self.fact_pages):
            printed = CacheDependency.objects.filter(
                rendered=OuterRef("rendered"), sort=Sort.PROPERTY, key__in=list(self.facts)[:KEYS_PER_QUERY]
            )
            yield Q(Exists(printed) if len(self.facts) <= KEYS_PER_QUERY else Q(), sort=Sort.SEEN, key__in=some)


def _of_fact(key: str, words: set[str]) -> Q:
    """Answers that look at those values of a property; at any, where ANY is among them."""
    return Q(sort=Sort.FACT, key=key) if ANY in words else Q(sort=Sort.FACT, key=key, word__in=[*words, ANY])


def _slices(keys: Iterable[str]) -> Iterable[Sequence[str]]:
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), KEYS_PER_QUERY):
        yield ordered[start : start + KEYS_PER_QUERY]


def mark_stale(rendered: dict[int, int]) -> None:
    """Answers (numbers of rendered pages, with those of their pages) are stale, and the pages' ETags move."""
    pks, pages = sorted(rendered), sorted(set(rendered.values()))
    for start in range(0, len(pks), KEYS_PER_QUERY):
        kept = RenderedPage.objects.filter(pk__in=pks[start : start + KEYS_PER_QUERY]).exclude(
            results_release__in=(STALE, NEVER_COMPUTED)
        )
        kept.update(results_release=STALE)
    for start in range(0, len(pages), KEYS_PER_QUERY):
        WikiPage.objects.filter(pk__in=pages[start : start + KEYS_PER_QUERY]).update(
            cache_version=F("cache_version") + 1
        )


def lock_out_cache_fills() -> None:
    """Until this transaction ends, nobody registers needs: those registered before are all that have to be told.

    SQLite has one writer at a time by itself.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK_ID])


def try_lock_out_writes() -> bool:
    """The other side: True when no write is under way, and none begins before this transaction ends. Never waits."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK_ID])
        return bool(cursor.fetchone()[0])
