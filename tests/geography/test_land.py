"""The land of maps: where there is land and where sea, how large its files are, and the lines that they are made of."""

from __future__ import annotations

import gzip
import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from movilab import land_sources, topology
from movilab.topology import Line, Point

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / land_sources.FOLDER
SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
EAST_OF_IT = [(1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0), (1.0, 0.0)]


@cache
def content(name: str) -> Any:
    return json.loads(gzip.decompress((FOLDER / f"{name}.bin").read_bytes()))


def lines_of(name: str, layer: str) -> list[Line]:
    """Return the lines of a layer in degrees, as the browser reads them."""
    scale, lines = content(name)[layer]["scale"], list[Line]()
    for coded in content(name)[layer]["lines"]:
        x = y = 0
        lines.append([])
        for dx, dy in zip(coded[::2], coded[1::2], strict=True):
            x, y = x + dx, y + dy
            lines[-1].append((x / scale, y / scale))
    return lines


def is_land(point: Point, *layers: str) -> bool:
    return any(sum(topology.is_inside(point, ring) for ring in lines_of("land", layer)) % 2 for layer in layers)


def distance(point: Point, lines: list[Line]) -> float:
    """Return how far, in degrees, a point is from the nearest corner of lines."""
    return min(abs(x - point[0]) + abs(y - point[1]) for line in lines for x, y in line)


# --- What is made ---------------------------------------------------------------------------------
def test_the_land_in_use_is_that_of_the_locks() -> None:
    assert land_sources.is_current(ROOT, FOLDER), "run `make assets`"


@pytest.mark.parametrize(("name", "size"), [("land", 150_000), ("details", 160_000)])
def test_the_files_are_small(name: str, size: int) -> None:
    assert size / 2 < (FOLDER / f"{name}.bin").stat().st_size < size


@pytest.mark.parametrize(
    ("place", "point"),
    [
        ("Saint-Étienne", (4.39, 45.44)), ("Brest", (-4.49, 48.39)), ("Quiberon", (-3.12, 47.49)),
        ("Ajaccio", (8.74, 41.93)), ("Belle-Île", (-3.19, 47.33)), ("Cayenne", (-52.32, 4.92)),
        ("Saint-Denis", (55.45, -20.9)), ("a commune without a contour", (2.33, 44.66)),
    ],
)  # fmt: skip
def test_france_is_land(place: str, point: Point) -> None:
    assert is_land(point, "france"), place


@pytest.mark.parametrize(
    ("place", "point"),
    [
        ("Bruxelles", (4.35, 50.85)), ("Genève", (6.1, 46.18)), ("Londres", (-0.1, 51.5)), ("Tokyo", (139.7, 35.7)),
        ("Moscou", (37.6, 55.75)), ("Tchoukotka", (-175.0, 66.5)), ("le pôle Sud", (0.0, -84.0)),
    ],
)  # fmt: skip
def test_other_countries_are_land(place: str, point: Point) -> None:
    assert is_land(point, "world"), place
    assert not is_land(point, "france"), place


@pytest.mark.parametrize(
    "point",
    [
        (-5.2, 48.3),
        (-4.45, 48.32),
        (-2.9, 47.58),
        (-1.6, 45.5),
        (4.5, 42.5),
        (8.0, 57.0),
        (-30.0, 40.0),
        (0.0, 0.0),
        (-179, 10),
    ],
)
def test_the_sea_is_no_land(point: Point) -> None:
    assert not is_land(point, "france", "world")


def test_borders_are_where_they_are() -> None:
    borders = lines_of("land", "borders")
    assert distance((7.8, 48.6), borders) < 0.05, "the Rhine at Strasbourg"
    assert distance((-4.5, 48.38), borders) > 1, "no border at the coast of Brittany"
    assert distance((-4.5, 48.38), lines_of("land", "regions")) > 1
    loire_and_rhone = lines_of("details", "departments")
    assert distance((4.65, 45.55), loire_and_rhone) < 0.1, "Loire and Rhône, in one région"
    assert distance((4.65, 45.55), lines_of("land", "regions")) > 0.2
    assert distance((1.5, 47.2), lines_of("land", "rivers")) > 0.01
    assert distance((0.69, 47.4), lines_of("land", "rivers")) < 0.15, "the Loire at Tours"
    assert any(topology.is_inside((6.55, 46.45), lake) for lake in lines_of("land", "lakes")), "the lake of Geneva"


