"""Keyset pagination."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.history.keyset_pagination import Cursor, make_cursor_page


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 1), st.integers(0, 10**17))
def test_cursors_are_parsed_back(at: datetime, rank: int, key: int) -> None:
    cursor = Cursor(at, rank, key)
    parsed = Cursor.parse(str(cursor))
    assert parsed == cursor or abs(int(str(cursor).split(".")[0])) >= 10**17


@pytest.mark.parametrize("raw", [None, "", "1", "a.0.1", "1.2.3", "9" * 40 + ".0.1", "99999999999999999.0.1", "1.0.²"])
def test_invalid_cursors_are_ignored(raw: str | None) -> None:
    cursor = Cursor.parse(raw)
    assert cursor is None or cursor.at.year > 5000


@given(st.integers(0, 30), st.integers(1, 7))
def test_pages_cover_a_list_in_both_directions(length: int, size: int) -> None:
    numbers = list(range(length, 0, -1))
    seen: list[int] = []
    cursor = ""
    pages = []
    while True:
        rest = [number for number in numbers if not cursor or number < int(cursor)]
        page = make_cursor_page(rest[: size + 1], size, lambda number: number, backwards=False, moved=bool(cursor))
        seen += page.rows
        pages.append(page)
        if not page.older:
            break
        cursor = page.older
    assert seen == numbers
    for previous, page in itertools.pairwise(pages):
        newer = [number for number in reversed(numbers) if number > int(page.newer)]
        back = make_cursor_page(newer[: size + 1], size, lambda number: number, backwards=True, moved=True)
        assert back.rows == previous.rows
