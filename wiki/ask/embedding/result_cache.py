"""Caches query results with rendered pages, invalidates them on changes, and refreshes them.

The first user to read a page refreshes stale results, or the background worker before. Results that could be
outdated are never cached: they are stored together with their dependencies, in a transaction that overlaps no write
(`invalidation.try_lock_out_writes`), and only if no write happened since their computation began, or if all their
dependencies were already stored then and no write has invalidated them since.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, connection, transaction
from django.db.models import Subquery, TextField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from wiki.ask.embedding import invalidation
from wiki.ask.embedding.embedded_results import EmbeddedResults
from wiki.ask.embedding.invalidation import CacheInvalidation, DependencyKey
from wiki.ask.execution.dependencies import ANY
from wiki.ask.models import CacheDependency, CacheEpoch
from wiki.facts.fact_changes import FactChanges, PageFactChanges
from wiki.facts.models import Fact
from wiki.pages.background_jobs import FailureLog
from wiki.pages.deferred_content import DeferredResults, DeferredSlots
from wiki.pages.models import NEVER_COMPUTED, STALE, PageVersion, RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering import page_cache, page_output
from wiki.pages.writing import open_writes
from wiki.pages.writing.derived_data import Inputs, ParsedVersion, UpdaterWithoutRows

if TYPE_CHECKING:
    from wiki.pages.models import Reader

TRIES = 3
REFRESH_SLICE = 10
"""Rows that the background worker refreshes in one run."""
TITLE_COLUMNS = ("title", "display_title", "title_key", "redirect_key")
"""Columns by which results name a page and know that it exists; with CARD_COLUMNS all of
`subject_lookup.PAGE_COLUMNS` but the date, which is a fact.
"""
CARD_COLUMNS = ("excerpt", "picture_name")
_locks = [threading.Lock() for _ in range(64)]
"""One thread at a time computes the results of a page; the others in this process wait for it."""


_SITE_STATE = (
    f"SELECT (SELECT MAX(id) FROM {PageVersion._meta.db_table}), "  # noqa: S608  no values in it
    f"(SELECT count FROM {CacheEpoch._meta.db_table} WHERE id = 1), {{open_writes}}"
)


class ResultCache:
    """Computes and caches deferred content (a `deferred_content.DeferredContentProvider`)."""

    def fill(self, slots: DeferredSlots, user: Reader) -> DeferredResults:
        """Compute the deferred content for one user, without caching."""
        return EmbeddedResults(slots, user).fill()

    def get_or_compute(self, stored: RenderedPage, page: WikiPage) -> DeferredResults:
        """Return the cached deferred content for anonymous users; compute it if it is missing or stale."""
        if is_fresh(stored):
            return DeferredResults(stored.results, stored.fact_box, stored.expires_at)
        with _locks[page.pk % len(_locks)]:
            current = RenderedPage.objects.filter(pk=stored.pk, version=stored.version).first()
            if current is not None and is_fresh(current) and current.nonce == stored.nonce:
                return DeferredResults(current.results, current.fact_box, current.expires_at)
            return refresh(stored, page)

    def invalidate_titles(self, title_keys: Iterable[str]) -> None:
        """Invalidate the results that show files or pages with these title keys."""
        invalidate(CacheInvalidation(title_keys=set(title_keys)))

    def site_state(self) -> str:
        """Return the last version, the cache epoch and the open writes."""
        return "-".join(str(one or 0) for one in read_site_state())


def read_site_state() -> tuple[int, int, str]:
    """Return the greatest key of versions, the cache epoch, and the open writes ("" for none). One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SITE_STATE.format(open_writes=open_writes.sql()))
        last_version, epoch, writes = cursor.fetchone()
    return last_version or 0, epoch or 0, writes


def is_fresh(stored: RenderedPage) -> bool:
    """Whether the cached results are up to date."""
    return stored.results_release == page_cache.RELEASE and (
        stored.expires_at is None or stored.expires_at > timezone.now()
    )


