"""Resolution of link targets, and the updater of the table `PageLink`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from wiki.pages.interwiki import interwiki_url
from wiki.pages.models import PageLink, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.derived_data import Inputs, ParsedVersion
from wiki.text import titles
from wiki.text.markup.parser_functions import substitute_page_name_variables
from wiki.text.markup.placeholders import Placeholder

ROWS = 500


def target_keys(target: str, fields: PageFields) -> tuple[str, str]:
    """Return the key of `target` at root level, and its key within the place of the page with `fields`.

    The second is "" if the page has no place, the target names a namespace or is relative to the page; both are "" if
    it is no valid title.
    """
    try:
        absolute = titles.absolute_title(target, fields.full_title)
        key = titles.key_of(absolute)
    except titles.TitleProblem:
        return "", ""
    if not fields.place_title or titles.is_relative(target) or titles.split_namespace(absolute)[0]:
        return key, ""
    try:
        return key, titles.key_of(f"{fields.place_title}:{absolute}")
    except titles.TitleProblem:
        return key, ""


def existing_keys(keys: Iterable[str]) -> set[str]:
    """Return the subset of `keys` by which everybody finds pages: these are not hidden. One query per 500 keys."""
    distinct, found = sorted(set(keys) - {""}), set()
    for start in range(0, len(distinct), ROWS):
        found |= set(
            WikiPage.objects.filter(title_key__in=distinct[start : start + ROWS], hidden_with=None)
            .order_by()
            .values_list("title_key", flat=True)
        )
    return found


def links_to(key: str) -> QuerySet[PageLink]:
    """Return the links that resolve to the page with `key`, tried in the place of the linking page first."""
    in_place = WikiPage.objects.filter(title_key=OuterRef("place_key"), hidden_with=None)
    return PageLink.objects.filter(Q(place_key=key) | Q(Q(key=key), ~Exists(in_place) | Q(place_key="")))


SORT_KEY_NAMES = ("Sort key", "Sortkey", "Clé de tri", "Clef de tri")
"""Keys of the front matter that give the sort key of a page."""
LinkRow = tuple[str, str, str, str]
"""Way, key, place key and sort key of a `PageLink`."""


class LinkTableUpdater:
    """Updates the rows of `PageLink`; rows that do not change are not written."""

    name = "links"
    revision = 4
    requires = ()
    provides = None

    def prepare(self, versions: Sequence[ParsedVersion]) -> list[set[LinkRow]]:
        """Return the links of each text, without duplicates."""
        return [self._link_rows(version) for version in versions]

    def _link_rows(self, version: ParsedVersion) -> set[LinkRow]:
        rows: dict[tuple[str, str], tuple[str, str]] = {}
        default = _sort_key_of_page(version)
        for link in version.parsed.links:
            if link.kind not in PageLink.Way.values:
                continue
            if link.kind == "link" and interwiki_url(link.target):
                rows.setdefault((PageLink.Way.INTERWIKI, link.target[:255]), ("", ""))
                continue
            key, place_key = target_keys(link.target, version.fields)
            if key:
                sort_key = (link.sort_key or default) if link.kind == "category" else ""
                sort_key = substitute_page_name_variables(sort_key, version.fields.full_title)
                rows.setdefault((link.kind, key[:255]), (place_key[:255], titles.fold(sort_key)[:255]))
        return {(way, key, *others) for (way, key), others in rows.items()}

    def write(
        self,
        versions: Sequence[ParsedVersion],
        prepared: Sequence[set[LinkRow]],
        moment: datetime | None,
        inputs: Inputs,
    ) -> None:
        """Delete the rows of removed links, insert those of added links."""
        pks = [version.page.pk for version in versions]
        old: dict[int, dict[LinkRow, int]] = {pk: {} for pk in pks}
        for start in range(0, len(pks), ROWS):
            for row in PageLink.objects.filter(page_id__in=pks[start : start + ROWS]):
                old[row.page_id][row.way, row.key, row.place_key, row.sort_key] = row.pk
        removed, added = [], []
        for pk, rows in zip(pks, prepared, strict=True):
            removed += [link_pk for row, link_pk in old[pk].items() if row not in rows]
            added += [
                PageLink(page_id=pk, way=way, key=key, place_key=place_key, sort_key=sort_key)
                for way, key, place_key, sort_key in sorted(rows - set(old[pk]))
            ]
        for start in range(0, len(removed), ROWS):
            PageLink.objects.filter(pk__in=removed[start : start + ROWS]).delete()
        PageLink.objects.bulk_create(added, batch_size=ROWS)

    def describe(self, page: int) -> list[str]:
        """Return the links of a page."""
        return [f"[[{key}]]" for key in PageLink.objects.filter(page=page).values_list("key", flat=True)]

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Return all links by page, way and keys."""
        return sorted(PageLink.objects.values_list("page_id", "way", "key", "place_key", "sort_key"))


def _sort_key_of_page(version: ParsedVersion) -> str:
    """Return the last `{{DEFAULTSORT:key}}` of a text, else the sort key of its front matter; "" for none."""
    calls = (item.data for item in version.parsed.links_and_calls if isinstance(item, Placeholder))
    keys = [call["arguments"][0][1] for call in calls if call["name"] == "defaultsort" and call["arguments"]]
    return str((keys or version.parsed.front_matter.get(*SORT_KEY_NAMES) or [""])[-1])
