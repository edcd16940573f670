"""The difference of two texts as it is shown. Time and size of the output are bounded, whatever the texts are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wiki.text.diffing import line_diff
from wiki.text.diffing.line_diff import DiffRow, Span

ROWS = 3_000
"""Maximum number of rows in a comparison."""
SPANS = 20_000
"""Maximum number of spans within lines; beyond it, lines are marked as a whole."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two texts, for display."""

    rows: list[DiffRow]
    hidden: int
    """Rows left out because the output would be too long."""
    ends_differ: bool
    """The texts differ only in the line break at their end."""

    @classmethod
    def of(cls, old: str, new: str) -> Difference:
        """Compare two texts."""
        rows = line_diff.compare(old, new)
        same = all(row.kind in ("same", "gap") for row in rows)
        if same:
            return cls([], 0, ends_differ=old != new)
        return cls(list(_limit_spans(rows[:ROWS])), max(len(rows) - ROWS, 0), ends_differ=False)


def _limit_spans(rows: Sequence[DiffRow]) -> Iterator[DiffRow]:
    """Yield `rows`; once there are too many spans, their lines are marked as a whole."""
    remaining = SPANS
    for row in rows:
        remaining -= len(row.old) + len(row.new)
        yield row if remaining > 0 else _without_spans(row)


def _without_spans(row: DiffRow) -> DiffRow:
    """Return `row` with one span on each side."""
    return DiffRow(row.kind, row.old_line, row.new_line, _join_spans(row.old), _join_spans(row.new), row.skipped)


def _join_spans(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Join the spans of a line into one, marked if any of them is."""
    if not spans:
        return spans
    return (Span("".join(span.text for span in spans), any(span.marked for span in spans)),)
