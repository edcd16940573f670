"""Bars, lines and pies as SVG: geometry alone, every word escaped, no style and no script."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask.formats.base import EMPTY_HTML, format_number
from wiki.ask.formats.cells import join_html

WIDTH = 380
"""Units across; text of 12 units stays readable on a phone."""
COLOURS = 8
LABEL_WIDTH, LABEL_CHARACTERS = 125, 18
BAR, GAP = 16, 10
PLOT_HEIGHT, LEFT, BOTTOM = 200, 46, 26
SLICES = 8


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one property, with the words in which they are shown."""

    label: str
    numbers: list[float | None]
    texts: list[str]


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn: labels along one axis, numbers along the other."""

    labels: list[str]
    series: list[Series]
    positions: list[float] = field(default_factory=list)
    """Where the labels stand (days), when not at equal distances."""

    def limit(self, points: int, series: int) -> Plot:
        """The same with that many points and series at most."""
        kept = [Series(one.label, one.numbers[:points], one.texts[:points]) for one in self.series[:series]]
        return Plot(self.labels[:points], kept, self.positions[:points])

    def range(self) -> tuple[float, float]:
        """The least and greatest number, with zero between them or at an end."""
        numbers = [number for one in self.series for number in one.numbers if number is not None]
        low, high = min(0.0, *numbers, 0.0), max(0.0, *numbers, 0.0)
        return (low, high) if high > low else (low, low + 1)


def fraction_between(number: float, low: float, high: float) -> float:
    """How far `number` is from `low` to `high`, 0 to 1; halved first, for the difference may be no float."""
    return (number / 2 - low / 2) / ((high / 2 - low / 2) or 1)


def truncate_label(words: str, signs: int = LABEL_CHARACTERS) -> str:
    """Words cut to a label's width."""
    return words if len(words) <= signs else f"{words[: signs - 1].rstrip()}…"


def svg_element(height: float, title: str, about: str, inner: SafeString) -> SafeString:
    """A picture as wide as WIDTH, named and described for those who do not see it."""
    return format_html(
        '<svg role="img" viewBox="0 0 {} {}" width="{}" height="{}" aria-label="{}">'
        "<title>{}</title><desc>{}</desc>{}</svg>",
        WIDTH, _n(height), WIDTH, _n(height), f"{title}. {about}", title, about, inner,
    )  # fmt: skip


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def text_element(x: float, y: float, words: str, anchor: str = "start", whole: str = "") -> SafeString:
    """Words at a point; `whole` is said where `words` are cut."""
    tip = format_html("<title>{}</title>", whole) if whole and whole != words else EMPTY_HTML
    pattern = '<text x="{}" y="{}" font-size="12" text-anchor="{}">{}{}</text>'
    return format_html(pattern, _n(x), _n(y), anchor, tip, words)


def line_element(ends: tuple[float, float, float, float], name: str = "ask-axis") -> SafeString:
    """A line from a point to another, in the class `name`."""
    return format_html('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"></line>', name, *map(_n, ends))


def _tip(plot: Plot, index: int, series: Series) -> str:
    words = f"{plot.labels[index]}: {series.texts[index]}"
    return f"{words} ({series.label})" if len(plot.series) > 1 else words


# --- Bars
def bar_chart(plot: Plot, title: str, about: str) -> SafeString:
    """Bars from left to right, one group for each label."""
    low, high = plot.range()
    widest = max((len(words) for one in plot.series for words in one.texts), default=0)
    room = WIDTH - LABEL_WIDTH - min(90, 8 + 6.5 * widest)

    def x(number: float) -> float:
        return LABEL_WIDTH + fraction_between(number, low, high) * room

    pieces, y = [], GAP / 2
    for index, label in enumerate(plot.labels):
        group = len(plot.series) * BAR
        pieces.append(text_element(LABEL_WIDTH - 6, y + group / 2 + 4, truncate_label(label), "end", label))
        for number, series in enumerate(plot.series):
            amount = series.numbers[index]
            if amount is not None:
                pieces.append(_bar(x(0), x(amount), y + number * BAR, number, _tip(plot, index, series)))
                pieces.append(
                    text_element(
                        max(x(0), x(amount)) + 4, y + number * BAR + 12, truncate_label(series.texts[index], 14)
                    )
                )
        y += group + GAP
    pieces.insert(0, line_element((x(0), 0, x(0), y - GAP / 2)))
    return svg_element(y, title, about, join_html("", pieces))


def _bar(zero: float, end: float, y: float, number: int, tip: str) -> SafeString:
    return format_html(
        '<rect class="ask-s{}" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>',
        number % COLOURS + 1, _n(min(zero, end)), _n(y + 1), _n(max(1, abs(end - zero))), BAR - 2, tip,
    )  # fmt: skip


