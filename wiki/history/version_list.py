"""The versions of one page, newest first."""

from __future__ import annotations

from wiki.history.keyset_pagination import CursorPage, piece
from wiki.history.page_access import number_from
from wiki.history.recent_changes import for_lines
from wiki.pages.models import PageVersion, PageVersionQuerySet

SIZE = 50


def versions(rows: PageVersionQuerySet, before: str = "", after: str = "", size: int = SIZE) -> CursorPage[PageVersion]:
    """A piece of `rows`, versions of one page; the cursors are version numbers. One query."""
    oldest, newest = number_from(after, 0), number_from(before, 0)
    if oldest:
        rows = rows.filter(number__gt=oldest)
    elif newest:
        rows = rows.filter(number__lt=newest)
    found = for_lines(rows).order_by("number" if oldest else "-number")[: size + 1]
    return piece(
        list(found), size, lambda version: version.number,
        backwards=bool(oldest), moved=bool(oldest or newest),
    )  # fmt: skip
