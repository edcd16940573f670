"""The rows of a table read by a mapping: title, identifier and values of each page, and every cell that is bad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext

from wiki.exchange.table_import.cell_values import (
    NUMERIC,
    SHOWN_LIMIT,
    CellReader,
    find_decimal_sign,
    with_decimal_point,
)
from wiki.exchange.table_import.column_guesses import unit_of
from wiki.exchange.table_import.import_fields import (
    BODY,
    IDENTIFIER,
    LATITUDE,
    LONGITUDE,
    TITLE,
    FieldSet,
    ImportField,
    Target,
)
from wiki.exchange.table_import.table_content import FileRow, Table
from wiki.facts.datatypes.numbers import NotANumber, canonical_number, read_number

IDENTIFIER_LIMIT = 255


class RemarkKind(StrEnum):
    """What a remark on a cell says."""

    BAD = "bad"
    """It cannot be written as what it should be."""
    QUESTION = "question"
    """It is not plausible."""
    DIFFERENCE = "difference"
    """The page says something else, which a person may have written."""
    NOTE = "note"
    """It was read as something slightly different."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say of a cell."""

    kind: RemarkKind
    column: str
    value: str
    text: str
    key: str = ""
    """The key of the property; "" for a cell that is not of one."""


@dataclass(slots=True)
class ReadRow:
    """One row as the mapping reads it."""

    number: int
    title: str = ""
    """Its cell; the full title of its page once `row_titles.set_titles` has found that."""
    identifier: str = ""
    name: str = ""
    """The cell of the title, as it is."""
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By key of property, what the row says: () for an empty cell; a bad cell says nothing."""
    cells: dict[str, str] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    problem: str = ""
    """Why no page can be made of it."""

    def add(self, kind: RemarkKind, column: str, value: str, text: str, key: str = "") -> None:
        """Add a remark on a cell."""
        self.remarks.append(Remark(kind, column, value[:SHOWN_LIMIT], text, key))

    def has(self, kind: RemarkKind) -> bool:
        """Return whether there is a remark of a kind."""
        return any(remark.kind == kind for remark in self.remarks)


class TableColumns:
    """The mapping of a table's columns, and the readers of their cells."""

    def __init__(self, table: Table, mapping: Sequence[str], fields: FieldSet, language: str) -> None:
        self.names = table.columns
        self.language = language
        self.numbers: dict[str, int] = {}
        """By target as text, the number of its column."""
        for number, text in enumerate(mapping[: len(table.columns)]):
            if text and fields.is_known(text):
                self.numbers.setdefault(text, number)
        self.readers: dict[str, CellReader] = {}
        self.points: dict[str, tuple[int, int, str]] = {}
        """By key of property, the columns of latitude and longitude, and their decimal sign."""
        self.fields: dict[str, ImportField] = {}
        for text, number in self.numbers.items():
            target = Target.parse(text)
            one = fields.field_of(target)
            if target is None or one is None:
                continue
            if target.name in (LATITUDE, LONGITUDE):
                self._add_point(table, one)
                continue
            self.fields[one.key] = one
            numeric = one.declaration.datatype in NUMERIC
            sign = find_decimal_sign(row.cells[number] for row in table.rows) if numeric else ""
            self.readers[one.key] = CellReader(one, language, unit_of(self.names[number]), sign)

    def _add_point(self, table: Table, one: ImportField) -> None:
        halves = [self.numbers.get(str(Target(name, one.key))) for name in (LATITUDE, LONGITUDE)]
        if halves[0] is None or halves[1] is None:
            return
        self.fields[one.key] = one
        sign = find_decimal_sign(row.cells[number] for row in table.rows for number in halves if number is not None)
        self.points[one.key] = (halves[0], halves[1], sign)

    def column_of(self, key: str) -> str:
        """Return the name of the column of a property; of the latitude, where it has two."""
        for name in ("field", LATITUDE):
            number = self.numbers.get(str(Target(name, key)))
            if number is not None:
                return self.names[number]
        return ""

    def _cell(self, row: FileRow, target: str) -> str:
        number = self.numbers.get(target)
        return row.cells[number] if number is not None else ""

    def read(self, row: FileRow) -> ReadRow:
        """Return what one row says."""
        title = " ".join(self._cell(row, TITLE).split())
        identifier = " ".join(self._cell(row, IDENTIFIER).split())
        found = ReadRow(row.number, title, identifier[:IDENTIFIER_LIMIT], title, problem=row.problem)
        if row.problem:
            return found
        if len(identifier) > IDENTIFIER_LIMIT:
            found.problem = gettext("The identifier has more than %(limit)d characters.") % {"limit": IDENTIFIER_LIMIT}
        if BODY in self.numbers:
            found.values[BODY] = tuple(filter(None, [self._cell(row, BODY)]))
        for key, reader in self.readers.items():
            number = self.numbers[str(Target("field", key))]
            self._take(found, key, self.names[number], row.cells[number], reader)
        for key, (latitude, longitude, sign) in self.points.items():
            self._take_point(found, key, (row.cells[latitude], row.cells[longitude]), sign)
        return found

    def _take(self, found: ReadRow, key: str, column: str, cell: str, reader: CellReader) -> None:
        read = reader.read(cell)
        found.cells[key] = cell
        for text in read.problems:
            found.add(RemarkKind.BAD, column, cell, text, key)
        if read.note:
            found.add(RemarkKind.NOTE, column, cell, read.note, key)
        if not read.problems:
            found.values[key] = read.values

    def _take_point(self, found: ReadRow, key: str, cells: tuple[str, str], sign: str) -> None:
        """Add the point of two columns: both empty, or both numbers of degrees."""
        if not any(cells):
            found.values[key] = ()
            return
        degrees: list[str] = []
        columns = [self.names[number] for number in self.points[key][:2]]
        for cell, limit, column in zip(cells, (90, 180), columns, strict=True):
            number, problem = _degrees(with_decimal_point(cell, sign), limit, self.language)
            if problem:
                found.add(RemarkKind.BAD, column, cell, problem, key)
            else:
                degrees.append(canonical_number(number))
        if len(degrees) == 2:
            found.values[key] = (", ".join(degrees),)
            found.cells[key] = ", ".join(degrees)


def _degrees(text: str, limit: int, language: str) -> tuple[float, str]:
    """Return the number of degrees that a text is, and why it is none; "" if it is one."""
    try:
        number = read_number(text, language).number
    except NotANumber:
        if not text:
            return 0.0, gettext("One of the two coordinates is missing.")
        message = gettext("“%(value)s” is no number of degrees: write it as 45.4397.")
        return 0.0, message % {"value": text[:SHOWN_LIMIT]}
    if abs(number) > limit:
        message = gettext("“%(value)s” is no number of degrees from -%(limit)d to %(limit)d.")
        return 0.0, message % {"value": text[:SHOWN_LIMIT], "limit": limit}
    return number, ""


def read_rows(table: Table, columns: TableColumns) -> list[ReadRow]:
    """Return what each row of a table says."""
    return [columns.read(row) for row in table.rows]