@dataclass(frozen=True, slots=True)
class _WriteState:
    """State by which a cache fill notices writes: last version, open writes, epoch, `cache_version` of one page."""

    version: int
    open_writes: frozenset[str]
    epoch: int
    cache_version: int

    @classmethod
    def of(cls, page: WikiPage) -> _WriteState:
        """Read the current state, with one database query."""
        last_version = PageVersion.objects.order_by("-pk").values("pk")[:1]
        epoch = CacheEpoch.objects.filter(pk=1).values("count")
        writes = RawSQL(open_writes.sql(), [], TextField())  # noqa: S611  no values in it
        row = WikiPage.objects.filter(pk=page.pk).annotate(
            last_version=Subquery(last_version), epoch=Subquery(epoch), writes=writes
        )
        version, count, text, cache_version = row.values_list("last_version", "epoch", "writes", "cache_version").get()
        return cls(version or 0, frozenset(text.split()), count or 0, cache_version)

    def is_followed_by_no_write(self, later: _WriteState) -> bool:
        """Return whether nothing was committed until `later`: a write that was open is open still."""
        return (self.version, self.epoch) == (later.version, later.epoch) and self.open_writes <= later.open_writes


def refresh(stored: RenderedPage, page: WikiPage) -> DeferredResults:
    """Compute the results of a rendering for anonymous users, and cache them where no write interferes.

    Takes the cache fill lock and the row lock in short transactions, without waiting. Results that could not be cached
    have `is_cacheable` False.
    """
    slots = page_output.deferred_slots(stored, PageFields.of(page), page)
    for _ in range(TRIES):
        before = _WriteState.of(page)
        stored_before = _stored_dependencies(stored)
        embedded = EmbeddedResults(slots, AnonymousUser())
        results = embedded.fill()
        try:
            with transaction.atomic():
                if not invalidation.try_lock_out_writes() or not _lock_if_unchanged(stored):
                    break
                now, found, stored_now = _WriteState.of(page), embedded.dependencies, _stored_dependencies(stored)
                _add_dependencies(stored, found - stored_now)
                known = found <= stored_before & stored_now and now.cache_version == before.cache_version
                if known or before.is_followed_by_no_write(now):
                    _remove_dependencies(stored, stored_now - found)
                    _store_results(stored, results)
                    return results
        except OperationalError:  # another writer has the row, or the database: the next reader will cache them
            break
    results.is_cacheable = False
    return results


def _lock_if_unchanged(stored: RenderedPage) -> bool:
    """Lock the row of the rendering; return whether it is still the one that was read. Never waits."""
    rows = RenderedPage.objects.select_for_update(nowait=True, of=("self",))
    return rows.filter(pk=stored.pk, version=stored.version, nonce=stored.nonce).exists()


def _stored_dependencies(stored: RenderedPage) -> set[DependencyKey]:
    return set(CacheDependency.objects.filter(rendered=stored.pk).values_list("sort", "key", "value"))


def _remove_dependencies(stored: RenderedPage, removed: set[DependencyKey]) -> None:
    """Remove stored dependencies, row by row: only where the results that had them are replaced as well.

    Another process may have cached its results with them since this computation began.
    """
    if removed:
        rows = CacheDependency.objects.filter(rendered=stored.pk)
        CacheDependency.objects.filter(
            pk__in=[row.pk for row in rows if (row.sort, row.key, row.value) in removed]
        ).delete()


def _add_dependencies(stored: RenderedPage, added: set[DependencyKey]) -> None:
    """Store further dependencies."""
    CacheDependency.objects.bulk_create(
        [CacheDependency(rendered_id=stored.pk, sort=sort, key=key, value=value) for sort, key, value in sorted(added)],
        ignore_conflicts=True,
        batch_size=invalidation.KEYS_PER_QUERY,
    )


def _store_results(stored: RenderedPage, results: DeferredResults) -> None:
    stored.results, stored.fact_box, stored.results_release, stored.expires_at = (
        results.results, results.fact_box, page_cache.RELEASE, results.expires_at,
    )  # fmt: skip
    stored.save(update_fields=["results", "fact_box", "results_release", "expires_at"])


def invalidate(change: CacheInvalidation) -> int:
    """Invalidate the results affected by a change that makes no version; return the number of affected pages.

    Opens a transaction, or a savepoint within one.
    """
    with transaction.atomic():
        CacheEpoch.increment()
        return change.apply()


def invalidate_facts(keys: set[str], pages: set[int]) -> None:
    """Invalidate results after facts of the given properties and pages were parsed again."""
    invalidate(CacheInvalidation(facts={key: {ANY} for key in keys}, fact_pages=pages))


