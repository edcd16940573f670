"""JSON-LD of pages: what facts are at schema.org, whole and well formed, escaped, and without a query of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import rdflib
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import Standing
from tests.factories import make_page
from tests.linked_data.scenes import make_kinds
from wiki.linked_data.hours_specification import weekly_spans
from wiki.linked_data.schema_triples import triples_of
from wiki.linked_data.schema_values import iso_duration
from wiki.linked_data.vocabulary import KINDS, PROPERTIES, SCHEMA
from wiki.pages import page_lookup
from wiki.pages.rendering import page_cache
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
SDO = rdflib.SDO
NAMES = {str(name) for name in dir(SDO)} | {f"{SCHEMA}funding"}
"""The names of schema.org that rdflib knows, and a newer one."""
REQUIRED = {
    "LocalBusiness": {"name", "url"},
    "PostalAddress": {"addressLocality"},
    "GeoCoordinates": {"latitude", "longitude"},
    "OpeningHoursSpecification": {"dayOfWeek", "opens", "closes"},
    "HowTo": {"name", "author", "license"},
    "HowToStep": {"name", "text", "position", "url"},
    "HowToTool": {"name"},
    "HowToSupply": {"name"},
    "MonetaryAmount": {"currency", "value"},
    "ImageObject": {"contentUrl", "license"},
    "Person": {"name"},
    "Offer": set(),
    "WebPage": {"name", "author", "license", "dateCreated", "dateModified", "inLanguage", "url", "mainEntity"},
    "Event": {"name"},
    "Schedule": {"repeatFrequency", "scheduleTimezone"},
}
"""What schema.org, and who reads it, wants of each type."""


@pytest.fixture(scope="module", autouse=True)
def _kinds(standing: Standing) -> None:
    user = get_user_model()
    with standing():
        make_kinds(user.objects.create_user("ada"), user.objects.create_user("bea"))


def script_of(title: str) -> str:
    """Return the JSON-LD of a page as its HTML has it."""
    text = Client().get(f"/wiki/{title}").content.decode()
    return re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)[1]  # type: ignore[index]


def data_of(title: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(script_of(title))
    return found


def nodes_in(value: Any) -> Iterator[dict[str, Any]]:
    """Iterate over all objects with a type."""
    if isinstance(value, dict):
        if "@type" in value:
            yield value
        for inner in value.values():
            yield from nodes_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes_in(inner)


@pytest.mark.parametrize(
    "title", ["Fablab", "Fablab:Établi", "Grange:Notre_établi", "Samedi", "Camille", "Coopérative", "Toit"]
)
def test_description_is_well_formed(title: str) -> None:
    data = data_of(title)
    for node in nodes_in(data):
        types = [node["@type"]] if isinstance(node["@type"], str) else node["@type"]
        for type_ in types:
            assert SCHEMA + type_ in NAMES
            assert REQUIRED.get(type_, set()) <= node.keys() or node["@id"] != data["@id"], node
        for name in node.keys() - {"@type", "@id", "@context"}:
            assert SCHEMA + name in NAMES, name  # not a name of our own
    assert {"author", "license", "dateCreated", "dateModified", "inLanguage", "url"} <= data.keys()
    graph = triples_of(data)
    assert (rdflib.URIRef(data["@id"]), SDO.url, rdflib.URIRef(data["url"])) in graph
    assert not [node for node in graph.objects() if str(node).startswith("file:")]


def test_place() -> None:
    page = data_of("Fablab")
    place = page["mainEntity"]
    assert page["@type"] == "WebPage"
    assert [author["name"] for author in page["author"]] == ["bea"]
    assert place["@type"] == "LocalBusiness"
    assert place["address"] == {
        "@type": "PostalAddress", "streetAddress": "41 quai de Bordeaux", "addressLocality": "Roubaix",
        "postalCode": "59100",
    }  # fmt: skip
    assert (place["geo"]["latitude"], place["geo"]["longitude"]) == (50.7009, 3.1746)
    morning = place["openingHoursSpecification"][0]
    assert (morning["opens"], morning["closes"]) == ("09:00", "12:00")
    assert morning["dayOfWeek"] == [SCHEMA + day for day in ("Tuesday", "Wednesday", "Thursday", "Friday")]
    assert place["image"]["contentUrl"].startswith("http")
    assert place["image"]["license"].startswith("https://creativecommons.org/licenses/by/4.0")
    assert "Etabli" in place["image"]["contentUrl"]
    assert "Four" in page["image"]["contentUrl"]
    assert place["sameAs"] == "https://fablab.example/"
    assert place["telephone"].replace("\u202f", "").replace(" ", "").endswith("20000000")
    assert place["foundingDate"] == "2014"
    assert place["event"]["eventSchedule"]["byDay"] == [f"{SCHEMA}Tuesday"]
    assert [feature["name"] for feature in place["amenityFeature"]] == ["Découpe laser", "</b>"]
    assert place["maximumAttendeeCapacity"] == 45
    assert place["makesOffer"]["itemOffered"] == {"@type": "Service", "name": "Découpe laser à l'heure"}
    assert data_of("Grange")["mainEntity"]["alternateName"] == "La Grange"  # by an imported vocabulary


def test_practice_and_its_fork() -> None:
    data = data_of("Fablab:Établi")
    assert data["@type"] == "HowTo"
    assert [step["name"] for step in data["step"]] == ["1. Préparer", "2. Assembler"]
    assert data["step"][0]["url"].endswith("/wiki/Fablab:%C3%89tabli#s-1-preparer")
    assert data["totalTime"] == "P3M"
    assert data["estimatedCost"] == {"@type": "MonetaryAmount", "currency": "EUR", "value": 2500}
    assert [tool["name"] for tool in data["tool"]] == ["Une scie", "Un marteau"]
    assert data["supply"] == {"@type": "HowToSupply", "name": "Des planches"}
    assert data["publisher"]["name"] == "Fablab"
    fork = data_of("Grange:Notre_établi")
    assert fork["isBasedOn"]["@id"] == data["url"]
    assert [author["name"] for author in fork["author"]] == ["ada", "bea"]


def test_other_kinds() -> None:
    event = data_of("Samedi")["mainEntity"]
    assert event["startDate"] == "2024-10-12"
    assert event["location"]["@id"].endswith("/wiki/Fablab")
    assert event["location"]["address"]["addressLocality"] == "Roubaix"
    assert event["offers"] == {"@type": "Offer", "price": 0, "priceCurrency": "EUR"}
    person = data_of("Camille")["mainEntity"]
    assert (person["@type"], person["givenName"], person["knowsAbout"]) == ("Person", "Camille", "souder")
    organization = data_of("Coopérative")["mainEntity"]
    assert (organization["@type"], organization["address"]["addressLocality"]) == ("Organization", "Lille")
    project = data_of("Toit")["mainEntity"]
    known, missing = project["parentOrganization"]
    assert (known["name"], missing) == ("Coopérative", {"@type": "Organization", "name": "Rien encore"})
    assert project["funding"]["amount"]["value"] == 900


def test_description_is_escaped_and_costs_cached_views_nothing() -> None:
    script = script_of("Fablab")
    assert "<" not in script
    assert ">" not in script
    assert "\\u003C/b\\u003E" in script
    before = data_of("Samedi")
    page_cache.RESPONSE_STORE.clear()
    with CaptureQueriesContext(connection) as queries:
        assert data_of("Samedi") == before
    assert len(queries) <= 3, [query["sql"][:90] for query in queries]


def test_description_changes_with_what_it_shows() -> None:
    """A title that changes elsewhere, a picture that comes later, another author."""
    writer = Author(None, "Zoé")
    make_page("Fête", "---\nkind: Événement\nDate: 2024-10-12\nLieu: Fablab\nImage: Plus tard.jpg\n---\nUne fête.")
    assert "image" not in data_of("Fête")["mainEntity"]
    fork = data_of("Grange:Notre_établi")
    upstream = page_lookup.find("Fablab:Établi", AnonymousUser())
    assert upstream is not None
    page_moves.move(upstream, "Fablab:Établi neuf", Author.of(get_user_model().objects.get(username="bea")))
    assert fork["isBasedOn"]["@id"] != data_of("Grange:Notre_établi")["isBasedOn"]["@id"]
    page_writer.edit(page_lookup.find("Fête", AnonymousUser()), "Autre chose.", writer)  # type: ignore[arg-type]
    assert [author["name"] for author in data_of("Fête")["author"]] == ["Quelqu'un", "Zoé"]
    old = Client().get("/wiki/Fête?version=1").content.decode()
    assert "ld+json" not in old


def test_all_terms_are_names_of_schema_org() -> None:
    for terms in KINDS.values():
        assert all(SCHEMA + type_ in NAMES for type_ in terms.types)
        for term in {*(terms.properties or {}).values(), *PROPERTIES.values()}:
            assert SCHEMA + term.name in NAMES, term
            assert not term.type or SCHEMA + term.type in NAMES
            assert SCHEMA + term.value_name in NAMES


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("2 heures", "PT2H"), ("1 h 30 min", "PT1H30M"), ("3 mois", "P3M"), ("environ 2 jours", "P2D"),
        ("1,5 heure", "PT1.5H"), ("2 semaines", "P2W"), ("un moment", ""), ("2", ""), ("", ""), ("2 heures ou 3", ""),
        ("1 an et 2 mois", "P1Y2M"), ("1 semaine 2 jours", ""),
    ],
)  # fmt: skip
def test_durations(text: str, duration: str) -> None:
    assert iso_duration(text) == duration


@pytest.mark.parametrize(
    ("hours", "spans"),
    [
        ("24/7", [("00:00", "23:59", 7)]),
        ("Su 20:00-03:00", [("20:00", "03:00", 1)]),
        ("Mo-Fr 09:00-24:00; PH off", [("09:00", "23:59", 5)]),
        ("Jul 09:00-12:00", []),
        ("samedi 10h-13h", [("10:00", "13:00", 1)]),
        ("quand on veut", []),
    ],
)
def test_hours(hours: str, spans: list[tuple[str, str, int]]) -> None:
    assert [(opens, closes, len(days)) for opens, closes, days in weekly_spans(hours)] == spans
