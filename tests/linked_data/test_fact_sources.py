"""Sources and licences of single facts: below the fact, and in every export."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import TYPE_CHECKING

import jsonschema
import pytest
import rdflib
from bs4 import BeautifulSoup
from django.test import Client
from frictionless import Resource, Schema

from tests.conftest import Standing, person
from tests.factories import make_page, make_place
from wiki.facts import fact_sources
from wiki.facts.fact_sources import SOURCED
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
TEXT = """---
Coordonnées: 45.43, 4.39
Ville: Firminy
Téléphone: 04 77 00 00 00
Sources:
- Fait sourcé: Coordonnées, Ville
  Source: OpenStreetMap <b>
  Licence: ODbL-1.0
  Lien: https://www.openstreetmap.org/node/1
- Fait sourcé: Téléphone
  Source: Un annuaire
  Licence: à eux
  Lien: javascript:alert(1)
- Fait sourcé: Absent
  Licence: CC0-1.0
---
Un four.
"""
ODBL = "https://opendatacommons.org/licenses/odbl/"


@pytest.fixture(scope="module", autouse=True)
def _place(standing: Standing) -> None:
    with standing():
        make_place("Le Fournil", by=person("alice"), text=TEXT)


def get(path: str) -> bytes:
    response = Client(headers={"accept-language": "fr"}).get(path)
    assert response.status_code == 200
    return b"".join(response) if response.streaming else response.content  # type: ignore[arg-type, return-value]


def test_they_stand_below_the_facts() -> None:
    main = BeautifulSoup(get("/wiki/Le_Fournil"), "html.parser")
    box = main.select_one(".facts")
    assert box is not None
    lines = {line.get_text(): [a["href"] for a in line.select("a")] for line in main.select(".fact-source")}
    assert lines["OpenStreetMap <b>, ODbL 1.0"] == ["https://www.openstreetmap.org/node/1", ODBL]
    [unknown] = [text for text in lines if "annuaire" in text]
    assert "« à eux »" in unknown.replace("\u202f", " ").replace("\xa0", " ")
    assert lines[unknown] == []  # no link that runs a script
    assert len(main.select(".place-head .fact-source")) == 2  # town and telephone are shown in the head
    [row] = [row.get_text() for row in box.select(".fact") if "Sources" in row.get_text()]
    assert "CC0" in row  # names a fact that the page does not state, so it is shown by itself
    assert "OpenStreetMap" not in row


def test_open_data_has_them() -> None:
    geojson = json.loads(get("/open-data/place.geojson"))
    [feature] = geojson["features"]
    assert feature["properties"]["sources"][0] == {
        "properties": ["Coordonnées", "Ville"], "source": "OpenStreetMap <b>", "license": "ODbL-1.0",
        "url": "https://www.openstreetmap.org/node/1",
    }  # fmt: skip
    jsonschema.validate(feature, json.loads(get("/open-data/place.schema.json")))
    table = get("/open-data/place.csv")
    [row] = csv.DictReader(io.StringIO(table.decode()))
    assert row["sources"].startswith("Coordonnées; Ville: OpenStreetMap <b>, ODbL-1.0, https://")
    schema = Schema.from_descriptor(json.loads(get("/open-data/place.tableschema.json")))
    assert Resource(data=table, format="csv", schema=schema).validate().valid
    [element] = json.loads(get("/open-data/place.elements.geojson"))["features"]
    assert len(element["properties"]["sources"]) == 3


def test_linked_data_has_them() -> None:
    description = json.loads(get("/data/Le_Fournil.jsonld"))
    assert description
    script = BeautifulSoup(get("/wiki/Le_Fournil"), "html.parser").select_one("script[type='application/ld+json']")
    assert script is not None
    cited = json.loads(script.get_text())["citation"]
    assert {"about": "Coordonnées, Ville", "license": ODBL}.items() <= cited[0].items()
    assert "license" not in cited[1]
    graph = rdflib.Graph().parse(data=get("/data/Le_Fournil.ttl"), format="turtle")
    [subobject] = graph.subjects(rdflib.DCTERMS.license, rdflib.URIRef(ODBL))
    assert "#" in subobject
    assert list(graph.objects(subobject, rdflib.DCTERMS.source)) == [
        rdflib.URIRef("https://www.openstreetmap.org/node/1")
    ]


def test_archives_have_them_with_the_texts_of_their_licences(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(get("/archive/Le_Fournil.zip"))) as archive:
        files = {name.partition("/")[2]: archive.read(name).decode() for name in archive.namelist() if "." in name}
    entries = json.loads(files["data/credits.json"])["derived_from"]
    assert [(entry["relation"], entry["title"], entry["license"]) for entry in entries] == [
        ("fact", "OpenStreetMap <b> (Coordonnées, Ville)", "ODbL-1.0"), ("fact", " (Absent)", "CC0-1.0"),
    ]  # fmt: skip
    assert "data/LICENSES/ODbL-1.0.txt" in files
    assert 'SPDX-License-Identifier = "CC-BY-SA-4.0 AND CC0-1.0 AND ODbL-1.0"' in files["data/REUSE.toml"]
    assert "ODbL 1.0" in files["data/README.md"]


def test_most_sources_and_pages_without() -> None:
    many = {f"_{number}": [(SOURCED, "A"), ("Source", "b")] for number in range(60)}
    assert len(fact_sources.sources_in(many)) == fact_sources.SOURCES_LIMIT
    assert fact_sources.sources_in({"": [(SOURCED, "A"), ("Source", "b")], "x": [(SOURCED, "A")]}) == {}
    assert fact_sources.load_sources([]) == {}
    page = WikiPage.objects.get(title_key="Le Fournil")
    assert [source.names for source in fact_sources.load_sources([page.pk])[page.pk]][1:] == [
        ("Téléphone",),
        ("Absent",),
    ]


def test_only_current_sources_of_the_pages_that_are_asked_for() -> None:
    text = "---\nVille: Nantes\nSources:\n- Fait sourcé: Ville\n  Source: IGN\n"
    text += "- Fait sourcé: Surface\n  Source: Cadastre\n---\n"
    page = make_page("Autre", text, by=person("alice"))
    loaded = fact_sources.load_sources([page.pk])
    assert {pk: [source.source for source in found] for pk, found in loaded.items()} == {page.pk: ["IGN", "Cadastre"]}
    page_writer.edit(page, text.replace("- Fait sourcé: Ville\n  Source: IGN\n", ""), Author.of(person("alice")))
    assert [source.source for source in fact_sources.load_sources([page.pk])[page.pk]] == ["Cadastre"]
    page_writer.edit(page_lookup.reload_page(page.pk), text.replace("Fait sourcé", "Sujet"), Author.of(person("alice")))
    assert fact_sources.load_sources([page.pk]) == {}
