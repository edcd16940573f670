"""Sets of version numbers as intervals: union, intersection and difference.

A span is a half-open interval (first, end) of integers; END is greater than every version number. Spans are a sorted
tuple of spans that neither overlap nor touch, so that equal sets are equal tuples. Each operation runs once through its
operands, as in merging sorted lists (Knuth, «The Art of Computer Programming», vol. 3, section 5.2.4).
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


def union(spans: Iterable[Span]) -> Spans:
    """Return the union of spans, which may be empty, overlap and be in any order."""
    found: list[Span] = []
    for first, end in sorted(spans):
        if first >= end:
            continue
        if found and first <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
    return tuple(found)


def intersection(left: Spans, right: Spans) -> Spans:
    """Return the intersection of two sets."""
    found: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        first, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if first < end:
            found.append((first, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def difference(left: Spans, right: Spans) -> Spans:
    """Return the numbers of `left` that are not in `right`."""
    found: list[Span] = []
    j = 0
    for first, end in left:
        while j < len(right) and right[j][1] <= first:
            j += 1
        start, k = first, j
        while k < len(right) and right[k][0] < end:
            if start < right[k][0]:
                found.append((start, right[k][0]))
            start = max(start, right[k][1])
            k += 1
        if start < end:
            found.append((start, end))
    return tuple(found)


def contains(spans: Spans, number: int) -> bool:
    """Return whether a version number is in a set."""
    index = bisect_right(spans, (number, END)) - 1
    return index >= 0 and spans[index][0] <= number < spans[index][1]


def overlap(left: Span, right: Span) -> bool:
    """Return whether two spans have a version in common."""
    return max(left[0], right[0]) < min(left[1], right[1])
