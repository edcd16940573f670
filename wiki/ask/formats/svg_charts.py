"""Bar, line and pie charts as SVG: geometry only, all text escaped, no style and no script."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask.formats.base import EMPTY_HTML, format_number
from wiki.ask.formats.cells import join_html

WIDTH = 380
"""Width in units; text of 12 units stays readable on a phone."""
COLOURS = 8
LABEL_WIDTH, LABEL_CHARACTERS = 125, 18
BAR, GAP = 16, 10
PLOT_HEIGHT, LEFT, BOTTOM = 200, 46, 26
SLICES = 8


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one property, with the text that shows them."""

    label: str
    numbers: list[float | None]
    texts: list[str]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot: labels along one axis, numbers along the other."""

    labels: list[str]
    series: list[Series]
    positions: list[float] = field(default_factory=list)
    """Positions of the labels (days), when not at equal distances."""

    def limit(self, points: int, series: int) -> Plot:
        """Return the plot with at most so many points and series."""
        limited = [
            Series(series_item.label, series_item.numbers[:points], series_item.texts[:points])
            for series_item in self.series[:series]
        ]
        return Plot(self.labels[:points], limited, self.positions[:points])

    def range(self) -> tuple[float, float]:
        """Return the least and the greatest number, extended to include zero."""
        numbers = [number for one in self.series for number in one.numbers if number is not None]
        low, high = min(0.0, *numbers, 0.0), max(0.0, *numbers, 0.0)
        return (low, high) if high > low else (low, low + 1)


def fraction_between(number: float, low: float, high: float) -> float:
    """Return where `number` lies from `low` to `high`, 0 to 1; halved first, since a difference may overflow."""
    return (number / 2 - low / 2) / ((high / 2 - low / 2) or 1)


def truncate_label(text: str, length: int = LABEL_CHARACTERS) -> str:
    """Truncate a text to the width of a label."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def svg_element(height: float, title: str, about: str, inner: SafeString) -> SafeString:
    """Return an SVG element of width WIDTH, with title and description for screen readers."""
    return format_html(
        '<svg role="img" viewBox="0 0 {} {}" width="{}" height="{}" aria-label="{}">'
        "<title>{}</title><desc>{}</desc>{}</svg>",
        WIDTH, _number(height), WIDTH, _number(height), f"{title}. {about}", title, about, inner,
    )  # fmt: skip


