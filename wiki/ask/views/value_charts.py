"""Charts of the values of one property: how often each occurs, or ranges of numbers and dates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask.formats import svg_charts
from wiki.ask.formats.base import EMPTY_HTML, format_number
from wiki.ask.formats.svg_charts import Plot, Series
from wiki.facts.datatypes.calendars import GREGORIAN, date_of, to_astronomical_year, to_historical_year
from wiki.facts.datatypes.numbers import show_number

FEW, BARS, RANGES = 4, 12, 10
"""Values drawn one by one; with more, or with a few that all differ, numbers and dates are drawn in ranges."""
NUMBERS, DATE = ("_num", "_qty", "_tem", "_mon"), "_dat"
MONTHS = 24
"""Dates within so many months are drawn by month, others by years."""


@dataclass(frozen=True, slots=True)
class ValueCount:
    """A value and how many facts have it."""

    text: str
    count: int


def chart(
    values: Sequence[ValueCount], numbers: Sequence[float], datatype: str, subject: str, language: str
) -> SafeString:
    """Draw the chart of a property; empty where all values differ and cannot be put in ranges."""
    in_ranges = len(values) > BARS or (len(values) >= FEW and values[0].count < 2)
    if in_ranges and numbers and datatype in NUMBERS:
        return _bar_figure(_count_by_range(numbers, language), gettext("Values in ranges"), subject)
    if in_ranges and numbers and datatype == DATE:
        return _bar_figure(_count_by_period(numbers), gettext("Values in time"), subject)
    if not values or values[0].count < 2:
        return EMPTY_HTML
    return _bar_figure([(value.text, value.count) for value in values[:BARS]], gettext("Commonest values"), subject)


def _bar_figure(rows: Sequence[tuple[str, int]], title: str, subject: str) -> SafeString:
    if not rows:
        return EMPTY_HTML
    numbers = [float(count) for _, count in rows]
    plot = Plot(
        [label for label, _ in rows], [Series(subject, list(numbers), [format_number(count) for _, count in rows])]
    )
    about = ", ".join(gettext("%(label)s: %(count)s") % {"label": label, "count": count} for label, count in rows)
    return format_html(
        '<figure class="ask-chart"><figcaption>{}</figcaption>{}</figure>',
        title,
        svg_charts.bar_chart(plot, title, about),
    )


def _count_by_range(numbers: Sequence[float], language: str) -> list[tuple[str, int]]:
    """Count the numbers in ranges between round numbers."""
    low, high = min(numbers), max(numbers)
    edges = svg_charts.ticks(low, high, RANGES)
    step = edges[1] - edges[0] if len(edges) > 1 else 0.0
    if not step or not math.isfinite(step):
        return []
    first = math.floor(low / step)
    found = Counter(math.floor(number / step) - first for number in numbers)
    rows = []
    for index in range(max(found) + 1):
        begin, end = (first + index) * step, (first + index + 1) * step
        label = gettext("%(begin)s to %(end)s") % {
            "begin": show_number(float(f"{begin:.6g}"), language), "end": show_number(float(f"{end:.6g}"), language),
        }  # fmt: skip
        rows.append((label, found[index]))
    return rows


def _count_by_period(days: Sequence[float]) -> list[tuple[str, int]]:
    """Count the dates by month, year, or range of years."""
    dates = [date_of(GREGORIAN, math.floor(day + 0.5))[:2] for day in days]
    counted = [(to_astronomical_year(year), month) for year, month in dates]
    (first, _), (last, _) = min(counted), max(counted)
    low, high = (
        min(year * 12 + month - 1 for year, month in counted),
        max(year * 12 + month - 1 for year, month in counted),
    )
    if high - low < MONTHS:
        months = Counter(year * 12 + month - 1 for year, month in counted)
        return [
            (f"{to_historical_year(index // 12)}-{index % 12 + 1:02}", months[index]) for index in range(low, high + 1)
        ]
    edges = svg_charts.ticks(float(first), float(last), RANGES)
    step = max(1, round(edges[1] - edges[0])) if len(edges) > 1 else 1
    found = Counter(year // step for year, _ in counted)
    rows = []
    for index in range(first // step, last // step + 1):
        begin, end = to_historical_year(index * step), to_historical_year(index * step + step - 1)
        rows.append((str(begin) if step == 1 else f"{begin}–{end}", found[index]))
    return rows
