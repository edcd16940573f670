"""Lists of threads: of a page, of the pages of a place, and of the wiki, latest posts first."""

from __future__ import annotations

from django.db.models import Q

from wiki.discussions.models import Thread, ThreadQuerySet
from wiki.history.keyset_pagination import Cursor, CursorPage, make_cursor_page
from wiki.pages.models import WikiPage

SIZE = 30
RESOLVED_SHOWN = 50


def list_threads(threads: ThreadQuerySet, before: str = "", after: str = "", size: int = SIZE) -> CursorPage[Thread]:
    """Return one page of a list of threads; `before` and `after` are cursors. One query."""
    newer_than, older_than = Cursor.parse(after), Cursor.parse(before)
    if newer_than:
        threads = threads.filter(newer_than.newer("last_post_at", 0))
    elif older_than:
        threads = threads.filter(older_than.older("last_post_at", 0))
    order = ("last_post_at", "pk") if newer_than else ("-last_post_at", "-pk")
    found = list(threads.select_related("page__place", "author").order_by(*order)[: size + 1])
    return make_cursor_page(
        found, size, lambda thread: Cursor(thread.last_post_at, 0, thread.pk),
        backwards=newer_than is not None, moved=bool(newer_than or older_than),
    )  # fmt: skip


def of_place(threads: ThreadQuerySet, place: WikiPage) -> ThreadQuerySet:
    """Return the threads about a place and about the pages in it."""
    return threads.filter(Q(page=place) | Q(page__place=place))


def count_open(page: WikiPage) -> int:
    """Return how many threads about a page are open, which everybody sees who sees the page. One query."""
    return Thread.objects.filter(page=page.pk, resolved_at=None).count() if page.pk else 0
