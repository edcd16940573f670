"""Forking many pages in one changeset: subpages, a selection, a whole place as a new place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from wagtail.models import Page

from tests.forks.fork_factories import fork_status_of, make_page, make_place, text_of
from wiki.accounts.models import User
from wiki.errors import LicenseConflict, Refused, TitleTaken
from wiki.forks import fork_creation, subtree
from wiki.forks.fork_creation import ForkTarget
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, Fork, WikiPage
from wiki.pages.writing import page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db

CHARTER = """---
Lieu: Atelier
Voisins: [Atelier, Autre]
Suite: Atelier:Accueil
---
Voir [[Accueil]], [[Atelier:Accueil|l'accueil]], [[Atelier:Accueil]], [[Reste]], [[Atelier]], [[Bien commun]].

![Un plan](File:plan.png) [ici](Atelier:Accueil)
"""


@pytest.fixture
def place(alice: User, bob: User) -> WikiPage:
    """A place with three pages and a redirect."""
    place = make_place("Atelier", by=bob, text="---\nNature: Lieu\nNom: Atelier\n---\nVoir [[Charte]].\n")
    make_page("Bien commun", by=alice)
    make_page("Charte", CHARTER, by=alice, place=place)
    make_page("Accueil", "Voir [[Charte]] et [[Vieux nom]].\n", by=bob, place=place)
    make_page("Reste", "Voir [[Charte]].\n", by=alice, place=place)
    make_page("Vieux nom", "#REDIRECT [[Atelier:Charte]]\n", by=alice, place=place)
    return page_lookup.reload_page(place.pk)


def whole(place: WikiPage, by: User) -> list[WikiPage]:
    """Return the place and all its pages."""
    return [place, *subtree.subtree(place, by)]


def named(title: str, by: User) -> WikiPage:
    """Return the page called `title`."""
    found = page_lookup.find(title, by)
    assert found is not None, title
    return found


def test_a_whole_place_becomes_a_new_place(place: WikiPage, alice: User, bob: User) -> None:
    pages = whole(place, alice)
    options = [
        option.form_value for option in subtree.fact_rewrite_options(pages) if option.property_name in ("Lieu", "Nom")
    ]
    copies = fork_creation.fork_all(pages, ForkTarget(new_place="Fabrique"), Author.of(alice), options, seed=True)
    assert [copy.full_title for copy in copies] == [
        "Fabrique", "Fabrique:Accueil", "Fabrique:Charte", "Fabrique:Reste",
    ]  # fmt: skip
    seed = named("Fabrique", alice)
    assert seed.is_place
    assert [one.user for one in seed.stewardships.all()] == [alice]
    assert "Nom: Fabrique" in text_of(seed)
    text = text_of(copies[2])
    for words in (
        "Lieu: Fabrique", "Voisins: [Atelier, Autre]", "Suite: Fabrique:Accueil", "Voir [[Accueil]],",
        "[[Fabrique:Accueil|l'accueil]]", "[[Fabrique:Accueil]]", "[[Reste]]", "[[Fabrique|Atelier]]",
        "[[Bien commun]]", "![Un plan](File:plan.png)", "[ici](Fabrique:Accueil)",
    ):  # fmt: skip
        assert words in text, (words, text)
    assert "[[Fabrique:Charte|Vieux nom]]" in text_of(copies[1]), "a redirect leads to the copy"
    assert Changeset.objects.filter(act=Changeset.Act.FORK).count() == 1
    assert Fork.objects.count() == 4
    assert not any(Page.find_problems())
    assert fork_status_of(copies[1], bob).upstream == named("Atelier:Accueil", bob)
    before = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == before


def test_links_to_other_pages_still_lead_to_them(place: WikiPage, alice: User, bob: User) -> None:
    home = make_place("Fabrique", by=bob)
    pages = [named("Atelier:Charte", alice), named("Atelier:Accueil", alice)]
    copies = fork_creation.fork_all(pages, ForkTarget(home), Author.of(alice))
    text = text_of(copies[0])
    for words in (
        "Voir [[Accueil]],", "[[Fabrique:Accueil]]", "[[Atelier:Reste|Reste]]", "[[Atelier]]", "Lieu: Atelier",
    ):  # fmt: skip
        assert words in text, (words, text)


def test_subpages_are_forked_under_the_new_title(alice: User, bob: User) -> None:
    page = make_page("Pain", "Voir [[Pain/Levain]].\n", by=alice)
    make_page("Pain/Levain", "Voir [[Pain]] et [[Painture]].\n", by=alice)
    make_page("Painture", by=alice)
    home = make_place("Fournil", by=bob)
    pages = whole(page_lookup.reload_page(page.pk), alice)
    copies = fork_creation.fork_all(pages, ForkTarget(home, title="Miche"), Author.of(bob))
    assert [copy.full_title for copy in copies] == ["Fournil:Miche", "Fournil:Miche/Levain"]
    assert text_of(copies[0]) == "Voir [[Fournil:Miche/Levain|Pain/Levain]].\n"
    assert text_of(copies[1]) == "Voir [[Fournil:Miche|Pain]] et [[Painture]].\n"


def test_all_or_nothing(place: WikiPage, alice: User) -> None:
    pages = whole(place, alice)
    other = page_writer.create_place("Fabrique", "", Author.of(alice)).page
    make_page("Reste", by=alice, place=other)
    with pytest.raises(TitleTaken, match="Fabrique:Reste"):
        fork_creation.fork_all(pages[1:], ForkTarget(other), Author.of(alice))
    with pytest.raises(TitleTaken):
        fork_creation.fork_all(pages, ForkTarget(new_place="Fabrique"), Author.of(alice), seed=True)
    with pytest.raises(Refused):
        fork_creation.fork_all(pages, ForkTarget(other), Author.of(alice), seed=True)
    with pytest.raises(LicenseConflict):
        fork_creation.fork_all(pages, ForkTarget(new_place="Neuf", license="CC0-1.0"), Author.of(alice), seed=True)
    assert Fork.objects.count() == 0


def test_a_deleted_page_of_the_title_is_reused(place: WikiPage, alice: User, bob: User) -> None:
    other = make_place("Fabrique", by=bob)
    old = make_page("Reste", "Ancien.", by=alice, place=other)
    page_writer.delete(old, Author.of(bob))
    copies = fork_creation.fork_all([named("Atelier:Reste", alice)], ForkTarget(other), Author.of(alice))
    assert copies[0].pk == old.pk
    assert page_lookup.reload_page(old.pk).version == 3


def test_the_form_offers_pages_and_facts(place: WikiPage, alice: User, client_of: Callable[..., Client]) -> None:
    client = client_of(alice, "en")
    html = client.get("/fork/Atelier").content.decode()
    for words in ("Pages that go along", "Atelier:Charte", "Atelier:Charte: Voisins", "becomes the seed"):
        assert words in html
    assert "Vieux nom" not in html
    charter = named("Atelier:Charte", alice)
    data: dict[str, Any] = {
        "new_place": "Fabrique", "title": "Atelier", "license": "CC-BY-SA-4.0",
        "pages": [str(charter.pk)], "facts": [f"{charter.pk} Lieu"],
    }  # fmt: skip
    response = client.post("/fork/Atelier", data, follow=True)
    assert response.redirect_chain[0][0] == "/wiki/Fabrique"
    assert "2 pages are in your place now." in response.content.decode()
    assert "Lieu: Fabrique" in text_of(named("Fabrique:Charte", alice))
    assert page_lookup.find("Fabrique:Accueil", alice) is None
    data |= {"new_place": "Autre fabrique", "pages": ["999999"]}
    assert client.post("/fork/Atelier", data).status_code == 200
    assert page_lookup.find("Autre fabrique", alice) is None


def test_by_command(place: WikiPage, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("fork", "Atelier", "--into", "Fabrique", "--make", "--tree", "--facts", "--format", "json")
    response = json.loads(capsys.readouterr().out)
    assert [page["title"] for page in response["pages"]] == [
        "Fabrique", "Fabrique:Accueil", "Fabrique:Charte", "Fabrique:Reste",
    ]  # fmt: skip
    charter = page_lookup.find_by_key("Fabrique:Charte")
    assert charter is not None
    assert "Voisins: [Fabrique, Autre]" in charter.source.text


def test_many_pages_take_few_queries_each(place: WikiPage, alice: User, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        make_page(f"Page {number}", f"Voir [[Page {number + 1}]].\n", by=alice, place=place)
    pages = whole(place, alice)
    with django_assert_max_num_queries(140):  # includes one per page, for the passages of its upstream
        fork_creation.fork_all(pages, ForkTarget(new_place="Fabrique"), Author.of(alice), seed=True)
