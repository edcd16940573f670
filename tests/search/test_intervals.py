"""Intervals of versions do what sets of numbers do."""

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
"""Beyond this number, all is as at it."""
spans = st.tuples(st.integers(1, LAST), st.one_of(st.integers(1, LAST), st.just(END)))
several = st.lists(spans, max_size=8)


def numbers(some: list[Span] | Spans) -> set[int]:
    """The numbers within; LAST stands for all that is later."""
    return {number for first, end in some for number in range(first, min(end, LAST + 1))}


def is_in_form(some: Spans) -> bool:
    """Whether spans are in order, none empty, with a gap between each two."""
    bounds = [bound for span in some for bound in span]
    return all(one < other for one, other in pairwise(bounds))


@given(several)
def test_a_union_is_all_that_is_in_any(some: list[Span]) -> None:
    found = union(some)
    assert numbers(found) == numbers(some)
    assert is_in_form(found)
    assert union([*found, *some]) == found


@given(several, several)
def test_they_do_what_sets_do(one: list[Span], other: list[Span]) -> None:
    mine, theirs = union(one), union(other)
    both, rest = intersection(mine, theirs), difference(mine, theirs)
    assert numbers(both) == numbers(mine) & numbers(theirs)
    assert numbers(rest) == numbers(mine) - numbers(theirs)
    assert is_in_form(both)
    assert is_in_form(rest)
    assert both == intersection(theirs, mine)
    assert union([*both, *rest]) == mine


@given(several)
def test_what_is_not_there_is_there_twice_denied(some: list[Span]) -> None:
    found = union(some)
    assert difference(ALWAYS, difference(ALWAYS, found)) == found
    assert difference(found, ALWAYS) == NEVER
    assert intersection(found, ALWAYS) == found


@given(several, st.integers(0, LAST))
def test_a_version_is_within_or_not(some: list[Span], number: int) -> None:
    assert contains(union(some), number) == (number in numbers(some))


@given(spans, spans)
def test_spans_overlap_where_they_share_a_version(one: Span, other: Span) -> None:
    assert overlap(one, other) == bool(numbers([one]) & numbers([other]))
