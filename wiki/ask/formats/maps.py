"""Coordinates: `map`, a list that the browser turns into a map (`static/wiki/ask/map.js`), and `geojson`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask.formats.api_json import result_title
from wiki.ask.formats.base import (
    EMPTY_HTML,
    Format,
    FormatContext,
    Parameter,
    ResultFile,
    file_name,
    number_option,
    switch_option,
)
from wiki.ask.formats.cells import NUMBER, PLACE, Cells, columns_with_datatype, join_html, usable_values, with_label
from wiki.ask.language.query_ast import INLINE_LIMIT
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult, ResultRow
    from wiki.facts.values import Value

HEIGHTS = (240, 320, 420, 560, 720)
"""Heights of a map: the nearest one is chosen, as a class."""


@dataclass(frozen=True, slots=True)
class Point:
    """A row with one of its coordinates."""

    row: ResultRow
    value: Value
    lat: float
    lon: float
    column: int


def collect_points(result: QueryResult) -> list[Point]:
    """Return all coordinates that rows print, in the order of rows."""
    places = columns_with_datatype(result, PLACE)
    return [
        Point(row, value, value.lat, value.lon, index)
        for row in result.rows
        for index in places
        for value in usable_values(row, [index], PLACE)
        if value.lat is not None and value.lon is not None
    ]


def _details(point: Point, cells: Cells, places: list[int]) -> SafeString:
    lines = []
    for index, column in enumerate(cells.result.columns):
        values = cells.html(point.row, index)
        if index in places or not values:
            continue
        value = join_html(", ", values)
        labelled = cells.headers != "hide" and column.label
        lines.append((with_label(escape(column.label), value) if labelled else value,))
    return format_html_join("", '<div class="ask-details">{}</div>', lines)


def html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render a list of places with their coordinates, which the browser replaces by a map."""
    cells, points = Cells(result), collect_points(result)
    if not points:
        text = gettext("No result has coordinates. Print a property of geographic coordinates.")
        return format_html('<p class="rows-note">{}</p>', text)
    places = columns_with_datatype(result, PLACE)
    pins = [
        Pin(
            point.lat, point.lon, cells.subject_html(point.row), _details(point, cells, places),
            cells.value_text(point.value, cells.result.columns[point.column].context),
        )
        for point in points
    ]  # fmt: skip
    return map_html(
        pins,
        height=number_option(result, "height", 420, 100, 2000),
        zoom=number_option(result, "zoom", 0, 0, 18),
        cluster=switch_option(result, "cluster", default=True),
    )


@dataclass(frozen=True, slots=True)
class Pin:
    """A marker of the map, with its text."""

    lat: float
    lon: float
    name: SafeString
    details: SafeString
    coordinates: str = ""
    """The coordinates as text."""


def map_html(pins: Sequence[Pin], *, height: int = 420, zoom: int = 0, cluster: bool = True) -> SafeString:
    """Render markers as a list, which the browser replaces by a map."""
    items = format_html_join(
        "",
        '<li data-lat="{}" data-lon="{}"><div class="ask-place">{}</div>{}<div class="ask-coordinates">{}</div></li>',
        ((repr(pin.lat), repr(pin.lon), pin.name, pin.details, pin.coordinates) for pin in pins),
    )
    nearest = min(HEIGHTS, key=lambda size: abs(size - height))
    return format_html(
        '<div class="ask-map ask-h{}" data-map="{}" data-list="{}" data-cluster="{}"{}>'
        '<ul class="ask-places">{}</ul></div>',
        nearest, gettext("Map of %(count)s places") % {"count": len(pins)}, gettext("List of places"),
        "yes" if cluster else "no", format_html(' data-zoom="{}"', zoom) if zoom else EMPTY_HTML, items,
    )  # fmt: skip


# --- GeoJSON
def geojson_feature(point: Point, cells: Cells, format_context: FormatContext) -> dict[str, Any]:
    """Return a point as a GeoJSON feature (RFC 7946: longitude first)."""
    subject = point.row.subject
    properties: dict[str, Any] = {
        "title": subject.shown_title,
        "page": result_title(subject),
        "url": format_context.absolute_url(subject.url),
    }
    for index, column in enumerate(cells.result.columns):
        if column.label and index != point.column:
            values = usable_values(point.row, [index], NUMBER)
            data: list[Any] = [value.number for value in values] or cells.data_texts(point.row, index)
            properties[column.label] = data[0] if len(data) == 1 else data or None
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [point.lon, point.lat]},
        "properties": properties,
    }


def geojson_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return a FeatureCollection of all printed coordinates."""
    cells = Cells(result)
    data = {
        "type": "FeatureCollection",
        "features": [geojson_feature(point, cells, format_context) for point in collect_points(result)],
    }
    indent = 2 if switch_option(result, "prettyprint") else None
    content = json.dumps(data, ensure_ascii=False, indent=indent).encode()
    return ResultFile("application/geo+json", file_name(result, "geojson"), content)


PARAMETERS = (
    Parameter("height", "number", "420", gettext_noop("How high the map is, in pixels (the nearest of five sizes).")),
    Parameter("zoom", "number", "", gettext_noop("How near the map begins, 1 to 18; else all places are seen.")),
    Parameter("cluster", "switch", "yes", gettext_noop("Whether near places are drawn as one, with their number.")),
)
FORMATS = (
    Format(
        "map", gettext_noop("map"), gettext_noop("Places on a map, with clusters; a list without JavaScript."),
        ("leaflet", "maps", "googlemaps", "googlemaps3", "openlayers"), PARAMETERS, html, limit=INLINE_LIMIT,
    ),
    Format(
        "geojson", "GeoJSON", gettext_noop("Places for map programs."), (),
        (
            Parameter("prettyprint", "switch", "no", gettext_noop("Whether it is laid out for people.")),
            Parameter("filename", "text", "", gettext_noop("The name of the file, instead of that of the question.")),
        ),
        file=geojson_file, limit=INLINE_LIMIT,
    ),
)  # fmt: skip
