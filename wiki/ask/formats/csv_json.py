"""Rows as data: `csv`, `dsv` and `json`."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

from wiki.ask.formats.api_json import result_title, to_api_json
from wiki.ask.formats.base import (
    Format,
    FormatContext,
    Parameter,
    ResultFile,
    file_name,
    option,
    separator,
    switch_option,
)
from wiki.ask.formats.cells import PAGE, Cells, is_subject_column
from wiki.errors import gettext_noop
from wiki.facts.datatypes import registry

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult, ResultRow

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_DECIMAL = re.compile(r"-?\d+\.\d+(?:\n-?\d+(?:\.\d+)?)*")
_NUMBER = re.compile(r"[+-]?[\d\s.,\u00a0\u202f]+([eE][+-]?\d+)?\Z")


def escape_formula(text: str) -> str:
    """Prefix a cell that a spreadsheet would run as a formula with an apostrophe.

    Numbers and telephone numbers stay as they are. Source: OWASP, «CSV injection».
    """
    return f"'{text}" if text.startswith(_DANGEROUS) and not _NUMBER.match(text) else text


def _headings(result: QueryResult, cells: Cells) -> list[str]:
    first = [cells.subject_heading()] if cells.has_subject else []
    return [*first, *(column.label for column in result.columns)]


VALUE_SEPARATOR = "\n"
"""Between the values of a cell: a line end, which values do not hold, so that they can be taken apart again."""


def text_rows(result: QueryResult) -> list[list[str]]:
    """Return rows of text, headings first unless `headers=hide`.

    The values of a cell are joined by the parameter `valuesep`, a line end by default. With `units=yes` the unit of a
    column stands in its heading, where all its values have the same one.
    """
    joiner = separator(result, "valuesep", VALUE_SEPARATOR)
    cells = Cells(result)
    headings = _headings(result, cells)
    units = _common_units(result) if switch_option(result, "units") else {}
    for index, unit in units.items():
        headings[index + len(headings) - len(result.columns)] += f" ({unit})"
    rows = [] if cells.headers == "hide" else [headings]
    columns = range(len(result.columns))
    for row in result.rows:
        first = [row.subject.full_title] if cells.has_subject else []
        texts = (
            _plain_numbers(row, index, result) if index in units else
            [" ".join(text.splitlines()) for text in cells.data_texts(row, index)]
            for index in columns
        )  # fmt: skip
        rows.append([*first, *map(joiner.join, texts)])
    return rows


def _quantities(row: ResultRow, index: int, result: QueryResult) -> list[dict[str, Any] | None]:
    """Return value and unit of each value of a cell; None for one that is no quantity."""
    context = result.columns[index].context
    found = (registry.data(value, context) if value.is_usable else None for value in row.cells[index])
    return [data if isinstance(data, dict) and data.keys() == {"value", "unit"} else None for data in found]


def _common_units(result: QueryResult) -> dict[int, str]:
    """Return, by number of column, the unit that all its values have."""
    found = {}
    for index in range(len(result.columns)):
        quantities = [one for row in result.rows for one in _quantities(row, index, result)]
        units = {one["unit"] if one is not None else "" for one in quantities}
        if len(units) == 1 and (unit := units.pop()):
            found[index] = str(unit)
    return found


def _plain_numbers(row: ResultRow, index: int, result: QueryResult) -> list[str]:
    return [str(one["value"]) for one in _quantities(row, index, result) if one is not None]


def _with_decimal_comma(text: str) -> str:
    """Return a number as French spreadsheets read it; other texts as they are."""
    return text.replace(".", ",") if _DECIMAL.fullmatch(text) else text


def csv_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return comma-separated values (RFC 4180)."""
    delimiter = separator(result, "sep", ",")[:1] or ","
    if delimiter in '"\r\n ':
        delimiter = ","
    out = io.StringIO()
    if switch_option(result, "showsep"):
        out.write(f"sep={delimiter}\r\n")
    rows = text_rows(result)
    if option(result, "decimal") == ",":
        rows = [[_with_decimal_comma(text) for text in row] for row in rows]
    csv.writer(out, delimiter=delimiter).writerows([escape_formula(text) for text in row] for row in rows)
    byte_order_mark = "\ufeff" if switch_option(result, "bom") else ""
    return ResultFile("text/csv; charset=utf-8", file_name(result, "csv"), (byte_order_mark + out.getvalue()).encode())


