"""Loads passages for the tracker: from the table when versions are added, from the whole history in a rebuild."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from wiki.history.models import Passage
from wiki.history.passage_tracking import PageTimeline, PassageTracker, VersionDelta, blocks_of
from wiki.history.word_attribution import RECENT_VERSIONS, PassageLifetime, expand_runs, parse_passage_name
from wiki.pages.models import PageVersion
from wiki.pages.writing.derived_data import ParsedVersion, VersionState
from wiki.pages.writing.rebuild_derived import StoredHistory

ROWS = 500
"""Rows per query."""
MATCHING_FIELDS = ("pk", "kind", "position", "text", "identity", "added_in", "rank")
"""The columns that are needed to match passages; the others are loaded on demand."""
ChangesetKey = tuple[Any, ...]
"""Changeset, recorded time and claimed time: versions that share all of them were made together."""


def load_current_passages(pages: Sequence[int]) -> dict[int, list[PassageLifetime]]:
    """Return the current passages of some pages, in order, without the details that matching does not need."""
    found: dict[int, list[PassageLifetime]] = defaultdict(list)
    for start in range(0, len(pages), ROWS):
        rows = Passage.objects.filter(page_id__in=pages[start : start + ROWS], removed_in=None).order_by("position")
        for page, pk, kind, position, text, identity, added_in, rank in rows.values_list("page_id", *MATCHING_FIELDS):
            found[page].append(PassageLifetime(kind, position, text, identity, added_in, rank, None, pk, False))
    return found


def _from_row(row: Passage) -> PassageLifetime:
    """Return a passage of the table, with all details."""
    passage = PassageLifetime(
        row.kind, row.position, row.text, row.identity, row.added_in, row.rank, row.removed_in, row.pk
    )
    _set_details(passage, row)
    return passage


def _set_details(passage: PassageLifetime, row: Passage) -> None:
    """Set the details of a passage from its row."""
    passage.words, passage.word_sources, passage.is_complete = row.words.split(), expand_runs(row.runs), True
    passage.origin = parse_passage_name(row.origin, row.page_id)
    passage.grew_from = parse_passage_name(row.grew_from, row.page_id) if row.grew_from else None


class StoredPassages:
    """Loads passages from the table, for versions that are added to pages."""

    def __init__(self, versions: Iterable[ParsedVersion], timelines: Iterable[PageTimeline]) -> None:
        self.members_of: dict[datetime | None, list[tuple[PageTimeline, int]]] = defaultdict(list)
        self.changeset_of: dict[tuple[PageTimeline, int], datetime | None] = {}
        for version, timeline in zip(versions, timelines, strict=True):
            self._group_by_changeset(version, timeline)
        self.passages_cache: dict[tuple[int, int], list[PassageLifetime]] = {}

    def _group_by_changeset(self, version: ParsedVersion, timeline: PageTimeline) -> None:
        """Group the new versions by claimed time.

        Versions are left out if their clock went back, or if their page has several versions of that time.
        """
        latest, now = version.since, timezone.now()
        numbers: dict[datetime | None, list[int]] = defaultdict(list)
        for number, state in enumerate(version.steps, start=version.follows + 1):
            date = state.date if state.date and state.date <= now else None
            if state.in_changeset and (date is None or latest is None or date >= latest):
                numbers[date].append(number)
            latest = max(latest, date or now) if latest else date or now
        for date, same_time in numbers.items():
            if len(same_time) == 1:
                self.members_of[date].append((timeline, same_time[0]))
                self.changeset_of[timeline, same_time[0]] = date

    def past_lifetimes(
        self, timeline: PageTimeline, delta: VersionDelta
    ) -> tuple[dict[str, list[PassageLifetime]], list[PassageLifetime]]:
        """Return removed passages from the table: by identity, and the recent ones.

        Costs one query, or none if `delta` adds no passages.
        """
        identities = {passage.identity for passage in delta.added}
        incomplete = {passage.row_id: passage for passage in delta.removed if not passage.is_complete}
        incomplete |= {
            passage.row_id: passage
            for passage in timeline.current
            if not passage.is_complete and passage.identity in identities
        }
        found: dict[str, list[PassageLifetime]] = defaultdict(list)
        recent: list[PassageLifetime] = []
        if not isinstance(timeline.ref, int) or not identities:
            return found, recent
        oldest = delta.number - RECENT_VERSIONS
        for start in range(0, len(identities), ROWS):
            condition = Q(
                page=timeline.ref, removed_in__isnull=False, identity__in=sorted(identities)[start : start + ROWS]
            )
            if not start:
                condition |= Q(page=timeline.ref, removed_in__gte=oldest) | Q(pk__in=list(incomplete)[:ROWS])
            for row in Passage.objects.filter(condition):
                if row.pk in incomplete:
                    _set_details(incomplete[row.pk], row)
                elif row.removed_in is not None:
                    passage = _from_row(row)
                    if row.identity in identities:
                        found[row.identity].append(passage)
                    if row.removed_in >= oldest and not start:
                        recent.append(passage)
        self.load_details(list(incomplete.values()))
        return found, recent

    def load_details(self, passages: Sequence[PassageLifetime]) -> None:
        """Load the details of passages from the table."""
        incomplete = {passage.row_id: passage for passage in passages if not passage.is_complete}
        keys = [key for key in incomplete if key is not None]
        for start in range(0, len(keys), ROWS):
            for row in Passage.objects.filter(pk__in=keys[start : start + ROWS]):
                _set_details(incomplete[row.pk], row)

    def passages_at(self, tracker: PassageTracker, page: int, number: int) -> list[PassageLifetime]:
        """Return the passages of a stored version of a page."""
        if (page, number) not in self.passages_cache:
            rows = Passage.objects.filter(
                Q(removed_in=None) | Q(removed_in__gt=number), page=page, added_in__lte=number
            )
            self.passages_cache[page, number] = [_from_row(row) for row in rows.order_by("position")]
        return self.passages_cache[page, number]

    def same_changeset(
        self, tracker: PassageTracker, timeline: PageTimeline, delta: VersionDelta
    ) -> list[tuple[PageTimeline, int]]:
        """Return the versions of other pages in the same write with the same claimed time."""
        key = (timeline, delta.number)
        members = self.members_of[self.changeset_of[key]] if key in self.changeset_of else ()
        return [(other, number) for other, number in members if other is not timeline and number > 1]


class ReplayedPassages:
    """Processes history itself, for pages whose passages are rebuilt.

    Other pages are processed as far as these pages need them.
    """

    def __init__(self, pages: Sequence[int]) -> None:
        self.timelines: dict[int, PageTimeline] = {}
        self.members_of: dict[ChangesetKey, list[tuple[int, int]]] = {}
        self.changeset_of: dict[tuple[int, int], ChangesetKey] = {}
        self._group_by_changeset(pages)

    def timeline(self, page: int, versions: Iterable[VersionState] | None = None) -> PageTimeline:
        """Return the timeline of a page from its first version on."""
        if page not in self.timelines:
            if versions is None:
                self._group_by_changeset([page])
                versions = StoredHistory(page)
            self.timelines[page] = PageTimeline(page, ((version, blocks_of(version)) for version in versions))
        return self.timelines[page]

    def _group_by_changeset(self, pages: Sequence[int]) -> None:
        """Load which versions of these pages were made together with later versions of other pages."""
        fields = ("page_id", "number", "changeset_id", "recorded_at", "claimed_at")
        in_changesets = PageVersion.objects.filter(changeset__isnull=False).order_by().values_list(*fields)
        for page, number, *key in in_changesets.filter(page_id__in=pages):
            self.changeset_of[page, number] = tuple(key)
        claimed_times = sorted({key[2] for key in self.changeset_of.values() if key not in self.members_of})
        keys = set(self.changeset_of.values())
        for key in keys:
            self.members_of.setdefault(key, [])
        for start in range(0, len(claimed_times), ROWS):
            candidates = in_changesets.filter(claimed_at__in=claimed_times[start : start + ROWS], number__gt=1)
            for page, number, *key in candidates.order_by("page_id", "number"):
                if tuple(key) in keys and (page, number) not in self.members_of[tuple(key)]:
                    self.members_of[tuple(key)].append((page, number))

    def past_lifetimes(
        self, timeline: PageTimeline, delta: VersionDelta
    ) -> tuple[dict[str, list[PassageLifetime]], list[PassageLifetime]]:
        """Return nothing: a timeline from the first version on holds all passages."""
        return {}, []

    def load_details(self, passages: Sequence[PassageLifetime]) -> None:
        """Do nothing: all details are known."""

    def passages_at(self, tracker: PassageTracker, page: int, number: int) -> list[PassageLifetime]:
        """Return the passages of a page at a version, which is processed first."""
        timeline = self.timeline(page)
        tracker.advance(timeline, number)
        return timeline.passages_at(number)

    def same_changeset(
        self, tracker: PassageTracker, timeline: PageTimeline, delta: VersionDelta
    ) -> list[tuple[PageTimeline, int]]:
        """Return the versions of other pages with the same changeset, recorded and claimed time."""
        key = (int(timeline.ref), delta.number)
        changeset = self.changeset_of.get(key)
        members = (
            [member for member in self.members_of.get(changeset, ()) if member[0] != timeline.ref] if changeset else []
        )
        if changeset is None or not members or not _is_only_and_in_order(*key, changeset):
            return []
        return [
            (self.timeline(page), number) for page, number in members if _is_only_and_in_order(page, number, changeset)
        ]


def _is_only_and_in_order(page: int, number: int, key: ChangesetKey) -> bool:
    """Return whether a version is the only one of its page with this key.

    False also if an earlier version has a later claimed time.
    """
    changeset, recorded_at, claimed_at = key
    versions = PageVersion.objects.filter(page=page).exclude(number=number)
    same = Q(changeset=changeset, recorded_at=recorded_at, claimed_at=claimed_at)
    return not versions.filter(same | Q(number__lt=number, claimed_at__gt=claimed_at)).exists()
