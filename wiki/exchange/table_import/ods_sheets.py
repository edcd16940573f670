"""The sheets of an OpenDocument spreadsheet (ISO/IEC 26300, part 3, section 9): rows with the values of their cells."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse

from wiki.exchange.table_import.table_content import COLUMNS_LIMIT, ROWS_LIMIT

CONTENT = "content.xml"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_VALUES = {
    "float": "value", "percentage": "value", "currency": "value", "date": "date-value", "time": "time-value",
    "boolean": "boolean-value",
}  # fmt: skip
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_MIDNIGHT = "T00:00:00"
SPACES_LIMIT = 1_000
Row = tuple[int, list[object]]


def sheets(raw: bytes) -> Iterator[tuple[str, Callable[[], Iterable[Row]]]]:
    """Yield the name of each sheet, and a function for its rows with their numbers.

    Raises what zipfile and the parser raise; entities and document types are refused.
    """
    names = [
        element.get(f"{_TABLE}name", "")
        for event, element in _events(raw)
        if event == "start" and element.tag == f"{_TABLE}table"
    ]
    for number, name in enumerate(names):
        yield name, lambda number=number: _rows(raw, number)  # type: ignore[misc]  # the default is an int


def _events(raw: bytes) -> Iterator[tuple[str, Element]]:
    """Yield the beginnings and ends of elements; what is in a table is forgotten row by row."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open(CONTENT) as file:
        tables: list[Element] = []
        events: Any = iterparse(file, events=("start", "end"), forbid_dtd=True)
        for event, element in events:
            if element.tag == f"{_TABLE}table":
                if event == "start":
                    tables.append(element)
                else:
                    tables.pop()
            yield event, element
            if event == "end" and element.tag == f"{_TABLE}table-row":
                element.clear()
                if tables:
                    tables[-1].clear()


def _rows(raw: bytes, sheet: int) -> Iterator[Row]:
    """Yield the rows of a sheet that have cells; a row that stands for several equal ones is repeated."""
    current, number = -1, 0
    for event, element in _events(raw):
        if event == "start":
            current += element.tag == f"{_TABLE}table"
        elif element.tag == f"{_TABLE}table" and current == sheet:
            return
        elif element.tag == f"{_TABLE}table-row" and current == sheet:
            cells = _cells(element)
            repeated = _repeated(element, "number-rows-repeated")
            if any(cells):
                for offset in range(min(repeated, ROWS_LIMIT + 2)):
                    yield number + offset + 1, cells
            number += repeated
            if not any(cells):
                yield number, cells


def _repeated(element: Element, name: str) -> int:
    text = element.get(f"{_TABLE}{name}", "1")
    return max(1, int(text)) if text.isdigit() and len(text) < 9 else 1


def _cells(row: Element) -> list[object]:
    """Return the values of the cells of a row, as texts."""
    cells: list[object] = []
    for element in row:
        if element.tag not in _CELLS:
            continue
        value = _value(element) if element.tag == _CELLS[0] else ""
        repeated = _repeated(element, "number-columns-repeated")
        cells += [value] * min(repeated, COLUMNS_LIMIT + 1 - len(cells))
        if len(cells) > COLUMNS_LIMIT:
            break
    return cells


def _value(cell: Element) -> str:
    """Return the value of a cell: a number or date as the file stores it, else the text that is shown."""
    kind = cell.get(f"{_OFFICE}value-type", "")
    stored = cell.get(f"{_OFFICE}{_VALUES[kind]}", "") if kind in _VALUES else cell.get(f"{_OFFICE}string-value", "")
    if stored:
        return stored.removesuffix(_MIDNIGHT) if kind == "date" else stored
    return "\n".join("".join(_texts(element)) for element in cell if element.tag == f"{_TEXT}p")


def _texts(element: Element) -> Iterator[str]:
    """Yield the pieces of the text of a paragraph, without its notes."""
    if element.tag == f"{_OFFICE}annotation":
        return
    if element.tag == f"{_TEXT}s":
        count = element.get(f"{_TEXT}c", "1")
        yield " " * (min(int(count), SPACES_LIMIT) if count.isdigit() and len(count) < 9 else 1)
    elif element.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
        yield " " if element.tag.endswith("tab") else "\n"
    yield element.text or ""
    for child in element:
        yield from _texts(child)
        yield child.tail or ""
