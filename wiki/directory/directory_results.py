"""The rows of a directory table that answer a query, their order, and how many of them have each value of each facet.

Values of one facet widen (one of them is enough), facets narrow. So the counts beside a facet are those of the pages
that answer all other facets: what one would get by choosing the value instead of, or beside, the chosen ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import compress

from opening_hours import OpeningHours

from wiki.ask.embedding.opening_line import holiday_country
from wiki.directory.directory_query import DISTANCE, EDITED, NEWEST, RELEVANCE, DirectoryQuery
from wiki.directory.directory_table import DirectoryRow, DirectoryTable
from wiki.facts.datatypes.opening_hours import NoOpeningHours, join_rules, read_opening_hours
from wiki.facts.value_conditions import distance as metres_between
from wiki.text import titles

DEGREE_KILOMETRES = 111.2
"""A degree of latitude, rounded up."""


class RowSet:
    """A set of rows of a table, as a byte of 0 or 1 for each: to intersect two takes microseconds."""

    def __init__(self, flags: bytes) -> None:
        self.flags = flags

    @classmethod
    def of(cls, size: int, rows: Iterable[int]) -> RowSet:
        """Return the set of some rows of a table with `size` rows."""
        flags = bytearray(size)
        for row in rows:
            flags[row] = 1
        return cls(bytes(flags))

    def __and__(self, other: RowSet) -> RowSet:
        size = len(self.flags)
        both = int.from_bytes(self.flags, "big") & int.from_bytes(other.flags, "big")
        return RowSet(both.to_bytes(size, "big"))

    def __len__(self) -> int:
        return self.flags.count(1)

    def count(self, rows: Iterable[int]) -> int:
        """Return how many of some rows are in the set."""
        return sum(map(self.flags.__getitem__, rows))

    def __iter__(self) -> Iterator[int]:
        return compress(range(len(self.flags)), self.flags)


@dataclass(slots=True)
class DirectoryResults:
    """The pages that answer a query."""

    table: DirectoryTable
    rows: list[int]
    """Positions in the table, in order."""
    found: RowSet
    counts: list[list[int]]
    """By facet and value id, how many pages that answer the other facets have the value."""
    chosen: list[set[int]]
    """By facet, the ids of the chosen values."""
    extents: list[tuple[float, float] | None]
    """By range, the least and the greatest number of the pages that answer; None where none has one."""


def evaluate(
    table: DirectoryTable,
    query: DirectoryQuery,
    now: datetime,
    scores: Mapping[int, float] | None = None,
    only: Collection[int] | None = None,
) -> DirectoryResults:
    """Return the pages that answer a query at a local time without zone.

    `scores` has the pages that match its words by primary key, the best with the greatest score; None without words.
    `only` has those that meet its conditions; None without conditions.
    """
    base, by_facet = _conditions(table, query, now, scores, only)
    found = _intersect(base, by_facet)
    counts = [
        _counts(table, number, found if one is None else _intersect(base, by_facet, leave_out=number))
        for number, one in enumerate(by_facet)
    ]
    order = _sorted(table, list(found), query, scores or {})
    chosen = [_chosen_values(table, number, query) for number in range(len(table.fields.facets))]
    return DirectoryResults(table, order, found, counts, chosen, _extents(table, order))


def find_rows(
    table: DirectoryTable,
    query: DirectoryQuery,
    now: datetime,
    scores: Mapping[int, float] | None = None,
    only: Collection[int] | None = None,
) -> list[int]:
    """Return the rows that answer a query, in order, as `evaluate` does, without counting values."""
    found = _intersect(*_conditions(table, query, now, scores, only))
    return _sorted(table, list(found), query, scores or {})


def _conditions(
    table: DirectoryTable,
    query: DirectoryQuery,
    now: datetime,
    scores: Mapping[int, float] | None,
    only: Collection[int] | None,
) -> tuple[RowSet, list[RowSet | None]]:
    """Return the rows that meet all conditions but those of facets, and those that meet each facet; None for no value.

    Arguments are those of `evaluate`.
    """
    size = len(table)
    by_facet = [
        RowSet.of(
            size, (row for value in _chosen_values(table, number, query) for row in table.postings[number][value])
        )
        if one.name in query.values
        else None
        for number, one in enumerate(table.fields.facets)
    ]
    base = RowSet(b"\x01" * size)
    for pks in (scores, only):
        if pks is not None:
            base &= RowSet.of(size, (table.index_of[pk] for pk in pks if pk in table.index_of))
    for rows in _other_conditions(table, query, now):
        base &= rows
    return base, by_facet


def _intersect(base: RowSet, by_facet: list[RowSet | None], leave_out: int = -1) -> RowSet:
    for number, rows in enumerate(by_facet):
        if rows is not None and number != leave_out:
            base &= rows
    return base


def _chosen_values(table: DirectoryTable, number: int, query: DirectoryQuery) -> set[int]:
    """Return the ids of the values of a facet that a query names; unknown ones have none."""
    written = query.values.get(table.fields.facets[number].name, ())
    return {found for one in written for found in value_ids(table, number, one)}


def value_ids(table: DirectoryTable, number: int, written: str) -> set[int]:
    """Return the ids that a value of a facet may mean, as written in the address; none if no page has it."""
    facet, known = table.fields.facets[number], table.values[number]
    keys = (titles.fold(written), titles.key_or_empty(written), written)
    ids = {known.ids[key] for key in keys if key in known.ids}
    if ids or facet.field is None:
        return ids
    # Choices may be named by their label in any language.
    for choice in facet.field.choices:
        labels = (facet.field.label_of_choice(choice, language) for language in ("fr", "en"))
        if titles.fold(written) in map(titles.fold, labels) and titles.fold(choice) in known.ids:
            ids.add(known.ids[titles.fold(choice)])
    return ids


def _counts(table: DirectoryTable, number: int, rows: RowSet) -> list[int]:
    return [rows.count(posting) for posting in table.postings[number]]


def _other_conditions(table: DirectoryTable, query: DirectoryQuery, now: datetime) -> Iterable[RowSet]:
    """Yield the rows that meet each condition that is no facet."""
    size, rows = len(table), table.rows
    for number, one in enumerate(table.fields.ranges):
        if one.name in query.ranges:
            yield RowSet.of(size, _within_range(rows, number, *query.ranges[one.name]))
    if (bounds := query.bounds) is not None:
        yield RowSet.of(
            size, (index for index in table.located if bounds.contains(rows[index].lat or 0, rows[index].lon or 0))
        )
    if query.near is not None and query.within is not None:
        yield RowSet.of(size, _within_distance(table, query.near, query.within))
    if query.is_open_now:
        yield RowSet.of(size, (index for index, row in enumerate(rows) if row.hours and is_open(row.hours, now)))


def _within_range(rows: list[DirectoryRow], number: int, least: float | None, greatest: float | None) -> Iterable[int]:
    for index, row in enumerate(rows):
        value = row.numbers[number]
        if value is not None and (least is None or value >= least) and (greatest is None or value <= greatest):
            yield index


def _within_distance(table: DirectoryTable, near: tuple[float, float], kilometres: float) -> Iterable[int]:
    degrees = kilometres / DEGREE_KILOMETRES
    for index in table.located:
        row = table.rows[index]
        if abs((row.lat or 0) - near[0]) <= degrees and distance(near, row) <= kilometres:
            yield index


def distance(near: tuple[float, float], row: DirectoryRow) -> float:
    """Return the kilometres from a point to a page with coordinates."""
    return kilometres_between(near, (row.lat or 0, row.lon or 0))


def kilometres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the kilometres between two points in degrees."""
    return metres_between(*one, *other) / 1000


