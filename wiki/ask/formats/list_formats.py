"""Lists: `ul`, `ol`, `list` and `plainlist`, which write rows as `Page (Property: value, value)`, or by a template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from wiki.ask.formats import templates
from wiki.ask.formats.base import EMPTY_HTML, Format, FormatContext, Parameter, html_separator, option, separator
from wiki.ask.formats.cells import Cells, author_classes, class_attribute, join_html, with_label
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from wiki.ask.execution.results import QueryResult, ResultRow


_ONE_PARAGRAPH = re.compile(r"\s*<p>((?:(?!</?p\b).)*)</p>\s*", re.DOTALL)


def row_html(row: ResultRow, cells: Cells) -> SafeString:
    """Return one row: the page, then its properties in parentheses; without the page, the properties only."""
    result = cells.result
    between, values_between = html_separator(result, "propsep", ", "), html_separator(result, "valuesep", ", ")
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
    tag = "ol" if option(result, "format").lower() == "ol" else "ul"
    if option(result, "template"):
        number = result.query.offset + 1
        return _list_by_template(result, format_context, f"{number}. " if tag == "ol" else "- ")
    items = format_html_join("", "<li>{}</li>", ((row_html(row, cells),) for row in result.rows))
    start = format_html(' start="{}"', result.query.offset + 1) if tag == "ol" and result.query.offset else EMPTY_HTML
    return format_html("<{0}{1}{2}>{3}</{0}>", tag, start, class_attribute("ask-list", author_classes(result)), items)


def _list_by_template(result: QueryResult, format_context: FormatContext, mark: str) -> SafeString:
    """Render a list whose items are written by a template, as one wiki text."""
    rows = templates.rows_by_template(result, format_context)
    if rows is None:
        return templates.missing_template_html(result)
    indent = "\n" + " " * 4
    items = (mark.ljust(4) + row.strip("\n").replace("\n", indent) for row in rows)
    html = format_context.render_markdown(
        templates.with_intro_and_outro(result, format_context, "\n".join(["", *items, ""]))
    )
    return format_html("<div{}>{}</div>", class_attribute("ask-list", author_classes(result)), html)


def _line_by_template(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render rows that a template writes, one after the other."""
    rows = templates.rows_by_template(result, format_context)
    if rows is None:
        return templates.missing_template_html(result)
    text = separator(result, "sep", ", ").join(row.strip("\n") for row in rows)
    html = format_context.render_markdown(templates.with_intro_and_outro(result, format_context, text))
    paragraph = _ONE_PARAGRAPH.fullmatch(html)
    names = class_attribute("ask-run", author_classes(result))
    if paragraph is None:
        return format_html("<div{}>{}</div>", names, html)
    return format_html("<span{}>{}</span>", names, mark_safe(paragraph[1]))  # noqa: S308  part of safe HTML


def inline_list_html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render `list` and `plainlist`: rows in one line."""
    if option(result, "template"):
        return _line_by_template(result, format_context)
    cells = Cells(result)
    rows = join_html(html_separator(result, "sep", ", "), (row_html(row, cells) for row in result.rows))
    return format_html("<span{}>{}</span>", class_attribute("ask-run", author_classes(result)), rows)


def first_row_values(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render `{{#show:}}`: the values of the first row, without page and labels."""
    if not result.rows:
        return EMPTY_HTML
    cells = Cells(result)
    between, values_between = html_separator(result, "propsep", ", "), html_separator(result, "valuesep", ", ")
    found = [cells.html(result.rows[0], index) for index in range(len(result.columns))]
    return join_html(between, (join_html(values_between, values) for values in found if values))


LIST_PARAMETERS = (
    Parameter("propsep", "text", ", ", gettext_noop("What stands between the properties of a result.")),
    Parameter("valuesep", "text", ", ", gettext_noop("What stands between the values of a property.")),
    *templates.TEMPLATE_PARAMETERS,
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
