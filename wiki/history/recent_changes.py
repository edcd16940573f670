"""Changes of many pages, newest first; a changeset (an import, the renaming of a place) is one entry.

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
"""Entries per page of the list."""
SAMPLE = 10
"""How many versions of a changeset are shown when it is unfolded."""
SINGLE = Q(changeset=None) | Q(changeset__act=Changeset.Act.DEMO)
"""Versions that are listed separately: outside of changesets, and the demo's, which stands for single edits."""

RELATED_COLUMNS = (
    *(f"merge_parent__page__{column}" for column in ("full_title", "title_key", "hidden_with")),
    *(f"merge_parent__{column}" for column in ("page", "number", "title")),
    *(f"changeset__{field.name}" for field in Changeset._meta.concrete_fields),
    "author__username",
)
"""Columns of the rows beside a version that lists show, besides its page."""
PAGE_COLUMNS = ("page__full_title", "page__title_key")


@dataclass(slots=True)
class RecentChange:
    """One entry of a list of changes: a version, or a changeset with some of its versions."""

    cursor: Cursor
    versions: list[PageVersion] = field(default_factory=list)
    changeset: Changeset | None = None
    """The changeset, if its versions are shown as one entry."""
    count: int = 1

    @property
    def version(self) -> PageVersion:
        """The version, or the first version of the changeset."""
        return self.versions[0]

    @property
    def rest(self) -> int:
        """How many versions of the changeset are not shown."""
        return self.count - len(self.versions)

    @classmethod
    def of(cls, version: PageVersion) -> RecentChange:
        """Return the entry of a single version."""
        return cls(Cursor(version.claimed_at, 0, version.pk), [version])


@dataclass(frozen=True, slots=True)
class Day:
    """The changes of one day in the reader's time zone."""

    date: datetime.date
    changes: list[RecentChange]


def visible_tag_labels(version: PageVersion) -> list[str]:
    """Return the labels of a version's tags, except `deleted`, which lists show separately."""
    return translate_tags([tag for tag in version.tags if tag != "deleted"])


def versions_in_place(versions: PageVersionQuerySet, place: WikiPage) -> PageVersionQuerySet:
    """Return versions of the place itself, and of pages while they were in it."""
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
    """Return one page of the list of changes in `versions`, which are already filtered (permissions, form).

    `before`, `after`: cursors from another page of the list; `fold`: changesets as one entry. Four queries.
    """
    backwards = Cursor.parse(after)
    cursor = backwards or Cursor.parse(before)
    single_versions = versions.filter(SINGLE) if fold else versions
    entries = [
        RecentChange.of(version) for version in _singles(single_versions, cursor, bool(backwards), since, size + 1)
    ]
    if fold:
        changesets = _changesets(versions, cursor, bool(backwards), since, size + 1)
        entries += [
            RecentChange(Cursor(changeset.made_at, 1, changeset.pk), changeset=changeset) for changeset in changesets
        ]
    entries.sort(key=lambda entry: entry.cursor, reverse=not backwards)
    page = make_cursor_page(
        entries, size, lambda entry: entry.cursor, backwards=bool(backwards), moved=cursor is not None
    )
    _fill(versions, [entry for entry in page.rows if entry.changeset is not None])
    return CursorPage([entry for entry in page.rows if entry.versions], page.newer, page.older)


def _singles(
    versions: PageVersionQuerySet,
    cursor: Cursor | None,
    backwards: bool,
    since: datetime.datetime | None,
    limit: int,
) -> Sequence[PageVersion]:
    """Return the next versions after `cursor`, as `select_for_list` loads them."""
    if cursor is not None:
        side = cursor.newer if backwards else cursor.older
        versions = versions.filter(side("claimed_at", 0))
    if since is not None:
        versions = versions.filter(claimed_at__gte=since)
    order = ("claimed_at", "id") if backwards else ("-claimed_at", "-id")
    return list(select_for_list(versions).order_by(*order)[:limit])


def select_for_list(versions: PageVersionQuerySet, *, of_one_page: bool = False) -> PageVersionQuerySet:
    """Return `versions` with what lists show of the related rows, in one query: the whole rows take twice the time.

    Versions `of_one_page` come without this page.
    """
    related = versions.select_related("author", "changeset", "merge_parent__page")
    columns = (*(field.name for field in PageVersion._meta.concrete_fields), *RELATED_COLUMNS)
    return related.only(*columns) if of_one_page else related.select_related("page").only(*columns, *PAGE_COLUMNS)


def _changesets(
    versions: PageVersionQuerySet,
    cursor: Cursor | None,
    backwards: bool,
    since: datetime.datetime | None,
    limit: int,
) -> Sequence[Changeset]:
    """Return the next changesets after `cursor` with at least one of `versions`."""
    versions_of_changeset = versions.filter(changeset=OuterRef("pk")).order_by()
    changesets = Changeset.objects.exclude(act=Changeset.Act.DEMO).filter(Exists(versions_of_changeset))
    if cursor is not None:
        side = cursor.newer if backwards else cursor.older
        changesets = changesets.filter(side("made_at", 1))
    if since is not None:
        changesets = changesets.filter(made_at__gte=since)
    order = ("made_at", "id") if backwards else ("-made_at", "-id")
    return list(changesets.select_related("by").order_by(*order)[:limit])


def _fill(versions: PageVersionQuerySet, entries: Sequence[RecentChange]) -> None:
    """Set the count and the first versions of each changeset entry; two queries in all.

    The rows of a changeset are written together, so its first versions have ids near the lowest.
    """
    by_changeset = {entry.changeset.pk: entry for entry in entries if entry.changeset is not None}
    if not by_changeset:
        return
    condition = Q()
    groups = versions.filter(changeset__in=by_changeset).order_by().values("changeset_id")
    for row in groups.annotate(count=Count("pk"), first=Min("pk")):
        by_changeset[row["changeset_id"]].count = row["count"]
        condition |= Q(changeset=row["changeset_id"], pk__gte=row["first"], pk__lt=row["first"] + 4 * SAMPLE)
    if not condition:
        return
    for version in select_for_list(versions.filter(condition)).order_by("pk"):
        entry = by_changeset[version.changeset_id or 0]
        if len(entry.versions) < SAMPLE:
            entry.versions.append(version)


def by_day(changes: Sequence[RecentChange]) -> list[Day]:
    """Return `changes` grouped by day, in the same order."""
    return [
        Day(date, list(entries))
        for date, entries in groupby(changes, lambda entry: timezone.localdate(entry.cursor.at))
    ]
