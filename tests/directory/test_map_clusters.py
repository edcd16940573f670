"""Markers of a directory's map."""

from __future__ import annotations

import pytest

from tests.directory.tables import make_table, random_places
from wiki.directory.directory_query import Bounds
from wiki.directory.map_clusters import bounds_of, make_markers, zoom_for

FRANCE = Bounds(41.0, -5.5, 51.5, 9.5)


@pytest.mark.parametrize("zoom", [0, 5, 9, 18])
def test_each_page_is_in_one_marker(zoom: int) -> None:
    table = random_places(300, 7)
    markers = make_markers(table.rows, range(len(table)), FRANCE, zoom)
    assert sum(marker.count for marker in markers) == 300
    assert all(len(marker.pages) == marker.count for marker in markers if marker.count == 1)
    assert len(markers) == {0: len(markers), 5: len(markers), 9: len(markers), 18: 300}[zoom]
    assert len(make_markers(table.rows, range(len(table)), FRANCE, 0)) < 10


def test_only_what_the_map_shows_and_a_margin() -> None:
    places = [("Saint-Étienne", {}, (45.43, 4.39)), ("Roanne", {}, (46.03, 4.07)), ("Lille", {}, (50.6, 3.06))]
    table = make_table(*places)
    bounds = Bounds(45.2, 4.0, 46.0, 4.8)
    assert sum(marker.count for marker in make_markers(table.rows, range(3), bounds, 10)) == 2
    assert [marker.pages for marker in make_markers(table.rows, [0], bounds, 10)] == []  # Lille


def test_pages_at_one_spot_are_listed_at_any_zoom() -> None:
    table = make_table(*((f"Étage {number:02}", {}, (45.43, 4.39)) for number in range(20)))
    (marker,) = make_markers(table.rows, range(20), FRANCE, 4)
    assert (marker.count, len(marker.pages)) == (20, 12)


def test_bounds_and_zoom() -> None:
    table = make_table(("A", {}, (45.43, 4.39)), ("B", {}, (48.39, -4.49)), ("C", {}, None))
    bounds = bounds_of(table.rows)
    assert bounds == Bounds(45.43, -4.49, 48.39, 4.39)
    assert 5 <= zoom_for(bounds) <= 7
    assert zoom_for(Bounds(45.43, 4.39, 45.43, 4.39)) == 18
    assert zoom_for(Bounds(-85, -180, 85, 180)) <= 1
    assert bounds_of([]) is None


def test_a_map_across_the_date_line() -> None:
    table = make_table(("Fidji", {}, (-17.7, 178.0)), ("Samoa", {}, (-13.8, -172.0)), ("Brest", {}, (48.39, -4.49)))
    markers = make_markers(table.rows, range(3), Bounds(-30, 170, 0, -165), 4)
    assert sum(marker.count for marker in markers) == 2
