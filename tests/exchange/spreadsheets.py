"""Spreadsheets for tests: XLSX by openpyxl, ODS as LibreOffice writes it, reduced to what is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from openpyxl import Workbook

NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


def xlsx(*sheets: tuple[str, Sequence[Sequence[Any]]]) -> bytes:
    """Return a workbook with sheets of rows."""
    workbook = Workbook(write_only=True)
    for title, rows in sheets:
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def ods(rows: str, prolog: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    """Return a spreadsheet with one sheet, whose rows are given as XML."""
    content = (
        f"{prolog}<office:document-content {NAMESPACES}><office:body><office:spreadsheet>"
        f'<table:table table:name="Feuille1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})


def ods_row(*cells: str, repeated: int = 1) -> str:
    """Return the XML of a row: texts, or XML that begins with `<table:`."""
    inner = "".join(
        cell if cell.startswith("<table:") else f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>"
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inner}</table:table-row>'


def ods_value(kind: str, value: str, shown: str) -> str:
    """Return the XML of a cell with a value that is shown otherwise."""
    name = {"date": "date-value", "boolean": "boolean-value"}.get(kind, "value")
    return (
        f'<table:table-cell office:value-type="{kind}" office:{name}={quoteattr(value)}>'
        f"<text:p>{escape(shown)}</text:p></table:table-cell>"
    )


def zipped(files: dict[str, str | bytes]) -> bytes:
    """Return a zip with files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
