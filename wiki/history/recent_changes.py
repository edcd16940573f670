"""Changes of many pages, newest first, with each batch (an import, the renaming of a place) as one.

Lists read `PageVersion` only, and cost the same number of queries however long they are.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone

from wiki.history.keyset_pagination import Moment, Piece, piece
from wiki.history.tag_labels import of_tags
from wiki.pages.models import Batch, PageVersion, PageVersionQuerySet, WikiPage

SIZE = 50
SAMPLE = 10
"""How many versions of a batch are shown when it is unfolded."""
SINGLE = Q(batch=None) | Q(batch__act=Batch.Act.DEMO)
"""Versions shown each by itself: the demo's content stands for what people would have written."""


@dataclass(slots=True)
class Change:
    """One line of a list of changes: a version, or a batch with some of its versions."""

    moment: Moment
    versions: list[PageVersion] = field(default_factory=list)
    batch: Batch | None = None
    """The act that made them, when they are shown as one."""
    count: int = 1

    @property
    def version(self) -> PageVersion:
        """The version, or the first of the batch."""
        return self.versions[0]

    @property
    def rest(self) -> int:
        """How many versions of the batch are not shown."""
        return self.count - len(self.versions)

    @classmethod
    def of(cls, version: PageVersion) -> Change:
        """The line of a single version."""
        return cls(Moment(version.claimed_at, 0, version.pk), [version])


@dataclass(frozen=True, slots=True)
class Day:
    """The changes of one day in the reader's time zone."""

    date: datetime.date
    changes: list[Change]


def marks(version: PageVersion) -> list[str]:
    """The tags of a version in words, without those that a list says in another way."""
    return of_tags([tag for tag in version.tags if tag != "deleted"])


def in_place(versions: PageVersionQuerySet, place: WikiPage) -> PageVersionQuerySet:
    """Versions of the place itself and of pages while they lived in it."""
    return versions.filter(Q(place=place) | Q(page=place))


def recent(
    versions: PageVersionQuerySet,
    before: str = "",
    after: str = "",
    since: datetime.datetime | None = None,
    *,
    fold: bool = True,
    size: int = SIZE,
) -> Piece[Change]:
    """A piece of the changes in `versions` (already narrowed to what the reader may see and wants).

    `before`, `after`: cursors from an earlier piece; `fold`: batches as one line. Four queries.
    """
    backwards = Moment.read(after)
    cursor = backwards or Moment.read(before)
    single = versions.filter(SINGLE) if fold else versions
    lines = [Change.of(row) for row in _singles(single, cursor, bool(backwards), since, size + 1)]
    if fold:
        found = _batches(versions, cursor, bool(backwards), since, size + 1)
        lines += [Change(Moment(batch.made_at, 1, batch.pk), batch=batch) for batch in found]
    lines.sort(key=lambda line: line.moment, reverse=not backwards)
    kept = piece(lines, size, lambda line: line.moment, backwards=bool(backwards), moved=cursor is not None)
    _fill(versions, [line for line in kept.rows if line.batch is not None])
    return Piece([line for line in kept.rows if line.versions], kept.newer, kept.older)


def _singles(
    versions: PageVersionQuerySet,
    cursor: Moment | None,
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
    return list(for_lines(versions).order_by(*order)[:limit])


def for_lines(versions: PageVersionQuerySet) -> PageVersionQuerySet:
    """`versions` with all that a line shows, in one query."""
    return versions.select_related("page", "author", "batch", "merge_parent__page")


def _batches(
    versions: PageVersionQuerySet,
    cursor: Moment | None,
    backwards: bool,
    since: datetime.datetime | None,
    limit: int,
) -> Sequence[Batch]:
    """The next batches after `cursor` that made one of `versions` at least."""
    inside = versions.filter(batch=OuterRef("pk")).order_by()
    batches = Batch.objects.exclude(act=Batch.Act.DEMO).filter(Exists(inside))
    if cursor is not None:
        side = cursor.newer if backwards else cursor.older
        batches = batches.filter(side("made_at", 1))
    if since is not None:
        batches = batches.filter(made_at__gte=since)
    order = ("made_at", "id") if backwards else ("-made_at", "-id")
    return list(batches.select_related("by").order_by(*order)[:limit])


def _fill(versions: PageVersionQuerySet, lines: Sequence[Change]) -> None:
    """Count the versions of each batch, and fetch the first of them; two queries in all.

    The rows of a batch are written together, so its first ones have ids near the lowest.
    """
    by_batch = {line.batch.pk: line for line in lines if line.batch is not None}
    if not by_batch:
        return
    first = Q()
    counted = versions.filter(batch__in=by_batch).order_by().values("batch_id")
    for row in counted.annotate(count=Count("pk"), first=Min("pk")):
        by_batch[row["batch_id"]].count = row["count"]
        first |= Q(batch=row["batch_id"], pk__gte=row["first"], pk__lt=row["first"] + 4 * SAMPLE)
    if not first:
        return
    for version in for_lines(versions.filter(first)).order_by("pk"):
        line = by_batch[version.batch_id or 0]
        if len(line.versions) < SAMPLE:
            line.versions.append(version)


def by_day(changes: Sequence[Change]) -> list[Day]:
    """`changes` grouped by day, in the same order."""
    return [Day(date, list(lines)) for date, lines in groupby(changes, lambda line: timezone.localdate(line.moment.at))]
