"""Deriving everything again from history: for one page that is behind, or for the whole wiki."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Max, OuterRef, Subquery
from wagtail.models import Page

from wiki.pages.models import PageText, PageVersion, RenderedPage, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import lock_retry, parsed_versions, version_store
from wiki.pages.writing.derived_data import UPDATERS, DerivedDataUpdate, ParsedVersion, VersionState
from wiki.text import titles

BATCH = 200
SLICE = 100


def rebuild_page(page: WikiPage, language: str) -> RenderedPage:
    """Derive one page again (a rendering was missing or behind) and return what readers see."""
    now = WikiPage.objects.select_related("source", "place").get(pk=page.pk)
    items = parsed_versions.parse_versions([(now, PageFields.of(now), now.source.text)])
    derivation = DerivedDataUpdate.prepare([replace(items[0], number=now.version)])

    def act() -> None:
        if WikiPage.objects.filter(pk=now.pk, version=now.version).exists():
            derivation.write(None)

    lock_retry.retry_while_locked(act)
    found: RenderedPage = RenderedPage.objects.get(page=now, ui_language=language)
    return found


def snapshot() -> dict[str, list[tuple[Any, ...]]]:
    """All that is derived, by natural keys: what `rebuild` has to give again."""
    state = {updater.name: updater.snapshot() for updater in UPDATERS}
    state["pages"] = sorted(
        WikiPage.objects.values_list(
            "pk", "title", "draft_title", "live", "namespace", "full_title", "title_key",
            "title_fold", "display_title", "is_place", "place_id", "kind__key", "language",
            "license", "version", "size", "sha256", "redirect_key", "excerpt", "picture_name",
            "edited_at",
        )
    )  # fmt: skip
    state["texts"] = sorted(PageText.objects.values_list("page_id", "text"))
    return state


def rebuild(progress: Callable[[int], object] = lambda done: None) -> int:
    """Derive everything again from the versions; returns the number of pages.

    Works in batches while the wiki goes on; `progress` is told how many pages a batch had.
    """
    count = 0
    for pks in _batches():
        while not _rebuild(pks):
            continue
        count += len(pks)
        progress(len(pks))
    return count


def _batches() -> Iterator[list[int]]:
    """The keys of all pages, in batches."""
    last = 0
    while True:
        pages = WikiPage.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
        batch = list(pages[:BATCH])
        if not batch:
            return
        last = batch[-1]
        yield batch


def _rebuild(pks: Sequence[int]) -> bool:
    """Derive some pages again; False when one was edited meanwhile, and nothing is written."""
    heads = _heads(pks)
    items = parsed_versions.parse_versions([(head.page, _fields(head), head.text()) for head in heads])
    items = [
        replace(item, number=head.number, steps=StoredHistory(head.page_id, head.number))
        for item, head in zip(items, heads, strict=True)
    ]
    derivation = DerivedDataUpdate.prepare(items)

    def act() -> bool:
        if _last_numbers(pks) != {head.page_id: head.number for head in heads}:
            return False
        _write(items, [head.claimed_at for head in heads], derivation)
        return True

    return lock_retry.retry_while_locked(act)


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """The versions of a page (up to `number`) as steps; each walk through them fetches their texts, in slices."""

    page: int
    number: int | None = None

    def __iter__(self) -> Iterator[VersionState]:
        versions = PageVersion.objects.filter(page=self.page)
        if self.number is not None:
            versions = versions.filter(number__lte=self.number)
        whole = versions.select_related("stored", "merge_parent").order_by("number")
        for version in whole.iterator(chunk_size=SLICE):
            yield VersionState(
                version.text(), version.title, version.is_place, version.language, version.author_name,
                version.claimed_at, version.place_id is not None, _source(version), version.changeset_id is not None,
            )  # fmt: skip


def _source(version: PageVersion) -> tuple[int, int] | None:
    """The version of another page that a version declares to come from."""
    parent = version.merge_parent
    return (parent.page_id, parent.number) if parent is not None and parent.page_id != version.page_id else None


def _last_numbers(pks: Sequence[int]) -> dict[int, int]:
    """The number of the last version of each page."""
    rows = PageVersion.objects.filter(page_id__in=pks).order_by().values_list("page_id")
    return dict(rows.annotate(Max("number")))


def _heads(pks: Sequence[int]) -> list[PageVersion]:
    """The last version of each page, with its text, in order of pages."""
    last = PageVersion.objects.filter(page=OuterRef("page")).order_by("-number")
    heads = PageVersion.objects.filter(page_id__in=pks, number=Subquery(last.values("number")[:1]))
    return list(heads.select_related("stored", "page", "place").order_by("page_id"))


def _fields(version: PageVersion) -> PageFields:
    """The fields of a page as its version says them."""
    namespace, rest = titles.split_namespace(version.title)
    if version.place is not None:
        rest = rest.partition(":")[2]
    return PageFields(namespace, version.place, rest, version.is_place, version.license, version.language)


def _write(items: Sequence[ParsedVersion], dates: Sequence[datetime], derivation: DerivedDataUpdate) -> None:
    """Inside a transaction: columns, texts and derived rows of one batch."""
    for item, date in zip(items, dates, strict=True):
        values = version_store.page_columns(item, date)
        shared = {name: values.pop(name) for name in version_store.BASE_COLUMNS}
        WikiPage.objects.filter(pk=item.page.pk).update(**values)
        Page.objects.filter(pk=item.page.pk).update(**shared)
    PageText.objects.bulk_create(
        [PageText(page_id=item.page.pk, text=item.text) for item in items],
        update_conflicts=True,
        unique_fields=["page"],
        update_fields=["text"],
    )
    derivation.write(None)
