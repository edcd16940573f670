"""Reads polygons in little-endian well-known binary (OGC 06-103r4)."""

from __future__ import annotations

import struct

from movilab.topology import Line, Point

POLYGON, MULTIPOLYGON = 3, 6


def read_polygons(shape: bytes) -> list[list[Line]]:
    """Return the polygons of a polygon or multipolygon: the rings of each, the outer ring first."""
    kind, count = struct.unpack_from("<II", shape, 1)
    if kind == POLYGON:
        return [_read_rings(shape, 0)[0]]
    if kind != MULTIPOLYGON:
        raise SystemExit(f"A contour has the shape {kind}, and neither a polygon nor several.")
    polygons, offset = list[list[Line]](), 9
    for _ in range(count):
        rings, offset = _read_rings(shape, offset)
        polygons.append(rings)
    return polygons


def read_point(shape: bytes) -> Point:
    """Return the longitude and latitude of a point."""
    longitude, latitude = struct.unpack_from("<dd", shape, 5)
    return longitude, latitude


def _read_rings(shape: bytes, offset: int) -> tuple[list[Line], int]:
    """Return the rings of the polygon at `offset`, and where the polygon ends."""
    (count,) = struct.unpack_from("<I", shape, offset + 5)
    rings, offset = list[Line](), offset + 9
    for _ in range(count):
        (length,) = struct.unpack_from("<I", shape, offset)
        numbers = struct.unpack_from(f"<{2 * length}d", shape, offset + 4)
        rings.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
        offset += 4 + 16 * length
    return rings, offset
