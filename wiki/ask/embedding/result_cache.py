"""Keeps answers in rendered pages, finds those that a change makes stale, and has them made again.

A reader who comes first makes them, else the worker does. Why nothing stale is ever kept: answers are kept together
with what they need, in a transaction that no write overlaps (`needs.hold_off_writers`). Either no write came since
the answers were begun, or all that they need was registered already, and no write told of it since.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, transaction
from django.db.models import Subquery
from django.utils import timezone

from wiki.ask.embedding import invalidation
from wiki.ask.embedding.embedded_results import EmbeddedResults
from wiki.ask.embedding.invalidation import CacheInvalidation, DependencyKey
from wiki.ask.execution.dependencies import ANY
from wiki.ask.models import CacheDependency, CacheEpoch
from wiki.facts.fact_changes import FactChanges, PageFactChanges
from wiki.pages.deferred_content import DeferredResults, DeferredSlots
from wiki.pages.models import NEVER_COMPUTED, STALE, PageVersion, RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.rendering import page_cache, page_output
from wiki.pages.writing.derived_data import Inputs, ParsedVersion
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader

TRIES = 3
REFRESH_SLICE = 10
"""Rows that the worker makes in one piece of its work."""
TITLE_COLUMNS = ("title", "display_title", "title_key", "redirect_key")
"""How results call a page, and whether it is there; with CARD all of `finding.COLUMNS` but the date, a fact."""
CARD_COLUMNS = ("excerpt", "picture_name")
_locks = [threading.Lock() for _ in range(64)]
"""One reader at a time makes the answers of a page; the others of this process wait for them."""


class ResultCache:
    """Fills what pages leave open, and keeps it (a `late.Filler`)."""

    def fill(self, what: DeferredSlots, user: Reader) -> DeferredResults:
        """The answers for one reader, kept nowhere."""
        return EmbeddedResults(what, user).fill()

    def get_or_compute(self, stored: RenderedPage, page: WikiPage) -> DeferredResults:
        """The answers for everyone, made again where something changed."""
        if is_fresh(stored):
            return DeferredResults(stored.results, stored.fact_box, stored.expires_at)
        with _locks[page.pk % len(_locks)]:
            now = RenderedPage.objects.filter(pk=stored.pk, version=stored.version).first()
            if now is not None and is_fresh(now) and now.nonce == stored.nonce:
                return DeferredResults(now.results, now.fact_box, now.expires_at)
            return refresh(stored, page)

    def invalidate_titles(self, keys: Iterable[str]) -> None:
        """Files or pages with these title keys came, went or look different."""
        invalidate(CacheInvalidation(title_keys=set(keys)))


def is_fresh(stored: RenderedPage) -> bool:
    """Whether its answers are as they would be if made now."""
    return stored.results_release == page_cache.RELEASE and (
        stored.expires_at is None or stored.expires_at > timezone.now()
    )


@dataclass(frozen=True, slots=True)
class _WriteMarker:
    """What tells whether anything was written: the last version, the last turn; and of one page its stamp."""

    version: int
    turn: int
    cache_version: int

    @classmethod
    def of(cls, page: WikiPage) -> _WriteMarker:
        """Now. One query."""
        last = PageVersion.objects.order_by("-pk").values("pk")[:1]
        turn = CacheEpoch.objects.filter(pk=1).values("count")
        row = WikiPage.objects.filter(pk=page.pk).annotate(last=Subquery(last), turn=Subquery(turn))
        version, count, cache_version = row.values_list("last", "turn", "cache_version").get()
        return cls(version or 0, count or 0, cache_version)


def refresh(stored: RenderedPage, page: WikiPage) -> DeferredResults:
    """Make the answers of a rendering for readers without an account, and keep them where that is safe now."""
    what = page_output.deferred_slots(stored, PageFields.of(page), page)
    for _ in range(TRIES):
        before = _WriteMarker.of(page)
        registered = _registered(stored)
        answers = EmbeddedResults(what, AnonymousUser())
        filled = answers.fill()
        try:
            with transaction.atomic():
                if not invalidation.try_lock_out_writes() or not _is_there(stored):
                    break
                now = _WriteMarker.of(page)
                _register(stored, answers.dependencies, registered)
                quiet = (now.version, now.turn) == (before.version, before.turn)
                if quiet or (answers.dependencies <= registered and now.cache_version == before.cache_version):
                    _keep(stored, filled)
                    return filled
        except OperationalError:  # another writer has the row, or the database: whoever reads next keeps it
            break
    filled.is_cacheable = False
    return filled


def _is_there(stored: RenderedPage) -> bool:
    """Whether the rendering is still the one that was read; its row is locked by this. Never waits."""
    rows = RenderedPage.objects.select_for_update(nowait=True, of=("self",))
    return rows.filter(pk=stored.pk, version=stored.version, nonce=stored.nonce).exists()


def _registered(stored: RenderedPage) -> set[DependencyKey]:
    return set(CacheDependency.objects.filter(rendered=stored.pk).values_list("sort", "key", "value"))


def _register(stored: RenderedPage, wanted: set[DependencyKey], before: set[DependencyKey]) -> None:
    """Have the rows of needs say what the answers need now."""
    gone = before - wanted
    if gone:
        rows = CacheDependency.objects.filter(rendered=stored.pk)
        CacheDependency.objects.filter(
            pk__in=[row.pk for row in rows if (row.sort, row.key, row.value) in gone]
        ).delete()
    CacheDependency.objects.bulk_create(
        [
            CacheDependency(rendered_id=stored.pk, sort=sort, key=key, value=word)
            for sort, key, word in sorted(wanted - before)
        ],
        ignore_conflicts=True,
        batch_size=invalidation.KEYS_PER_QUERY,
    )


def _keep(stored: RenderedPage, filled: DeferredResults) -> None:
    stored.results, stored.fact_box, stored.results_release, stored.expires_at = (
        filled.results, filled.fact_box, page_cache.RELEASE, filled.expires_at,
    )  # fmt: skip
    stored.save(update_fields=["results", "fact_box", "results_release", "expires_at"])


def invalidate(change: CacheInvalidation) -> int:
    """Tell of a change that makes no version; in a transaction of its own or within one. Returns how many pages."""
    with transaction.atomic():
        CacheEpoch.increment()
        return change.apply()


def invalidate_facts(keys: set[str], pages: set[int]) -> None:
    """Facts of these properties, of these pages, are read differently now."""
    invalidate(CacheInvalidation(facts={key: {ANY} for key in keys}, fact_pages=pages))


def invalidate_kinds(**_: Any) -> None:
    """Receiver: a kind of page is called differently."""
    invalidate(CacheInvalidation(facts={"_KIND": {ANY}}, properties={"_KIND"}))


class ResultCacheInvalidator:
    """The last of the derivers: tells kept answers what a write changed. It keeps nothing of its own."""

    name = "staleness"
    requires = (FactChanges,)
    provides = None

    def prepare(self, readings: Sequence[ParsedVersion]) -> list[None]:
        """Nothing to prepare."""
        return [None for _ in readings]

    def write(
        self, readings: Sequence[ParsedVersion], prepared: Sequence[None], moment: datetime | None, inputs: Inputs
    ) -> None:
        """Tell what these pages changed."""
        change = CacheInvalidation()
        for item in readings:
            _note(change, item, inputs.get(FactChanges).of(item.page.pk))
        if change != CacheInvalidation():
            change.apply()

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Nothing is derived."""
        return []


