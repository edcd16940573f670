"""The background job that makes notifications of versions: a save writes nothing for its watchers.

It reads the versions above a stored cursor, and inserts the notifications of a slice of recipients together with the
cursor in one transaction: when it is killed, the next worker goes on where the last transaction ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import F, Q, QuerySet

from wiki.notifications import watching
from wiki.notifications.models import Delivery, FanOutCursor, Notification, Watch
from wiki.notifications.watch_kinds import WATCH_KINDS, Targets, WatchKind
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.writing import open_writes

VERSIONS_PER_SLICE, RECIPIENTS_PER_SLICE = 100, 200
"""A slice is read before its transaction, which only inserts: on SQLite no save waits for longer."""
SOONEST_FIRST = (Delivery.AT_ONCE, Delivery.DAILY, Delivery.WEEKLY, Delivery.INBOX)
"""Of several watches of the same page, the one with the earliest delivery counts."""


class FanOutJob:
    """Background job that makes notifications of the versions that were written."""

    name = "notifications"

    def __init__(self) -> None:
        self._fence: tuple[int, frozenset[str]] | None = None

    def run(self) -> bool:
        """Make the notifications of one slice of recipients; return whether there may be more."""
        cursor, _ = FanOutCursor.objects.get_or_create(pk=1)
        end = cursor.slice_to if cursor.slice_to > cursor.done_to else self._committed_to(cursor.done_to)
        if end <= cursor.done_to:
            return False
        _fan_out(cursor, end)
        return True

    def _committed_to(self, done_to: int) -> int:
        """Return a primary key up to which all versions are committed, as far as that is known; `done_to` at least.

        A version may be committed after one with a greater key. So the greatest key is good once all writes that were
        open when it was read have ended (PostgreSQL; SQLite has one writer at a time).
        """
        last, open_now = open_writes.read_last_version()
        fence = self._fence
        if fence is None or fence[0] <= done_to:
            fence = (last, open_now)
        self._fence = (min(fence[0], last), fence[1] & open_now)  # less where a backup was restored meanwhile
        return done_to if self._fence[1] else max(done_to, self._fence[0])


@dataclass(slots=True)
class _Slice:
    """Versions that are fanned out together."""

    versions: list[PageVersion]
    targets: list[tuple[WatchKind, Targets]]
    about: dict[int, WikiPage] = field(default_factory=dict)
    """The pages of watches whose notifications are listed below these pages."""
    readers: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The recipients who may read a page that not everybody may read."""

    @classmethod
    def read(cls, after: int, end: int) -> _Slice:
        """Read the versions after one primary key, up to another. As many queries as there are kinds of watches."""
        rows = PageVersion.objects.filter(pk__gt=after, pk__lte=end).select_related("page__kind").order_by("pk")
        versions = list(rows[:VERSIONS_PER_SLICE])
        targets = [(kind, kind.targets(versions)) for kind in WATCH_KINDS.values()]
        return cls(versions, targets)

    def watches(self) -> QuerySet[Watch] | None:
        """Return the watches that the versions concern, of accounts that can sign in; None if no target is watched."""
        found = [Q(target_kind=kind.name, target__in=list(targets)) for kind, targets in self.targets if targets]
        if not found:
            return None
        watches: QuerySet[Watch] = Watch.objects.filter(reduce(or_, found), user__is_active=True)
        return watches

    def may_read(self, recipient: int, page: WikiPage) -> bool:
        """Return whether a recipient may read a page; `load_pages` was called before."""
        return page.public_key is not None or recipient in self.readers[page.pk]

    def load_pages(self, watches: Sequence[Watch]) -> None:
        """Load the pages that notifications are about, and find who may read those that not everybody may read.

        One query, and one for each recipient if there are such pages.
        """
        kinds = {kind.name for kind, _ in self.targets if kind.is_about_target}
        wanted = {one.page_id for one in watches if one.target_kind in kinds and one.page_id is not None}
        self.about = WikiPage.objects.in_bulk(wanted) if wanted else {}
        pages = [*(version.page for version in self.versions), *self.about.values()]
        hidden = {page.pk for page in pages if page.public_key is None and page.title_key}
        if not hidden:
            return
        for user in {watch.user for watch in watches}:
            for page in WikiPage.objects.readable_by(user).filter(pk__in=hidden).values_list("pk", flat=True):
                self.readers[page].add(user.pk)


