"""What the inbox of an account shows: its notifications by time, grouped by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.history.keyset_pagination import Cursor, CursorPage, make_cursor_page
from wiki.notifications.models import Notification, NotificationQuerySet
from wiki.notifications.notification_kinds import NOTIFICATION_KINDS
from wiki.pages.models import WikiPage

SIZE = 50
COUNTED = 100
"""Unread notifications that are counted at most, for the number in the header."""


class Filter(StrEnum):
    """Which notifications the inbox shows."""

    UNREAD = "unread"
    ALL = "all"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ListedNotification:
    """A notification as it is shown."""

    notification: Notification
    sentence: str
    path: str


@dataclass(slots=True)
class NotificationGroup:
    """The notifications about one page, newest first."""

    title: str
    page: WikiPage | None
    """None for a changeset or a question."""
    listed: list[ListedNotification] = field(default_factory=list)

    @property
    def numbers(self) -> str:
        """Their primary keys, as the form sends them."""
        return ",".join(str(one.notification.pk) for one in self.listed)

    @property
    def is_unread(self) -> bool:
        """Whether one of them is unread."""
        return any(one.notification.read_at is None for one in self.listed)

    @property
    def is_done(self) -> bool:
        """Whether all of them are done."""
        return all(one.notification.done_at is not None for one in self.listed)


def count_unread(user: User) -> int:
    """Return the number of unread notifications, COUNTED at most. One query, by a partial index."""
    unread: NotificationQuerySet = Notification.objects.readable_by(user).unread()
    return unread.order_by()[:COUNTED].count()


def notifications_of(user: User, shown: Filter | None) -> NotificationQuerySet:
    """Return the notifications of an account that a filter shows (None: all), with all that their sentences need."""
    found: NotificationQuerySet = Notification.objects.readable_by(user).filter(kind__in=list(NOTIFICATION_KINDS))
    if shown == Filter.UNREAD:
        found = found.unread()
    elif shown is not None:
        found = found.filter(done_at__isnull=shown == Filter.ALL)
    return found.select_related("page", "page__place", "version__page", "changeset")


def list_inbox(user: User, shown: Filter, before: str = "", after: str = "") -> CursorPage[Notification]:
    """Return one page of the inbox. `before`, `after`: cursors from another page of it. One query."""
    backwards = Cursor.parse(after)
    cursor = backwards or Cursor.parse(before)
    found = notifications_of(user, shown)
    if cursor is not None:
        found = found.filter(cursor.newer("made_at", 0) if backwards else cursor.older("made_at", 0))
    order = ("made_at", "pk") if backwards else ("-made_at", "-pk")
    rows = list(found.order_by(*order)[: SIZE + 1])
    return make_cursor_page(rows, SIZE, cursor_of, backwards=backwards is not None, moved=cursor is not None)


def cursor_of(notification: Notification) -> Cursor:
    """Return the position of a notification in the inbox."""
    return Cursor(notification.made_at, 0, notification.pk)


def group_by_page(notifications: Sequence[Notification], user: User) -> list[NotificationGroup]:
    """Group notifications by page, the page with the newest one first. One query if there are answers of questions."""
    name_pages(notifications, user)
    groups: dict[str, NotificationGroup] = {}
    for one in notifications:
        kind = NOTIFICATION_KINDS[one.kind]
        name, title, page = _group_of(one)
        group = groups.setdefault(name, NotificationGroup(title, page))
        group.listed.append(ListedNotification(one, kind.sentence(one), kind.path(one)))
    return list(groups.values())


def _group_of(one: Notification) -> tuple[str, str, WikiPage | None]:
    """Return the key, the title and the page of the group of a notification."""
    if one.count > 1 and one.changeset is not None:
        return f"changeset {one.changeset_id}", capfirst(one.changeset.get_act_display()), None
    if one.page is not None:
        return f"page {one.page_id}", one.page.shown_title, one.page
    question = " ".join(str(one.data.get("question", "")).split())
    return f"question {question}", gettext("Question: %(question)s") % {"question": question}, None


def name_pages(notifications: Iterable[Notification], user: User) -> None:
    """Give the answers of questions the titles of the pages in them that the account may read now. One query."""
    answers = [one for one in notifications if "question" in one.data]
    pages = {key for one in answers for name in ("enters", "leaves", "changes") for key in one.data.get(name, [])}
    if not pages:
        return
    readable = WikiPage.objects.readable_by(user).filter(pk__in=pages).order_by()
    titles = {str(page.pk): page.shown_title for page in readable.only("pk", "title", "display_title")}
    for one in answers:
        one.data = {**one.data, "titles": titles}


def mark(user: User, pks: Iterable[int], act: str) -> int:
    """Mark notifications of an account as `read`, `unread`, `done` or `undone`; return how many changed."""
    now = timezone.now()
    rows = Notification.objects.filter(recipient=user, pk__in=list(pks))
    if act == "read":
        return int(rows.filter(read_at__isnull=True).update(read_at=now))
    if act == "unread":
        return int(rows.update(read_at=None))
    if act == "done":
        rows.filter(read_at__isnull=True).update(read_at=now)
        return int(rows.filter(done_at__isnull=True).update(done_at=now))
    return int(rows.update(done_at=None)) if act == "undone" else 0


def mark_all_read(user: User) -> int:
    """Mark all unread notifications of an account as read; return how many there were."""
    unread: NotificationQuerySet = Notification.objects.filter(recipient=user).unread()
    return unread.update(read_at=timezone.now())
