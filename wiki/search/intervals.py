"""Sets of version numbers as intervals: what words lived through, joined, intersected and taken away.

A span is a pair (first, end) of whole numbers, `end` itself not within; END is later than every version. Spans are a
tuple of spans in order that neither overlap nor touch, so that equal sets are equal tuples. Each operation is one walk
over its operands, as in merging sorted lists (Knuth, «The Art of Computer Programming», vol. 3, section 5.2.4).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

Span = tuple[int, int]
Spans = tuple[Span, ...]

END = 2**62
NEVER: Spans = ()
ALWAYS: Spans = ((1, END),)
"""Every version that a page can have."""


def union(some: Iterable[Span]) -> Spans:
    """All that lies in any of some spans, which may overlap and be in any order; empty ones count for nothing."""
    found: list[Span] = []
    for first, end in sorted(some):
        if first >= end:
            continue
        if found and first <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
    return tuple(found)


def intersection(one: Spans, other: Spans) -> Spans:
    """What lies in both."""
    found: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        first, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if first < end:
            found.append((first, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def difference(one: Spans, other: Spans) -> Spans:
    """What lies in the first and not in the second."""
    found: list[Span] = []
    j = 0
    for first, end in one:
        while j < len(other) and other[j][1] <= first:
            j += 1
        at, k = first, j
        while k < len(other) and other[k][0] < end:
            if at < other[k][0]:
                found.append((at, other[k][0]))
            at = max(at, other[k][1])
            k += 1
        if at < end:
            found.append((at, end))
    return tuple(found)


def contains(spans: Spans, number: int) -> bool:
    """Whether a version lies in one of the spans."""
    at = bisect_right(spans, (number, END)) - 1
    return at >= 0 and spans[at][0] <= number < spans[at][1]


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans have a version in common."""
    return max(one[0], other[0]) < min(one[1], other[1])
