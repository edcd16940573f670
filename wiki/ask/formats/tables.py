"""Tables: `table` and the full-width `broadtable`. The browser sorts them (`static/wiki/ask/table.js`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext

from wiki.ask.formats.aggregates import NUMERIC_DATATYPES
from wiki.ask.formats.base import EMPTY_HTML, Format, FormatContext, Parameter, html_separator, option, switch_option
from wiki.ask.formats.cells import DATE, Cells, author_classes, class_attribute, is_subject_column, join_html
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from wiki.ask.execution.results import Column, QueryResult, ResultRow

ALIGNMENTS = ("left", "right", "center")


def _cell_class(column: Column) -> SafeString:
    align = column.printout.options.get("align", "").strip().lower()
    width = re.sub(r"\D", "", column.printout.options.get("width", ""))
    numeric = column.declaration.datatype in NUMERIC_DATATYPES
    names = [f"ask-{align}" if align in ALIGNMENTS else "ask-right" if numeric else ""]
    names.append("ask-nowrap" if column.declaration.datatype == DATE else "")
    if width:
        # Widths in steps of 5 rem, by class: the site's Content-Security-Policy forbids inline styles.
        names.append(f"ask-w{max(1, min(6, round(int(width[:4]) / 80)))}")
    return class_attribute(*names)


def _sort_key(row: ResultRow, index: int, cells: Cells) -> str:
    """Return the browser's sort key: the number where there is one, else the text."""
    column = cells.result.columns[index]
    if not is_subject_column(column):
        for value in row.cells[index]:
            if value.number is not None:
                return repr(value.number)
    return ", ".join(cells.texts(row, index))


def _values(cells: Cells, row: ResultRow, index: int, between: str) -> SafeString:
    values = cells.html(row, index)
    tag = between.strip()
    if tag in ("ul", "ol") and len(values) > 1:
        items = format_html_join("", "<li>{}</li>", ((value,) for value in values))
        return format_html("<{0}>{1}</{0}>", tag, items)
    if tag in ("ul", "ol", "<br>", "<br/>", "<br />"):
        return format_html_join("", "<div>{}</div>", ((value,) for value in values))
    return join_html(between, values)


def _body(result: QueryResult, cells: Cells, between: str) -> SafeString:
    classes = [_cell_class(column) for column in result.columns]
    rows = []
    for row in result.rows:
        tds = format_html_join(
            "",
            '<td{} data-sort="{}">{}</td>',
            (
                (classes[index], _sort_key(row, index, cells), _values(cells, row, index, between))
                for index in range(len(result.columns))
            ),
        )
        head = format_html('<th scope="row">{}</th>', cells.subject_html(row)) if cells.has_subject else EMPTY_HTML
        rows.append(format_html("<tr>{}{}</tr>", head, tds))
    return join_html("", rows)


def _head(result: QueryResult, cells: Cells) -> SafeString:
    heads = [(_cell_class(column), cells.heading(column)) for column in result.columns]
    first = EMPTY_HTML
    if cells.has_subject:
        heading = cells.subject_heading()
        hidden = format_html('<span class="visually-hidden">{}</span>', gettext("Page"))
        first = format_html('<th scope="col">{}</th>', heading or hidden)
    return format_html("<tr>{}{}</tr>", first, format_html_join("", '<th scope="col"{}>{}</th>', heads))


def _transposed(result: QueryResult, cells: Cells, between: str) -> SafeString:
    rows = []
    if cells.has_subject:
        pages = format_html_join("", '<th scope="col">{}</th>', ((cells.subject_html(row),) for row in result.rows))
        corner = format_html("<td>{}</td>", cells.subject_heading()) if cells.headers != "hide" else EMPTY_HTML
        rows.append(format_html("<tr>{}{}</tr>", corner, pages))
    for index, column in enumerate(result.columns):
        head = format_html('<th scope="row">{}</th>', cells.heading(column)) if cells.headers != "hide" else EMPTY_HTML
        values = ((_cell_class(column), _values(cells, row, index, between)) for row in result.rows)
        rows.append(format_html("<tr>{}{}</tr>", head, format_html_join("", "<td{}>{}</td>", values)))
    return format_html("<tbody>{}</tbody>", join_html("", rows))


def html(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render a table with one row for each result; `transpose` swaps rows and columns."""
    cells = Cells(result)
    between = html_separator(result, "sep", ", ")
    broad = option(result, "format").lower() == "broadtable"
    names = class_attribute("ask-table", "ask-broad" if broad else "", author_classes(result))
    if switch_option(result, "transpose"):
        return format_html(
            '<div class="scroll"><table{}>{}</table></div>',
            names, _transposed(result, cells, between),
        )  # fmt: skip
    head = format_html("<thead>{}</thead>", _head(result, cells)) if cells.headers != "hide" else EMPTY_HTML
    sortable = format_html(' data-sortable="{}"', gettext("Sort by this column")) if head else EMPTY_HTML
    return format_html(
        '<div class="scroll"><table{}{}>{}<tbody>{}</tbody></table></div>',
        names, sortable, head, _body(result, cells, between),
    )  # fmt: skip


PARAMETERS = (
    Parameter(
        "sep", "text", ", ",
        gettext_noop("What stands between several values; “ul” or “ol” makes lists of them."),
    ),
    Parameter("class", "text", "", gettext_noop("Class names of the table; each gets “ask-x-” before it.")),
    Parameter("transpose", "switch", "no", gettext_noop("Whether rows and columns change places.")),
)  # fmt: skip
FORMATS = (
    Format(
        "table", gettext_noop("table"), gettext_noop("A table with a row for each result, sortable."),
        parameters=PARAMETERS, html=html,
    ),
    Format(
        "broadtable", gettext_noop("broad table"), gettext_noop("A table as wide as the text."),
        ("wikitable",), PARAMETERS, html,
    ),
)  # fmt: skip
