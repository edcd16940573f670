"""Frequencies of values: `tagcloud` and `valuerank`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from wiki.ask.formats.base import Format, FormatContext, Parameter, number_option, option, switch_option
from wiki.ask.formats.cells import Cells
from wiki.ask.language.query_ast import INLINE_LIMIT
from wiki.errors import gettext_noop
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult

SIZES = 6


def count_values(result: QueryResult) -> list[tuple[SafeString, str, int]]:
    """Return every printed value (HTML, text) with its number of rows, in alphabetical order."""
    cells = Cells(result)
    found: dict[str, tuple[SafeString, int]] = {}
    for row in result.rows:
        seen = {text: cells.subject_html(row) for text in [row.subject.shown_title] if not result.columns}
        for index in range(len(result.columns)):
            seen.update(zip(cells.texts(row, index), cells.html(row, index), strict=False))
        if switch_option(result, "includesubject"):
            seen[row.subject.shown_title] = cells.subject_html(row)
        for text, html in seen.items():
            found[text] = (html, found.get(text, (html, 0))[1] + 1)
    minimum = number_option(result, "mincount", 1, 1, 10_000)
    counted = [(html, text, number) for text, (html, number) in found.items() if number >= minimum]
    maximum = number_option(result, "maxtags", 1000, 1, 10_000)
    counted = sorted(counted, key=lambda item: (-item[2], titles.fold(item[1])))[:maximum]
    return sorted(counted, key=lambda item: titles.fold(item[1]))


def _times_text(number: int) -> str:
    return ngettext("%(number)s time", "%(number)s times", number) % {"number": number}


def tag_cloud_html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render values in sizes by frequency."""
    found = count_values(result)
    low, high = min((item[2] for item in found), default=1), max((item[2] for item in found), default=1)
    linear = option(result, "increase", "log") == "linear"

    def size(number: int) -> int:
        if high == low:
            return 3
        fraction = (number - low) / (high - low) if linear else math.log(number / low) / math.log(high / low)
        return 1 + round(fraction * (SIZES - 1))

    items = ((size(number), html, _times_text(number)) for html, _, number in found)
    pattern = '<li class="ask-size-{}">{} <span class="visually-hidden">({})</span></li>'
    return format_html('<ul class="ask-cloud">{}</ul>', format_html_join("", pattern, items))


def value_rank_html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render values in a list, most frequent first."""
    found = sorted(count_values(result), key=lambda item: -item[2])
    items = format_html_join("", "<li>{} ({})</li>", ((html, number) for html, _, number in found))
    return format_html('<ol class="ask-list">{}</ol>', items)


PARAMETERS = (
    Parameter("includesubject", "switch", "no", gettext_noop("Whether the pages themselves count too.")),
    Parameter("mincount", "number", "1", gettext_noop("How often a value has to occur to be shown.")),
    Parameter("maxtags", "number", "1000", gettext_noop("How many values are shown at most.")),
)
INCREASE = Parameter("increase", "choice", "log", gettext_noop("How size grows with frequency."), ("log", "linear"))
FORMATS = (
    Format(
        "tagcloud", gettext_noop("tag cloud"), gettext_noop("Values, the larger the more frequent."),
        (), (*PARAMETERS, INCREASE), tag_cloud_html, limit=INLINE_LIMIT,
    ),
    Format(
        "valuerank", gettext_noop("ranking of values"), gettext_noop("Values, the most frequent first."),
        (), PARAMETERS, value_rank_html, limit=INLINE_LIMIT,
    ),
)  # fmt: skip