def _fan_out(cursor: FanOutCursor, end: int) -> None:
    """Make the notifications of the next recipients, and advance the cursor in the same transaction."""
    found = _Slice.read(cursor.done_to, end)
    slice_to = found.versions[-1].pk if found.versions else end
    if not cursor.last_recipient:
        watching.watch_by_itself(found.versions)
    watches = found.watches()
    recipients: list[int] = []
    if watches is not None:
        later = watches.filter(user__gt=cursor.last_recipient).order_by("user")
        recipients = list(later.values_list("user", flat=True).distinct()[:RECIPIENTS_PER_SLICE])
    is_last = len(recipients) < RECIPIENTS_PER_SLICE
    notifications = []
    if watches is not None and recipients:
        notifications = _notifications(found, list(watches.filter(user__in=recipients).select_related("user")))
    with transaction.atomic():
        if _advance(cursor, slice_to if is_last else cursor.done_to, slice_to, 0 if is_last else recipients[-1]):
            _store(notifications)


def _advance(cursor: FanOutCursor, done_to: int, slice_to: int, last_recipient: int) -> bool:
    """Store the cursor; return False if another process did the slice meanwhile."""
    was_here = FanOutCursor.objects.filter(
        pk=cursor.pk, done_to=cursor.done_to, slice_to=cursor.slice_to, last_recipient=cursor.last_recipient
    )
    return bool(was_here.update(done_to=done_to, slice_to=slice_to, last_recipient=last_recipient))


def _notifications(found: _Slice, watches: Sequence[Watch]) -> list[Notification]:
    """Return the notifications of some recipients, who have these watches."""
    found.load_pages(watches)
    targets = {kind.name: (kind, by_target) for kind, by_target in found.targets}
    wanted: dict[tuple[int, str], Notification] = {}
    counted: set[tuple[int, int]] = set()
    for watch in sorted(watches, key=lambda one: SOONEST_FIRST.index(Delivery(one.delivery))):
        kind, by_target = targets[watch.target_kind]
        for version in by_target[watch.target]:
            if version.author_id == watch.user_id or version.recorded_at < watch.since:
                continue
            about = found.about.get(watch.page_id or 0, version.page)
            if found.may_read(watch.user_id, version.page) and found.may_read(watch.user_id, about):
                _add(wanted, counted, kind, watch, version)
    return list(wanted.values())


def _add(
    wanted: dict[tuple[int, str], Notification],
    counted: set[tuple[int, int]],
    kind: WatchKind,
    watch: Watch,
    version: PageVersion,
) -> None:
    """Add the notification of one version by one watch, unless another watch gave it; a changeset makes one."""
    is_grouped = version.changeset_id is not None and not kind.is_about_target
    key = f"changeset:{version.changeset_id}" if is_grouped else f"version:{version.pk}"
    if kind.is_about_target:
        key = f"{kind.name}:{watch.target}:{version.pk}"
    known = wanted.get((watch.user_id, key))
    if known is not None:
        if is_grouped and (watch.user_id, version.pk) not in counted:
            known.count += 1
            counted.add((watch.user_id, version.pk))
        return
    counted.add((watch.user_id, version.pk))
    can_be_sent = watch.delivery != Delivery.INBOX and bool(watch.user.email)
    wanted[watch.user_id, key] = Notification(
        recipient_id=watch.user_id, kind=kind.notification, key=key, version=version,
        page_id=watch.page_id if kind.is_about_target else version.page_id,
        changeset_id=version.changeset_id if is_grouped else None,
        actor_id=version.author_id, actor_name=version.author_name, made_at=version.recorded_at,
        email_due=watch.delivery if can_be_sent else "",
    )  # fmt: skip


def _store(notifications: Sequence[Notification]) -> None:
    """Insert notifications; of a changeset of which there is one already, the number of versions grows."""
    grouped = [one for one in notifications if one.changeset_id is not None]
    known = set(
        Notification.objects.filter(
            recipient__in={one.recipient_id for one in grouped}, key__in={one.key for one in grouped}
        ).values_list("recipient", "key")
    ) if grouped else set()  # fmt: skip
    growth: dict[tuple[str, int], list[int]] = defaultdict(list)
    for one in grouped:
        if (one.recipient_id, one.key) in known:
            growth[one.key, one.count].append(one.recipient_id)
    for (key, count), recipients in growth.items():
        Notification.objects.filter(key=key, recipient__in=recipients).update(count=F("count") + count)
    new = [one for one in notifications if (one.recipient_id, one.key) not in known]
    Notification.objects.bulk_create(new, batch_size=500, ignore_conflicts=True)
