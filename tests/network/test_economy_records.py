"""Shares of resources: read as stated, without guesses; median and quartiles; charts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils.translation import override

from wiki.network.economy_charts import draw_beside_network, draw_places, draw_years
from wiki.network.economy_records import EconomyRecord, latest_of_places
from wiki.network.economy_statistics import network_shares, shares_by_year


def record(title: str = "Halle", **texts: str) -> EconomyRecord:
    """A record with these texts as its page writes them."""
    return EconomyRecord(title, title, 3, dict(texts))


@pytest.mark.parametrize(("written", "number"), [
    ("33 %", 33.0), ("33,5\u202f%", 33.5), ("12.25", 12.25), ("40 pour cent", 40.0), ("0", 0.0), ("100%", 100.0),
    ("101 %", None), ("-3", None), ("un tiers", None), ("1e9", None), ("33 % 4", None), ("", None), ("٣٣", 33.0),
])  # fmt: skip
def test_a_share_is_a_number_from_0_to_100(written: str, number: float | None) -> None:
    assert record(public=written).number("public") == number


def test_what_is_not_stated_is_no_zero() -> None:
    partial = record(year="2025", public="12 %", private="55 %")
    assert partial.numbers == [12.0, 55.0, None]
    assert (partial.total, partial.not_stated, partial.is_readable) == (67.0, 33.0, True)
    full = record(public="60", private="30", contributed="20")
    assert (full.total, full.not_stated, full.can_be_drawn) == (110.0, 0.0, False)
    assert not record(public="un peu", private="30").is_readable
    assert not record(year="2025").is_readable
    assert record(year="en 2025").year is None


def test_each_place_counts_once_by_its_latest_year() -> None:
    records = [
        record("A", year="2025", public="10"), record("B", year="2025", public="x"),
        record("B", year="2024", public="20"), record("A", year="2024", public="90"),
        record("C", year="2023", public="30", private="5"), record("D", public="70"),
    ]  # fmt: skip
    assert [(one.title, one.year) for one in latest_of_places(records)] == [("A", 2025), ("B", 2024), ("C", 2023)]
    found = network_shares(records)
    public, private, contributed = found.shares
    assert public is not None
    assert (public.low, public.median, public.high, public.place_count) == (15.0, 20.0, 25.0, 3)
    assert private is contributed is None, "one place says little"
    assert not network_shares(records[:2]).is_known
    assert [(one.year, one.network.place_count) for one in shares_by_year(records)] == [(2025, 1), (2024, 2), (2023, 1)]


def test_charts_say_the_numbers_and_draw_what_is_not_stated() -> None:
    records = [
        record("A", year="2025", public="12,5", private="55"), record("A", year="2024", public="60", private="60"),
        record("A", year="2023", public="x"),
    ]  # fmt: skip
    with override("fr"):
        chart = str(draw_years(records))
        assert 'role="img"' in chart
        assert "2025: Public 12,5\u00a0%, Privé 55\u00a0%, Non dit 32,5\u00a0%" in chart
        assert chart.count("economy-rest") == 1
        assert "2024" not in chart, "it does not fit in a bar; the table has it"
        assert _widths(chart) == pytest.approx([0.125, 0.55, 0.325], abs=0.01)
        assert draw_years(records[1:]) == ""
        assert "&lt;b&gt;" in draw_places([record("<b>", year="2025", public="12")])
        others = [
            record(name, year="2024", public=share) for name, share in zip("BCD", ("20", "40", "60"), strict=True)
        ]
        beside = str(draw_beside_network(records[0], network_shares(others)))
        assert "Public: ici 12,5\u00a0%, médiane 40\u00a0%, la moitié des lieux entre 30\u00a0% et 50\u00a0%" in beside
        assert beside.count("<circle") == 2
        assert beside.count("economy-band") == 1


def _widths(chart: str) -> Any:
    """The widths of rectangles, as fractions of their sum."""
    found = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', chart)]
    return [width / sum(found) for width in found]
