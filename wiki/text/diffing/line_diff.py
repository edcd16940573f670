"""Comparison of two texts for display: rows of lines, with the words that differ marked.

One list of rows serves both views: side by side (old | new in one row) and inline (the old line above
the new one).  Time is bounded by the budget of `sequence_matching`; text beyond the budget is shown as
removed and added as a whole, which is correct but coarse.
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
"""Maximum number of rows computed."""

ROW_LIMIT = 10_000
"""Maximum number of rows returned."""

_PAIRING_LIMIT = 40_000
"""Up to this product of removed and added lines, the best pairing is computed; beyond, lines are paired by position."""

_MIN_SIMILARITY = 0.4
"""Share of words that two lines must have in common to be shown as one changed line."""

_WORD_STEPS = 60_000
"""Budget of steps for one pair of lines; all pairs together have ten times as much."""

_TOKENS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Span:
    """A piece of a line; `marked` if it differs from the other side."""

    text: str
    marked: bool


@dataclass(frozen=True)
class DiffRow:
    """One row of a comparison.

    same      both sides, equal             changed   both sides, `marked` spans differ
    removed   old side only                 added     new side only
    gap       `skipped` equal lines that are not shown
    Line numbers begin at 1 and are None on a side without a line.
    """

    kind: RowKind
    old_line: int | None
    new_line: int | None
    old: tuple[Span, ...] = ()
    new: tuple[Span, ...] = ()
    skipped: int = 0


def size_change(old: str, new: str) -> int:
    """Return the change in size in bytes of UTF-8 (negative if the text became shorter)."""
    return len(new.encode("utf-8", "replace")) - len(old.encode("utf-8", "replace"))


def compare(old: str, new: str, context: int | None = CONTEXT) -> list[DiffRow]:
    """Return the rows of the comparison of `old` and `new`; none if no line differs.

    `context` is the number of unchanged lines around each change; None shows all.  After ROW_LIMIT
    rows the rest is one gap.
    """
    old_lines, new_lines = _lines(old), _lines(new)
    if old_lines == new_lines:
        return []  # at most the last line break differs
    rows = _with_gaps(list(islice(_rows(old_lines, new_lines), COMPARED_LIMIT)), context)
    rest = sum(row.skipped or 1 for row in rows[ROW_LIMIT:])
    return [*rows[:ROW_LIMIT], DiffRow("gap", None, None, skipped=rest)] if rest else rows


def _lines(text: str) -> list[str]:
    """Split a text into lines without line breaks; a line break at the end of the text begins no further line."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffRow]:
    """Yield all rows, without gaps."""
    budget = Budget(10 * _WORD_STEPS)
    i = j = 0
    for at, bt, size in [*matching_blocks(old, new), (len(old), len(new), 0)]:
        yield from _changed_rows(old[i:at], new[j:bt], i, j, budget)
        for step in range(size):
            span = (Span(old[at + step], False),)
            yield DiffRow("same", at + step + 1, bt + step + 1, span, span)
        i, j = at + size, bt + size


def _changed_rows(
    old: Sequence[str], new: Sequence[str], old_start: int, new_start: int, budget: Budget
) -> Iterator[DiffRow]:
    """Yield the rows of a region in which the lines differ; the region begins at the given line indices."""
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
    """Return index pairs of removed and added lines, ascending, at least _MIN_SIMILARITY similar.

    The pairs have the greatest total similarity (dynamic programming, quadratic time and space); beyond
    _PAIRING_LIMIT, lines are paired by position.
    """
    if not old or not new:
        return []
    if len(old) * len(new) > _PAIRING_LIMIT:
        return [
            (k, k)
            for k in range(min(len(old), len(new)))
            if _similarity(_word_counts(old[k]), _word_counts(new[k])) >= _MIN_SIMILARITY
        ]
    old_counts, new_counts = [_word_counts(line) for line in old], [_word_counts(line) for line in new]
    width = len(new) + 1
    best = [[0.0] * width for _ in range(len(old) + 1)]
    is_pair = [[False] * width for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            similarity = _similarity(old_counts[i], new_counts[j])
            paired = best[i + 1][j + 1] + similarity if similarity >= _MIN_SIMILARITY else -1.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
            is_pair[i][j] = paired >= best[i][j]
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if is_pair[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _word_counts(line: str) -> Counter[str]:
    """Count the words and punctuation characters of the first 5,000 characters of a line."""
    return Counter(token for token in _TOKENS.findall(line[:5_000]) if not token.isspace())


def _similarity(one: Counter[str], other: Counter[str]) -> float:
    """Return the share of words in common, 0 to 1 (Dice coefficient)."""
    total = one.total() + other.total()
    if not total:
        return 0.0
    if len(one) > len(other):
        one, other = other, one
    return 2 * sum(min(count, other[word]) for word, count in one.items() if word in other) / total


def _marked(old: str, new: str, budget: Budget) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return both lines with the words that differ marked; mark the whole lines if the budget is used up."""
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
    """Drop matches that are single spaces between two changes: a replaced phrase is easier to read in one piece."""
    last = len(blocks) - 1
    for number, (i, j, size) in enumerate(blocks):
        inner = 0 < number < last or (number == 0 and i > 0 and j > 0) or (number == last and number > 0)
        if not (inner and size == 1 and tokens[i].isspace()):
            yield i, j, size


def _append(spans: list[Span], text: str, marked: bool) -> None:
    if text:
        spans.append(Span(text, marked))


def _with_gaps(rows: list[DiffRow], context: int | None) -> list[DiffRow]:
    """Replace equal lines further than `context` from a change by gaps; None replaces none."""
    if context is None:
        return rows
    is_shown = [False] * len(rows)
    for number, row in enumerate(rows):
        if row.kind != "same":
            for index in range(max(0, number - context), min(len(rows), number + context + 1)):
                is_shown[index] = True
    shown: list[DiffRow] = []
    skipped = 0
    for number, row in enumerate(rows):
        if not is_shown[number]:
            skipped += 1
            continue
        if skipped:
            shown.append(DiffRow("gap", None, None, skipped=skipped))
            skipped = 0
        shown.append(row)
    if skipped:
        shown.append(DiffRow("gap", None, None, skipped=skipped))
    return shown
