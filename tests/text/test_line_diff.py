"""Comparison of texts: changes are marked, and the rows contain both texts."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.text.diffing.line_diff import ROW_LIMIT, DiffRow, compare, size_change


def side(rows: list[DiffRow], which: str) -> list[str]:
    """Return the lines of one side."""
    return ["".join(span.text for span in getattr(row, which)) for row in rows if getattr(row, f"{which}_line")]


def sketch(row: DiffRow) -> str:
    """Return a row as a short string: its kind, and the text of both sides with marked words in brackets."""
    sides = ["".join(f"[{s.text}]" if s.marked else s.text for s in spans) for spans in (row.old, row.new)]
    return f"{row.kind} {' | '.join(sides)}" if row.kind != "gap" else f"gap {row.skipped}"


def test_it_marks_the_words_that_differ() -> None:
    rows = compare("We open on Monday, bring tools.\n", "We open on Tuesday evening, bring tools.\n")
    assert [sketch(row) for row in rows] == [
        "changed We open on [Monday], bring tools. | We open on [Tuesday evening], bring tools."
    ]


def test_it_shows_added_and_removed_lines_with_context_and_gaps() -> None:
    old = "".join(f"{n}\n" for n in range(1, 21))
    new = old.replace("10\n", "").replace("20\n", "20\nall that is new\n")
    assert [sketch(row) for row in compare(old, new, context=1)] == [
        "gap 8", "same 9 | 9", "removed [10] | ", "same 11 | 11", "gap 8", "same 20 | 20", "added  | [all that is new]",
    ]  # fmt: skip


def test_it_pairs_the_lines_that_are_most_alike() -> None:
    rows = compare("the red house\nthe blue boat on the sea\n", "a line put before\nthe blue boat on a sea\n")
    assert [sketch(row) for row in rows] == [
        "removed [the red house] | ",
        "added  | [a line put before]",
        "changed the blue boat on [the] sea | the blue boat on [a] sea",
    ]


def test_it_counts_lines_on_each_side() -> None:
    rows = compare("a\nb\nc\n", "b\nx x\nc\n")
    assert [(row.kind, row.old_line, row.new_line) for row in rows] == [
        ("removed", 1, None), ("same", 2, 1), ("added", None, 2), ("same", 3, 3),
    ]  # fmt: skip


def test_it_returns_no_rows_if_no_line_differs() -> None:
    assert compare("a\nb", "a\nb") == compare("a\nb", "a\nb\n") == compare("", "") == []


def test_it_measures_change_in_bytes() -> None:
    assert size_change("a", "été") == 4
    assert size_change("été", "") == -5


texts = st.lists(st.sampled_from(["a b c", "a b d", "", "x", "y, z", "é"]), max_size=15).map("\n".join)


@given(texts, texts)
def test_both_texts_can_be_read_from_its_rows(old: str, new: str) -> None:
    rows = compare(old, new, context=None)
    if rows:
        assert "\n".join(side(rows, "old")) == old.removesuffix("\n")
        assert "\n".join(side(rows, "new")) == new.removesuffix("\n")
    else:
        assert old.removesuffix("\n") == new.removesuffix("\n")
    for row in rows:
        marked = any(span.marked for span in row.old + row.new)
        assert marked == (row.kind != "same") or not "".join(span.text for span in row.old + row.new)


@pytest.mark.parametrize("unit", ["line\n", "ab\n", "ab", ".,", "word "])
def test_time_and_number_of_rows_are_bounded(unit: str) -> None:
    chance = random.Random(2)
    pieces = {
        "line\n": [f"{chance.random()} {n}\n" for n in range(8_000)],
        "ab\n": ["a\n", "b\n"] * 40_000,
        "ab": ["a", "b", " "] * 100_000,
        ".,": [".", ","] * 200_000,
        "word ": [f"{chance.random()} " for _ in range(30_000)],
    }[unit]
    old, new = "".join(chance.sample(pieces, len(pieces))), "".join(chance.sample(pieces, len(pieces)))
    start = time.process_time()
    rows = compare(old, new)
    assert time.process_time() - start < 15
    assert 0 < len(rows) <= ROW_LIMIT + 1
