"""Files with the pages of each kind: read by other programs, valid against their schemas, catalogued in DCAT."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import rdflib
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from frictionless import Resource, Schema

from tests.conftest import Standing
from tests.factories import make_page, make_place
from tests.linked_data.scenes import make_kinds
from wiki.linked_data.mednum import FIELDS
from wiki.pages.models import Kind

if TYPE_CHECKING:
    from django.http import HttpResponse

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
MEDNUM = Path(__file__).parent.parent / "data" / "mednum-schema.json"
HOSTILE = """---
kind: Lieu
Nom: Méchant
Adresse: =HYPERLINK("https://mal.example")
Ville: Roubaix
Code postal: '59100'
Téléphone: 0033 3 20 00 00 01
Services: [Accès internet et matériel informatique, autre chose]
Surface: beaucoup | trop
Capacité: '-3'
Besoins:
- {Besoins: Un maçon, Début: 2026-12-01, Prix: '=12', Rayon: 20}
- Du plâtre
Comptes:
- {Année: 2025, Source: {Fait: rien, Source: Le bilan}}
Sources:
- {Fait sourcé: Ville, Source: La mairie, Licence: ODbL-1.0}
---
Un "lieu",
sur deux lignes.
"""


@pytest.fixture(scope="module", autouse=True)
def _kinds(standing: Standing) -> None:
    user = get_user_model()
    with standing():
        bea = user.objects.create_user("bea")
        make_kinds(user.objects.create_user("ada"), bea)
        make_page("Property:Surface", "---\nHas type: Quantité\nCorresponds to: 1 m²\n---")
        make_page("Property:Difficulté", "---\nHas type: Texte\nAllows value: [facile, difficile]\n---")
        make_place("Mal", by=bea, text=HOSTILE)


def get(path: str, **headers: str) -> HttpResponse:
    found: HttpResponse = Client(headers={"accept-language": "fr"}).get(path, headers=headers)
    return found


def rows_of(path: str) -> dict[str, dict[str, str]]:
    """Return the rows of a CSV by title."""
    rows = list(csv.DictReader(io.StringIO(get(path).content.decode())))
    return {row.get("title") or row["nom"]: row for row in rows}


def validate(path: str, schema: dict[str, Any]) -> None:
    """Validate a CSV against a Table Schema with Frictionless."""
    resource = Resource(data=get(path).content, format="csv", schema=Schema.from_descriptor(schema))
    report = resource.validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])


def test_tables_and_features_are_valid_for_every_kind() -> None:
    for kind in Kind.objects.all():
        schema = json.loads(get(f"/open-data/{kind.key}.tableschema.json").content)
        validate(f"/open-data/{kind.key}.csv", schema)
        feature_schema = json.loads(get(f"/open-data/{kind.key}.schema.json").content)
        jsonschema.Draft202012Validator.check_schema(feature_schema)
        collection = json.loads(get(f"/open-data/{kind.key}.geojson").content)
        for feature in collection["features"]:
            jsonschema.validate(feature, feature_schema, cls=jsonschema.Draft202012Validator)


def test_features_have_types_ids_and_licences() -> None:
    features = json.loads(get("/open-data/place.geojson").content)["features"]
    found = {feature["properties"]["title"]: feature for feature in features}
    fablab = found["Fablab"]
    assert fablab["id"] == f"{settings.BASE_ADDRESS}/wiki/Fablab"
    assert fablab["geometry"] == {"type": "Point", "coordinates": [3.1746, 50.7009]}
    assert fablab["properties"]["license"].startswith("https://creativecommons.org/licenses/by-sa/4.0")
    assert fablab["properties"]["Surface"] == 380
    assert fablab["properties"]["Services"] == ["Découpe laser à l'heure"]
    assert fablab["properties"]["Horaires"] == "Tu-Fr 09:00-12:00,14:00-18:30; Sa 10:00-13:00"
    assert found["Grange"]["geometry"] is None
    assert "Surface" not in found["Mal"]["properties"]  # what cannot be read is no value


def test_values_that_belong_together_stay_together() -> None:
    features = json.loads(get("/open-data/place.geojson").content)["features"]
    (place,) = [feature["properties"] for feature in features if feature["properties"]["title"] == "Mal"]
    need = {"Besoins": "Un maçon", "Début": "2026-12-01", "Prix": "=12", "Rayon": "20"}
    year, source = {"Année": "2025", "Source": "Le bilan"}, {"Fait": "rien", "Source": "Le bilan"}
    assert place["Besoins"] == ["Un maçon", "Du plâtre"]
    assert place["subobjects"] == [need, year, source]  # the source of a fact has a column of its own
    assert [source["source"] for source in place["sources"]] == ["La mairie"]
    assert json.loads(rows_of("/open-data/place.csv")["Mal"]["subobjects"])[0] == need


def test_table_schema_follows_from_the_form() -> None:
    schema = json.loads(get("/open-data/place.tableschema.json").content)
    fields = {field["name"]: field for field in schema["fields"]}
    assert (fields["Surface"]["type"], fields["Surface"]["unit"]) == ("number", "m²")
    assert fields["Coordonnées"]["rdfType"] == "https://schema.org/geo"
    assert fields["Ville"]["title"] == "Commune"
    assert "Commencez à écrire" in fields["Ville"]["description"]
    practice = json.loads(get("/open-data/practice.tableschema.json").content)
    difficulty = next(field for field in practice["fields"] if field["name"] == "Difficulté")
    assert difficulty["constraints"]["enum"] == ["facile", "difficile"]


def test_no_cell_is_a_formula() -> None:
    assert rows_of("/open-data/place.csv")["Mal"]["Adresse"].startswith("'=")
    assert rows_of("/open-data/place.mednum.csv")["Mal"]["adresse"].startswith("'=")
    assert rows_of("/open-data/place.csv")["Mal"]["Capacité"] == "-3"


def test_mednum_table_is_valid() -> None:
    schema = json.loads(MEDNUM.read_text(encoding="utf-8"))
    assert list(FIELDS) == [field["name"] for field in schema["fields"]]
    validate("/open-data/place.mednum.csv", schema)
    rows = rows_of("/open-data/place.mednum.csv")
    assert rows.keys() == {"Fablab", "Mal"}  # the barn has no address
    assert rows["Fablab"]["telephone"] == "+33320000000"
    assert rows["Fablab"]["code_insee"] == "59512"
    assert rows["Fablab"]["horaires"] == "Tu-Fr 09:00-12:00,14:00-18:30; Sa 10:00-13:00"
    assert (rows["Fablab"]["latitude"], rows["Fablab"]["longitude"]) == ("50.7009", "3.1746")
    assert rows["Mal"]["services"] == "Accès internet et matériel informatique"
    assert rows["Fablab"]["typologie"] == "TIERS_LIEUX"


def test_elements_for_gogocarto() -> None:
    features = json.loads(get("/open-data/place.elements.geojson").content)["features"]
    (element,) = [feature["properties"] for feature in features]
    assert (element["name"], element["geo"]) == ("Fablab", {"latitude": 50.7009, "longitude": 3.1746})
    assert element["address"] == {
        "streetAddress": "41 quai de Bordeaux", "postalCode": "59100", "addressLocality": "Roubaix",
    }  # fmt: skip
    assert element["categories"] == ["Lieu"]
    assert "Four" in element["images"][0]
    assert "email" in element
    assert element["license"].startswith("https://")


def test_catalogue() -> None:
    dcat, terms = rdflib.DCAT, rdflib.DCTERMS
    graph = rdflib.Graph().parse(data=get("/dcat.ttl").content, format="turtle")
    (catalogue,) = graph.subjects(rdflib.RDF.type, dcat.Catalog)
    found = {str(graph.value(dataset, terms.identifier)): dataset for dataset in graph.objects(catalogue, dcat.dataset)}
    assert {"place", "practice", "event"} <= found.keys()
    for dataset in found.values():
        assert graph.value(dataset, terms.title)
        assert graph.value(dataset, terms.description)
        for file in graph.objects(dataset, dcat.distribution):
            address = str(graph.value(file, dcat.downloadURL)).removeprefix(settings.BASE_ADDRESS)
            media_type = str(graph.value(file, dcat.mediaType)).partition("media-types/")[2]
            assert get(address)["Content-Type"].partition(";")[0] == media_type
            assert graph.value(file, terms.license) or graph.value(file, terms.rights)
    for ending, syntax in (("jsonld", "json-ld"), ("rdf", "xml")):
        assert len(rdflib.Graph().parse(data=get(f"/dcat.{ending}").content, format=syntax)) == len(graph)


def test_screen_and_unknown_files() -> None:
    text = get("/open-data").content.decode()
    assert 'href="/open-data/place.mednum.csv"' in text
    assert 'href="/open-data/practice.mednum.csv"' not in text
    for path in ("/open-data/place.exe", "/open-data/rien.csv", "/open-data/practice.mednum.csv", "/dcat.exe"):
        assert get(path).status_code == 404, path


def test_unchanged_wiki_is_not_exported_again() -> None:
    first = get("/open-data/place.csv")
    assert get("/open-data/place.csv", **{"if-none-match": first["ETag"]}).status_code == 304
    make_page("Nouvelle page")
    assert get("/open-data/place.csv", **{"if-none-match": first["ETag"]}).status_code == 200
