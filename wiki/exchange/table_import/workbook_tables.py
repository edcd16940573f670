"""Reading the first filled sheet of a workbook: XLSX (ISO/IEC 29500) by openpyxl, ODS (ISO/IEC 26300) by its XML.

The zip is checked before anything is unpacked, XML with entities is refused, and reading stops after SECONDS_LIMIT.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from datetime import time as time_of_day
from typing import Any

from django.utils.translation import gettext

from wiki.errors import ImportProblem, WikiError, gettext_noop
from wiki.exchange.archive.format_spec import MB, Limits
from wiki.exchange.archive.safe_unzip import check_structure
from wiki.exchange.table_import import ods_sheets
from wiki.exchange.table_import.table_content import COLUMNS_LIMIT, ROWS_LIMIT, FileRow, Table, clean_cell, make_table

SECONDS_LIMIT = 30.0
EMPTY_ROWS_LIMIT = 20_000
"""Empty rows after which no more are read: sheets may be formatted down to their last row."""
SHEETS_LIMIT = 50
LIMITS = Limits(zip_bytes=20 * MB, total_bytes=100 * MB, file_bytes=50 * MB, files=1_000)
Rows = Iterable[tuple[int, Sequence[object]]]
DAMAGED = gettext_noop("This spreadsheet cannot be read: save it again as XLSX, ODS or CSV, and try again.")


def is_workbook(raw: bytes) -> bool:
    """Return whether the content of a file is a zip, as workbooks are."""
    return raw.startswith(b"PK\x03\x04")


def read_workbook(raw: bytes) -> Table:
    """Return the table in the first sheet with cells. Raises ImportProblem, ArchiveProblem."""
    check_structure(io.BytesIO(raw), LIMITS)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
        if ods_sheets.CONTENT in names and "[Content_Types].xml" not in names:
            return _first_filled(ods_sheets.sheets(raw))
        return _first_filled(_xlsx_sheets(raw))
    except WikiError:
        raise
    except Exception as error:  # the libraries raise all kinds of exceptions for damaged files
        raise ImportProblem(DAMAGED) from error


def _xlsx_sheets(raw: bytes) -> Iterator[tuple[str, Callable[[], Rows]]]:
    """Yield the name of each sheet, and a function for its rows with their numbers."""
    from openpyxl import load_workbook  # heavy, and needed by few requests

    workbook = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
    for sheet in workbook.worksheets[:SHEETS_LIMIT]:

        def rows(sheet: Any = sheet) -> Rows:
            sheet.reset_dimensions()  # what a file says of its size need not be true
            return enumerate(sheet.iter_rows(max_col=COLUMNS_LIMIT + 1, values_only=True), start=1)

        yield sheet.title, rows


def _first_filled(sheets: Iterable[tuple[str, Callable[[], Rows]]]) -> Table:
    """Return the table of the first sheet with cells. Raises ImportProblem."""
    deadline = time.monotonic() + SECONDS_LIMIT
    named = list(sheets)
    for title, rows in named:
        found = _read(rows(), deadline)
        if found:
            others = ", ".join(f"«{other}»" for other, _ in named if other != title)
            note = gettext("Read from the sheet «%(sheet)s».") % {"sheet": title}
            note += " " + gettext("Other sheets are not read: %(sheets)s.") % {"sheets": others} if others else ""
            return make_table(found, [note])
    return make_table([])


def _read(rows: Rows, deadline: float) -> list[FileRow]:
    """Return the rows with cells, a few more than a table may have. Raises ImportProblem if that takes too long."""
    found: list[FileRow] = []
    last = 0
    for number, cells in rows:
        if time.monotonic() > deadline:
            raise ImportProblem(gettext_noop("This spreadsheet takes too long to read: save it as CSV, or divide it."))
        texts = tuple(text_of(cell) for cell in cells)
        if any(texts):
            found.append(FileRow(number, texts))
            last = number
        if len(found) > ROWS_LIMIT + 1 or number > last + EMPTY_ROWS_LIMIT:
            break
    return found


def text_of(value: object) -> str:
    """Return the text of a cell: numbers with a point and no groups, dates as in ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean_cell(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time_of_day() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time_of_day):
        return f"{value:%H:%M}"
    return clean_cell(str(value))
