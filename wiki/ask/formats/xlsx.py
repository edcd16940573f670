"""`xlsx`: a worksheet with numbers as numbers, dates as dates and all else as text: nothing is ever a formula."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from wiki.ask.formats.aggregates import NUMERIC_DATATYPES
from wiki.ask.formats.base import Format, FormatContext, Parameter, ResultFile, file_name, option
from wiki.ask.formats.cells import BOOLEAN, DATE, Cells
from wiki.ask.formats.event_rows import datetime_of_julian_day, is_whole_days
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell

    from wiki.ask.execution.results import QueryResult, ResultRow

CELL_LIMIT = 32_767
"""Characters of a cell, by Excel's specification."""
FIRST_YEAR = 1900
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def cell_value(row: ResultRow, index: int, cells: Cells) -> str | float | bool | date | datetime:
    """Return the content of a cell: a single value in its own type, else text."""
    column, values = cells.result.columns[index], row.cells[index]
    if len(values) == 1 and values[0].is_usable and not column.printout.output_format:
        value = values[0]
        if value.datatype in NUMERIC_DATATYPES and value.number is not None and abs(value.number) < 1e300:
            return value.number
        if value.datatype == BOOLEAN and value.number is not None:
            return bool(value.number)
        moment = datetime_of_julian_day(value.number) if value.datatype == DATE else None
        if moment and moment.year >= FIRST_YEAR and (value.number_end or 0) - (value.number or 0) <= 1.001:
            return moment.date() if is_whole_days(value) else moment.replace(tzinfo=None)
    return ", ".join(cells.texts(row, index))


def xlsx_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return an Office Open XML workbook (ISO/IEC 29500) with one sheet."""
    from openpyxl import Workbook  # heavy, and needed by few requests
    from openpyxl.cell import WriteOnlyCell

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(gettext("Results"))
    sheet.freeze_panes = "A2" if option(result, "headers") != "hide" else None
    cells = Cells(result)

    def cell(value: Any) -> WriteOnlyCell:
        if not isinstance(value, str):
            return WriteOnlyCell(sheet, value)
        text_cell = WriteOnlyCell(sheet, _CONTROL_CHARACTERS.sub("", value)[:CELL_LIMIT])
        text_cell.data_type = "s"  # openpyxl would take text that begins with "=" for a formula
        return text_cell

    if cells.headers != "hide":
        first = [cells.subject_heading() or gettext("Page")] if cells.has_subject else []
        sheet.append([cell(heading) for heading in (*first, *(column.label for column in result.columns))])
    for row in result.rows:
        values: list[Any] = [row.subject.full_title] if cells.has_subject else []
        values += [cell_value(row, index, cells) for index in range(len(result.columns))]
        sheet.append([cell(one) for one in values])
    out = io.BytesIO()
    workbook.save(out)
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return ResultFile(content_type, file_name(result, "xlsx"), out.getvalue())


FORMATS = (
    Format(
        "xlsx", "Excel", gettext_noop("A worksheet, for spreadsheets."), ("excel", "spreadsheet"),
        (Parameter("filename", "text", "", gettext_noop("The name of the file, instead of that of the question.")),),
        file=xlsx_file,
    ),
)  # fmt: skip
