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
def test_it_reads_rows_as_printouts_and_sort_keys() -> None:
    asked = read(
        "form=1&q=[[A::b]]&pp=City&ph=Where&pf=&px=&pp=Area&ph=&pf=ha&px=%2Blimit%3D1&pp=&ph=lost&pf=&px="
        "&sk=City&so=asc&sk=Area&so=desc&sk=&so=desc&limit=&at=2021&format=ul&sep=;"
    )
    assert asked.po == "?City=Where\n?Area#ha|+limit=1"
    assert asked.parameters == {"at": "2021", "format": "ul", "sep": ";", "sort": "City,Area", "order": "asc,desc"}
    assert asked.embed_code() == (
        "{{#ask: [[A::b]]\n |?City=Where\n |?Area#ha|+limit=1\n |at=2021\n |format=ul\n |sep=;\n |sort=City,Area\n"
        " |order=asc,desc\n}}"
    )
    assert asked.printout_rows() == [PrintRow("City", "Where"), PrintRow("Area", "", "ha", "+limit=1")]
    assert asked.sort_rows() == [SortRow("City", "asc"), SortRow("Area", "desc")]
    question = parse(asked.source(), "en")
    assert [one.label for one in question.printouts] == ["Where", "Area"]
    assert question.printouts[1].options == {"limit": "1"}
    assert [one.descending for one in question.sort] == [False, True]


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
def test_it_reads_orders_and_further_parameters(query: str, parameters: dict[str, str]) -> None:
    assert read(f"form=1&q=[[A::b]]&{query}").parameters == parameters


def test_it_takes_a_call_that_was_pasted() -> None:
    asked = read("q={{%23ask: [[A::b]] |?C |limit=3 }}")
    question = parse(asked.source(), "en")
    assert (question.source, question.limit, len(question.printouts)) == ("[[A::b]]", 3, 1)


words = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="|#=?\x00+"), max_size=12)


@given(st.lists(st.tuples(words, words, words), max_size=4))
def test_rows_come_back_as_they_were(rows: list[tuple[str, str, str]]) -> None:
    query = QueryDict(mutable=True)
    for row in rows:
        for name, value in zip(("pp", "ph", "pf"), row, strict=True):
            query.appendlist(name, value)
    kept = [PrintRow(*(" ".join(word.split()) for word in row)) for row in rows if row[0].strip()]
    assert forms.read_query_form(query).printout_rows() == kept


@pytest.mark.parametrize(
    ("text", "at", "pieces"),
    [
        ("[[A::b]] x", 9, ("[[A::b]] ", "x", "")),
        ("[[A::", 5, ("[[A::", "", "")),
        ("[[A::b]]", 2, ("[[", "A::b", "]]")),
        ("[[A", 99, ("[[A", "", "")),
    ],
)
def test_it_marks_the_place_of_a_mistake(text: str, at: int, pieces: tuple[str, str, str]) -> None:
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
def test_the_form_leads_to_the_address_of_its_question(scene: None) -> None:
    answer = Client().get("/ask?form=1&q=[[Ville::Lyon]]&pp=Ville&ph=&pf=&px=&sk=&so=asc&limit=&format=table&more=&at=")
    assert answer.status_code == 302
    address = urlsplit(answer["Location"])
    assert parse_qs(address.query) == {"q": ["[[Ville::Lyon]]"], "po": ["?Ville"], "format": ["table"]}
    page = Client().get(answer["Location"]).content.decode()
    assert 'href="/wiki/Atelier"' in page
    assert 'value="Ville"' in page


@pytest.mark.django_db
def test_it_keeps_all_that_was_typed_where_a_question_is_wrong(scene: None) -> None:
    page = get(q="[[Ville::Lyon]] [[", po="?A#b=<c>", sort="x", format="map", height="7", since="hier", userparam="<u>")
    typed = ("A", "b", "&lt;c&gt;", "x", "7", "hier")
    for kept in (*(f'value="{word}"' for word in typed), "userparam=&lt;u&gt;"):
        assert kept in page, kept
    assert "<mark>" in page


@pytest.mark.django_db
def test_it_says_what_changed_between_two_days(scene: None, bob: User) -> None:
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
def test_it_offers_questions_that_this_wiki_can_answer(scene: None, alice: User) -> None:
    found = example_queries(alice, "fr")
    assert [one.form_data.parameters.get("format") for one in found] == [None, None, "map", "chart", None]
    for one in found:
        answer = Client().get(f"/ask?{one.form_data.url_query()}")
        assert answer.status_code == 200, one.form_data
        assert "Rien ne répond" not in answer.content.decode(), one.asked


@pytest.mark.django_db
def test_it_offers_nothing_in_an_empty_wiki(alice: User) -> None:
    assert example_queries(alice, "en") == []


# --- Suggestions ----------------------------------------------------------------------------------
def suggested(language: str = "en", **query: str) -> list[str]:
    """Return the suggestions."""
    answer = Client(headers={"accept-language": language}).get("/ask/complete", query)
    assert answer.status_code == 200
    return [one["value"] for one in json.loads(answer.content)["suggestions"]]


@pytest.mark.django_db
def test_it_suggests_properties_values_categories_and_pages(scene: None) -> None:
    assert suggested(kind="property", q="vil") == ["Ville"]
    assert suggested("fr", kind="property", q="commune") == ["Ville"]
    assert suggested("fr", kind="property", q="date de mod") == ["Date de modification"]
    assert suggested(kind="property", q="modif") == ["Modification date"]
    assert suggested(kind="value", property="Ville", q="l") == ["L'Isle-d’Abeau", "Lyon"]
    assert suggested(kind="value", property="Ville", q="abeau") == ["L'Isle-d’Abeau"]
    assert suggested(kind="value", property="Kind", q="pra") == ["Practice"]
    assert suggested(kind="category", q="bo") == ["Bois"]
    assert suggested(kind="category", q="lieu") == ["Place"]
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