def test_a_neighbourhood_has_its_communes_in_files_by_squares() -> None:
    squares = content("details")["squares"]
    files = {file.stem: file.stat().st_size for file in (FOLDER / land_sources.SQUARES).iterdir()}
    assert set(files) == set(squares)
    assert land_sources.square_of(4.39, 45.44) in files
    assert land_sources.square_of(-4.49, 48.39) == "-5_48"
    assert max(files.values()) < 50_000
    square = f"{land_sources.SQUARES}/4_45"
    assert distance((4.35, 45.45), lines_of(square, "communes")) < 0.05
    names = [town[0] for name in ("land", "details", square) for town in content(name)["towns"]]
    assert names.count("La Ricamarie") == names.count("Saint-Genest-Lerpt") == 1


def test_towns_are_named_the_largest_first() -> None:
    large, small = content("land")["towns"], content("details")["towns"]
    assert [town[0] for town in large[:3]] == ["Paris", "Marseille", "Lyon"]
    assert abs(large[0][1] - 2.35) + abs(large[0][2] - 48.86) < 0.05
    assert all(before[3] >= after[3] for before, after in pairwise(large + small))
    names = {town[0] for town in large + small}
    assert {"Saint-Étienne", "Crozon", "Ambert"} <= names
    assert not any("Arrondissement" in name for name in names)
    assert "250" in {country[0] for country in content("land")["countries"]}


# --- Lines that neighbours share ------------------------------------------------------------------
def test_neighbours_share_one_line_and_have_one_outline() -> None:
    edges = topology.edges_between([("a", SQUARE), ("b", EAST_OF_IT[::-1])])
    lines = topology.lines_of(edges)
    assert [line for sides, line in lines if sides == {"a", "b"}] in (
        [[(1.0, 0.0), (1.0, 1.0)]],
        [[(1.0, 1.0), (1.0, 0.0)]],
    )
    (outline,) = topology.rings_of(line for sides, line in lines if len(sides) == 1)
    assert topology.area_of(outline) == pytest.approx(2)
    (island,) = topology.lines_of(topology.edges_between([("a", SQUARE)]))
    assert topology.area_of(island[1]) == pytest.approx(1)


def test_areas_of_one_name_become_one() -> None:
    edges = topology.edges_between([("a", SQUARE), ("a", EAST_OF_IT)])
    (outline,) = topology.rings_of(line for _, line in topology.lines_of(edges))
    assert topology.area_of(outline) == pytest.approx(2)
    assert topology.is_inside((1.0, 0.5), outline)
    assert not topology.is_inside((2.5, 0.5), outline)


def test_a_simple_line_is_near_to_what_it_was() -> None:
    line = [(0.0, 0.0), (1.0, 0.26), (2.0, 0.5), (3.0, 0.0)]
    assert topology.simplify(line, lambda point: 0.1) == [line[0], line[2], line[3]]
    assert topology.simplify(line, lambda point: 0.001) == line
    assert topology.simplify(line, lambda point: 9 if point[0] == 2 else 0.001) == [line[0], line[3]]
    assert len(topology.simplify(SQUARE, lambda point: 0.1)) == 5


def test_a_ring_over_the_date_line_is_drawn_at_both_ends_of_the_world() -> None:
    ring = [(179.0, 0.0), (-179.0, 0.0), (-179.0, 1.0), (179.0, 1.0), (179.0, 0.0)]
    assert topology.unwrap(SQUARE) == [SQUARE]
    east, west = topology.unwrap(ring)
    assert [x for x, _ in east] == [179, 181, 181, 179, 179]
    assert [x for x, _ in west] == [-181, -179, -179, -181, -181]
    around = [(-90.0, -70.0), (0.0, -70.0), (90.0, -70.0), (180.0, -70.0), (-90.0, -70.0)]
    assert topology.is_inside((10.0, -80.0), topology.unwrap(around)[0]), "the pole"


def test_a_layer_has_whole_numbers_and_no_line_without_length() -> None:
    lines = [[(0.001, 0.0), (0.5, 0.5), (0.501, 0.5), (1.0, 0.0)], [(1.0, 1.0), (1.001, 1.0)]]
    assert land_sources.layer(lines, 10) == {"scale": 10, "lines": [[0, 0, 5, 5, 5, -5]]}
