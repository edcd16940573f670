"""Rebuilding of derived data from the stored versions, for one page or for the whole wiki."""

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
"""Pages per transaction."""
SLICE = 100
"""Versions loaded at a time."""


def rebuild_page(page: WikiPage, language: str) -> RenderedPage:
    """Rebuild the derived data of one page whose rendering is missing or outdated. Return the rendering in `language`.

    Nothing is written if the page is edited meanwhile: the edit updates its derived data.
    """
    now = WikiPage.objects.select_related("source", "place").get(pk=page.pk)
    parsed = parsed_versions.parse_versions([(now, PageFields.of(now), now.source.text)])
    update = DerivedDataUpdate.prepare([replace(parsed[0], number=now.version)])

    def act() -> None:
        if WikiPage.objects.filter(pk=now.pk, version=now.version).exists():
            update.write(None)

    lock_retry.retry_while_locked(act)
    found: RenderedPage = RenderedPage.objects.get(page=now, ui_language=language)
    return found


def snapshot() -> dict[str, list[tuple[Any, ...]]]:
    """Return all derived data by natural keys, for the comparison of the states before and after a rebuild."""
    state = {updater.name: updater.snapshot() for updater in UPDATERS}
    state["pages"] = sorted(
        WikiPage.objects.values_list(
            "pk", "title", "draft_title", "live", "namespace", "full_title", "title_key",
            "title_fold", "display_title", "is_place", "place_id", "kind__key", "language",
            "license", "version", "size", "sha256", "redirect_key", "excerpt", "picture_name",
            "edited_at", "hidden_with",
        )
    )  # fmt: skip
    state["texts"] = sorted(PageText.objects.values_list("page_id", "text"))
    return state


def rebuild(progress: Callable[[int], object] = lambda done: None) -> int:
    """Rebuild all derived data, in batches, while the wiki remains in use. Return the number of pages.

    `progress` is called with the number of pages of each batch.
    """
    count = 0
    for pks in _batches():
        while not rebuild_pages(pks):
            continue
        count += len(pks)
        progress(len(pks))
    return count


def _batches() -> Iterator[list[int]]:
    """Iterate over the primary keys of all pages, in batches."""
    last = 0
    while True:
        pages = WikiPage.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
        batch = list(pages[:BATCH])
        if not batch:
            return
        last = batch[-1]
        yield batch


def rebuild_pages(pks: Sequence[int]) -> bool:
    """Rebuild the derived data of some pages in one transaction. Return False if a page was edited meanwhile.

    Nothing is written then.
    """
    last_versions = _last_versions(pks)
    parsed = parsed_versions.parse_versions([(last.page, _fields(last), last.text()) for last in last_versions])
    parsed = [
        replace(item, number=last.number, steps=StoredHistory(last.page_id, last.number))
        for item, last in zip(parsed, last_versions, strict=True)
    ]
    update = DerivedDataUpdate.prepare(parsed)

    def act() -> bool:
        if _last_numbers(pks) != {last.page_id: last.number for last in last_versions}:
            return False
        _write(parsed, [last.claimed_at for last in last_versions], update)
        return True

    return lock_retry.retry_while_locked(act)


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """Iterable over the versions of a page up to `number`. Each iteration queries their texts, in slices."""

    page: int
    number: int | None = None

    def __iter__(self) -> Iterator[VersionState]:
        versions = PageVersion.objects.filter(page=self.page)
        if self.number is not None:
            versions = versions.filter(number__lte=self.number)
        with_texts = versions.select_related("stored", "merge_parent").order_by("number")
        for version in with_texts.iterator(chunk_size=SLICE):
            yield VersionState(
                version.text(), version.title, version.is_place, version.language, version.author_name,
                version.claimed_at, version.place_id is not None, _source(version), version.changeset_id is not None,
            )  # fmt: skip


def _source(version: PageVersion) -> tuple[int, int] | None:
    """Return the other page and version number from which a version was made."""
    parent = version.merge_parent
    return (parent.page_id, parent.number) if parent is not None and parent.page_id != version.page_id else None


def _last_numbers(pks: Sequence[int]) -> dict[int, int]:
    """Return the number of the last version of each page."""
    rows = PageVersion.objects.filter(page_id__in=pks).order_by().values_list("page_id")
    return dict(rows.annotate(Max("number")))


def _last_versions(pks: Sequence[int]) -> list[PageVersion]:
    """Return the last version of each page with its text, ordered by page."""
    last = PageVersion.objects.filter(page=OuterRef("page")).order_by("-number")
    versions = PageVersion.objects.filter(page_id__in=pks, number=Subquery(last.values("number")[:1]))
    return list(versions.select_related("stored", "page", "place").order_by("page_id"))


def _fields(version: PageVersion) -> PageFields:
    """Return the fields of a page in a version."""
    namespace, rest = titles.split_namespace(version.title)
    if version.place is not None:
        rest = rest.partition(":")[2]
    return PageFields(
        namespace, version.place, rest, version.is_place, version.license, version.language,
        version.page.hidden_with_id,
    )  # fmt: skip


def _write(parsed: Sequence[ParsedVersion], dates: Sequence[datetime], update: DerivedDataUpdate) -> None:
    """Write page columns, texts and derived data of one batch. Must run inside a transaction."""
    for version, date in zip(parsed, dates, strict=True):
        values = version_store.page_columns(version, date)
        base_values = {name: values.pop(name) for name in version_store.BASE_COLUMNS}
        WikiPage.objects.filter(pk=version.page.pk).update(**values)
        Page.objects.filter(pk=version.page.pk).update(**base_values)
    PageText.objects.bulk_create(
        [PageText(page_id=version.page.pk, text=version.text) for version in parsed],
        update_conflicts=True,
        unique_fields=["page"],
        update_fields=["text"],
    )
    update.write(None)
