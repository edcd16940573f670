"""Markers of a map: pages near each other on the screen are one marker with their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, hypot, log2

from wiki.directory.directory_query import Bounds
from wiki.directory.directory_table import DirectoryRow, degrees_of, mercator

CELL_PIXELS = 60
"""Width of the cells that one marker stands for."""
NEAREST = 0.75
"""Widths of a cell by which the middles of two markers differ at least."""
TILE_PIXELS = 256
ZOOM_LIMIT = 18
LIST_LIMIT = 12
"""Pages at one spot that a marker lists."""
MARGIN = 0.25
"""How much more than the visible map is sent, in widths of the map, so that it can be moved a little."""
MANY, REMOTE = 50, 0.02
"""Of so many rows or more, this share is left out at each side when a map is made to show them all."""
SAMPLE = 2_000
"""Of more rows, some are looked at for that."""
MAP_PIXELS = (560, 480)
"""The size of a map that the first markers are made for."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker: the middle of its pages, and how many they are."""

    lat: float
    lon: float
    count: int
    pages: tuple[int, ...]
    """Positions in the table: all pages of the marker where it cannot be divided by zooming in, else none."""


def bounds_of(rows: Iterable[DirectoryRow]) -> Bounds | None:
    """Return a rectangle with the rows that have coordinates; None without any.

    Of many rows, the most remote ones are left out: some places overseas would make a dot of all of France.
    """
    points = [(row.lat, row.lon) for row in rows if row.lat is not None and row.lon is not None]
    if not points:
        return None
    points = points[:: len(points) // SAMPLE + 1]
    lats, lons = sorted(lat for lat, _ in points), sorted(lon for _, lon in points)
    out = int(len(points) * REMOTE) if len(points) >= MANY else 0
    return Bounds(lats[out], lons[out], lats[-1 - out], lons[-1 - out])


def zoom_for(bounds: Bounds) -> int:
    """Return the greatest zoom at which a map of MAP_PIXELS shows the bounds."""
    left, top = mercator(bounds.north, bounds.west)
    right, bottom = mercator(bounds.south, bounds.east)
    zoom = ZOOM_LIMIT
    for extent, pixels in zip((right - left, bottom - top), MAP_PIXELS, strict=True):
        if extent > 0:
            zoom = min(zoom, floor(log2(pixels / TILE_PIXELS / extent)))
    return max(0, zoom)


def make_markers(rows: Sequence[DirectoryRow], found: Iterable[int], bounds: Bounds, zoom: int) -> list[Marker]:
    """Return the markers of the rows `found` within bounds and a margin, at a zoom of Web Mercator (0 to 18)."""
    scale = 2**zoom * TILE_PIXELS / CELL_PIXELS
    left, top = mercator(bounds.north, bounds.west)
    right, bottom = mercator(bounds.south, bounds.east)
    wide, high = (right - left) * MARGIN, (bottom - top) * MARGIN
    if left > right:  # across the date line
        left, right, wide = 0.0, 1.0, 0.0
    left, right, top, bottom = left - wide, right + wide, top - high, bottom + high
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index in found:
        row = rows[index]
        if row.lat is not None and left <= row.x <= right and top <= row.y <= bottom:
            cells[int(row.x * scale), int(row.y * scale)].append(index)
    return [_marker(rows, zoom, *cell) for cell in _merged(rows, cells, NEAREST / scale)]


def _merged(
    rows: Sequence[DirectoryRow], cells: dict[tuple[int, int], list[int]], nearest: float
) -> list[tuple[float, float, list[int]]]:
    """Return cells with their middles; those nearer to each other than `nearest` as one: markers would overlap."""
    middles = {
        cell: (sum([rows[i].x for i in own]) / len(own), sum([rows[i].y for i in own]) / len(own), own)
        for cell, own in cells.items()
    }
    for x, y in sorted(cells, key=lambda cell: -len(cells[cell])):
        if (x, y) not in middles:
            continue
        left, top, own = middles[x, y]
        for cell in [(x + across, y + down) for across in (-1, 0, 1) for down in (-1, 0, 1) if across or down]:
            other = middles.get(cell)
            if other is not None and hypot(other[0] - left, other[1] - top) < nearest:
                own.extend(other[2])
                del middles[cell]
    return list(middles.values())


def _marker(rows: Sequence[DirectoryRow], zoom: int, x: float, y: float, cell: list[int]) -> Marker:
    first = rows[cell[0]]
    is_one_spot = zoom >= ZOOM_LIMIT or all(rows[i].x == first.x and rows[i].y == first.y for i in cell)
    lat, lon = (first.lat or 0, first.lon or 0) if is_one_spot else degrees_of(x, y)
    return Marker(lat, lon, len(cell), tuple(cell[:LIST_LIMIT]) if is_one_spot else ())
