"""Links relative to their page: `[[/Sub-page]]`, `[[../Sibling]]`; and redirects to a section."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.pages.models import PageLink
from wiki.pages.writing import page_moves
from wiki.pages.writing.version_store import Author
from wiki.text import titles
from wiki.text.title_rewriting import find_title_references
from wiki.text.titles import TitleProblem


@pytest.mark.parametrize(
    ("target", "page", "title"),
    [
        ("/Sous", "Guide", "Guide/Sous"),
        ("/Sous/", "Guide", "Guide/Sous"),
        ("/Sous/Deux", "Lieu:Guide", "Lieu:Guide/Sous/Deux"),
        ("../Frère", "Guide/Un", "Guide/Frère"),
        ("../", "Guide/Un", "Guide"),
        ("..", "Guide/Un", "Guide"),
        ("../../", "Lieu:Guide/Un/Deux", "Lieu:Guide"),
        ("../../Autre", "Aide:Guide/Un/Deux", "Aide:Guide/Autre"),
        ("Autre", "Guide/Un", "Autre"),
        (":/Sous", "Guide", "/Sous"),
        ("/", "Guide", "/"),
    ],
)
def test_relative_titles(target: str, page: str, title: str) -> None:
    assert titles.absolute_title(target, page) == title


@pytest.mark.parametrize(("target", "page"), [("../Frère", "Guide"), ("../../", "Guide/Un"), ("..", "Lieu:Guide")])
def test_a_relative_title_above_the_page_is_none(target: str, page: str) -> None:
    with pytest.raises(TitleProblem):
        titles.absolute_title(target, page)


def test_relative_links_are_not_rewritten() -> None:
    text = "[[/Sous]] [[../Frère]] [[:/Racine]] [[Autre]]"
    assert [reference.title for reference in find_title_references(text)] == ["/Racine", "Autre"]


@pytest.mark.django_db
def test_relative_links_lead_to_pages_near_their_own(bob: User, client: Client) -> None:
    place = make_place("La Myne", by=bob)
    for title in ("Guide", "Guide/Un", "Guide/Deux"):
        make_page(title, "Texte.", place=place, by=bob)
    text = "[[../Un]] [[../|retour]] [[/Sous/]] [[../Un#But|but]] [[:/Racine]] [[../Deux/]]"
    page = make_page("Guide/Trois", text, place=place, by=bob)
    html = client.get(page.get_absolute_url()).content.decode()
    for link in (
        '<a href="/wiki/La_Myne:Guide/Un">../Un</a>',
        '<a href="/wiki/La_Myne:Guide">retour</a>',
        'href="/wiki/La_Myne:Guide/Trois/Sous">Sous</a>',
        '<a href="/wiki/La_Myne:Guide/Un#s-but">but</a>',
        'href="/wiki/La_Myne:/Racine">/Racine</a>',
        '<a href="/wiki/La_Myne:Guide/Deux">Deux</a>',
    ):
        assert link in html
    keys = set(PageLink.objects.filter(page=page).values_list("key", "place_key"))
    assert ("La Myne:Guide/Trois/Sous", "") in keys
    assert ("/Racine", "La Myne:/Racine") in keys


@pytest.mark.only_on("sqlite")
@pytest.mark.django_db
def test_relative_links_follow_a_renamed_page(alice: User, client: Client) -> None:
    page = make_page("Guide", "[[/Un]]", by=alice)
    make_page("Guide/Un", "[[../]]", by=alice)
    page_moves.move(page, "Manuel", Author(None, "script"), with_subpages=True, leave_redirect=False)
    assert '<a href="/wiki/Manuel/Un">' in client.get("/wiki/Manuel").content.decode()
    assert '<a href="/wiki/Manuel">' in client.get("/wiki/Manuel/Un").content.decode()


@pytest.mark.only_on("sqlite")
@pytest.mark.django_db
def test_a_link_above_the_page_is_reported(alice: User) -> None:
    page = make_page("Guide", "[[../Rien]] [[../Rien]]", by=alice)
    problems = page.rendered.get(ui_language="fr").problems
    assert [problem["text"].split()[1] for problem in problems] == ["../Rien"]


@pytest.mark.only_on("sqlite")
@pytest.mark.django_db
def test_templates_may_be_relative(alice: User, client: Client) -> None:
    make_page("Guide/Horaires", "Ouvert le mardi.", by=alice)
    make_page("Guide", "{{/Horaires}}", by=alice)
    make_page("Guide/Un", "{{../Horaires}}", by=alice)
    for title in ("Guide", "Guide/Un"):
        assert "Ouvert le mardi." in client.get(f"/wiki/{title}").content.decode()


@pytest.mark.only_on("sqlite")
@pytest.mark.django_db
def test_a_redirect_leads_to_its_section(alice: User, client: Client) -> None:
    make_page("Guide", "## Matériel utile\n\nUne scie.", by=alice)
    make_page("Outils", "#REDIRECT [[Guide#Matériel utile]]", by=alice)
    assert client.get("/wiki/Outils")["Location"] == "/wiki/Guide?from=Outils#s-materiel-utile"
    html = client.get("/wiki/Outils?redirect=no").content.decode()
    assert 'href="/wiki/Guide#s-materiel-utile"' in html
    make_page("Guide/Un", "#REDIRECT [[/Outils]]", by=alice)
    assert client.get("/wiki/Guide/Un").status_code == 200


@pytest.mark.only_on("sqlite")
@pytest.mark.django_db
def test_a_template_above_the_page_is_a_problem_and_no_more(alice: User, client: Client) -> None:
    make_page("Guide", "Avant {{../Horaires}} ![[../Autre]] après. {{/Rien}}", by=alice)
    html = client.get("/wiki/Guide").content.decode()
    assert "Avant" in html
    assert "après" in html
    assert 'href="/wiki/Guide/Rien"' in html


@pytest.mark.only_on("sqlite")
@pytest.mark.django_db
def test_a_template_within_a_shown_page_is_relative_to_that_page(alice: User, client: Client) -> None:
    make_page("Guide/Horaires", "Ouvert le mardi.", by=alice)
    make_page("Guide/Un", "{{../Horaires}}", by=alice)
    make_page("Autre", "{{Guide/Un}}", by=alice)
    assert "Ouvert le mardi." in client.get("/wiki/Autre").content.decode()


@pytest.mark.only_on("sqlite")
@pytest.mark.django_db
def test_a_redirect_is_never_relative(alice: User, client: Client) -> None:
    make_page("/Sous", "Racine.", by=alice)
    page = make_page("Guide", "#REDIRECT [[/Sous]]", by=alice)
    assert client.get("/wiki/Guide")["Location"] == "/wiki//Sous?from=Guide"
    assert list(PageLink.objects.filter(page=page).values_list("key", flat=True)) == ["/Sous"]
