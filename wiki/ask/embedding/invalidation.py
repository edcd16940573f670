"""Dependencies of cached results, and the invalidation of the results that a change affects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Exists, F, OuterRef, Q

from wiki.ask.execution.dependencies import ANY, QueryDependencies
from wiki.ask.models import CacheDependency
from wiki.facts.models import Fact
from wiki.pages.models import NEVER_COMPUTED, STALE, RenderedPage, WikiPage
from wiki.pages.writing import advisory_locks

K = TypeVar("K", int, str)
DependencyKey = tuple[int, str, str]
"""sort, key, value"""
KEYS_PER_QUERY = 400
"""Keys in one database query at most."""
TITLES_PER_QUERY = 100
"""Title keys in one database query at most where each makes a condition of its own."""
SUBOBJECTS = "_SOBJ"
"""Key of the property `Has subobject`, which has no rows."""
FACT_VALUE_LIMIT = 200
"""Changed values of facts up to which invalidation is by value; beyond, it is by property only."""
CONDITIONS_PER_QUERY = 12
"""Conditions in one database query at most."""
LOCK_ID = 7_230_108
"""Key of the PostgreSQL advisory lock that separates writes from cache fills."""
DependencyType = CacheDependency.DependencyType


def dependency_keys(dependencies: QueryDependencies) -> set[DependencyKey]:
    """Return the cache dependencies of a query result."""
    keys = {(int(DependencyType.FACT), key, value) for key, value in dependencies.fact_values}
    keys |= {(int(DependencyType.PROPERTY), key, "") for key in dependencies.properties}
    keys |= {(int(DependencyType.PAGE), key, "") for key in dependencies.title_keys}
    keys |= {(int(DependencyType.SEEN), str(pk), "") for pk in dependencies.page_pks}
    keys |= {(int(DependencyType.SPACE), str(number), "") for number in dependencies.namespaces}
    keys |= {(int(DependencyType.FOLLOWED), key, "") for key in dependencies.followed_properties}
    keys |= {(int(DependencyType.TRUNCATED), "", "")} if dependencies.is_truncated else set()
    return keys | ({(int(DependencyType.ALL), "", "")} if dependencies.any_change else set())


@dataclass(slots=True)
class CacheInvalidation:
    """What one write changed, as far as query results can show it."""

    facts: dict[str, set[str]] = field(default_factory=dict)
    """By property key, the canonical values of facts that were added, removed or parsed again; ANY for all values."""
    fact_pages: set[int] = field(default_factory=set)
    """Primary keys of the pages with these facts."""
    retitled_pages: set[int] = field(default_factory=set)
    """Primary keys of pages whose titles or redirects changed."""
    moved_pages: set[int] = field(default_factory=set)
    """Primary keys of pages whose title keys changed, so that they stand elsewhere in the order of titles."""
    card_pages: set[int] = field(default_factory=set)
    """Primary keys of pages whose excerpt or picture changed."""
    title_keys: set[str] = field(default_factory=set)
    """Title keys of pages or files that were created, deleted or redirected."""
    text_keys: set[str] = field(default_factory=set)
    """Title keys of pages whose text changed."""
    namespaces: set[int] = field(default_factory=set)
    """Namespaces in which a page was created, deleted or renamed."""
    properties: set[str] = field(default_factory=set)
    """Keys of properties whose declarations changed."""

    def apply(self) -> int:
        """Mark the affected results as stale; return the number of affected pages.

        Needs the transaction of the change; takes the shared lock of `lock_out_cache_fills`.
        """
        lock_out_cache_fills()
        affected: dict[int, int] = {}
        conditions = list(self._conditions())
        if len(conditions) <= CONDITIONS_PER_QUERY:
            conditions = [reduce(or_, conditions)]
        for condition in conditions:
            affected.update(CacheDependency.objects.filter(condition).values_list("rendered", "rendered__page"))
        mark_stale(affected)
        return len(set(affected.values()))

    def _conditions(self) -> Iterable[Q]:
        yield Q(sort=DependencyType.ALL)
        yield from self._fact_conditions()
        yield from self._order_conditions()
        keys_by_type: tuple[tuple[DependencyType, Iterable[str]], ...] = (
            (DependencyType.PAGE, self.title_keys),
            (DependencyType.TEXT, self.text_keys),
            (DependencyType.PROPERTY, self.properties),
            (DependencyType.SEEN, map(str, self.retitled_pages)),
            (DependencyType.CARD, map(str, self.card_pages)),
            (DependencyType.SPACE, map(str, self.namespaces)),
            (DependencyType.FOLLOWED, self._properties_naming_titles()),
        )
        for dependency_type, keys in keys_by_type:
            for chunk in _slices(keys):
                yield Q(sort=dependency_type, key__in=chunk)

    def _fact_conditions(self) -> Iterable[Q]:
        """Select by changed facts: by value where conditions use them, by property where they are printed."""
        yield from _conditions_by_value(self.facts)
        for chunk in _slices(str(pk) for pk in self.fact_pages):
            prints_property = CacheDependency.objects.filter(
                rendered=OuterRef("rendered"), sort=DependencyType.PROPERTY, key__in=list(self.facts)[:KEYS_PER_QUERY]
            )
            yield Q(
                Exists(prints_property) if len(self.facts) <= KEYS_PER_QUERY else Q(),
                sort=DependencyType.SEEN,
                key__in=chunk,
            )

    def _order_conditions(self) -> Iterable[Q]:
        """Select truncated results by the facts of moved pages, which may now be before or beyond the limit."""
        is_truncated = Exists(
            CacheDependency.objects.filter(rendered=OuterRef("rendered"), sort=DependencyType.TRUNCATED)
        )
        for chunk in _slices(self.moved_pages):
            facts = Fact.objects.filter(page__in=chunk, removed_in=None, problem__isnull=True)
            values = {SUBOBJECTS: {ANY}}
            for key, value in facts.values_list("property__key", "canonical_value").distinct():
                values.setdefault(key, set()).add(value)
            yield from (Q(is_truncated) & condition for condition in _conditions_by_value(values))

    def _properties_naming_titles(self) -> Iterable[str]:
        """Return the keys of followed properties that have a value which names one of `title_keys`, or a redirect."""
        if not self.title_keys:
            return
        followed = CacheDependency.objects.filter(sort=DependencyType.FOLLOWED).values_list("key", flat=True).distinct()
        keys = set(self.title_keys)
        for chunk in _slices(self.title_keys):
            keys.update(WikiPage.objects.filter(redirect_key__in=chunk).values_list("title_key", flat=True))
        for property_key in followed:
            facts = Fact.objects.filter(property__key=property_key)
            if any(facts.filter(_names_one_of(chunk)).exists() for chunk in _slices(keys, TITLES_PER_QUERY)):
                yield property_key


def _names_one_of(title_keys: Sequence[str]) -> Q:
    """Return the Q on `Fact`: its value is one of the title keys, or a subobject of one."""
    subobjects = (Q(canonical_value__gt=f"{key}#", canonical_value__lt=f"{key}$") for key in title_keys)
    return reduce(or_, subobjects, Q(canonical_value__in=title_keys))


def _conditions_by_value(facts: dict[str, set[str]]) -> Iterable[Q]:
    """Select dependencies on facts, given as values by property: by value, or beyond a limit by property only."""
    if sum(map(len, facts.values())) > FACT_VALUE_LIMIT:
        for chunk in _slices(facts):
            yield Q(sort=DependencyType.FACT, key__in=chunk)
    elif facts:
        yield reduce(or_, (_fact_condition(key, values) for key, values in facts.items()))


def _fact_condition(key: str, values: set[str]) -> Q:
    """Select the dependencies on certain values of a property; on all values, where ANY is among them."""
    return (
        Q(sort=DependencyType.FACT, key=key)
        if ANY in values
        else Q(sort=DependencyType.FACT, key=key, value__in=[*values, ANY])
    )


def _slices(keys: Iterable[K], size: int = KEYS_PER_QUERY) -> Iterable[Sequence[K]]:
    sorted_keys = sorted(set(keys))
    for start in range(0, len(sorted_keys), size):
        yield sorted_keys[start : start + size]


def mark_stale(page_by_rendering: dict[int, int]) -> None:
    """Mark cached results as stale and change the ETags of their pages.

    `page_by_rendering` maps primary keys of RenderedPage to those of their pages.
    """
    pks, pages = sorted(page_by_rendering), sorted(set(page_by_rendering.values()))
    for start in range(0, len(pks), KEYS_PER_QUERY):
        current = RenderedPage.objects.filter(pk__in=pks[start : start + KEYS_PER_QUERY]).exclude(
            results_release__in=(STALE, NEVER_COMPUTED)
        )
        current.update(results_release=STALE)
    for start in range(0, len(pages), KEYS_PER_QUERY):
        WikiPage.objects.filter(pk__in=pages[start : start + KEYS_PER_QUERY]).update(
            cache_version=F("cache_version") + 1
        )


def lock_out_cache_fills() -> None:
    """Block cache fills until this transaction ends, so that all dependencies to invalidate are in the table."""
    advisory_locks.hold_shared(LOCK_ID)


def try_lock_out_writes() -> bool:
    """Block writes until this transaction ends, unless a write is under way: return False then. Never waits."""
    return advisory_locks.try_exclusive(LOCK_ID)
