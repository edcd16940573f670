"""URL parameters of directories, read and written: without a database."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.http import QueryDict

from wiki.directory import directory_query
from wiki.directory.directory_query import Bounds, DirectoryQuery, parse_bounds, query_string, read_query
from wiki.directory.facet_fields import DirectoryFields, FacetField, RangeField

FIELD: Any = SimpleNamespace(unit="")
FIELDS = DirectoryFields((FacetField("ville", "Ville"),), (RangeField("surface", "Surface", FIELD),))


def read(text: str) -> DirectoryQuery:
    return read_query(QueryDict(text), FIELDS)


def test_values_are_read_once_and_so_many() -> None:
    assert read("ville=Lyon&ville=+Lyon+&ville=&ville=Brest&autre=x").values == {"ville": ["Lyon", "Brest"]}
    assert read("ville=+").values == {}
    many = "&".join(f"ville={number}" for number in range(60))
    assert len(read(many).values["ville"]) == directory_query.VALUES_LIMIT
    assert len(read(f"ville={'a' * 300}").values["ville"][0]) == directory_query.TEXT_LIMIT


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("surface-min=3", (3.0, None)), ("surface-max=3,5", (None, 3.5)), ("surface-min=-1&surface-max=2", (-1.0, 2.0)),
        ("surface-min=", None), ("surface-min=x", None),
    ],
)  # fmt: skip
def test_ranges(text: str, found: tuple[float | None, float | None] | None) -> None:
    query = read(text)
    assert query.ranges.get("surface") == found
    assert bool(query.problems) == text.endswith("x")


@pytest.mark.parametrize(
    ("near", "point"),
    [
        ("45.43,4.39", (45.43, 4.39)), ("45.43 4.39", (45.43, 4.39)), (" -90; 180 ", (-90.0, 180.0)),
        ("90,-180", (90.0, -180.0)), ("90.1,4", None), ("45,180.1", None), ("Nulle-part-du-tout", None), ("", None),
    ],
)  # fmt: skip
def test_near_a_point(near: str, point: tuple[float, float] | None) -> None:
    query = read(f"near={near}")
    assert query.near == point
    assert bool(query.near_name) == (point is not None)
    assert bool(query.problems) == (bool(near) and point is None)


def test_near_a_commune() -> None:
    query = read("near=Saint-Étienne&within=20")
    assert query.near_name == "Saint-Étienne (42)"
    assert query.near is not None
    assert abs(query.near[0] - 45.43) < 0.1
    assert abs(query.near[1] - 4.38) < 0.1


@pytest.mark.parametrize(
    ("within", "kilometres"), [("20", 20.0), ("0", None), ("-3", None), ("99999", 20_000.0), ("", None), ("loin", None)]
)
def test_within(within: str, kilometres: float | None) -> None:
    assert read(f"within={within}").within == kilometres
    assert bool(read(f"within={within}").problems) == (within == "loin")


@pytest.mark.parametrize(
    ("parameters", "order"),
    [
        ("", "title"), ("q=four", "relevance"), ("near=45,4", "distance"), ("q=four&near=45,4", "relevance"),
        ("sort=new", "new"), ("sort=distance", "title"), ("sort=distance&near=45,4", "distance"),
        ("sort=relevance", "title"), ("sort=relevance&q=four", "relevance"), ("sort=title&q=four", "title"),
        ("sort=other", "title"), ("sort=distance&q=four", "relevance"), ("sort=relevance&near=45,4", "distance"),
    ],
)  # fmt: skip
def test_order(parameters: str, order: str) -> None:
    assert read(parameters).order == order


def test_text_and_opening() -> None:
    query = read("q=+four%00+&ask=%5B%5BVille::Lyon%5D%5D&open=now")
    assert (query.text, query.ask, query.is_open_now) == ("four", "[[Ville::Lyon]]", True)
    assert not read("open=yes").is_open_now
    assert read("").bounds is None
    assert read("bbox=1,2,3,4").bounds == Bounds(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("1,2,3,4", Bounds(1, 2, 3, 4)), ("3,2,1,4", None), ("1,2,1,4", Bounds(1, 2, 1, 4)), ("1,2,3", None),
        ("a,2,3,4", None), ("nan,2,3,4", None), ("1,2,inf,4", None), ("1,-200,3,160", Bounds(1, -180, 3, 180)),
        ("1,170,3,190", Bounds(1, 170, 3, -170)), ("1,-180,3,179.9", Bounds(1, -180, 3, 179.9)),
    ],
)  # fmt: skip
def test_bounds(text: str, bounds: Bounds | None) -> None:
    found = parse_bounds(text)
    assert (found is None) == (bounds is None)
    if found is not None and bounds is not None:
        for name in ("south", "west", "north", "east"):
            assert getattr(found, name) == pytest.approx(getattr(bounds, name))


@pytest.mark.parametrize(
    ("bounds", "point", "is_within"),
    [
        (Bounds(1, 2, 3, 4), (1, 2), True), (Bounds(1, 2, 3, 4), (3, 4), True), (Bounds(1, 2, 3, 4), (0.9, 3), False),
        (Bounds(1, 2, 3, 4), (3.1, 3), False), (Bounds(1, 2, 3, 4), (2, 1.9), False),
        (Bounds(1, 2, 3, 4), (2, 5), False),
        (Bounds(1, 170, 3, -170), (2, 175), True), (Bounds(1, 170, 3, -170), (2, -175), True),
        (Bounds(1, 170, 3, -170), (2, 0), False),
    ],
)  # fmt: skip
def test_what_is_within(bounds: Bounds, point: tuple[float, float], is_within: bool) -> None:
    assert bounds.contains(*point) is is_within


def test_parameters_without_some() -> None:
    data = QueryDict("ville=Lyon&ville=Brest&q=four&p=3")
    assert query_string(data, {"ville": "Lyon"}) == "ville=Brest&q=four"
    assert query_string(data, {"ville": None}) == "q=four"
    assert query_string(data, {}) == "ville=Lyon&ville=Brest&q=four"
    assert data["p"] == "3"
