"""The Ask page without the query language: rows, plain words, misspelt names, and the number of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tests.factories import make_page, make_place
from wiki.ask.execution import runner
from wiki.ask.language.query_errors import AskProblem
from wiki.ask.name_suggestions import nearest_name
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

ROW = {"rp": "Ville", "ro": "is", "rv": "Lyon", "rw": ""}


@pytest.fixture
def scene(bob: User) -> None:
    """Create a place and a practice with a city."""
    make_place("Atelier", by=bob, text="---\nDépartement: Loire\nVille: Lyon\n---")
    make_page("Pain", "---\nNature: Pratique\nVille: Lyon\n---", by=bob)


def get(address: str = "/ask", **fields: str | list[str]) -> Any:
    """Return the response in French, with its template context."""
    return Client(headers={"accept-language": "fr"}).get(address, fields)


def asked(**fields: str | list[str]) -> str:
    """Return the question to whose URL the form redirects."""
    response = Client(headers={"accept-language": "fr"}).get("/ask", {"form": "1", **fields})
    assert response.status_code == 302
    return parse_qs(urlsplit(response.headers["Location"]).query).get("q", [""])[0]


def test_the_form_asks_what_was_changed_in_it(scene: None) -> None:
    question = "[[Nature::Lieu]] [[Ville::Lyon]]"
    assert asked(rk="place", **ROW) == question
    assert asked(rk="place", **ROW, q=question, rq=question) == question
    assert asked(rk="place", **(ROW | {"ro": "not"}), q=question, rq=question) == "[[Nature::Lieu]] [[Ville::!Lyon]]"
    assert asked(rk="place", **ROW, q="[[Atelier]]", rq=question) == "[[Atelier]]"
    assert asked(rk="place", **ROW, q="", rq=question) == question
    assert asked(rk="", rp="", ro="is", rv="", rw="", q=question, rq=question) == ""
    assert asked(rk="Lieus", q="") == "[[Nature::Lieus]]"


@pytest.mark.parametrize("before", ["[[Ville::Lyon]]", "", "[[A::b]] OR [[C::d]]", "[[Autre]]"])
def test_rows_and_text_that_both_ask_something_are_refused_and_kept(scene: None, before: str) -> None:
    response = get(
        form="1", rk="practice", rp="Ville", ro="not", rv="Brest", q="[[A::b]] OR [[C::d]]", rq=before, pp="X"
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "Videz l’un des deux" in page
    for kept in ("[[A::b]] OR [[C::d]]</textarea>", 'value="Brest"', 'value="practice" selected', 'value="X"'):
        assert kept in page
    assert f'name="rq" value="{before}"' in page


def test_a_row_that_cannot_be_asked_has_its_problem_beside_it(scene: None) -> None:
    response = get(form="1", rp=["Ville", "Ville"], ro=["is", "between"], rv=["a]]<b>", "1"], rw=["", "2"], q="")
    page = response.content.decode()
    assert response.status_code == 422
    assert page.count('class="ask-row-problem"') == 1
    assert 'value="a]]&lt;b&gt;"' in page
    assert 'value="2"' in page


def test_a_question_is_shown_as_rows_or_as_text(scene: None) -> None:
    page = get(q="[[Nature::Lieu]] [[Ville::~*yo*]]").content.decode()
    assert 'value="place" selected' in page
    assert 'value="contains" selected' in page
    assert 'value="yo"' in page
    assert 'class="ask-text" data-text>' in page
    assert 'class="ask-text" data-text open>' in get(q="[[Ville::Lyon||Brest]]").content.decode()


def test_words_without_brackets_are_searched_for(scene: None) -> None:
    assert get(q="atelier à Lyon")["Location"] == "/search?q=atelier+%C3%A0+Lyon"
    assert get(form="1", q="atelier & bois", rk="", rp="", ro="is", rv="")["Location"] == "/search?q=atelier+%26+bois"
    assert get(q="?Ville").status_code == 422


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("[[Departement::Loire]]", "[[Département::Loire]]"),
        ("[[Vill::Lyon]] OR [[Ville::x]]", "[[Ville::Lyon]] OR [[Ville::x]]"),
        ("[[Nature::Lieus]]", "[[Nature::Lieu]]"), ("[[Natrue::Lieu]]", "[[Nature::Lieu]]"),
        ("[[Nature::Pratique||Lieus]]", "[[Nature::Pratique||Lieu]]"),
        ("[[Nature::<q>[[Vile::a]]</q>]]", "[[Nature::<q>[[Ville::a]]</q>]]"),
    ],
)  # fmt: skip
def test_misspelt_names_are_asked_back(scene: None, question: str, corrected: str) -> None:
    page = get(q=question)
    assert [urls(item)["q"] for item in page.context["suggestions"]] == [[corrected]]
    assert "Vouliez-vous dire" in page.content.decode()


def urls(suggestion: tuple[object, str]) -> dict[str, list[str]]:
    """Return the fields of the URL of a suggestion."""
    return parse_qs(suggestion[1])


def test_names_that_pages_state_are_not_asked_back(scene: None, bob: User) -> None:
    for question in (
        "[[Ville::Brest]]",
        "[[Date de modification::>2999]]",
        "[[Atelier]]",
        "[[Clé de tri::x]]",
        "[[Nature::Lieux]]",
    ):
        assert get(q=question).context["suggestions"] == []
    assert get(q="[[Superficie::5]]").context["suggestions"][0][1] == ""
    assert get(q="[[Departement::Loire]]", at="2020").context["suggestions"] == []
    place = page_lookup.find("Atelier", bob)
    assert place is not None
    page_writer.delete(place, page_writer.Author.of(bob))
    assert get(q="[[Departement::Loire]]").context["suggestions"][0][0].name == ""


def test_subproperties_and_synonyms_with_facts_count(scene: None) -> None:
    make_page("Property:Ville", "---\nHas type: Text\nSubproperty of: Commune\n---")
    make_page("Property:Cité", "#REDIRECT [[Property:Ville]]")
    assert get(q="[[Commune::Lyon]]").context["suggestions"] == []
    assert get(q="[[Cité::Lyon]]").context["suggestions"] == []


@pytest.mark.parametrize(
    ("written", "name"), [("ville", "Ville"), ("vlle", "Ville"), ("vi", ""), ("abcde", ""), ("surfaec", "Surface")]
)
def test_the_nearest_name(written: str, name: str) -> None:
    assert nearest_name(written, ["Ville", "Surface", "Vélo"]) == name


def test_it_counts_while_somebody_types(scene: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert get("/ask/count", **ROW).json() == {"question": "[[Ville::Lyon]]", "message": "2 résultats"}
    unfinished = get("/ask/count", rk="place", rp=["Ville", ""], ro=["is", "is"], rv=["", "x"], rw=["", ""])
    assert unfinished.json() == {"question": "[[Nature::Lieu]]", "message": "1 résultat"}
    wrong = get("/ask/count", rp="Ville", ro="is", rv="a|b").json()
    assert wrong["question"] == ""
    assert "|" in wrong["message"]
    assert "date" in get("/ask/count", **ROW, at="hier matin|x").json()["message"]
    assert get("/ask/count").json() == {"question": "", "message": ""}

    def slow(*arguments: object) -> int:
        raise AskProblem("ask_too_slow", {"seconds": 2})

    monkeypatch.setattr(runner, "count", slow)
    assert "2" in get("/ask/count", **ROW).json()["message"]
