"""Reading a table from an uploaded file: by its content as XLSX, ODS or CSV, in bounded time and memory."""

from __future__ import annotations

from typing import IO

from wiki.errors import ImportProblem, gettext_noop
from wiki.exchange.archive.format_spec import MB
from wiki.exchange.table_import.csv_tables import read_csv
from wiki.exchange.table_import.table_content import Table, make_table
from wiki.exchange.table_import.workbook_tables import is_workbook, read_workbook

FILE_LIMIT = 20 * MB
"""Bytes of a file."""


def read_table(file: IO[bytes], encoding: str = "", separator: str = "") -> Table:
    """Return the table in a file. Raises ImportProblem, with the reason, for one that cannot be read."""
    raw = file.read(FILE_LIMIT + 1)
    if len(raw) > FILE_LIMIT:
        raise ImportProblem(gettext_noop("The file is larger than %(limit)d MB."), limit=FILE_LIMIT // MB)
    if is_workbook(raw):
        return read_workbook(raw)
    found = read_csv(raw, encoding, separator)
    return make_table(found.rows, found.notes)
