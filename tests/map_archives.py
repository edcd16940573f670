"""Small archives of vector tiles (PMTiles, version 3; Mapbox Vector Tile 2.1), as an administrator would fetch them."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterable
from pathlib import Path

EXTENT = 4096
VARINT, BYTES = 0, 2
POLYGON = 3
GZIP = 2
VECTOR_TILES, PNG_TILES = 1, 2
ROOT_OFFSET = 127


def varint(number: int) -> bytes:
    """Return a number in Protocol Buffers' variable length."""
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def field(number: int, value: int | bytes) -> bytes:
    """Return a field of a message of Protocol Buffers."""
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def polygon(points: Iterable[tuple[int, int]]) -> bytes:
    """Return the geometry of a polygon: move, lines, close; steps are zigzag-encoded."""
    steps, at = list[tuple[int, int]](), (0, 0)
    for point in points:
        steps.append((point[0] - at[0], point[1] - at[1]))
        at = point
    zigzag = [[(step << 1) ^ (step >> 31) for step in pair] for pair in steps]
    rest = [number for pair in zigzag[1:] for number in pair]
    return b"".join(map(varint, [1 | 1 << 3, *zigzag[0], 2 | len(steps[1:]) << 3, *rest, 7 | 1 << 3]))


def tile(**areas: list[tuple[int, int]]) -> bytes:
    """Return a tile with one polygon in each of its layers."""
    layers = b""
    for name, points in areas.items():
        feature = field(2, b"\x00\x00") + field(3, POLYGON) + field(4, polygon(points))
        layer = field(15, 2) + field(1, name.encode()) + field(2, feature) + field(3, b"kind")
        layers += field(3, layer + field(4, field(1, name.encode())) + field(5, EXTENT))
    return layers


def write_archive(
    file: Path, content: bytes, *, attribution: str = "", tile_type: int = VECTOR_TILES, zoom: int = 1
) -> None:
    """Write an archive of the whole world at one zoom, whose tiles are all the same."""
    first, tiles = (4**zoom - 1) // 3, 4**zoom
    directory = gzip.compress(b"".join(map(varint, [1, first, tiles, len(content), 1])), mtime=0)
    metadata = gzip.compress(json.dumps({"attribution": attribution}).encode(), mtime=0)
    offset = ROOT_OFFSET + len(directory)
    places = (ROOT_OFFSET, len(directory), offset, len(metadata), 0, 0, offset + len(metadata), len(content))
    header = b"PMTiles\x03" + struct.pack("<11Q", *places, tiles, 1, 1)
    header += bytes([1, GZIP, 1, tile_type, zoom, zoom])
    header += struct.pack("<4i", -1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000) + bytes([0]) + bytes(8)
    assert len(header) == ROOT_OFFSET
    file.write_bytes(header + directory + metadata + content)


WHOLE = [(0, 0), (EXTENT, 0), (EXTENT, EXTENT), (0, EXTENT)]
EAST = [(EXTENT // 2, 0), (EXTENT, 0), (EXTENT, EXTENT), (EXTENT // 2, EXTENT)]
