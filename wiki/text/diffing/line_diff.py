"""Two texts compared, for reading: rows of lines, with the words that differ marked.

One list of rows serves both views: side by side (old | new in one row) and inline (the
old line above the new one).  Time is bounded by `matching`; what its budget does not
reach is shown as removed and added whole, which is true, only coarse.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from wiki.text.diffing.sequence_matching import Budget, matching_blocks

RowKind = Literal["same", "changed", "removed", "added", "gap"]

CONTEXT = 3
"""Unchanged lines shown around a change."""

COMPARED_LIMIT = 200_000
"""Rows that are worked out at most."""

ROW_LIMIT = 10_000
"""Rows that are shown at most."""

_PAIRING_LIMIT = 40_000
"""Products of removed and added lines up to which the most alike are sought for pairing."""

_ALIKE = 0.4
"""Share of words that two lines must have in common to be shown as one changed line."""

_WORD_STEPS = 60_000
"""Budget of one pair of lines; all pairs together may use ten times as much."""

_TOKENS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Span:
    """A piece of a line; `marked` where it differs from the other side."""

    text: str
    marked: bool


@dataclass(frozen=True)
class DiffRow:
    """One row of a comparison.

    same      both sides, equal             changed   both sides, `marked` spans differ
    removed   old side only                 added     new side only
    gap       `skipped` equal lines that are not shown
    Line numbers count from 1 and are None on the side that is not there.
    """

    kind: RowKind
    old_line: int | None
    new_line: int | None
    old: tuple[Span, ...] = ()
    new: tuple[Span, ...] = ()
    skipped: int = 0


def size_change(old: str, new: str) -> int:
    """Bytes by which the text grew (negative: shrank)."""
    return len(new.encode("utf-8", "replace")) - len(old.encode("utf-8", "replace"))


def compare(old: str, new: str, context: int | None = CONTEXT) -> list[DiffRow]:
    """The rows that show how `old` became `new`; none where no line differs.

    `context` is the number of unchanged lines around each change; None shows all.  After
    ROW_LIMIT rows the rest is one gap.
    """
    old_lines, new_lines = _lines(old), _lines(new)
    if old_lines == new_lines:
        return []  # at most the last line break differs
    rows = list(islice(_rows(old_lines, new_lines), COMPARED_LIMIT))
    shown = _shortened(rows, context)
    rest = sum(row.skipped or 1 for row in shown[ROW_LIMIT:])
    return [*shown[:ROW_LIMIT], DiffRow("gap", None, None, skipped=rest)] if rest else shown


def _lines(text: str) -> list[str]:
    """Lines without their ends; a last line break makes no line of its own."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffRow]:
    """All rows, unshortened."""
    budget = Budget(10 * _WORD_STEPS)
    i = j = 0
    for at, bt, size in [*matching_blocks(old, new), (len(old), len(new), 0)]:
        yield from _changed(old[i:at], new[j:bt], i, j, budget)
        for step in range(size):
            span = (Span(old[at + step], False),)
            yield DiffRow("same", at + step + 1, bt + step + 1, span, span)
        i, j = at + size, bt + size


def _changed(
    old: Sequence[str], new: Sequence[str], old_start: int, new_start: int, budget: Budget
) -> Iterator[DiffRow]:
    """Rows of a region where the lines differ."""
    i = j = 0
    for at, bt in [*_pairs(old, new), (len(old), len(new))]:
        for line in range(i, at):
            yield DiffRow("removed", old_start + line + 1, None, (Span(old[line], True),))
        for line in range(j, bt):
            yield DiffRow("added", None, new_start + line + 1, (), (Span(new[line], True),))
        if at < len(old):
            left, right = _marked(old[at], new[bt], budget)
            yield DiffRow("changed", old_start + at + 1, new_start + bt + 1, left, right)
        i, j = at + 1, bt + 1


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Which removed line became which added one: ascending, alike enough, the likeness greatest."""
    if not old or not new:
        return []
    if len(old) * len(new) > _PAIRING_LIMIT:
        return [(k, k) for k in range(min(len(old), len(new))) if _likeness(_bag(old[k]), _bag(new[k])) >= _ALIKE]
    old_bags, new_bags = [_bag(line) for line in old], [_bag(line) for line in new]
    width = len(new) + 1
    best = [[0.0] * width for _ in range(len(old) + 1)]
    take = [[False] * width for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            likeness = _likeness(old_bags[i], new_bags[j])
            joined = best[i + 1][j + 1] + likeness if likeness >= _ALIKE else -1.0
            best[i][j] = max(joined, best[i + 1][j], best[i][j + 1])
            take[i][j] = joined >= best[i][j]
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if take[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _bag(line: str) -> Counter[str]:
    """The words and signs of a line, counted; of a very long one, its beginning."""
    return Counter(token for token in _TOKENS.findall(line[:5_000]) if not token.isspace())


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Share of words in common, 0 to 1."""
    total = one.total() + other.total()
    if not total:
        return 0.0
    if len(one) > len(other):
        one, other = other, one
    return 2 * sum(min(count, other[word]) for word, count in one.items() if word in other) / total


def _marked(old: str, new: str, budget: Budget) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Both lines with the words that differ marked; whole lines where the budget is spent."""
    if budget.steps <= 0:
        return (Span(old, True),), (Span(new, True),)
    share = budget.reserve(_WORD_STEPS)
    a, b = _TOKENS.findall(old), _TOKENS.findall(new)
    blocks = matching_blocks(a, b, share)
    budget.release(share)
    left: list[Span] = []
    right: list[Span] = []
    i = j = 0
    for at, bt, size in [*_readable(blocks, a), (len(a), len(b), 0)]:
        _append(left, "".join(a[i:at]), True)
        _append(right, "".join(b[j:bt]), True)
        same = "".join(a[at : at + size])
        _append(left, same, False)
        _append(right, same, False)
        i, j = at + size, bt + size
    return tuple(left), tuple(right)


def _readable(blocks: list[tuple[int, int, int]], tokens: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Without lone spaces between two changes: a phrase replaced reads better in one piece."""
    last = len(blocks) - 1
    for number, (i, j, size) in enumerate(blocks):
        inner = 0 < number < last or (number == 0 and i > 0 and j > 0) or (number == last and number > 0)
        if not (inner and size == 1 and tokens[i].isspace()):
            yield i, j, size


def _append(spans: list[Span], text: str, marked: bool) -> None:
    if text:
        spans.append(Span(text, marked))


def _shortened(rows: list[DiffRow], context: int | None) -> list[DiffRow]:
    """The rows with long runs of equal lines exchanged for gaps."""
    if context is None:
        return rows
    keep = [False] * len(rows)
    for number, row in enumerate(rows):
        if row.kind != "same":
            for near in range(max(0, number - context), min(len(rows), number + context + 1)):
                keep[near] = True
    shown: list[DiffRow] = []
    skipped = 0
    for row, kept in zip(rows, keep, strict=True):
        if not kept:
            skipped += 1
            continue
        if skipped:
            shown.append(DiffRow("gap", None, None, skipped=skipped))
            skipped = 0
        shown.append(row)
    if skipped:
        shown.append(DiffRow("gap", None, None, skipped=skipped))
    return shown
