"""Long lists in pieces: the address says after which row a piece begins, not how many to skip.

A piece costs the same at the end of 100,000 rows as at the beginning, and rows that are added
meanwhile move nothing.
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
    """Part of a list, newest first, with the cursors of its neighbours (empty: none there)."""

    rows: list[T]
    newer: str
    older: str


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in a list by time; `rank` and `id` tell rows of one moment apart."""

    at: datetime
    rank: int
    id: int

    def __str__(self) -> str:
        micros = (self.at - _EPOCH) // timedelta(microseconds=1)
        return f"{micros}.{self.rank}.{self.id}"

    @classmethod
    def parse(cls, raw: str | None) -> Cursor | None:
        """The moment that an address names; None where it names none."""
        match = _CURSOR.fullmatch(raw or "")
        if match is None:
            return None
        try:
            at = _EPOCH + timedelta(microseconds=int(match[1]))
        except OverflowError:
            return None
        return cls(at, int(match[2]), int(match[3]))

    def older(self, field: str, rank: int) -> Q:
        """Rows of `rank`, dated by `field`, that come after this moment in the list."""
        earlier = Q(**{f"{field}__lt": self.at})
        if rank == self.rank:
            return earlier | Q(**{field: self.at, "id__lt": self.id})
        return earlier | Q(**{field: self.at}) if rank < self.rank else earlier

    def newer(self, field: str, rank: int) -> Q:
        """Rows of `rank`, dated by `field`, that come before this moment in the list."""
        later = Q(**{f"{field}__gt": self.at})
        if rank == self.rank:
            return later | Q(**{field: self.at, "id__gt": self.id})
        return later | Q(**{field: self.at}) if rank > self.rank else later


def make_cursor_page(
    rows: Sequence[T], size: int, cursor_of: Callable[[T], object], *, backwards: bool, moved: bool
) -> CursorPage[T]:
    """The piece made of at most `size + 1` rows that were found.

    The row too many only tells that the list goes on. `backwards`: the rows were looked for
    towards the newer end, oldest first; `moved`: a cursor was given, so that rows lie behind.
    """
    more, kept = len(rows) > size, list(rows[:size])
    if backwards:
        kept.reverse()
    if not kept:
        return CursorPage([], "", "")
    has_newer = more if backwards else moved
    has_older = True if backwards else more
    newer = str(cursor_of(kept[0])) if has_newer else ""
    older = str(cursor_of(kept[-1])) if has_older else ""
    return CursorPage(kept, newer, older)


def cursors_from(query: QueryDict) -> tuple[str, str]:
    """What an address asks for: the cursors `before` (older rows) and `after` (newer rows)."""
    return query.get("before", ""), query.get("after", "")
