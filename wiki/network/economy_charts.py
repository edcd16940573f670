"""Charts of shares of resources as SVG: a bar for each year or place, and one record beside the network."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask.formats.base import format_number
from wiki.ask.formats.cells import join_html
from wiki.ask.formats.svg_charts import WIDTH, line_element, svg_element, text_element, truncate_label
from wiki.network.economy_records import WHOLE, EconomyRecord
from wiki.network.economy_statistics import NetworkShares

BARS_DRAWN = 25
LEFT, BAR, GAP = 110, 20, 10
LABEL_CHARACTERS = 14
PLOT_WIDTH = WIDTH - LEFT - 8


def share_labels() -> tuple[str, str, str]:
    """Return the names of the shares in the active language, in the order of SHARE_NAMES."""
    return gettext("Public"), gettext("Private"), gettext("Contributed")


def percent(number: float) -> str:
    """Return a number of per cent as text, with one decimal at most."""
    return gettext("%(number)s %%") % {"number": format_number(f"{number:.1f}".removesuffix(".0"))}


def draw_years(records: Sequence[EconomyRecord]) -> SafeString:
    """Draw the records of one place, a bar for each year; empty if none can be drawn."""
    title = gettext("Shares of resources by year")
    return _draw_bars([(record.year_text, record) for record in records], title)


def draw_places(records: Sequence[EconomyRecord]) -> SafeString:
    """Draw the records of one year, a bar for each place; empty if none can be drawn."""
    title = gettext("Shares of resources by place")
    return _draw_bars([(record.shown_title, record) for record in records], title)


def _draw_bars(records: Sequence[tuple[str, EconomyRecord]], title: str) -> SafeString:
    """Draw a bar for each labelled record whose shares can be drawn, 100 per cent wide."""
    drawn = [(label, record) for label, record in records if record.can_be_drawn][:BARS_DRAWN]
    if not drawn:
        return SafeString("")
    elements: list[SafeString] = []
    for row, (label, record) in enumerate(drawn):
        top = row * (BAR + GAP) + GAP / 2
        name = truncate_label(label, LABEL_CHARACTERS)
        elements.append(text_element(LEFT - 8, top + BAR / 2 + 4, name, "end", label))
        start = 0.0
        for index, (share, number) in enumerate(zip(share_labels(), record.numbers, strict=True)):
            if number:
                elements.append(_rectangle(f"ask-s{index + 1}", start, number, top, f"{share}: {percent(number)}"))
                start += number
        if record.not_stated:
            text = f"{gettext('Not stated')}: {percent(record.not_stated)}"
            elements.append(_rectangle("economy-rest", start, record.not_stated, top, text))
    about = "; ".join(f"{label}: {_in_words(record)}" if label else _in_words(record) for label, record in drawn)
    return svg_element(len(drawn) * (BAR + GAP), title, about, join_html("", elements))


def draw_beside_network(record: EconomyRecord, network: NetworkShares) -> SafeString:
    """Draw each share of a record as a point, over the band between the quartiles of the network and its median."""
    elements, words = [], []
    for index, (label, number, statistics) in enumerate(
        zip(share_labels(), record.numbers, network.shares, strict=True)
    ):
        middle = index * (BAR + GAP) + GAP / 2 + BAR / 2
        elements.append(text_element(LEFT - 8, middle + 4, truncate_label(label, LABEL_CHARACTERS), "end", label))
        elements.append(line_element((LEFT, middle, LEFT + PLOT_WIDTH, middle), "ask-grid"))
        said = [gettext("here %(share)s") % {"share": percent(number)}] if number is not None else []
        if statistics is not None:
            text = gettext("median %(median)s, half of the places between %(low)s and %(high)s") % {
                "median": percent(statistics.median), "low": percent(statistics.low), "high": percent(statistics.high),
            }  # fmt: skip
            width = max(statistics.high - statistics.low, 0.5)
            elements.append(_rectangle("economy-band", statistics.low, width, middle - BAR / 2, text))
            x = _x(statistics.median)
            elements.append(line_element((x, middle - BAR / 2, x, middle + BAR / 2), "economy-median"))
            said.append(text)
        if number is not None:
            elements.append(_point(index, number, middle, f"{label}: {percent(number)}"))
        words.append(f"{label}: {', '.join(said)}")
    title = gettext("Beside the network")
    return svg_element(3 * (BAR + GAP), title, "; ".join(words), join_html("", elements))


def _x(number: float) -> float:
    return LEFT + PLOT_WIDTH * min(number, WHOLE) / WHOLE


def _in_words(record: EconomyRecord) -> str:
    """Return the shares of a record as a text."""
    pairs = zip(share_labels(), record.numbers, strict=True)
    said = [f"{label} {percent(number)}" for label, number in pairs if number is not None]
    said += [f"{gettext('Not stated')} {percent(record.not_stated)}"] if record.not_stated else []
    return ", ".join(said)


def _rectangle(name: str, start: float, width: float, top: float, tooltip: str) -> SafeString:
    """Return a rectangle from `start` per cent on; a sum of rounded shares may be a little more than 100."""
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        name, f"{_x(start):.1f}", f"{top:.1f}", f"{max(_x(start + width) - _x(start), 0.5):.1f}", BAR, tooltip,
    )  # fmt: skip


def _point(index: int, number: float, middle: float, tooltip: str) -> SafeString:
    return format_html(
        '<circle class="ask-s{}" cx="{}" cy="{}" r="6"><title>{}</title></circle>',
        index + 1, f"{_x(number):.1f}", f"{middle:.1f}", tooltip,
    )  # fmt: skip