def invalidate_kinds(**_: Any) -> None:
    """Invalidate the results that show page kinds (signal receiver)."""
    invalidate(CacheInvalidation(facts={"_KIND": {ANY}}, properties={"_KIND"}))


class ResultCacheInvalidator(UpdaterWithoutRows):
    """Invalidates cached results when pages are written. It has to run after all other updaters of derived data."""

    name = "result invalidation"
    requires = (FactChanges,)

    def write(
        self, versions: Sequence[ParsedVersion], prepared: Sequence[None], moment: datetime | None, inputs: Inputs
    ) -> None:
        """Invalidate the results that the changes of the written pages affect."""
        change = CacheInvalidation()
        for version in versions:
            _add_changes(change, version, inputs.get(FactChanges).of(version.page.pk), is_rebuild=moment is None)
        if change != CacheInvalidation():
            change.apply()


def _add_changes(
    change: CacheInvalidation, version: ParsedVersion, facts: PageFactChanges, *, is_rebuild: bool
) -> None:
    """Add the changes of one page that was written, or whose derived data was rebuilt.

    That no fact changed does not mean that nothing was written: the modification date has whole seconds.
    """
    if version.follows and version.is_hidden != version.page.is_hidden:
        _add_all_facts(change, version.page.pk)
    for page, key, value in facts.values:
        change.facts.setdefault(key, set()).add(value)
        change.fact_pages.add(page)
    change.properties |= facts.declared
    if is_rebuild and not facts.values and not facts.declared:
        return
    before: dict[str, Any] = (
        {name: getattr(version.page, name) for name in TITLE_COLUMNS + CARD_COLUMNS} if version.follows else {}
    ) | {"title_key": version.old_public_key}
    after = _new_columns(version)
    change.text_keys |= {key for key in (before.get("title_key"), after["title_key"]) if key}
    if any(before.get(name) != after[name] for name in CARD_COLUMNS):
        change.card_pages.add(version.page.pk)
    if any(before.get(name) != after[name] for name in TITLE_COLUMNS):
        change.retitled_pages.add(version.page.pk)
    if before.get("title_key") and after["title_key"] and before["title_key"] != after["title_key"]:
        change.moved_pages.add(version.page.pk)
    key_columns = ("title_key", "redirect_key")
    if any(before.get(name) != after[name] for name in key_columns):
        change.title_keys |= {str(row[name]) for row in (before, after) for name in key_columns if row.get(name)}
        change.namespaces |= {version.page.namespace, version.fields.namespace}


def _new_columns(version: ParsedVersion) -> dict[str, Any]:
    """Return the new values of the columns that results show."""
    columns = {name: version.columns[name] for name in TITLE_COLUMNS + CARD_COLUMNS if name in version.columns}
    return {**columns, "title": version.fields.title, "title_key": version.public_key}


def _add_all_facts(change: CacheInvalidation, page: int) -> None:
    """Add the facts of a page that is hidden or shown again; those of the past too, for queries about a moment."""
    for key, value in Fact.objects.filter(page=page).values_list("property__key", "canonical_value").distinct():
        change.facts.setdefault(key, set()).add(value)
        change.fact_pages.add(page)


class RefreshResultsJob:
    """Background job that refreshes stale results before a user asks for them."""

    name = "query results"

    def run(self) -> bool:
        """Refresh up to REFRESH_SLICE rows; return whether there may be more."""
        expired = RenderedPage.objects.filter(expires_at__lte=timezone.now()).exclude(results_release=STALE)
        if expired_rows := dict(expired.values_list("pk", "page")[:REFRESH_SLICE]):
            with transaction.atomic():
                invalidation.mark_stale(expired_rows)
        failures = FailureLog(self.name)
        stale = RenderedPage.objects.filter(results_release=STALE).exclude(pk__in=failures.waiting())
        refreshed = 0
        for stored in stale.select_related("page__place").order_by("pk")[:REFRESH_SLICE]:
            failures.run(stored.pk, _refresh_stale, stored)
            refreshed += is_fresh(stored)
        return refreshed == REFRESH_SLICE


def _refresh_stale(stored: RenderedPage) -> None:
    """Compute the stale results of a rendering; one of an older version is only marked, since nobody reads it."""
    if stored.version != stored.page.version:
        RenderedPage.objects.filter(pk=stored.pk, results_release=STALE).update(results_release=NEVER_COMPUTED)
    else:
        refresh(stored, stored.page)
