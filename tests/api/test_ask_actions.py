"""Questions by the API, in the shapes of Semantic MediaWiki's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_page, make_place
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from django.test import Client

    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(alice: User, bob: User) -> None:
    """Two properties, a place and two practices."""
    make_page("Property:Surface", "---\nHas type: Quantity\nCorresponds to: [1 m², 0.0001 ha]\n---", by=alice)
    make_page("Property:Ville", "---\nA le type: Texte\n---", by=alice)
    place = make_place("Atelier", by=bob, text="---\nVille: Lyon\nSurface: 1 ha\n---\n[[Catégorie:Bois]]")
    make_page("Charte", "---\nNature: Pratique\nVille: Lyon\nSurface: 200 m²\nNote: 12\n---", by=alice, place=place)
    make_page("Pain", "---\nKind: Practice\nVille: Saint-Étienne\nVoir: Atelier\n---", by=alice)


def call(client: Client, **parameters: Any) -> dict[str, Any]:
    """The answer to a GET, in English."""
    return dict(client.get("/api.php", {"format": "json", "uselang": "en", **parameters}).json())


def test_it_answers_questions(client: Client, scene: None) -> None:
    told = call(client, action="ask", query="[[Kind::Practice]][[Ville::Lyon]]|?Ville|?Surface#m²=m2")["query"]
    assert list(told["results"]) == ["Atelier:Charte"]
    printouts = told["results"]["Atelier:Charte"]["printouts"]
    assert printouts["Ville"] == ["Lyon"]
    assert printouts["m2"] == [{"value": 200, "unit": "m²"}]
    assert told["printrequests"][1]["label"] == "Ville"


def test_it_answers_questions_in_parts(client: Client, scene: None) -> None:
    told = call(client, action="askargs", conditions="Ville::+", printouts="Ville", parameters="sort=Ville|order=desc")
    assert list(told["query"]["results"]) == ["Pain", "Atelier", "Atelier:Charte"]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("[[Surface::>5000 m²]]", ["Atelier"]),
        ("[[Category:Bois]]", ["Atelier"]),
        ("[[Ville::~saint*]]", ["Pain"]),
        ("[[Ville::!Lyon]]", ["Pain"]),
        ("[[Kind::Practice]][[Surface::!+]]", ["Pain"]),
        ("[[Voir.Ville::Lyon]]", ["Pain"]),
        ("[[-Voir::Pain]]", ["Atelier"]),
        ("[[Ville::Lyon||Saint-Étienne]][[Kind::Pratique]]", ["Atelier:Charte", "Pain"]),
        ("[[Property:+]]", ["Property:Surface", "Property:Ville"]),
    ],
)
def test_it_understands_the_language_of_questions(client: Client, scene: None, question: str, found: list[str]) -> None:
    assert sorted(call(client, action="ask", query=question)["query"]["results"]) == found


def test_it_says_what_is_wrong_with_a_question(client: Client, scene: None) -> None:
    for question in ("[[Ville::", "", "[[Surface::>lourd]]"):
        assert call(client, action="ask", query=question)["error"]["code"] == "badquery", question


def test_it_answers_as_of_a_date(client: Client, alice: User, scene: None) -> None:
    page = page_lookup.find("Pain", alice)
    assert page is not None
    page_writer.edit(page, "---\nKind: Practice\nVille: Nantes\n---", page_writer.Author.of(alice))
    assert list(call(client, action="ask", query="[[Ville::Nantes]]")["query"]["results"]) == ["Pain"]
    assert call(client, action="ask", query="[[Ville::Nantes]]|at=2001-01-01")["query"]["results"] in ({}, [])


def test_it_reveals_nothing_deleted(client: Client, bob: User, scene: None) -> None:
    page = page_lookup.find("Atelier:Charte", bob)
    assert page is not None
    page_writer.delete(page, page_writer.Author.of(bob))
    assert list(call(client, action="ask", query="[[Ville::Lyon]]")["query"]["results"]) == ["Atelier"]
    for browse, params in (("pvalue", {"property": "Note"}), ("psubject", {"property": "Surface", "value": "200 m²"})):
        assert call(client, action="smwbrowse", browse=browse, params=json.dumps(params))["query"] == []
    told = call(client, action="smwbrowse", browse="property", params=json.dumps({"search": "Note"}))
    assert told["query"] in ({}, [])


def test_it_browses(client: Client, scene: None) -> None:
    told = call(client, action="smwbrowse", browse="subject", params=json.dumps({"subject": "Atelier:Charte"}))["query"]
    data = {row["property"]: row["dataitem"] for row in told["data"]}
    assert data["Ville"] == [{"type": 2, "item": "Lyon"}]
    assert data["Surface"] == [{"type": 1, "item": "200"}]
    assert data["_KIND"][0]["item"] == "Pratique"
    told = call(client, action="smwbrowse", browse="property", params=json.dumps({"search": "ville", "usageCount": 1}))
    assert told["query"]["Ville"]["usageCount"] == 3
    told = call(
        client, action="smwbrowse", browse="pvalue", params=json.dumps({"property": "Ville", "search": "saint"})
    )
    assert told["query"] == ["Saint-Étienne"]
    told = call(client, action="smwbrowse", browse="page", params=json.dumps({"search": "pain"}))
    assert list(told["query"]) == ["Pain"]


def test_it_counts(client: Client, scene: None) -> None:
    told = call(client, action="smwinfo", info="proppagecount|declaredpropcount|errorcount|subobjectcount")["info"]
    assert told == {"proppagecount": 2, "declaredpropcount": 2, "errorcount": 0, "subobjectcount": 0}
