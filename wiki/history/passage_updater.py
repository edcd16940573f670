"""The deriver of passages: what versions do to a text becomes rows with lives, and says whose each word is.

Reading and folding happen outside the transaction, whose first act makes sure that the pages are still at the version
followed; inside there is one insert, and an update for each version that ended passages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from wiki.history.models import Passage
from wiki.history.passage_sources import ROWS, Histories, Table, alive_in
from wiki.history.passage_tracking import Loom, Weave, blocks_of
from wiki.history.word_attribution import Life, name_of, runs_of
from wiki.pages.writing.derived_data import Clock, Reading

NATURAL = (
    "page_id", "born", "rank", "kind", "position", "text", "words", "identity", "runs", "died", "born_at", "died_at",
    "origin", "grew_from",
)  # fmt: skip
DERIVED = [name for name in NATURAL if name not in ("page_id", "born", "rank")]


class PassageDeriver:
    """The rows of `Passage`."""

    name = "passages"

    def prepare(self, readings: Sequence[Reading]) -> list[Weave | None]:
        """The pages woven to their last versions; None for a reading without steps."""
        again = {item.page.pk: item for item in readings if item.page.pk and not item.follows and item.steps}
        if again:
            histories = Histories(list(again))
            loom = Loom(histories)
            weaves = {pk: histories.weave(pk, item.steps) for pk, item in again.items()}
            for weave in weaves.values():
                loom.finish(weave)
            return [weaves.get(item.page.pk) for item in readings]
        return _added(readings)

    def write(self, readings: Sequence[Reading], prepared: Sequence[Weave | None]) -> None:
        """Begin and end passages; of pages derived again, keep the rows that are right."""
        woven = [(item, weave) for item, weave in zip(readings, prepared, strict=True) if weave is not None]
        again = {item.page.pk for item, _ in woven if not item.follows}
        there = _rows_of(sorted(again)) if again else {}
        new: list[Passage] = []
        changed: list[Passage] = []
        for item, weave in woven:
            times = _times(item, weave)
            ended: dict[int, list[int]] = {}
            for life in (*weave.ended, *weave.alive):
                if life.row is not None:
                    if life.died is not None:
                        ended.setdefault(life.died, []).append(life.row)
                    continue
                row = _row(item.page.pk, life, times)
                old = there.pop((row.page_id, row.born, row.rank), None)
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
        written = {item.page.pk: item.passages for item, _ in woven}
        for row in (*gone, *changed, *new):
            written[row.page_id].append(row.pk)

    def snapshot(self) -> list[tuple[Any, ...]]:
        """All passages, with their lives, names and authors."""
        return sorted(tuple(map(str, row)) for row in Passage.objects.values_list(*NATURAL).iterator(chunk_size=2000))


def _added(readings: Sequence[Reading]) -> list[Weave | None]:
    """Pages to which versions are added, woven from what is alive in the table."""
    some = [item for item in readings if item.steps]
    alive = alive_in([item.page.pk for item in some if item.follows])
    weaves = []
    for item in some:
        steps: Iterator[Any] = iter([(step, blocks_of(step)) for step in item.steps])
        ref = item.page.pk or item.page
        weaves.append(Weave(ref, steps, item.follows, alive.get(item.page.pk, []) if item.follows else []))
    loom = Loom(Table(some, weaves))
    for weave in weaves:
        loom.finish(weave)
    made = iter(weaves)
    return [next(made) if item.steps else None for item in readings]


def _times(item: Reading, weave: Weave) -> dict[int, datetime]:
    """The moments of the versions that were woven."""
    clock = Clock.of(item)
    return {number: clock.tell(date) for number, date in enumerate(weave.dates, start=item.follows + 1)}


def _row(page: int, life: Life, times: dict[int, datetime]) -> Passage:
    """A life as it is stored."""
    return Passage(
        page_id=page, kind=life.kind, position=life.position, text=life.text, words=" ".join(life.words),
        identity=life.identity, runs=runs_of(life.marks), born=life.born, rank=life.rank, died=life.died,
        born_at=times[life.born], died_at=times[life.died] if life.died is not None else None,
        origin=name_of(life.origin, page), grew_from=name_of(life.grew_from, page) if life.grew_from else "",
    )  # fmt: skip


def _end(ended: dict[int, list[int]], times: dict[int, datetime]) -> None:
    """Let stored passages end in their versions."""
    for died, rows in ended.items():
        for start in range(0, len(rows), ROWS):
            some = Passage.objects.filter(pk__in=rows[start : start + ROWS])
            some.update(died=died, died_at=times[died])


def _rows_of(pages: Sequence[int]) -> dict[tuple[int, int, int], Passage]:
    """All rows of pages that are derived again."""
    return {(row.page_id, row.born, row.rank): row for row in Passage.objects.filter(page_id__in=pages)}


def _delete(rows: Sequence[int]) -> None:
    """Drop rows that history does not know."""
    for start in range(0, len(rows), ROWS):
        Passage.objects.filter(pk__in=rows[start : start + ROWS]).delete()
