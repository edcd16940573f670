"""Keyset pagination: the URL says after which row a page of a list begins, not how many rows to skip.

A page costs the same at the end of 100,000 rows as at the beginning, and rows that are added meanwhile shift nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from django.db.models import Q
from django.http import QueryDict

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"(-?[0-9]{1,17})\.([01])\.([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class CursorPage(Generic[T]):
    """Part of a list, newest first, with the cursors of its neighbours ("" if there are none)."""

    rows: list[T]
    newer: str
    older: str


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A position in a list by time; `rank` and `id` distinguish rows of the same time."""

    at: datetime
    rank: int
    id: int

    def __str__(self) -> str:
        micros = (self.at - _EPOCH) // timedelta(microseconds=1)
        return f"{micros}.{self.rank}.{self.id}"

    @classmethod
    def parse(cls, raw: str | None) -> Cursor | None:
        """Return the cursor in a query string, or None."""
        match = _CURSOR.fullmatch(raw or "")
        if match is None:
            return None
        try:
            at = _EPOCH + timedelta(microseconds=int(match[1]))
        except OverflowError:
            return None
        return cls(at, int(match[2]), int(match[3]))

    def older(self, field: str, rank: int) -> Q:
        """Return the condition for rows of `rank` after this cursor in the list; `field` is their time."""
        earlier = Q(**{f"{field}__lt": self.at})
        if rank == self.rank:
            return earlier | Q(**{field: self.at, "id__lt": self.id})
        return earlier | Q(**{field: self.at}) if rank < self.rank else earlier

    def newer(self, field: str, rank: int) -> Q:
        """Return the condition for rows of `rank` before this cursor in the list; `field` is their time."""
        later = Q(**{f"{field}__gt": self.at})
        if rank == self.rank:
            return later | Q(**{field: self.at, "id__gt": self.id})
        return later | Q(**{field: self.at}) if rank > self.rank else later


def make_cursor_page(
    rows: Sequence[T], size: int, cursor_of: Callable[[T], object], *, backwards: bool, moved: bool
) -> CursorPage[T]:
    """Return the page made of at most `size + 1` rows that were found.

    The extra row only shows that the list continues. `backwards`: the rows were fetched towards the newer end, oldest
    first; `moved`: a cursor was given, so there are rows on the other side.
    """
    has_more, shown = len(rows) > size, list(rows[:size])
    if backwards:
        shown.reverse()
    if not shown:
        return CursorPage([], "", "")
    has_newer = has_more if backwards else moved
    has_older = True if backwards else has_more
    newer = str(cursor_of(shown[0])) if has_newer else ""
    older = str(cursor_of(shown[-1])) if has_older else ""
    return CursorPage(shown, newer, older)


def cursors_from(query: QueryDict) -> tuple[str, str]:
    """Return the cursors in a query string: `before` (older rows) and `after` (newer rows)."""
    return query.get("before", ""), query.get("after", "")
