"""Interval operations agree with the same operations on sets of numbers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from wiki.search.intervals import (
    ALWAYS,
    END,
    NEVER,
    Span,
    Spans,
    contains,
    difference,
    intersection,
    overlap,
    union,
)

LAST = 30
"""Greatest number in the tests; it stands for all greater ones too."""
spans = st.tuples(st.integers(1, LAST), st.one_of(st.integers(1, LAST), st.just(END)))
span_lists = st.lists(spans, max_size=8)


def numbers(span_list: list[Span] | Spans) -> set[int]:
    """Return the numbers in the spans, up to LAST."""
    return {number for first, end in span_list for number in range(first, min(end, LAST + 1))}


def is_in_form(span_list: Spans) -> bool:
    """Return whether spans are sorted, not empty, and neither overlap nor touch."""
    bounds = [bound for span in span_list for bound in span]
    return all(left < right for left, right in pairwise(bounds))


@given(span_lists)
def test_union(span_list: list[Span]) -> None:
    found = union(span_list)
    assert numbers(found) == numbers(span_list)
    assert is_in_form(found)
    assert union([*found, *span_list]) == found


@given(span_lists, span_lists)
def test_intersection_and_difference(left: list[Span], right: list[Span]) -> None:
    left_set, right_set = union(left), union(right)
    common, remainder = intersection(left_set, right_set), difference(left_set, right_set)
    assert numbers(common) == numbers(left_set) & numbers(right_set)
    assert numbers(remainder) == numbers(left_set) - numbers(right_set)
    assert is_in_form(common)
    assert is_in_form(remainder)
    assert common == intersection(right_set, left_set)
    assert union([*common, *remainder]) == left_set


@given(span_lists)
def test_complement_is_an_involution(span_list: list[Span]) -> None:
    found = union(span_list)
    assert difference(ALWAYS, difference(ALWAYS, found)) == found
    assert difference(found, ALWAYS) == NEVER
    assert intersection(found, ALWAYS) == found


@given(span_lists, st.integers(0, LAST))
def test_contains(span_list: list[Span], number: int) -> None:
    assert contains(union(span_list), number) == (number in numbers(span_list))


@given(spans, spans)
def test_overlap(left: Span, right: Span) -> None:
    assert overlap(left, right) == bool(numbers([left]) & numbers([right]))
