"""CSV, DSV and JSON, parsed again."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.conf import settings

from tests.ask.formats.building import HOSTILE, column, content, download, number, page, page_ref, result, text
from wiki.ask.execution.results import QueryResult
from wiki.ask.formats.api_json import to_api_json
from wiki.ask.formats.csv_json import escape_formula
from wiki.facts.datatypes import registry
from wiki.facts.values import Declaration, Unit


def rows(**parameters: str) -> QueryResult:
    return result(
        [
            ("La Filature", [[page("Lyon")], [number(400)], [text('du "bois", fin'), text("métal")]]),
            ("L’Atelier", [[], [number(-3)], [text("=1+1")]]),
        ],
        [column("Ville", "_wpg"), column("Surface", "_num"), column("Matière")],
        [page_ref("Lyon")],
        **parameters,
    )


def read(output: QueryResult, comma: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(output).decode("utf-8-sig")), delimiter=comma))


def test_csv_round_trips() -> None:
    assert read(rows(format="csv", mainlabel="Lieu")) == [
        ["Lieu", "Ville", "Surface", "Matière"],
        ["La Filature", "Lyon", "400", 'du "bois", fin\nmétal'],
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


def parsed(datatype: str, *raw: str, form: str = "", **declared: Any) -> QueryResult:
    one = column("P", datatype, form, **declared)
    values = [registry.parse(words, one.context) for words in raw]
    return result([("A", [values])], [one], format="csv", headers="hide", mainlabel="-", valuesep="|")


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (parsed("_num", "1234567,5"), "1234567.5"),
        (parsed("_num", "1234567,5", form="-n"), "1\u202f234\u202f567,5"),
        (parsed("_qty", "1,5 km²", units=(Unit(1, ("m²",)), Unit(1e-6, ("km²",)))), "1.5 km²"),
        (parsed("_dat", "12 mars 2021", "2021"), "2021-03-12|2021"),
        (parsed("_geo", "45,75; 4,85", "45.75, 4.85"), "45.75, 4.85|45.75, 4.85"),
        (parsed("_boo", "oui"), "true"),
        (parsed("_mlt_rec", "Bonjour@fr"), "Bonjour (fr)"),
    ],
)
def test_it_writes_values_as_other_programs_read_them(output: QueryResult, expected: str) -> None:
    assert read(output) == [[expected]]


@pytest.mark.parametrize(
    ("value_text", "safe"),
    [
        ("=1+1", "'=1+1"), ("+1+cmd", "'+1+cmd"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("-12,5", "-12,5"), ("+33 6 12 34 56 78", "+33 6 12 34 56 78"), ("-1e5", "-1e5"), ("a=b", "a=b"), ("", ""),
    ],
)  # fmt: skip
def test_cells_cannot_be_formulas(value_text: str, safe: str) -> None:
    assert escape_formula(value_text) == safe


def test_french_spreadsheets_read_numbers() -> None:
    units = (Unit(1, ("m²",)), Unit(1e-6, ("km²",)))
    columns = [column("Surface", "_qty", units=units), column("Prix", "_num"), column("Nom")]
    values = [[registry.parse(raw, columns[0].context)] for raw in ("120,5 m²", "80 m²")]
    prices = [[registry.parse(raw, columns[1].context)] for raw in ("1,5", "2")]
    lines = [(f"L{n}", [values[n], prices[n], [text("v1.5")]]) for n in range(2)]
    french = result(lines, columns, format="csv", sep=";", decimal=",", units="yes", mainlabel="-", bom="yes")
    assert content(french).decode() == "\ufeffSurface (m²);Prix;Nom\r\n120,5;1,5;v1.5\r\n80;2;v1.5\r\n"
    mixed = result([("A", [[*values[0], registry.parse("1 km²", columns[0].context)]])], columns[:1], format="csv",
                   units="yes", mainlabel="-")  # fmt: skip
    assert content(mixed).decode().startswith("Surface\r\n")  # two units: each value keeps its own


def test_file_names_are_sanitized() -> None:
    assert download(rows(format="csv")).filename == "result.csv"
    asked = rows(format="csv")
    asked.query.source = "[[Nature::Lieu]] [[Ville::Saint-Étienne]]"
    assert download(asked).filename == "Nature_Lieu_Ville_Saint-Étienne.csv"
    assert download(rows(format="csv", filename="../lieux de Lyon.csv")).filename == "lieux_de_Lyon.csv"
    assert download(rows(format="csv", filename='a"\r\nX: y')).filename == "a_X_y.csv"


def test_it_writes_dsv() -> None:
    output = content(rows(format="dsv", mainlabel="A:B")).decode()
    assert output.splitlines() == [
        "A\\:B:Ville:Surface:Matière",
        'La Filature:Lyon:400:du "bois", fin\\nmétal',
        "L’Atelier::-3:'=1+1",
    ]


def test_it_writes_json_in_the_shape_of_the_api() -> None:
    data = json.loads(content(rows(format="json")))
    assert data["rows"] == 2
    assert [request["label"] for request in data["printrequests"]] == ["", "Ville", "Surface", "Matière"]
    assert data["printrequests"][1] == {
        "label": "Ville", "key": "Ville", "redi": "", "typeid": "_wpg", "mode": 1, "format": False,
    }  # fmt: skip
    filature = data["results"]["La Filature"]
    assert filature["fulltext"] == "La Filature"
    assert filature["fullurl"].endswith("/wiki/La_Filature")
    assert filature["exists"] == "1"
    assert filature["printouts"]["Surface"] == [400]
    assert filature["printouts"]["Ville"][0]["fulltext"] == "Lyon"


def test_it_writes_simple_json() -> None:
    data = json.loads(content(rows(format="json", type="simple")))
    assert data["La Filature"] == {"Ville": ["Lyon"], "Surface": [400], "Matière": ['du "bois", fin', "métal"]}


def test_json_can_be_pretty_printed() -> None:
    output = content(rows(format="json", type="simple", prettyprint="yes", unescape="yes")).decode()
    assert '\n  "La Filature"' in output
    assert "métal" in output
    assert "m\\u00e9tal" in content(rows(format="json", type="simple")).decode()


def test_it_lists_results_in_version_three() -> None:
    output = rows()
    output.has_more = True
    data = to_api_json(output, 3)
    assert [list(one) for one in data["query"]["results"]] == [["La Filature"], ["L’Atelier"]]
    assert data["query-continue-offset"] == 2
    assert data["query"]["meta"]["count"] == 2
    assert "query-continue-offset" not in to_api_json(rows())


def test_subobjects_have_separate_results() -> None:
    output = result([(page_ref("A", fragment="un"), []), (page_ref("A", fragment="deux"), [])], format="json")
    assert list(json.loads(content(output))["results"]) == ["A#un", "A#deux"]


@pytest.mark.parametrize("form", ["csv", "dsv", "json"])
def test_it_survives_hostile_values(form: str) -> None:
    output = result([(HOSTILE, [[text(HOSTILE + "\n:\\")]])], [column(HOSTILE)], format=form)
    assert content(output)


def test_it_gives_each_datatype_the_shape_of_the_api() -> None:
    city, size = Declaration("Ville", "Ville", "_wpg"), Declaration("Taille", "Taille", "_num")
    asked = [
        column("Fiche", "_rec", fields=(city, size)), column("Date", "_dat"), column("Lieu", "_geo"),
        column("Lien", "_wpg"), column("S", "_qty", units=(Unit(1, ("m²",)),)), column("B", "_boo"),
    ]  # fmt: skip
    written = ["Lyon; 3", "12 mars 2021", "45.75, 4.85", "Nulle part", "12 m²", "oui"]
    values = [registry.parse(words, one.context) for words, one in zip(written, asked, strict=True)]
    data = to_api_json(result([("A", [[value] for value in values])], asked, [page_ref("Lyon")]))
    shapes = {label: values[0] for label, values in data["query"]["results"]["A"]["printouts"].items()}
    assert shapes["Date"] == {"timestamp": "1615507200", "raw": "1/2021/3/12"}
    assert shapes["Lieu"] == {"lat": 45.75, "lon": 4.85}
    assert shapes["S"] == {"value": 12, "unit": "m²"}
    assert shapes["B"] == "t"
    assert shapes["Lien"] == {
        "fulltext": "Nulle part", "fullurl": f"{settings.BASE_ADDRESS}/wiki/Nulle_part", "namespace": 0, "exists": "",
        "displaytitle": "",
    }  # fmt: skip
    fiche = shapes["Fiche"]
    assert fiche["Taille"] == {"label": "Taille", "key": "Taille", "typeid": "_num", "item": [3]}
    assert fiche["Ville"]["item"][0]["fulltext"] == "Lyon"
    assert fiche["Ville"]["item"][0]["exists"] == "1"
