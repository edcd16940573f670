"""The actions ask, askargs, smwbrowse and smwinfo, as in Semantic MediaWiki."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import Standing, person
from tests.factories import make_page, make_place
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from django.test import Client

    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def scene(standing: Standing) -> None:
    """Two properties, a place and two practices."""
    with standing():
        alice, bob = person("alice"), person("bob")
        make_page("Property:Surface", "---\nHas type: Quantity\nCorresponds to: [1 m², 0.0001 ha]\n---", by=alice)
        make_page("Property:Ville", "---\nA le type: Texte\n---", by=alice)
        place = make_place("Atelier", by=bob, text="---\nVille: Lyon\nSurface: 1 ha\n---\n[[Catégorie:Bois]]")
        make_page("Charte", "---\nNature: Pratique\nVille: Lyon\nSurface: 200 m²\nNote: 12\n---", by=alice, place=place)
        make_page("Pain", "---\nKind: Practice\nVille: Saint-Étienne\nVoir: Atelier\n---", by=alice)


def get(client: Client, **parameters: Any) -> dict[str, Any]:
    """Return the response to a GET request, in English."""
    return dict(client.get("/api.php", {"format": "json", "uselang": "en", **parameters}).json())


def test_ask(client: Client, scene: None) -> None:
    result = get(client, action="ask", query="[[Kind::Practice]][[Ville::Lyon]]|?Ville|?Surface#m²=m2")["query"]
    assert list(result["results"]) == ["Atelier:Charte"]
    printouts = result["results"]["Atelier:Charte"]["printouts"]
    assert printouts["Ville"] == ["Lyon"]
    assert printouts["m2"] == [{"value": 200, "unit": "m²"}]
    assert result["printrequests"][1]["label"] == "Ville"


def test_askargs(client: Client, scene: None) -> None:
    result = get(client, action="askargs", conditions="Ville::+", printouts="Ville", parameters="sort=Ville|order=desc")
    assert list(result["query"]["results"]) == ["Pain", "Atelier", "Atelier:Charte"]


@pytest.mark.parametrize(
    ("query", "found"),
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
def test_query_language(client: Client, scene: None, query: str, found: list[str]) -> None:
    assert sorted(get(client, action="ask", query=query)["query"]["results"]) == found


def test_invalid_queries_are_reported(client: Client, scene: None) -> None:
    for query in ("[[Ville::", "", "[[Surface::>lourd]]"):
        assert get(client, action="ask", query=query)["error"]["code"] == "badquery", query


def test_queries_as_of_a_date(client: Client, alice: User, scene: None) -> None:
    page = page_lookup.find("Pain", alice)
    assert page is not None
    page_writer.edit(page, "---\nKind: Practice\nVille: Nantes\n---", page_writer.Author.of(alice))
    assert list(get(client, action="ask", query="[[Ville::Nantes]]")["query"]["results"]) == ["Pain"]
    assert get(client, action="ask", query="[[Ville::Nantes]]|at=2001-01-01")["query"]["results"] in ({}, [])


def test_facts_of_deleted_pages_are_not_returned(client: Client, bob: User, scene: None) -> None:
    page = page_lookup.find("Atelier:Charte", bob)
    assert page is not None
    page_writer.delete(page, page_writer.Author.of(bob))
    assert list(get(client, action="ask", query="[[Ville::Lyon]]")["query"]["results"]) == ["Atelier"]
    for browse, params in (("pvalue", {"property": "Note"}), ("psubject", {"property": "Surface", "value": "200 m²"})):
        assert get(client, action="smwbrowse", browse=browse, params=json.dumps(params))["query"] == []
    result = get(client, action="smwbrowse", browse="property", params=json.dumps({"search": "Note"}))
    assert result["query"] in ({}, [])


def test_smwbrowse(client: Client, scene: None) -> None:
    result = get(client, action="smwbrowse", browse="subject", params=json.dumps({"subject": "Atelier:Charte"}))[
        "query"
    ]
    data = {row["property"]: row["dataitem"] for row in result["data"]}
    assert data["Ville"] == [{"type": 2, "item": "Lyon"}]
    assert data["Surface"] == [{"type": 1, "item": "200"}]
    assert data["_KIND"][0]["item"] == "Pratique"
    result = get(client, action="smwbrowse", browse="property", params=json.dumps({"search": "ville", "usageCount": 1}))
    assert result["query"]["Ville"]["usageCount"] == 3
    result = get(
        client, action="smwbrowse", browse="pvalue", params=json.dumps({"property": "Ville", "search": "saint"})
    )
    assert result["query"] == ["Saint-Étienne"]
    result = get(client, action="smwbrowse", browse="page", params=json.dumps({"search": "pain"}))
    assert list(result["query"]) == ["Pain"]


def test_values_that_the_property_refuses_are_left_out(client: Client, alice: User, scene: None) -> None:
    make_page("Sel", "---\nSurface: [lourd, 3 m²]\n---", by=alice)
    make_page("Poivre", "---\nSurface: lourd\n---", by=alice)
    parameters = {"pvalue": {"property": "Surface"}, "psubject": {"property": "Surface"}, "subject": {"subject": "Sel"}}
    answers = {
        browse: get(client, action="smwbrowse", browse=browse, params=json.dumps(params))["query"]
        for browse, params in parameters.items()
    }
    assert answers["pvalue"] == ["1 ha", "200 m²", "3 m²"]
    assert answers["psubject"] == ["Atelier", "Atelier:Charte", "Sel"]
    data = {row["property"]: row["dataitem"] for row in answers["subject"]["data"]}
    assert data["Surface"] == [{"type": 1, "item": "3"}]


def test_what_smwbrowse_does_not_know_is_named(client: Client, scene: None) -> None:
    params = {"search": "ville", "limit": 501, "offset": -1, "sort": "desc", "lang": "fr"}
    result = get(client, action="smwbrowse", browse="property", params=json.dumps(params))
    assert result["warnings"]["smwbrowse"]["*"].splitlines() == [
        'Unrecognized values for parameter "params": lang, sort.',
        'The value "501" for parameter "limit" must be between 0 and 500.',
        'The value "-1" for parameter "offset" must be between 0 and 100000.',
    ]
    assert (list(result["query"]), result["meta"]["limit"]) == (["Ville"], 500)
    wrong = get(client, action="smwbrowse", browse="subject", params=json.dumps({"subject": "Pain", "ns": "x"}))
    assert wrong["error"]["code"] == "badinteger"


def test_unknown_counts_are_named(client: Client) -> None:
    result = get(client, action="smwinfo", info="propcount|weather")
    assert list(result["info"]) == ["propcount"]
    assert result["warnings"] == {"smwinfo": {"*": 'Unrecognized value for parameter "info": weather.'}}


def test_smwbrowse_gives_no_refused_value(client: Client, scene: None, alice: User) -> None:
    make_page("Mesure", "---\nSurface: [grande, 3 m², petite]\n---\n{{#subobject:a|Surface=moyenne}}", by=alice)
    result = get(client, action="smwbrowse", browse="subject", params=json.dumps({"subject": "Mesure"}))["query"]
    data = {row["property"]: row["dataitem"] for row in result["data"]}
    assert data["Surface"] == [{"type": 1, "item": "3"}]
    assert data["_ERRP"] == [{"type": 9, "item": "Surface#102##"}]
    assert [row["property"] for row in result["sobj"][0]["data"]] == ["_ERRP"]
    params = json.dumps({"property": "Surface", "value": "grande"})
    assert get(client, action="smwbrowse", browse="psubject", params=params)["query"] == []


def test_smwinfo(client: Client, scene: None) -> None:
    result = get(client, action="smwinfo", info="proppagecount|declaredpropcount|errorcount|subobjectcount")["info"]
    assert result == {"proppagecount": 2, "declaredpropcount": 2, "errorcount": 0, "subobjectcount": 0}
