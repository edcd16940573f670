"""Reading CSV as people have it: encoding and separator are found out, and a line that cannot be read is one bad row.

Format: RFC 4180, with any of SEPARATORS, and with the line `sep=;` that Excel knows.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from wiki.errors import ImportProblem, gettext_noop
from wiki.exchange.table_import.table_content import COLUMNS_LIMIT, FileRow, clean_cell

SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "windows-1252", "utf-16")
LINES_LIMIT = 300
"""Lines of one row at most: a quotation mark that is not closed costs no more than that."""
SAMPLE_LINES = 50
_SEP_LINE = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)
_MARKUP = re.compile(r"\s*<(?:!|\?xml|html)", re.IGNORECASE)
"""How a page of the web begins that was saved in place of a table."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_SHOWN = {",": ",", ";": ";", "\t": "⇥", "|": "|"}


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The rows of a CSV file, and how they were read."""

    rows: Iterator[FileRow]
    notes: tuple[str, ...]


def read_csv(raw: bytes, encoding: str = "", separator: str = "") -> CsvRows:
    """Return the rows of a file; encoding and separator are found out where they are not given.

    Raises ImportProblem for what is no text.
    """
    text, found_encoding = decode(raw, encoding)
    lines, first = _LINE.findall(text), 0
    if lines and (stated := _SEP_LINE.fullmatch(lines[0].strip())):
        separator, first = separator or stated[1], 1
    separator = separator or find_separator(lines[first : first + SAMPLE_LINES])
    notes = (
        gettext("Read as %(encoding)s, with columns separated by “%(separator)s”.")
        % {"encoding": found_encoding, "separator": _SHOWN.get(separator, separator)},
    )
    return CsvRows(_rows(lines, first, separator), notes)


def csv_rows(text: str, separator: str) -> Iterator[FileRow]:
    """Yield the rows of a text that have cells, or that cannot be read."""
    return _rows(_LINE.findall(text), 0, separator)


def decode(raw: bytes, encoding: str = "") -> tuple[str, str]:
    """Return the text of a file and the name of its encoding. Raises ImportProblem."""
    by_mark = next((name for mark, name in _BYTE_ORDER_MARKS if raw.startswith(mark)), "")
    candidates = [encoding] if encoding else [by_mark] if by_mark else ["utf-8", "windows-1252", "latin-1"]
    if encoding == "utf-8":
        candidates = ["utf-8-sig"]
    for name in candidates:
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        if "\x00" in text or _MARKUP.match(text):
            break
        return text, {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(name, name.capitalize())
    raise ImportProblem(
        gettext_noop("This file cannot be read as a table: choose a CSV, XLSX or ODS file, or another encoding.")
    )


def find_separator(lines: Sequence[str]) -> str:
    """Return the separator that divides most lines into as many cells as the first one; more cells count more."""
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        widths = [len(row) for row in csv.reader(_without_huge(lines), delimiter=separator) if row]
        if not widths or widths[0] < 2:
            continue
        score = Counter(widths)[widths[0]] / len(widths) * (1 + min(widths[0], COLUMNS_LIMIT) / COLUMNS_LIMIT)
        if score > best_score:
            best, best_score = separator, score
    return best


def _without_huge(lines: Sequence[str]) -> list[str]:
    """Return lines that the csv module reads without its limit of a field."""
    return [line for line in lines if len(line) < csv.field_size_limit() // (SAMPLE_LINES + 1)]


def _rows(lines: Sequence[str], first: int, separator: str) -> Iterator[FileRow]:
    """Yield the rows from line `first` on, with the number of the line on which each begins."""
    position = first
    while position < len(lines):
        piece = lines[position : position + 1]
        if piece[0].count('"') % 2:
            piece = lines[position : position + LINES_LIMIT]
        cells, used = _read_row(piece, separator)
        number, position = position + 1, position + used
        if cells is None:
            problem = gettext("A quotation mark in this line is not closed, or stands in the middle of a cell.")
            yield FileRow(number, (), problem)
        elif any(cells):
            yield FileRow(number, tuple(map(clean_cell, cells)))


def _read_row(lines: Sequence[str], separator: str) -> tuple[list[str] | None, int]:
    """Return the cells of the row at the beginning of `lines` (None if it cannot be read), and the lines it takes."""
    for strict in (True, False):
        reader = csv.reader(lines if strict else lines[:1], delimiter=separator, strict=strict)
        try:
            cells = next(reader)
        except StopIteration:
            return [], 1
        except csv.Error:
            continue
        if strict or lines[0].count('"') % 2 == 0:
            return cells, max(1, reader.line_num)
    return None, 1
