"""Changes of many pages, newest first, with each changeset (an import, the renaming of a place) as one.

Lists read `PageVersion` only, and cost the same number of queries however long they are.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone

from wiki.history.keyset_pagination import Cursor, CursorPage, make_cursor_page
from wiki.history.tag_labels import translate_tags
from wiki.pages.models import Changeset, PageVersion, PageVersionQuerySet, WikiPage

SIZE = 50
SAMPLE = 10
"""How many versions of a changeset are shown when it is unfolded."""
SINGLE = Q(changeset=None) | Q(changeset__act=Changeset.Act.DEMO)
"""Versions shown each by itself: the demo's content stands for what people would have written."""


@dataclass(slots=True)
class RecentChange:
    """One line of a list of changes: a version, or a changeset with some of its versions."""

    cursor: Cursor
    versions: list[PageVersion] = field(default_factory=list)
    changeset: Changeset | None = None
    """The act that made them, when they are shown as one."""
    count: int = 1

    @property
    def version(self) -> PageVersion:
        """The version, or the first of the changeset."""
        return self.versions[0]

    @property
    def rest(self) -> int:
        """How many versions of the changeset are not shown."""
        return self.count - len(self.versions)

    @classmethod
    def of(cls, version: PageVersion) -> RecentChange:
        """The line of a single version."""
        return cls(Cursor(version.claimed_at, 0, version.pk), [version])


@dataclass(frozen=True, slots=True)
class Day:
    """The changes of one day in the reader's time zone."""

    date: datetime.date
    changes: list[RecentChange]


def visible_tag_labels(version: PageVersion) -> list[str]:
    """The tags of a version in words, without those that a list says in another way."""
    return translate_tags([tag for tag in version.tags if tag != "deleted"])


def versions_in_place(versions: PageVersionQuerySet, place: WikiPage) -> PageVersionQuerySet:
    """Versions of the place itself and of pages while they lived in it."""
    return versions.filter(Q(place=place) | Q(page=place))


def list_changes(
    versions: PageVersionQuerySet,
    before: str = "",
    after: str = "",
    since: datetime.datetime | None = None,
    *,
    fold: bool = True,
    size: int = SIZE,
) -> CursorPage[RecentChange]:
    """A piece of the changes in `versions` (already narrowed to what the reader may see and wants).

    `before`, `after`: cursors from an earlier piece; `fold`: changesets as one line. Four queries.
    """
    backwards = Cursor.parse(after)
    cursor = backwards or Cursor.parse(before)
    single = versions.filter(SINGLE) if fold else versions
    lines = [RecentChange.of(row) for row in _singles(single, cursor, bool(backwards), since, size + 1)]
    if fold:
        found = _batches(versions, cursor, bool(backwards), since, size + 1)
        lines += [RecentChange(Cursor(changeset.made_at, 1, changeset.pk), changeset=changeset) for changeset in found]
    lines.sort(key=lambda line: line.cursor, reverse=not backwards)
    kept = make_cursor_page(lines, size, lambda line: line.cursor, backwards=bool(backwards), moved=cursor is not None)
    _fill(versions, [line for line in kept.rows if line.changeset is not None])
    return CursorPage([line for line in kept.rows if line.versions], kept.newer, kept.older)


def _singles(
    versions: PageVersionQuerySet,
    cursor: Cursor | None,
    backwards: bool,
    since: datetime.datetime | None,
    limit: int,
) -> Sequence[PageVersion]:
    """The next versions after `cursor`, with what a line shows of them."""
    if cursor is not None:
        side = cursor.newer if backwards else cursor.older
        versions = versions.filter(side("claimed_at", 0))
    if since is not None:
        versions = versions.filter(claimed_at__gte=since)
    order = ("claimed_at", "id") if backwards else ("-claimed_at", "-id")
    return list(select_for_list(versions).order_by(*order)[:limit])


def select_for_list(versions: PageVersionQuerySet) -> PageVersionQuerySet:
    """`versions` with all that a line shows, in one query."""
    return versions.select_related("page", "author", "changeset", "merge_parent__page")


def _batches(
    versions: PageVersionQuerySet,
    cursor: Cursor | None,
    backwards: bool,
    since: datetime.datetime | None,
    limit: int,
) -> Sequence[Changeset]:
    """The next changesets after `cursor` that made one of `versions` at least."""
    inside = versions.filter(changeset=OuterRef("pk")).order_by()
    changesets = Changeset.objects.exclude(act=Changeset.Act.DEMO).filter(Exists(inside))
    if cursor is not None:
        side = cursor.newer if backwards else cursor.older
        changesets = changesets.filter(side("made_at", 1))
    if since is not None:
        changesets = changesets.filter(made_at__gte=since)
    order = ("made_at", "id") if backwards else ("-made_at", "-id")
    return list(changesets.select_related("by").order_by(*order)[:limit])


def _fill(versions: PageVersionQuerySet, lines: Sequence[RecentChange]) -> None:
    """Count the versions of each changeset, and fetch the first of them; two queries in all.

    The rows of a changeset are written together, so its first ones have ids near the lowest.
    """
    by_changeset = {line.changeset.pk: line for line in lines if line.changeset is not None}
    if not by_changeset:
        return
    first = Q()
    counted = versions.filter(changeset__in=by_changeset).order_by().values("changeset_id")
    for row in counted.annotate(count=Count("pk"), first=Min("pk")):
        by_changeset[row["changeset_id"]].count = row["count"]
        first |= Q(changeset=row["changeset_id"], pk__gte=row["first"], pk__lt=row["first"] + 4 * SAMPLE)
    if not first:
        return
    for version in select_for_list(versions.filter(first)).order_by("pk"):
        line = by_changeset[version.changeset_id or 0]
        if len(line.versions) < SAMPLE:
            line.versions.append(version)


def by_day(changes: Sequence[RecentChange]) -> list[Day]:
    """`changes` grouped by day, in the same order."""
    return [Day(date, list(lines)) for date, lines in groupby(changes, lambda line: timezone.localdate(line.cursor.at))]
