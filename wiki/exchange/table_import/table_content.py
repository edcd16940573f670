"""A table that was read from a file: the names of its columns, and its rows with their numbers in the file."""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext

from wiki.errors import ImportProblem, gettext_noop

ROWS_LIMIT = 20_000
"""Rows of one table, without the first that names the columns."""
COLUMNS_LIMIT = 200
CELL_LIMIT = 20_000
"""Characters of one cell."""
TEXT_LIMIT = 40_000_000
"""Characters of all cells together."""
NAME_LIMIT = 100
"""Characters of the name of a column that are kept."""
_SPACES = re.compile(r"[ \t\f\v\u00a0\u202f]+")
_LINE_ENDS = re.compile(r"\s*(?:\r\n|\r|\n|\u2028|\u2029|\x85)\s*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_FORMULA = re.compile(r"'[=+\-@]")


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row, with as many cells as the table has columns."""

    number: int
    """Its number in the file: the line of a CSV file where it begins, the row of a sheet."""
    cells: tuple[str, ...]
    problem: str = ""
    """Why it could not be read, as a sentence; its cells are empty then."""


@dataclass(frozen=True, slots=True)
class Table:
    """The content of a file."""

    columns: tuple[str, ...]
    rows: tuple[FileRow, ...]
    notes: tuple[str, ...] = ()
    """Sentences on how it was read: encoding, separator, sheet."""

    def dumped(self) -> bytes:
        """Return the table as compressed JSON."""
        rows = [[row.number, row.cells, row.problem] for row in self.rows]
        return zlib.compress(json.dumps([self.columns, rows, self.notes], ensure_ascii=False).encode())

    @classmethod
    def loaded(cls, raw: bytes) -> Table:
        """Return the table that `dumped` wrote."""
        columns, rows, notes = json.loads(zlib.decompress(raw))
        found = tuple(FileRow(number, tuple(cells), problem) for number, cells, problem in rows)
        return cls(tuple(columns), found, tuple(notes))


def clean_cell(raw: str) -> str:
    """Return the text of a cell: NFC, spaces collapsed in each line, UTF-8 that was encoded twice decoded.

    The apostrophe that exports put before what a spreadsheet would run as a formula is taken off.
    """
    try:
        text = raw if raw.isascii() else raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        text = raw
    text = _LINE_ENDS.sub("\n", _SPACES.sub(" ", text))
    text = unicodedata.normalize("NFC", _CONTROL.sub("", text)).strip()
    return text[1:] if _FORMULA.match(text) else text


def make_table(rows: Iterable[FileRow], notes: Sequence[str] = ()) -> Table:
    """Return the table of rows whose first one with a cell names the columns; rows without any cell are left out.

    Raises ImportProblem if it is empty, or beyond the limits.
    """
    found = (row for row in rows if row.problem or any(row.cells))
    first = next(found, None)
    if first is None or first.problem:
        raise ImportProblem(
            gettext_noop("This table is empty. Its first row names the columns; each further row is a page.")
        )
    columns = _column_names(first.cells)
    kept = [_fitted(row, len(columns)) for row in islice(found, ROWS_LIMIT + 1)]
    if len(kept) > ROWS_LIMIT:
        raise ImportProblem(
            gettext_noop("This table has more than %(limit)d rows: please divide it into several files."),
            limit=ROWS_LIMIT,
        )
    if not kept:
        raise ImportProblem(gettext_noop("This table has the names of columns and no row beneath them."))
    if sum(len(cell) for row in kept for cell in row.cells) > TEXT_LIMIT:
        raise ImportProblem(gettext_noop("This table holds too much text: please divide it into several files."))
    return Table(tuple(columns), tuple(kept), tuple(notes))


def _column_names(cells: Sequence[str]) -> list[str]:
    """Return a name for each column, none twice. Raises ImportProblem for too many."""
    last = max((number for number, cell in enumerate(cells, start=1) if cell), default=0)
    if last > COLUMNS_LIMIT:
        raise ImportProblem(
            gettext_noop("This table has more than %(limit)d columns: take out those that are not needed."),
            limit=COLUMNS_LIMIT,
        )
    names: list[str] = []
    for number, cell in enumerate(cells[:last], start=1):
        name = base = " ".join(cell.split())[:NAME_LIMIT] or gettext("Column %(number)d") % {"number": number}
        again = 1
        while name in names:
            again += 1
            name = f"{base} ({again})"
        names.append(name)
    return names


def _fitted(row: FileRow, width: int) -> FileRow:
    """Return a row with as many cells as there are columns; more filled cells, or a huge one, are a problem."""
    if row.problem:
        return FileRow(row.number, ("",) * width, row.problem)
    if any(row.cells[width:]):
        problem = gettext("This row has more cells than the first row names columns: look for a separator too many.")
        return FileRow(row.number, ("",) * width, problem)
    if any(len(cell) > CELL_LIMIT for cell in row.cells):
        problem = gettext("A cell of this row has more than %(limit)d characters.") % {"limit": CELL_LIMIT}
        return FileRow(row.number, ("",) * width, problem)
    return FileRow(row.number, (*row.cells[:width], *[""] * (width - len(row.cells))))
