"""The deriver of passages: what versions do to a text becomes rows with lives, and says whose each word is.

Reading and folding happen outside the transaction, whose first act makes sure that the pages are still at the version
followed; inside there is one insert, and an update for each version that ended passages.
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
    "page_id", "added_in", "rank", "kind", "position", "text", "words", "identity", "runs", "removed_in", "added_at", "removed_at",
    "origin", "grew_from",
)  # fmt: skip
DERIVED = [name for name in SNAPSHOT_FIELDS if name not in ("page_id", "added_in", "rank")]


@dataclass(frozen=True, slots=True)
class PassageChanges:
    """The passages that a write added, changed or deleted, by primary key: the output of the passage updater."""

    rows: set[int]


class PassageUpdater:
    """The rows of `Passage`."""

    name = "passages"
    requires = ()
    provides = PassageChanges

    def prepare(self, readings: Sequence[ParsedVersion]) -> list[PageTimeline | None]:
        """The pages woven to their last versions; None for a reading without steps."""
        again = {item.page.pk: item for item in readings if item.page.pk and not item.follows and item.steps}
        if again:
            histories = ReplayedPassages(list(again))
            loom = PassageTracker(histories)
            weaves = {pk: histories.timeline(pk, item.steps) for pk, item in again.items()}
            for weave in weaves.values():
                loom.finish(weave)
            return [weaves.get(item.page.pk) for item in readings]
        return _added(readings)

    def write(
        self, readings: Sequence[ParsedVersion], prepared: Sequence[PageTimeline | None],
        moment: datetime | None, inputs: Inputs,
    ) -> PassageChanges:  # fmt: skip
        """Begin and end passages; of pages derived again, keep the rows that are right."""
        woven = [(item, weave) for item, weave in zip(readings, prepared, strict=True) if weave is not None]
        again = {item.page.pk for item, _ in woven if not item.follows}
        there = _rows_of(sorted(again)) if again else {}
        new: list[Passage] = []
        changed: list[Passage] = []
        for item, weave in woven:
            times = _times(item, weave, moment)
            ended: dict[int, list[int]] = {}
            for life in (*weave.removed, *weave.current):
                if life.row_id is not None:
                    if life.removed_in is not None:
                        ended.setdefault(life.removed_in, []).append(life.row_id)
                    continue
                row = _row(item.page.pk, life, times)
                old = there.pop((row.page_id, row.added_in, row.rank), None)
                if old is None:
                    new.append(row)
                elif any(getattr(old, name) != getattr(row, name) for name in DERIVED):
                    row.pk = old.pk
                    changed.append(row)
            _end(ended, times)
        gone = list(there.values())
        _delete([row.pk for row in gone])
        Passage.objects.bulk_update(changed, DERIVED, batch_size=100)
        Passage.objects.bulk_create(new, batch_size=ROWS)
        return PassageChanges({row.pk for row in (*gone, *changed, *new)})

    def snapshot(self) -> list[tuple[Any, ...]]:
        """All passages, with their lives, names and authors."""
        return sorted(
            tuple(map(str, row)) for row in Passage.objects.values_list(*SNAPSHOT_FIELDS).iterator(chunk_size=2000)
        )


def _added(readings: Sequence[ParsedVersion]) -> list[PageTimeline | None]:
    """Pages to which versions are added, woven from what is alive in the table."""
    some = [item for item in readings if item.steps]
    alive = load_current_passages([item.page.pk for item in some if item.follows])
    weaves = []
    for item in some:
        steps: Iterator[Any] = iter([(step, blocks_of(step)) for step in item.steps])
        ref = item.page.pk or item.page
        weaves.append(PageTimeline(ref, steps, item.follows, alive.get(item.page.pk, []) if item.follows else []))
    loom = PassageTracker(StoredPassages(some, weaves))
    for weave in weaves:
        loom.finish(weave)
    made = iter(weaves)
    return [next(made) if item.steps else None for item in readings]


def _times(item: ParsedVersion, weave: PageTimeline, moment: datetime | None) -> dict[int, datetime]:
    """The moments of the versions that were woven."""
    clock = MonotonicTimes(item.since, moment)
    return {number: clock.next(date) for number, date in enumerate(weave.dates, start=item.follows + 1)}


def _row(page: int, life: PassageLifetime, times: dict[int, datetime]) -> Passage:
    """A life as it is stored."""
    return Passage(
        page_id=page, kind=life.kind, position=life.position, text=life.text, words=" ".join(life.words),
        identity=life.identity, runs=compress_sources(life.word_sources), added_in=life.added_in, rank=life.rank, removed_in=life.removed_in,
        added_at=times[life.added_in], removed_at=times[life.removed_in] if life.removed_in is not None else None,
        origin=format_passage_name(life.origin, page), grew_from=format_passage_name(life.grew_from, page) if life.grew_from else "",
    )  # fmt: skip


def _end(ended: dict[int, list[int]], times: dict[int, datetime]) -> None:
    """Let stored passages end in their versions."""
    for removed_in, rows in ended.items():
        for start in range(0, len(rows), ROWS):
            some = Passage.objects.filter(pk__in=rows[start : start + ROWS])
            some.update(removed_in=removed_in, removed_at=times[removed_in])


def _rows_of(pages: Sequence[int]) -> dict[tuple[int, int, int], Passage]:
    """All rows of pages that are derived again."""
    return {(row.page_id, row.added_in, row.rank): row for row in Passage.objects.filter(page_id__in=pages)}


def _delete(rows: Sequence[int]) -> None:
    """Drop rows that history does not know."""
    for start in range(0, len(rows), ROWS):
        Passage.objects.filter(pk__in=rows[start : start + ROWS]).delete()