def _sorted(table: DirectoryTable, found: list[int], query: DirectoryQuery, scores: Mapping[int, float]) -> list[int]:
    """Return rows in the order of a query; equal ones by title, as they stand in the table."""
    rows, order = table.rows, query.order
    keys: dict[str, Callable[[int], float]] = {
        RELEVANCE: lambda index: -scores.get(rows[index].pk, 0.0),
        NEWEST: lambda index: -rows[index].created_at,
        EDITED: lambda index: -rows[index].edited_at,
    }
    if order == DISTANCE and query.near is not None:
        near = query.near
        located = sorted(
            (index for index in found if rows[index].lat is not None), key=lambda i: distance(near, rows[i])
        )
        return [*located, *(index for index in found if rows[index].lat is None)]
    return sorted(found, key=keys[order]) if order in keys else found


def _extents(table: DirectoryTable, found: list[int]) -> list[tuple[float, float] | None]:
    extents: list[tuple[float, float] | None] = []
    for number in range(len(table.fields.ranges)):
        numbers = [value for index in found if (value := table.rows[index].numbers[number]) is not None]
        extents.append((min(numbers), max(numbers)) if numbers else None)
    return extents


@lru_cache(maxsize=32_768)
def _hours(raw_values: tuple[str, ...], country: str) -> OpeningHours | None:
    """Return opening hours, parsed once; None for what are none."""
    try:
        return OpeningHours(join_rules([read_opening_hours(raw) for raw in raw_values]), country=country or None)
    except NoOpeningHours:
        return None


def is_open(raw_values: tuple[str, ...], now: datetime) -> bool:
    """Return whether a place with these opening hours is open at a local time without zone."""
    hours = _hours(raw_values, holiday_country())
    return hours is not None and bool(hours.is_open(now))
