"""The pages of a kind in memory, with what a directory narrows, counts and sorts by.

A wiki has some thousand places: counting the values of ten facets in the database takes longer than reading a page, in
memory it takes milliseconds. `table_cache` keeps tables equal to the database.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import asinh, atan, degrees, pi, radians, sinh, tan

from wiki.directory.facet_fields import DirectoryFields

LATITUDE_LIMIT = 85.05
"""Web Mercator ends here."""


@dataclass(slots=True)
class DirectoryRow:
    """One page."""

    pk: int
    title: str
    """As shown."""
    full_title: str
    title_fold: str
    created_at: float
    edited_at: float
    """Seconds since 1970."""
    lat: float | None = None
    lon: float | None = None
    hours: tuple[str, ...] = ()
    """Opening hours as written."""
    values: tuple[tuple[int, ...], ...] = ()
    """By facet, the ids of its values."""
    numbers: tuple[float | None, ...] = ()
    """By range, its number."""
    x: float = 0.0
    y: float = 0.0
    """Web Mercator, from 0 to 1, y to the south; only with coordinates."""

    def __post_init__(self) -> None:
        if self.lat is not None and self.lon is not None:
            self.x, self.y = mercator(self.lat, self.lon)


def mercator(lat: float, lon: float) -> tuple[float, float]:
    """Return coordinates in degrees as Web Mercator, from 0 to 1, y to the south."""
    bounded = max(-LATITUDE_LIMIT, min(LATITUDE_LIMIT, lat))
    return (lon + 180) / 360, (1 - asinh(tan(radians(bounded))) / pi) / 2


def degrees_of(x: float, y: float) -> tuple[float, float]:
    """Return Web Mercator coordinates from 0 to 1 as latitude and longitude."""
    return degrees(atan(sinh(pi * (1 - 2 * y)))), x * 360 - 180


@dataclass(slots=True)
class FacetValues:
    """The values of one facet, with an id for each: their position."""

    labels: list[str] = field(default_factory=list)
    """The most frequent spelling of each value."""
    ids: dict[str, int] = field(default_factory=dict)
    """By key: without accents and case for texts, the title key for pages."""
    keys: list[str] = field(default_factory=list)
    """The key of each value."""
    _spellings: list[Counter[str]] = field(default_factory=list)

    def id_of(self, key: str, written: str) -> int:
        """Return the id of a value, a new one for a new value."""
        number = self.ids.get(key)
        if number is None:
            number = self.ids[key] = len(self.labels)
            self.labels.append(written)
            self.keys.append(key)
            self._spellings.append(Counter())
        spellings = self._spellings[number]
        spellings[written] += 1
        if spellings[written] > spellings[self.labels[number]]:
            self.labels[number] = written
        return number


class DirectoryTable:
    """All readable pages of a kind. Not changed after `index`, except by `replace`, which makes another one."""

    def __init__(self, fields: DirectoryFields, values: Sequence[FacetValues], rows: Iterable[DirectoryRow]) -> None:
        """`values` are shared with the table that is replaced: ids of values stay."""
        self.fields = fields
        self.values = values
        self.rows = sorted(rows, key=lambda row: (row.title_fold, row.pk))
        self.index_of = {row.pk: index for index, row in enumerate(self.rows)}
        self.located = [index for index, row in enumerate(self.rows) if row.lat is not None]
        """Rows with coordinates."""
        self.postings = [self._postings(number) for number in range(len(fields.facets))]
        """By facet and value id, the rows that have the value."""

    def _postings(self, facet: int) -> list[array[int]]:
        postings: list[array[int]] = [array("I") for _ in self.values[facet].labels]
        for index, row in enumerate(self.rows):
            for value in row.values[facet]:
                postings[value].append(index)
        return postings

    def replace(self, gone: set[int], rows: Iterable[DirectoryRow]) -> DirectoryTable:
        """Return a table without the pages `gone` (primary keys) and with other rows."""
        return DirectoryTable(self.fields, self.values, [*(row for row in self.rows if row.pk not in gone), *rows])

    def __len__(self) -> int:
        return len(self.rows)
