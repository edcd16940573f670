"""What a directory is asked for: the URL parameters, read and written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext

from wiki.directory.facet_fields import DirectoryFields
from wiki.geography.communes import commune_by_name, find_communes

VALUES_LIMIT = 50
"""Values of one facet that are read."""
TEXT_LIMIT = 200
ASK_LIMIT = 2_000
NEAR_KILOMETRES = 50.0
FARTHEST_KILOMETRES = 20_000.0
RELEVANCE, DISTANCE, TITLE, NEWEST, EDITED = "relevance", "distance", "title", "new", "edited"
SORTS = (RELEVANCE, DISTANCE, TITLE, NEWEST, EDITED)
_POINT = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,9})?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d{1,9})?)\s*")
_NUMBER = re.compile(r"\s*(-?\d{1,12}(?:[.,]\d{1,6})?)\s*")


@dataclass(frozen=True, slots=True)
class Bounds:
    """A rectangle of the map in degrees; `west` is greater than `east` across the date line."""

    south: float
    west: float
    north: float
    east: float

    def contains(self, lat: float, lon: float) -> bool:
        """Whether a point is within."""
        within = self.west <= lon <= self.east if self.west <= self.east else lon >= self.west or lon <= self.east
        return self.south <= lat <= self.north and within

    def __str__(self) -> str:
        return ",".join(f"{one:.4f}" for one in (self.south, self.west, self.north, self.east))


@dataclass(slots=True)
class DirectoryQuery:
    """What was asked for. Parameters that cannot be read are ignored, and said in `problems`."""

    text: str = ""
    """Words that the pages contain."""
    ask: str = ""
    """Conditions of the query language that the pages meet."""
    values: dict[str, list[str]] = field(default_factory=dict)
    """By name of facet, the values of which a page has one."""
    ranges: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """By name of range, the least and the greatest number."""
    near_text: str = ""
    near: tuple[float, float] | None = None
    near_name: str = ""
    """What `near` is called, such as the commune with its département."""
    within: float | None = None
    """Kilometres from `near`."""
    bounds: Bounds | None = None
    is_open_now: bool = False
    sort: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def order(self) -> str:
        """The order of the pages: the one that was chosen, else the best one for what was asked."""
        if self.sort and (self.sort != DISTANCE or self.near) and (self.sort != RELEVANCE or self.text):
            return self.sort
        return RELEVANCE if self.text else DISTANCE if self.near else TITLE


def read_query(data: QueryDict, fields: DirectoryFields) -> DirectoryQuery:
    """Read the URL parameters of a directory."""
    query = DirectoryQuery(
        text=_text(data, "q"), ask=data.get("ask", "")[:ASK_LIMIT].strip(), is_open_now=data.get("open") == "now"
    )
    for facet in fields.facets:
        given = (value[:TEXT_LIMIT].strip() for value in data.getlist(facet.name)[:VALUES_LIMIT])
        if values := list(dict.fromkeys(value for value in given if value)):
            query.values[facet.name] = values
    for one in fields.ranges:
        least, greatest = (_number(query, data, f"{one.name}-{end}") for end in ("min", "max"))
        if least is not None or greatest is not None:
            query.ranges[one.name] = (least, greatest)
    _read_near(query, data)
    _read_bounds(query, data)
    sort = data.get("sort", "")
    query.sort = sort if sort in SORTS else ""
    return query


def _text(data: Mapping[str, str], name: str) -> str:
    return data.get(name, "").replace("\x00", " ")[:TEXT_LIMIT].strip()


def _number(query: DirectoryQuery, data: Mapping[str, str], name: str) -> float | None:
    text = _text(data, name)
    match = _NUMBER.fullmatch(text)
    if text and match is None:
        query.problems.append(gettext("“%(text)s” is no number.") % {"text": text})
    return float(match[1].replace(",", ".")) if match else None


def _read_near(query: DirectoryQuery, data: Mapping[str, str]) -> None:
    """Read `near`: coordinates in degrees, or a commune (its name, its postal code, or the beginning of one)."""
    query.near_text = text = _text(data, "near")
    within = _number(query, data, "within")
    query.within = min(within, FARTHEST_KILOMETRES) if within is not None and within > 0 else None
    if not text:
        return
    if match := _POINT.fullmatch(text):
        lat, lon = float(match[1]), float(match[2])
        if abs(lat) <= 90 and abs(lon) <= 180:
            query.near = lat, lon
            query.near_name = gettext("this point")
    else:
        commune = commune_by_name(text) or next(iter(find_communes(text, 1)), None)
        if commune is not None and commune.latitude is not None and commune.longitude is not None:
            query.near = commune.latitude, commune.longitude
            query.near_name = f"{commune.name} ({commune.department_code})"
    if query.near is None:
        query.problems.append(gettext("“%(text)s” is no town of the table of communes.") % {"text": text})


def _read_bounds(query: DirectoryQuery, data: Mapping[str, str]) -> None:
    query.bounds = parse_bounds(data.get("bbox", ""))


def parse_bounds(text: str) -> Bounds | None:
    """Return the bounds of `south,west,north,east` in degrees; None for another text."""
    parts = text[:TEXT_LIMIT].split(",")
    try:
        south, west, north, east = map(float, parts)
    except ValueError:
        return None
    if not all(map(math.isfinite, (south, west, north, east))) or south > north:
        return None
    # A map that was dragged around the world counts on beyond 180 degrees.
    if east - west >= 360:
        west, east = -180.0, 180.0
    else:
        west, east = ((one + 180) % 360 - 180 for one in (west, east))
    return Bounds(south, west, north, east)


def query_string(data: QueryDict, without: Mapping[str, str | None]) -> str:
    """Return the parameters without some: by name, the value to leave out, or None for all values. Page 1 follows."""
    changed = data.copy()
    changed.pop("p", None)
    for name, value in without.items():
        kept = [] if value is None else [one for one in changed.getlist(name) if one.strip() != value]
        changed.setlist(name, kept)
    return changed.urlencode()
