"""The versions of one page, newest first."""

from __future__ import annotations

from wiki.history.keyset_pagination import CursorPage, make_cursor_page
from wiki.history.page_access import number_from
from wiki.history.recent_changes import select_for_list
from wiki.pages.models import PageVersion, PageVersionQuerySet, WikiPage

SIZE = 50


def list_versions(
    page: WikiPage, rows: PageVersionQuerySet, before: str = "", after: str = "", size: int = SIZE
) -> CursorPage[PageVersion]:
    """Return one page of the list of `rows`, versions of `page`; the cursors are version numbers. One query."""
    oldest, newest = number_from(after, 0), number_from(before, 0)
    if oldest:
        rows = rows.filter(number__gt=oldest)
    elif newest:
        rows = rows.filter(number__lt=newest)
    found = list(select_for_list(rows, of_one_page=True).order_by("number" if oldest else "-number")[: size + 1])
    for version in found:
        version.page = page
    return make_cursor_page(
        found, size, lambda version: version.number,
        backwards=bool(oldest), moved=bool(oldest or newest),
    )  # fmt: skip
