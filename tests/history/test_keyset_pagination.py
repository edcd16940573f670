"""Lists in pieces."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.history.keyset_pagination import Cursor, make_cursor_page


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 1), st.integers(0, 10**17))
def test_it_reads_back_every_cursor_it_writes(at: datetime, rank: int, key: int) -> None:
    moment = Cursor(at, rank, key)
    read = Cursor.parse(str(moment))
    assert read == moment or abs(int(str(moment).split(".")[0])) >= 10**17


@pytest.mark.parametrize("raw", [None, "", "1", "a.0.1", "1.2.3", "9" * 40 + ".0.1", "99999999999999999.0.1", "1.0.²"])
def test_it_reads_no_cursor_from_odd_words(raw: str | None) -> None:
    moment = Cursor.parse(raw)
    assert moment is None or moment.at.year > 5000


@given(st.integers(0, 30), st.integers(1, 7))
def test_it_walks_a_list_to_its_end_and_back(length: int, size: int) -> None:
    numbers = list(range(length, 0, -1))
    seen: list[int] = []
    cursor = ""
    pieces = []
    while True:
        rest = [number for number in numbers if not cursor or number < int(cursor)]
        part = make_cursor_page(rest[: size + 1], size, lambda number: number, backwards=False, moved=bool(cursor))
        seen += part.rows
        pieces.append(part)
        if not part.older:
            break
        cursor = part.older
    assert seen == numbers
    for before, part in itertools.pairwise(pieces):
        newer = [number for number in reversed(numbers) if number > int(part.newer)]
        back = make_cursor_page(newer[: size + 1], size, lambda number: number, backwards=True, moved=True)
        assert back.rows == before.rows