def _note(change: CacheInvalidation, item: ParsedVersion, facts: PageFactChanges) -> None:
    """Add what one page changed."""
    for page, key, word in facts.values:
        change.facts.setdefault(key, set()).add(word)
        change.fact_pages.add(page)
    change.properties |= facts.declared
    if not facts.values and not facts.declared:
        return  # derived again: nothing was written
    before: dict[str, Any] = (
        {name: getattr(item.page, name) for name in TITLE_COLUMNS + CARD_COLUMNS} if item.follows else {}
    )
    after = _looks(item)
    change.text_keys |= {key for key in (before.get("title_key"), after["title_key"]) if key}
    if any(before.get(name) != after[name] for name in CARD_COLUMNS):
        change.card_pages.add(item.page.pk)
    if any(before.get(name) != after[name] for name in TITLE_COLUMNS):
        change.retitled_pages.add(item.page.pk)
    named = ("title_key", "redirect_key")
    if any(before.get(name) != after[name] for name in named):
        change.title_keys |= {str(row[name]) for row in (before, after) for name in named if row.get(name)}
        change.namespaces |= {item.page.namespace, item.fields.namespace}


def _looks(item: ParsedVersion) -> dict[str, Any]:
    """How a page looks from now on."""
    fields = item.fields
    full = fields.full_title
    own = {name: item.columns[name] for name in TITLE_COLUMNS + CARD_COLUMNS if name in item.columns}
    return {**own, "title": fields.title, "title_key": None if item.text is None else titles.key_of(full)}


class RefreshResultsJob:
    """Makes stale answers again before anybody asks for them."""

    name = "answers"

    def run(self) -> bool:
        """Some rows; whether there may be more."""
        past = RenderedPage.objects.filter(expires_at__lte=timezone.now()).exclude(results_release=STALE)
        if over := dict(past.values_list("pk", "page")[:REFRESH_SLICE]):
            with transaction.atomic():
                invalidation.mark_stale(over)
        rows = (
            RenderedPage.objects.filter(results_release=STALE)
            .select_related("page__place")
            .order_by("pk")[:REFRESH_SLICE]
        )
        done = 0
        for stored in rows:
            if stored.version != stored.page.version:
                RenderedPage.objects.filter(pk=stored.pk, results_release=STALE).update(results_release=NEVER_COMPUTED)
            else:
                refresh(stored, stored.page)
            done += is_fresh(stored)
        return done == REFRESH_SLICE
