"""Lists: `ul`, `ol`, `list` and `plainlist`, which write rows as `Page (Property: value, value)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join

from wiki.ask.formats.base import EMPTY_HTML, Format, FormatContext, Parameter, option, separator
from wiki.ask.formats.cells import Cells, author_classes, class_attribute, join_html, with_label
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from wiki.ask.execution.results import QueryResult, ResultRow


def row_html(row: ResultRow, cells: Cells) -> SafeString:
    """Return one row: the page, then its properties in parentheses; without the page, the properties only."""
    result = cells.result
    between, values_between = separator(result, "propsep", ", "), separator(result, "valuesep", ", ")
    parts = []
    for index, column in enumerate(result.columns):
        values = cells.html(row, index)
        if not values:
            continue
        value = join_html(values_between, values)
        labelled = cells.headers != "hide" and column.label
        parts.append(with_label(cells.heading(column), value) if labelled else value)
    if not cells.has_subject:
        return join_html(between, parts)
    if not parts:
        return cells.subject_html(row)
    return format_html("{} ({})", cells.subject_html(row), join_html(between, parts))


def list_html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render `ul` and `ol`."""
    cells = Cells(result)
    tag = "ol" if option(result, "format") == "ol" else "ul"
    items = format_html_join("", "<li>{}</li>", ((row_html(row, cells),) for row in result.rows))
    start = format_html(' start="{}"', result.query.offset + 1) if tag == "ol" and result.query.offset else EMPTY_HTML
    return format_html("<{0}{1}{2}>{3}</{0}>", tag, start, class_attribute("ask-list", author_classes(result)), items)


def inline_list_html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render `list` and `plainlist`: rows in one line."""
    cells = Cells(result)
    rows = join_html(separator(result, "sep", ", "), (row_html(row, cells) for row in result.rows))
    return format_html("<span{}>{}</span>", class_attribute("ask-run", author_classes(result)), rows)


def first_row_values(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render `{{#show:}}`: the values of the first row, without page and labels."""
    if not result.rows:
        return EMPTY_HTML
    cells = Cells(result)
    between, values_between = separator(result, "propsep", ", "), separator(result, "valuesep", ", ")
    found = [cells.html(result.rows[0], index) for index in range(len(result.columns))]
    return join_html(between, (join_html(values_between, values) for values in found if values))


LIST_PARAMETERS = (
    Parameter("propsep", "text", ", ", gettext_noop("What stands between the properties of a result.")),
    Parameter("valuesep", "text", ", ", gettext_noop("What stands between the values of a property.")),
    Parameter("class", "text", "", gettext_noop("Class names of the list; each gets “ask-x-” before it.")),
)
INLINE_PARAMETERS = (Parameter("sep", "text", ", ", gettext_noop("What stands between results.")), *LIST_PARAMETERS)
FORMATS = (
    Format("ul", gettext_noop("bulleted list"), gettext_noop("A list with bullets."), (), LIST_PARAMETERS, list_html),
    Format("ol", gettext_noop("numbered list"), gettext_noop("A list with numbers."), (), LIST_PARAMETERS, list_html),
    Format(
        "list", gettext_noop("list"), gettext_noop("Results in a line, divided by commas."),
        (), INLINE_PARAMETERS, inline_list_html, is_inline=True,
    ),
    Format(
        "plainlist", gettext_noop("plain list"), gettext_noop("Results in a line, nothing around them."),
        ("plain",), INLINE_PARAMETERS, inline_list_html, is_inline=True,
    ),
)  # fmt: skip
