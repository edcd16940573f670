"""CSV, DSV and JSON, read back."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.ask.formats.building import HOSTILE, column, content, download, found, number, page, result, text
from wiki.ask.formats.api_shape import as_api
from wiki.ask.formats.data import harmless
from wiki.ask.results import Result


def rows(**parameters: str) -> Result:
    return result(
        [
            ("La Filature", [[page("Lyon")], [number(400)], [text('du "bois", fin'), text("métal")]]),
            ("L’Atelier", [[], [number(-3)], [text("=1+1")]]),
        ],
        [column("Ville", "_wpg"), column("Surface", "_num"), column("Matière")],
        [found("Lyon")],
        **parameters,
    )


def read(made: Result, comma: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(made).decode("utf-8-sig")), delimiter=comma))


def test_it_writes_csv_that_reads_back() -> None:
    assert read(rows(format="csv", mainlabel="Lieu")) == [
        ["Lieu", "Ville", "Surface", "Matière"],
        ["La Filature", "Lyon", "400", 'du "bois", fin,métal'],
        ["L’Atelier", "", "-3", "'=1+1"],
    ]


@pytest.mark.parametrize(
    ("parameters", "begins"),
    [
        ({"sep": ";"}, ";Ville;Surface"),
        ({"sep": "\\t"}, "\tVille\tSurface"),
        ({"sep": '"'}, ",Ville,Surface"),
        ({"showsep": "yes"}, "sep=,\r\n"),
        ({"bom": "true"}, "\ufeff,Ville"),
        ({"headers": "hide"}, "La Filature,Lyon"),
        ({"mainlabel": "-"}, "Ville,Surface"),
        ({"valuesep": " / ", "headers": "hide", "mainlabel": "-"}, 'Lyon,400,"du ""bois"", fin / métal"'),
    ],
)
def test_it_follows_the_parameters_of_csv(parameters: dict[str, str], begins: str) -> None:
    assert content(rows(format="csv", **parameters)).decode().startswith(begins)


@pytest.mark.parametrize(
    ("words", "safe"),
    [
        ("=1+1", "'=1+1"), ("+1+cmd", "'+1+cmd"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("-12,5", "-12,5"), ("+33 6 12 34 56 78", "+33 6 12 34 56 78"), ("-1e5", "-1e5"), ("a=b", "a=b"), ("", ""),
    ],
)  # fmt: skip
def test_it_lets_no_spreadsheet_run_a_cell(words: str, safe: str) -> None:
    assert harmless(words) == safe


def test_it_names_the_file_harmlessly() -> None:
    assert download(rows(format="csv")).filename == "result.csv"
    assert download(rows(format="csv", filename="../lieux de Lyon.csv")).filename == "lieux_de_Lyon.csv"
    assert download(rows(format="csv", filename='a"\r\nX: y')).filename == "a_X_y.csv"


def test_it_writes_dsv() -> None:
    made = content(rows(format="dsv", mainlabel="A:B")).decode()
    assert made.splitlines() == [
        "A\\:B:Ville:Surface:Matière",
        'La Filature:Lyon:400:du "bois", fin,métal',
        "L’Atelier::-3:'=1+1",
    ]


def test_it_writes_json_in_the_shape_of_the_api() -> None:
    told = json.loads(content(rows(format="json")))
    assert told["rows"] == 2
    assert [request["label"] for request in told["printrequests"]] == ["", "Ville", "Surface", "Matière"]
    assert told["printrequests"][1] == {
        "label": "Ville", "key": "Ville", "redi": "", "typeid": "_wpg", "mode": 1, "format": False,
    }  # fmt: skip
    filature = told["results"]["La Filature"]
    assert filature["fulltext"] == "La Filature"
    assert filature["fullurl"].endswith("/wiki/La_Filature")
    assert filature["exists"] == "1"
    assert filature["printouts"]["Surface"] == [400]
    assert filature["printouts"]["Ville"][0]["fulltext"] == "Lyon"


def test_it_writes_simple_json() -> None:
    told = json.loads(content(rows(format="json", type="simple")))
    assert told["La Filature"] == {"Ville": ["Lyon"], "Surface": [400], "Matière": ['du "bois", fin', "métal"]}


def test_it_lays_json_out_where_asked() -> None:
    made = content(rows(format="json", type="simple", prettyprint="yes", unescape="yes")).decode()
    assert '\n  "La Filature"' in made
    assert "métal" in made
    assert "m\\u00e9tal" in content(rows(format="json", type="simple")).decode()


def test_it_lists_results_in_version_three() -> None:
    made = rows()
    made.more = True
    told = as_api(made, 3)
    assert [list(one) for one in told["query"]["results"]] == [["La Filature"], ["L’Atelier"]]
    assert told["query-continue-offset"] == 2
    assert told["query"]["meta"]["count"] == 2
    assert "query-continue-offset" not in as_api(rows())


def test_it_keeps_subobjects_apart() -> None:
    made = result([(found("A", fragment="un"), []), (found("A", fragment="deux"), [])], format="json")
    assert list(json.loads(content(made))["results"]) == ["A#un", "A#deux"]


@pytest.mark.parametrize("form", ["csv", "dsv", "json"])
def test_it_survives_hostile_values(form: str) -> None:
    made = result([(HOSTILE, [[text(HOSTILE + "\n:\\")]])], [column(HOSTILE)], format=form)
    assert content(made)
