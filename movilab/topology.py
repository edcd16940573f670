"""Lines that neighbours share: read from TopoJSON or from rings, simplified once, put together to outlines again.

A border is one line for the two areas that it divides, so that no gap opens between them when it is simplified.
Points are longitude and latitude.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
Line = list[Point]
Edge = tuple[Point, Point]
"""Two points that follow each other, the lesser first."""
Sides = frozenset[str]
"""The areas on the two sides of a line: two, or one at the outer border of all."""


def decode_arcs(topology: Any) -> list[Line]:
    """Return the arcs of a quantized TopoJSON, which stores differences of integers."""
    (x_scale, y_scale), (x_start, y_start) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for x_step, y_step in arc:
            x, y = x + x_step, y + y_step
            line.append((x * x_scale + x_start, y * y_scale + y_start))
        arcs.append(line)
    return arcs


def arc_numbers(arcs: Any) -> Iterator[int]:
    """Yield the numbers of the arcs of a geometry in TopoJSON; those that it runs backwards are like the others."""
    for entry in arcs:
        if isinstance(entry, int):
            yield entry if entry >= 0 else ~entry
        else:
            yield from arc_numbers(entry)


def edges_between(areas: Iterable[tuple[str, Line]]) -> dict[Edge, Sides]:
    """Return the edges of rings that divide one area from another or from the outside; each ring names its area.

    Rings of one area that touch each other become one.
    """
    sides: dict[Edge, list[str]] = defaultdict(list)
    for area, ring in areas:
        for start, end in pairwise(ring):
            if start != end:
                sides[(start, end) if start < end else (end, start)].append(area)
    return {edge: frozenset(names) for edge, names in sides.items() if len(names) == 1 or len(set(names)) > 1}


def lines_of(edges: dict[Edge, Sides]) -> list[tuple[Sides, Line]]:
    """Return edges joined to lines, each with the same areas on its sides; lines end where three of them meet."""
    at: dict[Point, list[Edge]] = defaultdict(list)
    for edge in edges:
        for point in edge:
            at[point].append(edge)
    nodes = [point for point, ends in at.items() if len(ends) != 2 or edges[ends[0]] != edges[ends[1]]]
    left = dict.fromkeys(edges)
    lines = list[tuple[Sides, Line]]()
    for start in (*nodes, *at):
        starting = (edge for edge in at[start] if edge in left)  # what is followed is taken out of `left`
        lines.extend((edges[edge], _follow(start, edge, at, edges, left)) for edge in starting)
    return lines


def _follow(
    start: Point, edge: Edge, at: dict[Point, list[Edge]], edges: dict[Edge, Sides], left: dict[Edge, None]
) -> Line:
    """Return the line from `start` over `edge` to the next node, or around; its edges are taken out of `left`."""
    line, sides = [start], edges[edge]
    while True:
        del left[edge]
        line.append(edge[1] if edge[0] == line[-1] else edge[0])
        ends = at[line[-1]]
        following = [other for other in ends if other in left]
        if len(ends) != 2 or not following or edges[following[0]] != sides:
            return line
        edge = following[0]


def rings_of(lines: Iterable[Line]) -> list[Line]:
    """Return closed rings made of lines that meet at their ends. To be filled by the rule «even-odd»."""
    at: dict[Point, list[Line]] = defaultdict(list)
    rings, left = list[Line](), dict[int, None]()
    for line in lines:
        if line[0] == line[-1]:
            rings.append(line)
            continue
        left[id(line)] = None
        for end in (line[0], line[-1]):
            at[end].append(line)
    for start in list(at):
        while first := next((line for line in at[start] if id(line) in left), None):
            ring, line = [start], first
            while True:
                del left[id(line)]
                ring += line[1:] if line[0] == ring[-1] else line[-2::-1]
                following = next((other for other in at[ring[-1]] if id(other) in left), None)
                if ring[-1] == start or following is None:
                    break
                line = following
            rings.append(ring)
    return rings


def unwrap(line: Line) -> list[Line]:
    """Return a line that may cross the date line as one without jumps, and again where it leaves the world.

    A ring around a pole is closed over the pole.
    """
    turns, flat = 0, [line[0]]
    for (before, _), (after, latitude) in pairwise(line):
        turns += (before - after > 180) - (after - before > 180)
        flat.append((after + 360 * turns, latitude))
    if turns and line[0] == line[-1]:
        pole = math.copysign(90, line[0][1])
        flat += [(flat[-1][0], pole), (flat[0][0], pole), flat[0]]
    east, west = max(x for x, _ in flat), min(x for x, _ in flat)
    copies = [flat]
    if east > 180:
        copies.append([(x - 360, y) for x, y in flat])
    if west < -180:
        copies.append([(x + 360, y) for x, y in flat])
    return copies


def is_inside(point: Point, ring: Line) -> bool:
    """Return whether a point is within a ring: a ray from it to the east crosses the ring an odd number of times."""
    x, y = point
    crossings = 0
    for (xa, ya), (xb, yb) in pairwise(ring):
        if (ya > y) != (yb > y):
            crossings += x < xa + (y - ya) / (yb - ya) * (xb - xa)
    return crossings % 2 == 1


def area_of(ring: Line) -> float:
    """Return the area within a ring, in square degrees of the equator."""
    (x0, y0) = ring[0]
    twice = sum((xa - x0) * (yb - y0) - (xb - x0) * (ya - y0) for (xa, ya), (xb, yb) in pairwise(ring))
    return abs(twice) / 2 * math.cos(math.radians(y0))


def simplify(line: Line, tolerance: Callable[[Point], float]) -> Line:
    """Return a line without the points that are nearer to it than `tolerance` (by Douglas and Peucker).

    The ends stay. Of a closed line, the point farthest from its end stays too.
    """
    kept = {0, len(line) - 1}
    parts = [(0, len(line) - 1)]
    while parts:
        first, last = parts.pop()
        farthest, excess = first, 0.0
        for index in range(first + 1, last):
            distance = _distance(line[index], line[first], line[last])
            if distance > excess:
                farthest, excess = index, distance
        if excess > tolerance(line[farthest]):
            kept.add(farthest)
            parts += [(first, farthest), (farthest, last)]
    return [line[index] for index in sorted(kept)]


def _distance(point: Point, start: Point, end: Point) -> float:
    """Return the distance of a point from the line between two others."""
    x, y = point[0] - start[0], point[1] - start[1]
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = max(0.0, min(1.0, (x * dx + y * dy) / length)) if length else 0.0
    return math.hypot(x - along * dx, y - along * dy)
