"""Views of the network: its numbers, and the shares of resources of all places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from wiki.ask.formats.base import format_number
from wiki.ask.formats.svg_charts import Plot, Series, line_chart
from wiki.network import economy_charts, network_cache
from wiki.network.economy_records import EconomyRecord, load_records
from wiki.network.economy_statistics import network_shares, shares_by_year
from wiki.network.network_summary import GrowthMonth, compute_summary
from wiki.network.place_layers import LAYERS
from wiki.pages.models import Kind

LINES_PER_PAGE = 100
MONTHS_DRAWN = 120


class _CountedKind(TypedDict):
    kind: Kind
    count: int


@require_safe
def network(request: HttpRequest) -> HttpResponse:
    """Show the network in numbers."""
    summary = network_cache.get_or_compute("summary", compute_summary)
    layers = {layer.id: layer for layer in LAYERS}
    kinds: list[_CountedKind] = [
        {"kind": kind, "count": summary.kinds.get(kind.key, 0)} for kind in Kind.objects.exclude(key="article")
    ]
    context = {
        "summary": summary,
        "layers": [(layers[one.layer_id], one) for one in summary.layers],
        "kinds": kinds,
        "growth": draw_growth(summary.growth),
        "shares": network_cache.get_network_shares(),
    }
    return render(request, "wiki/network/network.html", context)


def draw_growth(growth: Sequence[GrowthMonth]) -> SafeString:
    """Draw the growth of pages and places; empty for fewer than two months."""
    drawn = list(growth)[-MONTHS_DRAWN:]
    if len(drawn) < 2:
        return SafeString("")
    labels = [one.month for one in drawn]
    numbers = {gettext("Pages"): [one.pages for one in drawn], gettext("Places"): [one.places for one in drawn]}
    series = [
        Series(label, [float(count) for count in counts], [format_number(count) for count in counts])
        for label, counts in numbers.items()
    ]
    positions = [float(int(one.month[:4]) * 12 + int(one.month[5:])) for one in drawn]
    about = "; ".join(f"{labels[-1]}: {label} {counts[-1]}" for label, counts in numbers.items())
    return line_chart(Plot(labels, series, positions), gettext("Growth over time"), about)


@require_safe
def economy(request: HttpRequest) -> HttpResponse:
    """Compare the shares of resources of all places and years; `?year=` selects one year."""
    records = network_cache.get_or_compute("records", lambda: load_records(AnonymousUser()))
    by_year = shares_by_year(records)
    years = [one.year for one in by_year]
    year = _chosen_year(request, years)
    shown = sorted(
        (record for record in records if year is None or record.year == year),
        key=lambda record: (record.shown_title.casefold(), -(record.year or 0)),
    )
    context = {
        "records": Paginator(shown, LINES_PER_PAGE).get_page(request.GET.get("p")),
        "record_count": len(shown),
        "years": years,
        "year": year,
        "by_year": by_year,
        "network": network_shares(shown),
        "chart": economy_charts.draw_places(_of_year(shown, year if year is not None else max(years, default=0))),
        "chart_year": year if year is not None else max(years, default=None),
    }
    return render(request, "wiki/network/economy.html", context)


def _chosen_year(request: HttpRequest, years: Sequence[int]) -> int | None:
    """Return the year of the address if a place states it; else None, for all years."""
    chosen = request.GET.get("year", "")
    return next((year for year in years if str(year) == chosen), None)


def _of_year(records: Sequence[EconomyRecord], year: int) -> list[EconomyRecord]:
    return [record for record in records if record.year == year]
