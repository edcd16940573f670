"""The Ask form: it is turned into one URL, equivalent to the call in a page; autocompletion; comparison of two days."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_page, make_place
from wiki.ask import forms
from wiki.ask.forms import PrintRow, SortRow, split_at_problem
from wiki.ask.query_parser import parse
from wiki.ask.views.example_queries import example_queries
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from wiki.accounts.models import User


def read(query: str) -> forms.QueryFormData:
    """Parse the query of a URL."""
    return forms.read_query_form(QueryDict(query))


# --- Reading and writing --------------------------------------------------------------------------
def test_form_rows_become_printouts_and_sort_keys() -> None:
    form_data = read(
        "form=1&q=[[A::b]]&pp=City&ph=Where&pf=&px=&pp=Area&ph=&pf=ha&px=%2Blimit%3D1&pp=&ph=lost&pf=&px="
        "&sk=City&so=asc&sk=Area&so=desc&sk=&so=desc&limit=&at=2021&format=ul&sep=;"
    )
    assert form_data.po == "?City=Where\n?Area#ha|+limit=1"
    assert form_data.parameters == {"at": "2021", "format": "ul", "sep": ";", "sort": "City,Area", "order": "asc,desc"}
    assert form_data.embed_code() == (
        "{{#ask: [[A::b]]\n |?City=Where\n |?Area#ha|+limit=1\n |at=2021\n |format=ul\n |sep=;\n |sort=City,Area\n"
        " |order=asc,desc\n}}"
    )
    assert form_data.printout_rows() == [PrintRow("City", "Where"), PrintRow("Area", "", "ha", "+limit=1")]
    assert form_data.sort_rows() == [SortRow("City", "asc"), SortRow("Area", "desc")]
    query = parse(form_data.source(), "en")
    assert [one.label for one in query.printouts] == ["Where", "Area"]
    assert query.printouts[1].options == {"limit": "1"}
    assert [one.descending for one in query.sort] == [False, True]


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("sk=&so=asc", {}),
        ("sk=&so=desc", {"order": "desc"}),
        ("sk=City&so=random", {"order": "random"}),
        ("sk=City&so=asc", {"sort": "City"}),
        ("more=class=a%0Auserparam=x=y%0Aq=no%0Anothing", {"class": "a", "userparam": "x=y"}),
    ],
)
def test_orders_and_further_parameters_are_read(query: str, parameters: dict[str, str]) -> None:
    assert read(f"form=1&q=[[A::b]]&{query}").parameters == parameters


def test_a_pasted_call_is_accepted() -> None:
    form_data = read("q={{%23ask: [[A::b]] |?C |limit=3 }}")
    query = parse(form_data.source(), "en")
    assert (query.source, query.limit, len(query.printouts)) == ("[[A::b]]", 3, 1)


row_texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="|#=?\x00+"), max_size=12)


@given(st.lists(st.tuples(row_texts, row_texts, row_texts), max_size=4))
def test_form_rows_round_trip(rows: list[tuple[str, str, str]]) -> None:
    query = QueryDict(mutable=True)
    for row in rows:
        for name, value in zip(("pp", "ph", "pf"), row, strict=True):
            query.appendlist(name, value)
    expected_rows = [PrintRow(*(" ".join(word.split()) for word in row)) for row in rows if row[0].strip()]
    assert forms.read_query_form(query).printout_rows() == expected_rows


@pytest.mark.parametrize(
    ("text", "at", "pieces"),
    [
        ("[[A::b]] x", 9, ("[[A::b]] ", "x", "")),
        ("[[A::", 5, ("[[A::", "", "")),
        ("[[A::b]]", 2, ("[[", "A::b", "]]")),
        ("[[A", 99, ("[[A", "", "")),
    ],
)
def test_the_position_of_an_error_is_marked(text: str, at: int, pieces: tuple[str, str, str]) -> None:
    assert split_at_problem(text, at) == pieces


# --- The screen -----------------------------------------------------------------------------------
@pytest.fixture
def scene(bob: User) -> None:
    """Create two places with facts."""
    make_page("Property:Ville", "---\nHas type: Text\nPreferred property label: [Commune@fr]\n---")
    make_page("Property:Position", "---\nHas type: Geographic coordinates\n---")
    make_place("Atelier", by=bob, text="---\nVille: Lyon\nPosition: 45.76, 4.86\n---\n[[Catégorie:Bois]]")
    make_place("Fournil", by=bob, text="---\nVille: Lyon\n---")
    make_page("Pain", "---\nNature: Pratique\nVille: L'Isle-d’Abeau\nPoids: 1 kg\n---", by=bob)


def get(**query: str) -> str:
    """Return the view, in English."""
    return Client(headers={"accept-language": "en"}).get("/ask", query).content.decode()


@pytest.mark.django_db
def test_the_form_redirects_to_the_url_of_its_query(scene: None) -> None:
    response = Client().get(
        "/ask?form=1&q=[[Ville::Lyon]]&pp=Ville&ph=&pf=&px=&sk=&so=asc&limit=&format=table&more=&at="
    )
    assert response.status_code == 302
    address = urlsplit(response["Location"])
    assert parse_qs(address.query) == {"q": ["[[Ville::Lyon]]"], "po": ["?Ville"], "format": ["table"]}
    page = Client().get(response["Location"]).content.decode()
    assert 'href="/wiki/Atelier"' in page
    assert 'value="Ville"' in page


@pytest.mark.django_db
def test_input_is_retained_after_an_error(scene: None) -> None:
    page = get(q="[[Ville::Lyon]] [[", po="?A#b=<c>", sort="x", format="map", height="7", since="hier", userparam="<u>")
    typed = ("A", "b", "&lt;c&gt;", "x", "7", "hier")
    for expected_rows in (*(f'value="{word}"' for word in typed), "userparam=&lt;u&gt;"):
        assert expected_rows in page, expected_rows
    assert "<mark>" in page


@pytest.mark.django_db
def test_it_compares_two_days(scene: None, bob: User) -> None:
    place = page_lookup.find("Atelier", bob)
    assert place is not None
    page_writer.edit(place, "Plus rien.", page_writer.Author.of(bob))
    page = get(q="[[Ville::Lyon]]", since="2001", until="2999")
    assert "1 page came" in page
    assert "0 pages left" in page
    assert 'href="/wiki/Fournil"' in page.partition("ask-changed")[2]
    assert 'href="/wiki/Atelier"' not in page.partition("ask-changed")[2]
    assert 'role="alert"' in get(q="[[Ville::Lyon]]", since="bientôt")


@pytest.mark.django_db
def test_it_offers_example_queries_with_results(scene: None, alice: User) -> None:
    found = example_queries(alice, "fr")
    assert [one.form_data.parameters.get("format") for one in found] == [None, None, "map", "chart", None]
    for one in found:
        response = Client().get(f"/ask?{one.form_data.url_query()}")
        assert response.status_code == 200, one.form_data
        assert "Rien ne répond" not in response.content.decode(), one.form_data


@pytest.mark.django_db
def test_it_offers_no_examples_in_an_empty_wiki(alice: User) -> None:
    assert example_queries(alice, "en") == []


# --- Suggestions ----------------------------------------------------------------------------------
def suggested(language: str = "en", **query: str) -> list[str]:
    """Return the suggestions."""
    response = Client(headers={"accept-language": language}).get("/ask/complete", query)
    assert response.status_code == 200
    return [one["value"] for one in json.loads(response.content)["suggestions"]]


@pytest.mark.django_db
def test_it_suggests_properties_values_categories_and_pages(scene: None) -> None:
    assert suggested(kind="property", q="vil") == ["Ville"]
    assert suggested("fr", kind="property", q="commune") == ["Ville"]
    assert suggested("fr", kind="property", q="date de mod") == ["Date de modification"]
    assert suggested(kind="property", q="modif") == ["Modification date"]
    assert suggested(kind="value", property="Ville", q="l") == ["L'Isle-d’Abeau", "Lyon"]
    assert suggested(kind="value", property="Ville", q="abeau") == ["L'Isle-d’Abeau"]
    assert suggested(kind="value", property="Kind", q="pra") == ["Practice"]
    assert suggested(kind="commune", q="st etienne")[0] == "Saint-Étienne (42)"
    assert suggested(kind="category", q="bo") == ["Bois"]
    assert suggested(kind="category", q="lieu") == ["Place"]
    assert suggested(kind="commune", q="st etienne")[0] == "Saint-Étienne (42)"
    assert suggested(kind="page", q="four") == ["Fournil"]
    assert suggested(kind="page", q="ournil") == ["Fournil"]
    assert suggested(kind="nothing", q="x") == []
    assert suggested(kind="value", property="[[", q="x") == []


@pytest.mark.django_db
def test_it_suggests_nothing_of_deleted_pages(scene: None, bob: User) -> None:
    bob.is_superuser = True
    for title in ("Pain", "Atelier"):
        page = page_lookup.find(title, bob)
        assert page is not None
        page_writer.delete(page, page_writer.Author.of(bob))
    assert suggested(kind="property", q="poids") == []
    assert suggested(kind="value", property="Ville", q="") == ["Lyon"]
    assert suggested(kind="value", property="Poids", q="") == []
    assert suggested(kind="category", q="bois") == []
    assert suggested(kind="page", q="pain") == []
