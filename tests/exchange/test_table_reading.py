"""Reading tables from files as people have them, and from hostile ones."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import date, datetime

import pytest

from tests.exchange.spreadsheets import ods, ods_row, ods_value, xlsx, zipped
from wiki.errors import Refused
from wiki.exchange.table_import import table_content, workbook_tables
from wiki.exchange.table_import.cell_values import find_decimal_sign, with_decimal_point
from wiki.exchange.table_import.table_content import Table
from wiki.exchange.table_import.table_reader import read_table

pytestmark = pytest.mark.only_on("sqlite")
TEXT = "Nom;Commune;Prix\nCafé de l’été;Nîmes;3,50 €\nLe Pré;Œuilly;\n"


def read(raw: bytes, encoding: str = "", separator: str = "") -> Table:
    """Return the table in a file."""
    return read_table(io.BytesIO(raw), encoding, separator)


def cells(table: Table) -> list[tuple[str, ...]]:
    """Return the cells of each row."""
    return [row.cells for row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_separator_and_line_ends_are_found_out(encoding: str, separator: str, end: str) -> None:
    text = TEXT.replace(",", " point ").replace(";", separator).replace("\n", end)
    table = read(text.encode(encoding))
    assert table.columns == ("Nom", "Commune", "Prix")
    assert cells(table) == [("Café de l’été", "Nîmes", "3 point 50 €"), ("Le Pré", "Œuilly", "")]
    assert [row.number for row in table.rows] == [2, 3]


def test_commas_in_cells_do_not_make_columns() -> None:
    assert cells(read(TEXT.encode()))[0] == ("Café de l’été", "Nîmes", "3,50 €")
    assert read(b"sep=|\nA,B|C\n1,2|3\n").columns == ("A,B", "C")
    assert read(b"A,B;C\n1,2;3\n", "", ",").columns == ("A", "B;C")
    assert read("Nom\nÉté\n".encode("latin-1"), "windows-1252").rows[0].cells == ("Été",)


def test_a_bad_line_is_one_bad_row() -> None:
    table = read(b'Nom,Ville\n"Le Comptoir,Nantes\nChez Zoe,"Br""est"\nTrop,de,cellules\n"Deux\nlignes",Lyon\n')
    assert [(row.number, row.cells, bool(row.problem)) for row in table.rows] == [
        (2, ("", ""), True),
        (3, ("Chez Zoe", 'Br"est'), False),
        (4, ("", ""), True),
        (5, ("Deux\nlignes", "Lyon"), False),
    ]


def test_empty_rows_and_columns_are_left_out_and_names_are_distinct() -> None:
    table = read(b",,\nNom,,Nom,\n,,,\nA,B,C,\n,,,\n")
    assert table.columns == ("Nom", "Colonne 2", "Nom (2)") or table.columns[1].endswith("2")
    assert [(row.number, row.cells) for row in table.rows] == [(4, ("A", "B", "C"))]


def test_cells_are_cleaned() -> None:
    doubly = "Théâtre".encode().decode("latin-1")
    text = f"A,B,C\n{doubly},'=1+1,'quoted'\n\u00a0 x\u202f\u202fy ,'-12,'texte\n"
    assert cells(read(text.encode())) == [("Théâtre", "=1+1", "'quoted'"), ("x y", "-12", "'texte")]


@pytest.mark.parametrize(
    ("column", "sign"),
    [
        (["47,245935", "48"], ","), (["47.245935"], "."), (["1 234,5", "1,250"], ","), (["1,250", "2,500"], ""),
        (["1.234,50"], ","), (["1,234.50"], "."), (["abc, 12"], ""), (["0,125"], ","), (["12,5 m²", "3"], ","),
    ],
)  # fmt: skip
def test_the_decimal_sign_of_a_column_is_found_out(column: list[str], sign: str) -> None:
    assert find_decimal_sign(column) == sign


def test_numbers_get_a_decimal_point() -> None:
    texts = ["47,245935", "1 234,5 m²", "1.234,5", "12", "à 3,5", "1,2,3"]
    assert [with_decimal_point(text, ",") for text in texts] == [
        "47.245935", "1234.5 m²", "1234.5", "12", "à 3,5", "1,2,3",
    ]  # fmt: skip
    assert with_decimal_point("1,234", ".") == "1,234"


def test_a_workbook_is_read_with_its_types() -> None:
    rows = [
        ["Nom", "Nombre", "Jour", "Heure", "Vrai"],
        ["Le Pré", 44300, date(2021, 3, 12), datetime(2021, 3, 12, 9, 30), True],
        [None] * 5,
        ["Chez Zoé", 47.245935, None, None, False],
    ]
    table = read(xlsx(("Vide", []), ("Lieux", rows), ("Autre", [["x"]])))
    assert [(row.number, row.cells) for row in table.rows] == [
        (2, ("Le Pré", "44300", "2021-03-12", "2021-03-12 09:30", "true")),
        (4, ("Chez Zoé", "47.245935", "", "", "false")),
    ]
    assert "Lieux" in table.notes[0]
    assert "Autre" in table.notes[0]


def test_an_opendocument_sheet_is_read_with_its_types() -> None:
    empty = '<table:table-cell table:number-columns-repeated="1020"/>'
    spaced = (
        "<table:table-cell><office:annotation><text:p>une note</text:p></office:annotation>"
        '<text:p>Le<text:s text:c="2"/><text:span>Pré</text:span></text:p><text:p>vert</text:p></table:table-cell>'
    )
    rows = (
        ods_row("Nom", "Nombre", "Jour", empty)
        + ods_row(spaced, ods_value("float", "47.245935", "47,25"), ods_value("date", "2021-03-12", "12/03/21"), empty)
        + ods_row(empty, repeated=3)
        + ods_row("Zoé", '<table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell>')
        + ods_row(empty, repeated=1_048_000)
    )
    table = read(ods(rows))
    assert [(row.number, row.cells) for row in table.rows] == [
        (2, ("Le Pré\nvert", "47.245935", "2021-03-12")),
        (6, ("Zoé", "x", "x")),
    ]


def test_tables_are_stored_as_they_are() -> None:
    table = read(b'Nom,Ville\n"ouvert,\nZoe,Brest\n')
    assert Table.loaded(table.dumped()) == table


# --- Hostile files
ENTITIES = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def sheet(content: str) -> bytes:
    """Return a workbook with the XML of its sheet replaced."""
    files: dict[str, str | bytes] = {}
    with zipfile.ZipFile(io.BytesIO(xlsx(("A", [["Nom"], ["x"]])))) as archive:
        for name in archive.namelist():
            files[name] = content if name.endswith("sheet1.xml") else archive.read(name)
    return zipped(files)


HOSTILE = {
    "nothing": b"",
    "one line": b"Nom,Ville\n",
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "nulls": b"Nom\x00,x\n\x00\n",
    "a page of the web": b"<!DOCTYPE html>\n<html><p>Nom, Ville</p>\n<p>a, b</p>",
    "half a zip": b"PK\x03\x04" + b"\x00" * 100,
    "another zip": zipped({"a.txt": "x"}),
    "entities": ods(ods_row("&b;"), ENTITIES),
    "entities in a workbook": sheet(f"{ENTITIES}<worksheet/>"),
    "broken XML": ods("<table:table-row>"),
    "broken sheet": sheet("<worksheet><sheetData><row r='x'>"),
    "deep XML": ods(
        ods_row(f"<table:table-cell><text:p>{'<text:span>' * 9000}{'</text:span>' * 9000}</text:p></table:table-cell>")
    ),
    "a bomb": ods(ods_row("x") + " " * 60_000_000),
    "a dense bomb": ods(ods_row("x") + "<!-- " + "a" * 30_000_000 + "-->"),
    "too many rows": b"Nom\n" + b"x\n" * (table_content.ROWS_LIMIT + 1),
    "too many equal rows": ods(ods_row("Nom") + ods_row("x", repeated=1_000_000)),
    "too many columns": b",".join(b"c%d" % number for number in range(300)) + b"\nx\n",
    "too many bytes": b"Nom\n" + b"x" * 20_000_001,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_bounded_time(name: str) -> None:
    begun = time.monotonic()
    with pytest.raises(Refused):
        read(HOSTILE[name])
    assert time.monotonic() - begun < 20


def test_quotation_marks_that_are_not_closed_cost_little() -> None:
    begun = time.monotonic()
    table = read(b"Nom,Ville\n" + b'"a,b\n' * 15_001)
    assert time.monotonic() - begun < 20
    assert all(row.problem for row in table.rows)
    assert read(b'Nom\n"' + b"x" * 500_000 + b"\nZoe\n").rows[-1].cells == ("Zoe",)


def test_a_huge_cell_is_a_bad_row_and_far_rows_are_found() -> None:
    table = read(b"Nom,Texte\nA," + b"x" * (table_content.CELL_LIMIT + 1) + b"\nB,y\n")
    assert [bool(row.problem) for row in table.rows] == [True, False]
    rows = ("1", "Nom"), ("9000", "x")
    inner = "".join(f'<row r="{n}"><c t="inlineStr"><is><t>{text}</t></is></c></row>' for n, text in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    far = read(sheet(f'<worksheet xmlns="{main}"><dimension ref="A1"/><sheetData>{inner}</sheetData></worksheet>'))
    assert [row.number for row in far.rows] == [9000]


def test_reading_a_workbook_stops_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_tables, "SECONDS_LIMIT", -1.0)
    with pytest.raises(Refused, match="too long"):
        read(xlsx(("A", [["Nom"], ["x"]])))


def test_a_table_with_too_much_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_content, "TEXT_LIMIT", 10)
    assert read(b"Nom\n" + b"x" * 10)
    with pytest.raises(Refused):
        read(b"Nom\n" + b"x" * 11)