# --- Lines
def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers between `low` and `high`, roughly `about` of them (steps of 1, 2 or 5 times a power of ten)."""
    raw = high / about - low / about
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 and math.isfinite(raw) else 0.0
    if not power:
        return [low]
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.ceil(low / step)
    found = [(first + index) * step for index in range(about * 2 + 2)]
    return [number for number in found if number <= high + step * 1e-9]


def _tick_words(number: float) -> str:
    if number and not 1e-4 <= abs(number) < 1e6:
        return f"{number:.2g}"
    return format_number(f"{number:.6f}".rstrip("0").rstrip("."))


def line_chart(plot: Plot, title: str, about: str) -> SafeString:
    """A line for each series, along places in time or at equal distances."""
    low, high = plot.range()
    places = plot.positions or [float(index) for index in range(len(plot.labels))]
    first, last = min(places), max(places)

    def x(place: float) -> float:
        return LEFT + 8 + (place - first) / ((last - first) or 1) * (WIDTH - LEFT - 24)

    def y(number: float) -> float:
        return 8 + (1 - fraction_between(number, low, high)) * (PLOT_HEIGHT - 8)

    pieces = []
    for tick in ticks(low, high):
        pieces.append(line_element((LEFT, y(tick), WIDTH - 4, y(tick)), "ask-grid" if tick else "ask-axis"))
        pieces.append(text_element(LEFT - 4, y(tick) + 4, _tick_words(tick), "end"))
    for number, series in enumerate(plot.series):
        points = [(x(place), y(amount), index) for index, (place, amount) in
                  enumerate(zip(places, series.numbers, strict=True)) if amount is not None]  # fmt: skip
        path = " ".join(f"{_n(across)},{_n(down)}" for across, down, _ in points)
        pieces.append(format_html('<polyline class="ask-l{}" points="{}"></polyline>', number % COLOURS + 1, path))
        dot = '<circle class="ask-s{}" cx="{}" cy="{}" r="3"><title>{}</title></circle>'
        dots = (
            (number % COLOURS + 1, _n(across), _n(down), _tip(plot, index, series)) for across, down, index in points
        )
        pieces.append(format_html_join("", dot, dots))
    pieces.append(_line_labels(plot, [x(place) for place in places]))
    return svg_element(PLOT_HEIGHT + BOTTOM, title, about, join_html("", pieces))


def _line_labels(plot: Plot, across: list[float]) -> SafeString:
    """Labels under the points, as many as fit without touching."""
    pieces, free = [], 0.0
    for index, label in enumerate(plot.labels):
        words = truncate_label(label, 14)
        half = len(words) * 3.3
        middle = min(max(across[index], half), WIDTH - half)
        if middle - half >= free:
            pieces.append(text_element(middle, PLOT_HEIGHT + 18, words, "middle", label))
            free = middle + half + 8
    return join_html("", pieces)


# --- Pies
def _slices(plot: Plot) -> list[tuple[str, float, str]]:
    """Label, number and words of the largest positive numbers; the others together."""
    series = plot.series[0]
    found = [
        (label, number, words)
        for label, number, words in zip(plot.labels, series.numbers, series.texts, strict=True)
        if number is not None and number > 0
    ]
    found.sort(key=lambda one: -one[1])
    rest = found[SLICES - 1 :] if len(found) > SLICES else []
    if not rest:
        return found
    return [
        *found[: SLICES - 1],
        (gettext("others (%(count)s)") % {"count": len(rest)}, min(math.fsum(one[1] for one in rest), 1e308), ""),
    ]


def pie_chart(plot: Plot, title: str, about: str) -> SafeString:
    """A pie of the first series, its slices named beside it."""
    slices = _slices(plot)
    total = math.fsum(number / len(slices) for _, number, _ in slices) if slices else 1.0
    middle, radius, turned = 95.0, 85.0, 0.0
    pieces = []
    for index, (label, number, words) in enumerate(slices):
        part = number / len(slices) / total
        percent = format_number(f"{part * 100:.1f}")
        tip = f"{label}: {words} ({percent} %)" if words else f"{label} ({percent} %)"
        colour = index % COLOURS + 1
        pieces.append(_slice(colour, middle, radius, (turned, turned + part), tip))
        turned += part
        top = 22 + index * 22
        pieces.append(
            format_html('<rect class="ask-s{}" x="205" y="{}" width="12" height="12" rx="2"></rect>', colour, top - 10)
        )
        pieces.append(text_element(223, top, f"{truncate_label(label, 17)} {percent} %", "start", tip))
    return svg_element(max(2 * middle, 30 + 22 * len(slices)), title, about, join_html("", pieces))


def _slice(colour: int, middle: float, radius: float, turns: tuple[float, float], tip: str) -> SafeString:
    start, end = turns
    if end - start > 0.9999:
        pattern = '<circle class="ask-s{0}" cx="{1}" cy="{1}" r="{2}"><title>{3}</title></circle>'
        return format_html(pattern, colour, _n(middle), _n(radius), tip)

    def point(turn: float) -> str:
        angle = 2 * math.pi * turn
        return f"{middle + radius * math.sin(angle):.2f},{middle - radius * math.cos(angle):.2f}"

    large = 1 if end - start > 0.5 else 0
    path = f"M{_n(middle)},{_n(middle)} L{point(start)} A{_n(radius)},{_n(radius)} 0 {large} 1 {point(end)} Z"
    return format_html('<path class="ask-s{} ask-slice" d="{}"><title>{}</title></path>', colour, path, tip)
