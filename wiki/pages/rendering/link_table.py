"""Links: where a target written in a page leads, and the rows of `Link` that follow from texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from wiki.pages.models import PageLink, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing.derived_data import Inputs, ParsedVersion
from wiki.text import titles

ROWS = 500


def target_keys(target: str, fields: PageFields) -> tuple[str, str]:
    """Key of `target` read from the commons, and within the page's own place ("" for none).

    Both are "" when the target is no possible title.
    """
    try:
        key = titles.key_of(target)
    except titles.TitleProblem:
        return "", ""
    home = fields.title if fields.is_place else fields.place.full_title if fields.place else ""
    if not home or titles.split_namespace(target)[0]:
        return key, ""
    try:
        return key, titles.key_of(f"{home}:{target}")
    except titles.TitleProblem:
        return key, ""


def existing_keys(keys: Iterable[str]) -> set[str]:
    """Those of `keys` that are titles of pages now. One query per 500 keys."""
    wanted, found = sorted(set(keys) - {""}), set()
    for start in range(0, len(wanted), ROWS):
        found |= set(
            WikiPage.objects.filter(title_key__in=wanted[start : start + ROWS]).values_list("title_key", flat=True)
        )
    return found


LinkRow = tuple[str, str, str]
"""way, key, near key"""


class LinkTableUpdater:
    """The rows of `Link`: written again only where they change."""

    name = "links"
    requires = ()
    provides = None

    def prepare(self, readings: Sequence[ParsedVersion]) -> list[set[LinkRow]]:
        """The links of each text, each target once."""
        return [self._rows(item) for item in readings]

    def _rows(self, item: ParsedVersion) -> set[LinkRow]:
        rows: dict[tuple[str, str], str] = {}
        for link in item.parsed.links:
            if link.kind not in PageLink.Way.values:
                continue
            key, near = target_keys(link.target, item.fields)
            if key:
                rows.setdefault((link.kind, key[:255]), near[:255])
        return {(way, key, near) for (way, key), near in rows.items()}

    def write(
        self,
        readings: Sequence[ParsedVersion],
        prepared: Sequence[set[LinkRow]],
        moment: datetime | None,
        inputs: Inputs,
    ) -> None:
        """Delete what is gone, insert what is new."""
        pks = [item.page.pk for item in readings]
        old: dict[int, dict[LinkRow, int]] = {pk: {} for pk in pks}
        for start in range(0, len(pks), ROWS):
            for row in PageLink.objects.filter(page_id__in=pks[start : start + ROWS]):
                old[row.page_id][row.way, row.key, row.place_key] = row.pk
        gone, new = [], []
        for pk, wanted in zip(pks, prepared, strict=True):
            gone += [key for row, key in old[pk].items() if row not in wanted]
            new += [
                PageLink(page_id=pk, way=way, key=key, place_key=near)
                for way, key, near in sorted(wanted - set(old[pk]))
            ]
        for start in range(0, len(gone), ROWS):
            PageLink.objects.filter(pk__in=gone[start : start + ROWS]).delete()
        PageLink.objects.bulk_create(new, batch_size=ROWS)

    def snapshot(self) -> list[tuple[Any, ...]]:
        """All links by page, way and keys."""
        return sorted(PageLink.objects.values_list("page_id", "way", "key", "place_key"))
