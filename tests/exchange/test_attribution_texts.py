"""Attribution texts: of a page, of a place with all its pages, of a selected text."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.exchange.archives import make_picture
from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.exchange import attribution_texts
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ADA = Author(None, "Ada")


@pytest.fixture(autouse=True)
def _address(settings: Any) -> None:
    settings.BASE_ADDRESS = "https://wiki.example"


@pytest.fixture
def bread(alice: User) -> WikiPage:
    """A practice with a picture, by two authors."""
    make_picture("Pain.jpg")
    page = make_page("Pain", "Farine et eau, mélangées le soir.\n\n![Un pain](File:Pain.jpg)", by=alice)
    return page_writer.edit(
        page, f"{page.source.text}\n\nCuire une heure au four à bois, porte fermée, sans se presser.", ADA
    ).page


def test_a_page_names_its_authors_its_sources_and_its_pictures(bread: WikiPage, bob: User, client_of: Any) -> None:
    fork = fork_creation.fork(bread, ForkTarget(new_place="Le Fournil"), Author.of(bob))
    page_writer.edit(fork, f"{fork.source.text}\n\nAvec du sel.", Author.of(bob))
    attribution = attribution_texts.of_page(WikiPage.objects.get(pk=fork.pk), "en")
    (line,) = attribution.texts
    assert line.text.startswith("“Le Fournil:Pain” (https://wiki.example/wiki/Le_Fournil:Pain) by ")
    assert line.text.endswith("changed: 1 version since")
    assert [("“Pain”" in one.text, "alice and Ada" in one.text) for one in attribution.sources] == [(True, True)]
    assert "Zoé" in attribution.pictures[0].text
    response = client_of(AnonymousUser(), "en").get("/credits/Le_Fournil:Pain?format=json").json()
    assert response["text"].splitlines()[1] == "From:"
    assert "[“Pain”](https://wiki.example/wiki/Pain?version=2)" in response["markdown"]
    assert '<a rel="license" href="https://creativecommons.org/licenses/by-sa/4.0/">' in response["html"]
    for form, kind in (("text", "text/plain"), ("markdown", "text/markdown"), ("html", "text/html")):
        got = client_of(AnonymousUser(), "en").get(f"/credits/Le_Fournil:Pain?format={form}")
        assert got["Content-Type"] == f"{kind}; charset=utf-8"
        assert got.content.decode() == response[form]


def test_it_goes_back_through_every_fork(bread: WikiPage, alice: User, bob: User) -> None:
    fork = fork_creation.fork(bread, ForkTarget(new_place="Un"), Author.of(bob))
    again = fork_creation.fork(fork, ForkTarget(new_place="Deux"), Author.of(alice))
    sources = [line.text for line in attribution_texts.of_page(again, "en").sources]
    assert [line.partition("”")[0] for line in sources] == ["“Un:Pain", "“Pain"]
    assert "alice and Ada" in sources[1]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("mélangées le soir", "alice"),
        ("Farine et eau, mélangées le soir.", "alice"),
        ("une heure", "Ada"),
        ("le soir. Cuire une heure", "Ada and alice"),
        ("Rien de cela", "Ada and alice"),
        ("!?", "Ada and alice"),
    ],
)
def test_a_selection_names_its_authors(bread: WikiPage, words: str, names: str) -> None:
    (line,) = attribution_texts.of_selection(bread, words, "en").texts
    assert line.text == (
        f"“Pain” (https://wiki.example/wiki/Pain?version=2) by {names}, "
        "CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)"
    )


def test_a_place_names_all_its_authors_in_a_constant_number_of_queries(
    alice: User, bob: User, django_assert_max_num_queries: Any
) -> None:
    place = make_place("La Myne", by=bob)
    for number in range(4):
        make_page(f"Charte {number}", f"Une charte numéro {number}, assez longue pour compter.", by=alice, place=place)
    data = make_page("Chiffres", "1 2 3", by=bob, place=place, license="etalab-2.0")
    make_page("Ailleurs", "Un autre texte.", by=alice)
    with django_assert_max_num_queries(10):
        attribution = attribution_texts.of_place(place, AnonymousUser(), "en")
    texts = [line.text for line in attribution.texts]
    assert texts[0].startswith("“La Myne, 5 pages” (https://wiki.example/wiki/La_Myne) by alice and bob, CC BY-SA 4.0")
    assert texts[1].startswith("“La Myne, 1 page” (https://wiki.example/wiki/La_Myne) by bob, Open Licence 2.0")
    page_writer.delete(data, Author.of(bob))
    assert len(attribution_texts.of_place(place, AnonymousUser(), "en").texts) == 1


def test_hostile_names_are_escaped(bob: User) -> None:
    author = Author(None, "<b>Eve</b> [x](javascript:1) \u202egnp.exe")
    page = make_page("A & B ‘c’", "Du texte à citer.", by=None)
    page = page_writer.edit(page, "Un tout autre texte à citer ici.", author).page
    for attribution in (
        attribution_texts.of_page(page, "fr"),
        attribution_texts.of_selection(page, "autre texte", "fr"),
    ):
        assert "<b>" not in attribution.html
        assert "](javascript" not in attribution.markdown
        assert "\u202e" not in attribution.text