def dsv_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    r"""Return delimiter-separated values: a line a row, `\\` before delimiters, newlines and backslashes in values."""
    delimiter = separator(result, "separator", ":")[:1]
    if not delimiter or delimiter in "\\\r\nn":
        delimiter = ":"
    escapes = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "", delimiter: f"\\{delimiter}"})
    rows = text_rows(result)
    lines = (delimiter.join(escape_formula(text).translate(escapes) for text in row) for row in rows)
    return ResultFile(
        "text/dsv; charset=utf-8", file_name(result, "dsv"), "".join(f"{line}\n" for line in lines).encode()
    )


def _simple_values(row: ResultRow, index: int, result: QueryResult, cells: Cells) -> list[Any]:
    column = result.columns[index]
    if is_subject_column(column):
        return [result_title(row.subject)]
    found: list[Any] = []
    for value in row.cells[index]:
        if value.datatype == PAGE:
            page = result.pages.get(value.canonical_value)
            found.append(result_title(page) if page else value.raw)
        else:
            data = registry.data(value, column.context)
            is_json_scalar = isinstance(data, bool | int | float | str)
            found.append(
                data if is_json_scalar else cells.value_text(value, column.context, column.printout.output_format)
            )
    return found


def json_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return JSON as SMW does: `type=full` (as its API) or `simple` (values by title and label)."""
    if option(result, "type", "full") == "simple":
        cells = Cells(result)
        data: Any = {
            result_title(row.subject): {
                column.label: _simple_values(row, index, result, cells)
                for index, column in enumerate(result.columns)
                if column.label
            }
            for row in result.rows
        }
    else:
        query = to_api_json(result)["query"]
        data = {key: query[key] for key in ("printrequests", "results", "serializer", "version")}
        data["rows"] = len(result.rows)
    indent = 2 if switch_option(result, "prettyprint") else None
    text = json.dumps(data, ensure_ascii=not switch_option(result, "unescape"), indent=indent)
    return ResultFile("application/json", file_name(result, "json"), text.encode())


FILENAME = Parameter("filename", "text", "", gettext_noop("The name of the file, instead of that of the question."))
VALUESEP = Parameter(
    "valuesep", "text", "", gettext_noop("What stands between the values of a property, instead of a line end.")
)
FORMATS = (
    Format(
        "csv", "CSV", gettext_noop("Comma-separated values, for spreadsheets."), (),
        (
            Parameter("sep", "text", ",", gettext_noop("What stands between columns.")),
            VALUESEP,
            Parameter("showsep", "switch", "no", gettext_noop("Whether the first line tells the separator.")),
            Parameter("decimal", "choice", ".", gettext_noop("The sign before decimals."), (".", ",")),
            Parameter("units", "switch", "no", gettext_noop("Whether the unit of a column stands in its heading.")),
            Parameter("bom", "switch", "no", gettext_noop("Whether the file begins with a byte order mark.")),
            FILENAME,
        ),
        file=csv_file,
    ),
    Format(
        "dsv", "DSV", gettext_noop("Values divided by a colon, one line a row."), (),
        (Parameter("separator", "text", ":", gettext_noop("What stands between columns.")), VALUESEP, FILENAME),
        file=dsv_file,
    ),
    Format(
        "json", "JSON", gettext_noop("For programs, in the shape of Semantic MediaWiki."), (),
        (
            Parameter("type", "choice", "full", gettext_noop("Everything, or values by title and label."),
                      ("full", "simple")),
            Parameter("prettyprint", "switch", "no", gettext_noop("Whether it is laid out for people.")),
            Parameter("unescape", "switch", "no", gettext_noop("Whether letters beyond ASCII stay as they are.")),
            FILENAME,
        ),
        file=json_file,
    ),
)  # fmt: skip
