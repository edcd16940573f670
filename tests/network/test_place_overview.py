"""The page of a place: head, layers, shares of resources; few queries, nothing twice, nothing stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.exchange.archives import make_picture
from tests.factories import make_page, make_place
from tests.network.network_factories import accounts, place_with, soup_of, text_of
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages import background_jobs
from wiki.pages.models import Kind, WikiPage
from wiki.pages.rendering import page_cache
from wiki.pages.writing import page_tree, page_writer
from wiki.pages.writing.page_tree import new_slug
from wiki.pages.writing.page_writer import Author
from wiki.text.markup import markdown_parser

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db  # on both databases: window functions, collations, casts
BY = Author(None, "Quelqu'un")
FACTS = (
    "Ville: Die", "Département: Drôme", "Horaires: Mo-Su 00:00-24:00", "Téléphone: 04 75 00 00 00", "Surface: 120 m²",
    "Besoins: [Congélateur, Bras]", "Offres: [Four]", "Statut: Association", "Ouvert depuis: 2016",
    "Coordonnées: 44.7530, 5.3720",
)  # fmt: skip


@pytest.fixture
def place(bob: User) -> WikiPage:
    """A place with facts of its head, of layers, and others."""
    return place_with(
        "Fournil", bob, *FACTS, text="On y cuit le pain trois fois par semaine, et chacun repart avec le sien."
    )


def test_the_head_says_what_one_comes_for_and_nothing_stands_twice(client: Client, place: WikiPage) -> None:
    make_page("Property:Horaires", "---\nHas type: Horaires d’ouverture\n---")
    make_page("Property:Coordonnées", "---\nHas type: Geographic coordinates\n---")
    background_jobs.run_pending()
    soup = soup_of(client, "/wiki/Fournil")
    head = text_of(soup, ".place-head")
    for words in ("On y cuit le pain trois fois", "Die", "Drôme", "Ouvert", "04 75 00 00 00", "bob"):
        assert words in head
    [map_link] = [link["href"] for link in soup.select(".place-head a") if "near=" in str(link["href"])]
    assert soup_of(client, str(map_link)).select(".directory-entry"), "the place itself, and its neighbours"
    assert len(soup.select(".ask-map [data-lat]")) == 1
    assert text_of(soup, "#place-needs + ul") == "Congélateur Bras"
    assert "120 m²" in text_of(soup, "[aria-labelledby=layer-space]")
    assert "Association" in text_of(soup, "[aria-labelledby=layer-rules]")
    box = text_of(soup, ".facts")
    assert "2016" in box
    for fact in ("Die", "Congélateur", "120", "Association", "04 75"):
        assert fact not in box, "it stands above"
    old = soup_of(client, "/wiki/Fournil?version=1")
    assert not old.select(".place-head")
    assert "Die" in text_of(old, ".facts")


def test_each_layer_has_its_pages_what_is_missing_and_one_button(client: Client, place: WikiPage, alice: User) -> None:
    layers = soup_of(client, "/wiki/Fournil").select(".layer")
    buttons = [str(layer.select_one(".layer-add a")["href"]) for layer in layers]  # type: ignore[index]
    kinds = ("person", "resource", "practice", "service", "charter")
    assert buttons == [f"/create?kind={kind}&place=Fournil" for kind in kinds]
    assert [len(layer.select(".layer-gap")) for layer in layers] == [1, 2, 1, 2, 1]
    assert len([layer for layer in layers if "layer-missing" in layer["class"]]) == 3
    make_page("Four", "---\nkind: Ressource\n---", place=place)
    make_page("Une charte", "---\nkind: Charte\n---", place=place)
    make_page("Cuire", "---\nkind: Pratique\n---", place=place)
    make_page("Camille", "---\nkind: Personne\nSait faire: [Pétrir, Rire]\nLieux: Fournil\n---")
    make_page("Noé", "---\nkind: Personne\nLieux: Ailleurs\n---")
    soup = soup_of(client, "/wiki/Fournil")
    assert "Camille Pétrir, Rire" in text_of(soup, "[aria-labelledby=layer-people]")
    assert "Noé" not in text_of(soup, ".layers")
    assert {heading.text for heading in soup.select(".cards h3")} == {"Four", "Une charte", "Cuire"}
    assert "1 page est montrée plus haut." in text_of(soup, "[aria-labelledby=layer-space]")
    assert not soup.select(".layers a[href='/wiki/Fournil:Four']"), "it stands among what can be taken"
    client.force_login(alice)
    form = soup_of(client, buttons[0])
    assert form.select_one("select[name=kind] option[selected]")["value"] == "person"  # type: ignore[index]
    assert form.select_one("input[name=place]")["value"] == "Fournil"  # type: ignore[index]


def test_hostile_values_are_escaped(client: Client, bob: User) -> None:
    bad = "<script>alert(1)</script>"
    place_with("Halle", bob, f"Besoins: '{bad}'", f"Ville: '{bad}'", "Comptes:", f"- Année: '{bad}'",
               f"  Part publique: '{bad}'", f"  Source: '{bad}'")  # fmt: skip
    make_page("Zoé", f"---\nkind: Personne\nLieux: Halle\nSait faire: '{bad}'\n---")
    for address in ("/wiki/Halle", "/network", "/network/economy"):
        assert "<script>alert" not in client.get(address).content.decode()
    assert "une part ne se lit pas comme un nombre" in text_of(
        soup_of(client, "/network/economy"), ".economy-table tbody"
    )


def test_a_place_with_many_pages_takes_as_many_queries(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, kinds = ("Petit", "Grand"), ("Pratique", "Personne", "Service", "Ressource")
    small, large = (place_with(name, alice, *FACTS, accounts((2025, "1", "2", "3")), text="Un.") for name in names)
    make_page("Elle", "---\nkind: Personne\nSait faire: Rire\nLieux: [Petit, Grand]\n---")
    make_page("Un", "---\nkind: Pratique\n---", place=small)
    make_page("Lui", "---\nkind: Personne\nSait faire: Lire\n---", place=large)
    by_name = {kind.name_fr: kind for kind in Kind.objects.all()}
    page_tree.insert([  # rows as the writer makes them, which would take half a minute
        WikiPage(
            title=f"Page {number}", full_title=f"Grand:Page {number}", title_key=f"Grand:Page {number}",
            title_fold=f"page {number}", kind=by_name[kinds[number % 4]], place=large, license=large.license,
            version=1, slug=new_slug(),
        )
        for number in range(500)
    ])  # fmt: skip
    counts = {}
    for title in names:
        client.get(f"/wiki/{title}")
        page_cache.RESPONSE_STORE.clear()
        with monkeypatch.context() as patch, CaptureQueriesContext(connection) as queries:
            patch.setattr(markdown_parser, "parse", None)
            patch.setattr("wiki.text.markup.parser_process.parse_bounded", None)
            soup = soup_of(client, f"/wiki/{title}")
        counts[title] = len(queries)
    assert counts["Grand"] <= counts["Petit"] <= 20
    assert " autres pages" in text_of(soup, "[aria-labelledby=layer-space]")


def test_what_other_pages_say_is_never_stale(client: Client, place: WikiPage, alice: User, bob: User) -> None:
    def shown() -> str:
        return " ".join(soup_of(client, "/wiki/Fournil").get_text(" ").split())

    assert "Camille" not in shown()
    person = make_page("Camille", "---\nkind: Personne\nLieux: Fournil\n---", by=alice)
    assert "Camille" in shown()
    page_writer.edit(person, "---\nkind: Personne\nLieux: Fournil\nSait faire: Pétrir\n---", BY)
    assert "Pétrir" in shown()
    page_writer.edit(person, "---\nkind: Personne\nLieux: Ailleurs\n---", BY)
    assert "Camille" not in shown()
    practice = make_page("Cuire", "---\nkind: Pratique\n---\nDu pain.", place=place, by=alice)
    assert "1 reprise" not in shown()
    fork = fork_creation.fork(practice, ForkTarget(make_place("Meunerie", by=bob)), Author.of(bob))
    assert "1 reprise" in shown()
    page_writer.delete(fork, Author.of(bob))
    assert "1 reprise" not in shown()


def test_cards_show_pictures_that_come_later(client: Client, place: WikiPage) -> None:
    make_page("Cuire", "---\nkind: Pratique\n---\n![Le four](File:Four.jpg)", place=place)
    assert not soup_of(client, "/wiki/Fournil").select(".cards img")
    make_picture("Four.jpg")
    assert soup_of(client, "/wiki/Fournil").select(".cards img")


def test_the_median_follows_the_accounts_of_other_places(client: Client, bob: User) -> None:
    places = [place_with(name, bob, accounts((2025, share, "", ""))) for name, share in (("A", "10"), ("B", "20"))]
    assert "Médiane" not in text_of(soup_of(client, "/wiki/A"), ".economy-table")
    place_with("C", bob, accounts((2024, "60", "", "")))
    assert "Médiane 20" in text_of(soup_of(client, "/wiki/A"), ".economy-table")
    page_writer.edit(places[1], "---\n" + accounts((2025, "40", "", "")) + "\n---\n", BY)
    assert "Médiane 40" in text_of(soup_of(client, "/wiki/A"), ".economy-table")
    assert "90" in text_of(soup_of(client, "/wiki/A"), ".economy-table tbody"), "what is not stated"
    page_writer.convert_place_to_page(places[1], Author.of(bob))
    assert "Médiane" not in text_of(soup_of(client, "/wiki/A"), ".economy-table")
