"""The updater of passages: writes what versions change in a text as passages with lifetimes and authors of words.

Parsing and tracking happen outside the transaction; inside there is one insert, and an update for each version that
removed passages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wiki.history.models import Passage
from wiki.history.passage_sources import ROWS, ReplayedPassages, StoredPassages, load_current_passages
from wiki.history.passage_tracking import PageTimeline, PassageTracker, blocks_of
from wiki.history.word_attribution import PassageLifetime, compress_sources, format_passage_name
from wiki.pages.writing.derived_data import Inputs, MonotonicTimes, ParsedVersion

SNAPSHOT_FIELDS = (
    "page_id", "added_in", "rank", "kind", "position", "text", "words", "identity", "runs", "removed_in", "added_at",
    "removed_at", "origin", "grew_from",
)  # fmt: skip
"""The columns of a passage in a snapshot; row ids are left out, since a rebuild may change them."""
DERIVED = [name for name in SNAPSHOT_FIELDS if name not in ("page_id", "added_in", "rank")]
"""The columns that may differ after a rebuild of the same passage."""


@dataclass(frozen=True, slots=True)
class PassageChanges:
    """The passages that a write added, changed or deleted, by primary key: the output of the passage updater."""

    rows: set[int]


class PassageUpdater:
    """Maintains the rows of `Passage`."""

    name = "passages"
    revision = 2
    requires = ()
    provides = PassageChanges

    def prepare(self, versions: Sequence[ParsedVersion]) -> list[PageTimeline | None]:
        """Return the timeline of each page, processed up to its last version; None for a page without new versions."""
        rebuilt = {
            version.page.pk: version
            for version in versions
            if version.page.pk and not version.follows and version.steps
        }
        if rebuilt:
            source = ReplayedPassages(list(rebuilt))
            tracker = PassageTracker(source)
            timelines = {pk: source.timeline(pk, version.steps) for pk, version in rebuilt.items()}
            for timeline in timelines.values():
                tracker.finish(timeline)
            return [timelines.get(version.page.pk) for version in versions]
        return _continued_timelines(versions)

    def write(
        self, versions: Sequence[ParsedVersion], prepared: Sequence[PageTimeline | None],
        moment: datetime | None, inputs: Inputs,
    ) -> PassageChanges:  # fmt: skip
        """Insert and end passages.

        For rebuilt pages, update only rows that differ, and delete rows that history does not give.
        """
        processed = [
            (version, timeline) for version, timeline in zip(versions, prepared, strict=True) if timeline is not None
        ]
        rebuilt = {version.page.pk for version, _ in processed if not version.follows}
        stored = _rows_of(sorted(rebuilt)) if rebuilt else {}
        new: list[Passage] = []
        changed: list[Passage] = []
        for version, timeline in processed:
            times = _times_of(version, timeline, moment)
            removed: dict[int, list[int]] = {}
            for passage in (*timeline.removed, *timeline.current):
                if passage.row_id is not None:
                    if passage.removed_in is not None:
                        removed.setdefault(passage.removed_in, []).append(passage.row_id)
                    continue
                row = _row(version.page.pk, passage, times)
                old = stored.pop((row.page_id, row.added_in, row.rank), None)
                if old is None:
                    new.append(row)
                elif any(getattr(old, name) != getattr(row, name) for name in DERIVED):
                    row.pk = old.pk
                    changed.append(row)
            _mark_removed(removed, times)
        obsolete = list(stored.values())
        _delete([row.pk for row in obsolete])
        Passage.objects.bulk_update(changed, DERIVED, batch_size=100)
        Passage.objects.bulk_create(new, batch_size=ROWS)
        return PassageChanges({row.pk for row in (*obsolete, *changed, *new)})

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Return all passages with their lifetimes, names and authors."""
        return sorted(
            tuple(map(str, row)) for row in Passage.objects.values_list(*SNAPSHOT_FIELDS).iterator(chunk_size=2000)
        )


def _continued_timelines(versions: Sequence[ParsedVersion]) -> list[PageTimeline | None]:
    """Return timelines of pages to which versions are added, continued from the current passages in the table."""
    new = [version for version in versions if version.steps]
    current = load_current_passages([version.page.pk for version in new if version.follows])
    timelines = []
    for version in new:
        states: Iterator[Any] = iter([(state, blocks_of(state)) for state in version.steps])
        ref = version.page.pk or version.page
        timelines.append(
            PageTimeline(ref, states, version.follows, current.get(version.page.pk, []) if version.follows else [])
        )
    tracker = PassageTracker(StoredPassages(new, timelines))
    for timeline in timelines:
        tracker.finish(timeline)
    results = iter(timelines)
    return [next(results) if version.steps else None for version in versions]


def _times_of(version: ParsedVersion, timeline: PageTimeline, moment: datetime | None) -> dict[int, datetime]:
    """Return the times of the processed versions, by number."""
    times = MonotonicTimes(version.since, moment)
    return {number: times.next(date) for number, date in enumerate(timeline.dates, start=version.follows + 1)}


def _row(page: int, passage: PassageLifetime, times: dict[int, datetime]) -> Passage:
    """Return a lifetime as a row."""
    return Passage(
        page_id=page,
        kind=passage.kind,
        position=passage.position,
        text=passage.text,
        words=" ".join(passage.words),
        identity=passage.identity,
        runs=compress_sources(passage.word_sources),
        added_in=passage.added_in,
        rank=passage.rank,
        removed_in=passage.removed_in,
        added_at=times[passage.added_in],
        removed_at=times[passage.removed_in] if passage.removed_in is not None else None,
        origin=format_passage_name(passage.origin, page),
        grew_from=format_passage_name(passage.grew_from, page) if passage.grew_from else "",
    )


def _mark_removed(removed: dict[int, list[int]], times: dict[int, datetime]) -> None:
    """Set the version and time of removal of stored passages."""
    for removed_in, rows in removed.items():
        for start in range(0, len(rows), ROWS):
            chunk = Passage.objects.filter(pk__in=rows[start : start + ROWS])
            chunk.update(removed_in=removed_in, removed_at=times[removed_in])


def _rows_of(pages: Sequence[int]) -> dict[tuple[int, int, int], Passage]:
    """Return all rows of some pages, by page, version and rank."""
    return {(row.page_id, row.added_in, row.rank): row for row in Passage.objects.filter(page_id__in=pages)}


def _delete(rows: Sequence[int]) -> None:
    """Delete rows that history does not give."""
    for start in range(0, len(rows), ROWS):
        Passage.objects.filter(pk__in=rows[start : start + ROWS]).delete()
