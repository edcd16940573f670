"""Facets of a kind beside answers of the Ask page and results of a search."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from tests.conftest import Standing, person
from tests.factories import make_page, make_place
from wiki.ask.execution import timeouts
from wiki.directory.facet_fields import PLACE, FacetField
from wiki.directory.result_facets import narrow
from wiki.forms.form_definition import FormField
from wiki.pages import background_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
TOWN = FacetField("ville", "Ville", FormField("Ville"))


@pytest.fixture(scope="module", autouse=True)
def _places(standing: Standing) -> None:
    with standing():
        make_page("Property:Ville", "---\nHas type: Text\n---")
        for number, town in enumerate(("Lyon", "Lyon", "Lille", "a|b")):
            make_place(f"Lieu {number}", by=person("bob"), text=f"---\nVille: {town}\n---\nUn four.")


def links(path: str, **parameters: str) -> dict[str, str]:
    """Return the facet values shown at an address, with their counts, and where they lead."""
    response = Client(headers={"accept-language": "fr"}).get(path, parameters)
    assert response.status_code == 200
    main = BeautifulSoup(response.content, "html.parser")
    return {" ".join(link.stripped_strings): str(link["href"]) for link in main.select(".result-facets a")}


def test_a_value_narrows_the_question() -> None:
    shown = links("/ask", q="[[Kind::Lieu]]", po="?Ville", offset="1", sort="Ville")
    assert list(shown) == ["Lyon 2", "Lille 1"]  # not a value that the language would read otherwise
    asked = parse_qs(urlsplit(shown["Lyon 2"]).query)
    assert asked["q"] == ["[[Kind::Lieu]] [[Ville::Lyon]]"]
    assert (asked["po"], asked["sort"]) == (["?Ville"], ["Ville"])
    assert "offset" not in asked
    response = Client().get(shown["Lyon 2"])
    assert b"Lieu 0" in response.content
    assert b"Lieu 2" not in response.content
    assert links("/ask", q=asked["q"][0]) == {}  # nothing narrows it any more


def test_alternatives_are_narrowed_as_a_whole() -> None:
    shown = links("/ask", q="[[Ville::Lyon]] OR [[Ville::Lille]]")
    [asked] = parse_qs(urlsplit(shown["Lille 1"]).query)["q"]
    assert asked == "<q>[[Ville::Lyon]] OR [[Ville::Lille]]</q> [[Ville::Lille]]"
    assert b"Lieu 2" in Client().get(shown["Lille 1"]).content


def test_a_search_leads_to_the_directory() -> None:
    background_jobs.run_pending()
    shown = links("/search", q="four", kind="place")
    assert set(shown) == {"Lyon 2", "Lille 1", "a|b 1"}
    assert urlsplit(shown["a|b 1"]).path == "/directory/place"
    assert b"Lieu 3" in Client().get(shown["a|b 1"]).content
    assert links("/search", q="four") == {}


def test_slow_questions_have_no_facets(monkeypatch: pytest.MonkeyPatch) -> None:
    from wiki.directory import result_facets

    monkeypatch.setattr(timeouts, "TIMEOUT_SECONDS", 0.0)
    assert result_facets.facets_of_answer("place", "[[Kind::Lieu]]", "fr", str) == []
    assert result_facets.facets_of_answer("place", "[[Kind::", "fr", str) == []


@pytest.mark.parametrize("value", ["a]]", "[a", "{{x", "a|b", "<b>", "!a", "~a*", "≥3", "+", " like:a", "a\nb", ":a"])
def test_values_that_would_mean_something_else_are_left_out(value: str) -> None:
    assert narrow("[[A]]", TOWN, value) == ""


def test_a_question_has_a_condition_once_and_has_an_end() -> None:
    assert narrow("[[A]]", TOWN, "Lyon") == "[[A]] [[Ville::Lyon]]"
    assert narrow("[[A]]", FacetField("category", ""), "Bois") == "[[A]] [[Category:Bois]]"
    assert narrow("[[Ville::Lyon]]", TOWN, "Lyon") == ""
    assert narrow("", TOWN, "Lyon") == ""
    assert narrow("[[A]]", FacetField(PLACE, ""), "La Myne") == ""
    assert narrow(f"[[{'x' * 1_990}]]", TOWN, "Lyon") == ""