def _number(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def text_element(x: float, y: float, text: str, anchor: str = "start", whole: str = "") -> SafeString:
    """Return a text at a point; `whole` is its tooltip where `text` is truncated."""
    title = format_html("<title>{}</title>", whole) if whole and whole != text else EMPTY_HTML
    pattern = '<text x="{}" y="{}" font-size="12" text-anchor="{}">{}{}</text>'
    return format_html(pattern, _number(x), _number(y), anchor, title, text)


def line_element(ends: tuple[float, float, float, float], name: str = "ask-axis") -> SafeString:
    """Return a line between two points, with the class `name`."""
    return format_html('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"></line>', name, *map(_number, ends))


def _tooltip(plot: Plot, index: int, series: Series) -> str:
    text = f"{plot.labels[index]}: {series.texts[index]}"
    return f"{text} ({series.label})" if len(plot.series) > 1 else text


# --- Bars
def bar_chart(plot: Plot, title: str, about: str) -> SafeString:
    """Draw horizontal bars, one group for each label."""
    low, high = plot.range()
    widest = max((len(text) for one in plot.series for text in one.texts), default=0)
    width = WIDTH - LABEL_WIDTH - min(90, 8 + 6.5 * widest)

    def x(number: float) -> float:
        return LABEL_WIDTH + fraction_between(number, low, high) * width

    elements, y = [], GAP / 2
    for index, label in enumerate(plot.labels):
        group = len(plot.series) * BAR
        elements.append(text_element(LABEL_WIDTH - 6, y + group / 2 + 4, truncate_label(label), "end", label))
        for number, series in enumerate(plot.series):
            amount = series.numbers[index]
            if amount is not None:
                elements.append(_bar(x(0), x(amount), y + number * BAR, number, _tooltip(plot, index, series)))
                elements.append(
                    text_element(
                        max(x(0), x(amount)) + 4, y + number * BAR + 12, truncate_label(series.texts[index], 14)
                    )
                )
        y += group + GAP
    elements.insert(0, line_element((x(0), 0, x(0), y - GAP / 2)))
    return svg_element(y, title, about, join_html("", elements))


def _bar(zero: float, end: float, y: float, number: int, tooltip: str) -> SafeString:
    return format_html(
        '<rect class="ask-s{}" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>',
        number % COLOURS + 1, _number(min(zero, end)), _number(y + 1),
        _number(max(1, abs(end - zero))), BAR - 2, tooltip,
    )  # fmt: skip


# --- Lines
def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return `about` round numbers or so between `low` and `high` (steps of 1, 2 or 5 times a power of ten)."""
    raw = high / about - low / about
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 and math.isfinite(raw) else 0.0
    if not power:
        return [low]
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.ceil(low / step)
    found = [(first + index) * step for index in range(about * 2 + 2)]
    return [number for number in found if number <= high + step * 1e-9]


def _tick_label(number: float) -> str:
    if number and not 1e-4 <= abs(number) < 1e6:
        return f"{number:.2g}"
    return format_number(f"{number:.6f}".rstrip("0").rstrip("."))


def line_chart(plot: Plot, title: str, about: str) -> SafeString:
    """Draw a line for each series, at positions in time or at equal distances."""
    low, high = plot.range()
    positions = plot.positions or [float(index) for index in range(len(plot.labels))]
    first, last = min(positions), max(positions)

    def x(position: float) -> float:
        return LEFT + 8 + (position - first) / ((last - first) or 1) * (WIDTH - LEFT - 24)

    def y(number: float) -> float:
        return 8 + (1 - fraction_between(number, low, high)) * (PLOT_HEIGHT - 8)

    elements = []
    for tick in ticks(low, high):
        elements.append(line_element((LEFT, y(tick), WIDTH - 4, y(tick)), "ask-grid" if tick else "ask-axis"))
        elements.append(text_element(LEFT - 4, y(tick) + 4, _tick_label(tick), "end"))
    for number, series in enumerate(plot.series):
        points = [(x(position), y(amount), index) for index, (position, amount) in
                  enumerate(zip(positions, series.numbers, strict=True)) if amount is not None]  # fmt: skip
        path = " ".join(f"{_number(across)},{_number(down)}" for across, down, _ in points)
        elements.append(format_html('<polyline class="ask-l{}" points="{}"></polyline>', number % COLOURS + 1, path))
        dot = '<circle class="ask-s{}" cx="{}" cy="{}" r="3"><title>{}</title></circle>'
        dots = (
            (number % COLOURS + 1, _number(across), _number(down), _tooltip(plot, index, series))
            for across, down, index in points
        )
        elements.append(format_html_join("", dot, dots))
    elements.append(_line_labels(plot, [x(position) for position in positions]))
    return svg_element(PLOT_HEIGHT + BOTTOM, title, about, join_html("", elements))


def _line_labels(plot: Plot, across: list[float]) -> SafeString:
    """Draw labels under the points, as many as fit without overlap."""
    elements, left_limit = [], 0.0
    for index, label in enumerate(plot.labels):
        text = truncate_label(label, 14)
        half = len(text) * 3.3
        middle = min(max(across[index], half), WIDTH - half)
        if middle - half >= left_limit:
            elements.append(text_element(middle, PLOT_HEIGHT + 18, text, "middle", label))
            left_limit = middle + half + 8
    return join_html("", elements)


# --- Pies
def _slices(plot: Plot) -> list[tuple[str, float, str]]:
    """Return label, number and text of the largest positive numbers; the others are summed up as one slice."""
    series = plot.series[0]
    items = [
        (label, number, text)
        for label, number, text in zip(plot.labels, series.numbers, series.texts, strict=True)
        if number is not None and number > 0
    ]
    items.sort(key=lambda item: -item[1])
    others = items[SLICES - 1 :] if len(items) > SLICES else []
    if not others:
        return items
    return [
        *items[: SLICES - 1],
        (gettext("others (%(count)s)") % {"count": len(others)}, min(math.fsum(item[1] for item in others), 1e308), ""),
    ]


def pie_chart(plot: Plot, title: str, about: str) -> SafeString:
    """Draw a pie of the first series, with a legend."""
    slices = _slices(plot)
    total = math.fsum(number / len(slices) for _, number, _ in slices) if slices else 1.0
    middle, radius, start = 95.0, 85.0, 0.0
    elements = []
    for index, (label, number, text) in enumerate(slices):
        fraction = number / len(slices) / total
        percent = format_number(f"{fraction * 100:.1f}")
        tooltip = f"{label}: {text} ({percent} %)" if text else f"{label} ({percent} %)"
        colour = index % COLOURS + 1
        elements.append(_slice(colour, middle, radius, (start, start + fraction), tooltip))
        start += fraction
        top = 22 + index * 22
        elements.append(
            format_html('<rect class="ask-s{}" x="205" y="{}" width="12" height="12" rx="2"></rect>', colour, top - 10)
        )
        elements.append(text_element(223, top, f"{truncate_label(label, 17)} {percent} %", "start", tooltip))
    return svg_element(max(2 * middle, 30 + 22 * len(slices)), title, about, join_html("", elements))


def _slice(colour: int, middle: float, radius: float, turns: tuple[float, float], tooltip: str) -> SafeString:
    start, end = turns
    if end - start > 0.9999:
        pattern = '<circle class="ask-s{0}" cx="{1}" cy="{1}" r="{2}"><title>{3}</title></circle>'
        return format_html(pattern, colour, _number(middle), _number(radius), tooltip)

    def point(turn: float) -> str:
        angle = 2 * math.pi * turn
        return f"{middle + radius * math.sin(angle):.2f},{middle - radius * math.cos(angle):.2f}"

    large = 1 if end - start > 0.5 else 0
    arc = f"A{_number(radius)},{_number(radius)} 0 {large} 1 {point(end)}"
    path = f"M{_number(middle)},{_number(middle)} L{point(start)} {arc} Z"
    return format_html('<path class="ask-s{} ask-slice" d="{}"><title>{}</title></path>', colour, path, tooltip)
