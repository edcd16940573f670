"""Views of facts: Browse, properties, search by property, datatypes, concepts, invalid values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup, Tag
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import Standing, person
from tests.factories import make_page, make_place
from wiki.ask import property_usage
from wiki.ask.views import property_page, special_pages
from wiki.ask.views.datatype_help import DATATYPE_HELP
from wiki.facts.datatypes import registry
from wiki.facts.values import Context, Declaration, Unit
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

SURFACE = """---
Has type: Quantity
Corresponds to: [1 m², 0.0001 ha]
Property description: [Place au sol@fr, Floor space@en]
Preferred property label: [Superficie@fr]
---"""


@pytest.fixture(scope="module", autouse=True)
def scene(standing: Standing) -> None:
    """A wiki with properties, a place with a practice, invalid and ambiguous values."""
    with standing():
        alice, bob = person("alice"), person("bob")
        make_page("Property:Surface", SURFACE, by=alice)
        for name, datatype in (("Ville", "Text"), ("Vide", "Date"), ("Note", "Number")):
            make_page(f"Property:{name}", f"---\nHas type: {datatype}\n---", by=alice)
        place = make_place("Atelier", by=bob, text="---\nVille: Lyon\nSurface: 120 m²\n---\n[[Catégorie:Bois]]")
        make_page("Charte", "---\nVille: Lyon\nVoir: Pain\nNote: beaucoup\n---", by=alice, place=place)
        make_page("Pain", "---\nNature: Pratique\nVille: Saint-Étienne\nNote: '1,234'\nVoir: Atelier\n---", by=alice)
        make_page("Boulangerie", "#REDIRECT [[Pain]]", by=alice)
        subobject = "{{#subobject:four|Ville=Lyon|Note=5}}"
        make_page("Tarte", f"---\nVoir: Boulangerie\nSurface: 1 km\n---\n{subobject}", by=alice)


def get(path: str, language: str = "en", **parameters: str) -> tuple[int, BeautifulSoup]:
    """Return status and main part of a view."""
    response = Client(headers={"accept-language": language}).get(path, parameters)
    main = BeautifulSoup(response.content.decode(), "html.parser").find("main")
    assert isinstance(main, Tag)
    return response.status_code, main  # type: ignore[return-value]


def facts_of(main: BeautifulSoup) -> dict[str, list[str]]:
    """Return terms and values of all lists of facts."""
    return {
        term.get_text(" ", strip=True): [
            re.sub(r"\s*Other pages where.*", "", " ".join(value.get_text(" ", strip=True).split()))
            for value in term.find_parent("div").find_all("dd")
        ]
        for term in main.select("dl.browse dt")
    }


# --- Browse ---------------------------------------------------------------------------------------
def test_it_shows_all_facts_of_a_page_typed_and_linked(scene: None) -> None:
    status, main = get("/browse/Atelier")
    assert status == 200
    found = facts_of(main)
    assert found["Surface"] == ["120 m²"]
    assert found["Category"] == ["Bois"]
    assert found["Kind"] == ["Place"]
    links = {link["href"] for link in main.select("dl.browse a")}
    assert {"/property/Surface", "/wiki/Category:Bois", "/all-pages?kind=place"} <= links


def test_it_shows_what_other_pages_state_of_it_by_redirects_too(scene: None) -> None:
    found = facts_of(get("/browse/Pain")[1])
    assert found["Voir"] == ["Charte , Tarte"] or found["Voir"] == ["Atelier"]
    section = get("/browse/Pain")[1].select_one("#browse-incoming").find_parent("section")  # type: ignore[union-attr]
    assert {link.get_text() for link in section.select("dd a")} == {"Charte", "Tarte"}  # type: ignore[union-attr]


def test_it_shows_invalid_and_ambiguous_values(scene: None) -> None:
    wrong = get("/browse/Atelier:Charte")[1].select_one(".browse-wrong")
    assert wrong is not None
    assert "beaucoup" in wrong.get_text()
    assert wrong.select_one(".browse-note") is not None
    notes = [note.get_text() for note in get("/browse/Pain")[1].select(".browse-note")]
    assert len(notes) == 1
    assert "can be read in two ways" in notes[0]


def test_it_shows_subobjects_of_a_page(scene: None) -> None:
    main = get("/browse/Tarte")[1]
    part = main.find(id="four")
    assert isinstance(part, Tag)
    assert "Lyon" in part.get_text()
    make_page("Horloge", "---\nHoraires:\n  - Jour: lundi\n---")
    link = get("/browse/Horloge")[1].select_one('a[href^="#_"]')
    assert link is not None
    assert get("/browse/Horloge")[1].find(id=str(link["href"])[1:]) is not None


def test_it_shows_facts_of_the_past(scene: None, alice: User) -> None:
    page = page_lookup.find("Pain", alice)
    assert page is not None
    page_writer.edit(page, "---\nVille: Nantes\n---", page_writer.Author.of(alice))
    assert facts_of(get("/browse/Pain")[1])["Ville"] == ["Nantes"]
    assert facts_of(get("/browse/Pain", version="1")[1])["Ville"] == ["Saint-Étienne"]
    assert "Ville" not in facts_of(get("/browse/Pain", at="2001")[1])
    assert get("/browse/Pain", version="7")[0] == 404
    assert 'role="alert"' in str(get("/browse/Pain", at="hier")[1])


def test_it_browses_missing_pages_that_are_named(scene: None, alice: User) -> None:
    make_page("Cidre", "---\nVoir: Pressoir\n---", by=alice)
    status, main = get("/browse/Pressoir")
    assert status == 200
    assert "Cidre" in main.get_text()
    assert get("/browse/Nulle_part")[0] == 404


def test_it_paginates_long_lists_of_facts(scene: None, alice: User) -> None:
    make_page("Longue", "---\nNombre:\n" + "".join(f"  - {number}\n" for number in range(250)) + "---", by=alice)
    seen = []
    address = "/browse/Longue"
    while address:
        main = get(address)[1]
        seen += facts_of(main).get("Nombre", [])
        further = main.select_one("a[rel=next]")
        address = f"/browse/Longue{further['href']}" if further else ""
    assert sorted(map(int, seen)) == list(range(250))


def test_the_number_of_database_queries_is_fixed(scene: None, alice: User) -> None:
    def queries(path: str) -> int:
        Client().get(path)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert Client().get(path).status_code == 200
        return len(captured)

    few = [queries(path) for path in ("/browse/Pain", "/property/Ville", "/properties", "/problems")]
    for number in range(12):
        text = f"---\nVille: Ville {number}\nNote: mal {number}\nVoir: Pain\nAutre {number}: Pain\n---"
        make_page(f"Page {number}", text, by=alice)
    make_page("Pain mêlé", "---\n" + "".join(f"P{number}: {number}\n" for number in range(30)) + "---", by=alice)
    many = [queries(path) for path in ("/browse/Pain", "/property/Ville", "/properties", "/problems")]
    assert many == few


# --- Properties -----------------------------------------------------------------------------------
def names(main: BeautifulSoup) -> list[str]:
    """Return the names in a list of properties."""
    return [link.get_text(strip=True) for link in main.select(".rows > li > .rows-title")]


def test_it_lists_properties_by_label_with_their_use(scene: None) -> None:
    main = get("/properties", language="fr")[1]
    assert "Superficie" in names(main)
    assert "Surface" not in names(main)
    line = next(item for item in main.select(".rows > li") if "Superficie" in item.get_text())
    assert "Place au sol" in line.get_text()
    assert "2 valeurs" in line.get_text()
    assert names(get("/properties", q="superf")[1]) == ["Surface"]
    assert names(get("/properties", type="_num")[1]) == ["Note"]


def test_it_lists_unused_and_wanted_properties(scene: None) -> None:
    assert names(get("/unused-properties")[1]) == ["Vide"]
    assert names(get("/wanted-properties")[1]) == ["Voir"]


def test_it_shows_the_declaration_and_usage_of_a_property(scene: None) -> None:
    status, main = get("/property/Surface", language="fr")
    assert status == 200
    text = main.get_text(" ", strip=True)
    assert "Superficie" in main.h1.get_text()  # type: ignore[union-attr]
    assert "Quantité" in text
    assert "1 m² = 0,0001 ha" in text
    assert "Place au sol" in text
    assert main.select_one(".browse-wrong") is not None
    values = get("/property/Ville")[1]
    figures = [text.get_text() for text in values.select(".ask-chart svg text")]
    assert figures[:2] == ["Lyon", "3"]
    assert values.select_one("svg[role=img][aria-label]") is not None
    assert {line.get_text() for line in values.select("#property-pages ~ dl dt")} == {
        "Atelier", "Charte", "Pain", "Tarte#four"}  # fmt: skip


def test_it_draws_numbers_and_dates_in_ranges(alice: User) -> None:
    for name, datatype in (("Rang", "Number"), ("Jour", "Date")):
        make_page(f"Property:{name}", f"---\nHas type: {datatype}\n---", by=alice)
    for number in range(30):
        make_page(f"Page {number}", f"---\nRang: {number * 10}\nJour: {1990 + number}-03-01\n---", by=alice)
    drawn = get("/property/Rang")[1].select_one(".ask-chart")
    assert drawn is not None
    counts = [int(text.get_text()) for text in drawn.select("text[text-anchor=start]")]
    assert sum(counts) == 30
    assert len(counts) < 13
    drawn = get("/property/Jour")[1].select_one(".ask-chart")
    assert drawn is not None
    assert sum(int(text.get_text()) for text in drawn.select("text[text-anchor=start]")) == 30


def test_it_paginates_the_pages_of_a_property(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(property_page, "ROWS", 4)
    for number in range(11):
        make_page(f"Page {number}", f"---\nBourg: {'Lyon' if number % 3 else 'Die'}\n---", by=alice)
    seen, address = [], "/property/Bourg"
    while address:
        main = get(address)[1]
        seen += [term.get_text() for term in main.select("#property-pages ~ dl dt")]
        further = main.select_one("#property-pages ~ nav a[rel~=next]")
        address = f"/property/Bourg{str(further['href']).partition('#')[0]}" if further else ""
    assert sorted(seen) == sorted(f"Page {number}" for number in range(11))
    assert len(seen) == 11


def test_counting_stops_at_the_limit(scene: None, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = list(property_usage.properties(anna).filter(key="Ville"))
    assert property_usage.count_uses(rows, anna) == {rows[0].pk: 4}
    assert property_usage.count_uses(rows, anna, most=2) == {rows[0].pk: 3}


def test_it_shows_a_renamed_property_under_its_new_name(scene: None, alice: User) -> None:
    make_page("Property:Commune", "---\nHas type: Text\n---", by=alice)
    page = page_lookup.find("Property:Ville", alice)
    assert page is not None
    page_writer.edit(page, "#REDIRECT [[Property:Commune]]", page_writer.Author.of(alice))
    assert "Commune" in get("/property/Ville")[1].h1.get_text()  # type: ignore[union-attr]
    main = get("/properties")[1]
    assert "Ville" not in names(main)
    assert "4 values" in next(item for item in main.select(".rows > li") if "Commune" in item.get_text()).get_text()


# --- Search by property ---------------------------------------------------------------------------
def hits(main: BeautifulSoup, heading: str = "by-found") -> list[str]:
    """Return the pages found."""
    return [term.get_text() for term in main.select(f"#{heading} ~ dl dt")]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"value": ""}, ["Atelier", "Charte", "Tarte#four", "Pain"]),
        ({"value": "Lyon"}, ["Atelier", "Charte", "Tarte#four"]),
        ({"value": "tienne", "comparator": "in"}, ["Pain"]),
        ({"value": "m", "comparator": ">"}, ["Pain"]),
        ({"value": "s*", "comparator": "~"}, ["Pain"]),
        ({"value": "Lyon", "comparator": "!"}, ["Pain"]),
        ({"value": "Brest"}, []),
    ],
)
def test_it_finds_pages_by_a_property(scene: None, parameters: dict[str, str], found: list[str]) -> None:
    assert sorted(hits(get("/search-by-property", property="Ville", **parameters)[1])) == sorted(found)


def test_it_shows_nearby_values(scene: None, alice: User) -> None:
    for number in (10, 20, 30):
        make_page(f"N {number}", f"---\nNote: {number}\n---", by=alice)
    nearby = hits(get("/search-by-property", property="Note", value="19")[1], "by-near")
    assert nearby == ["Pain", "Tarte#four", "N 10", "N 20", "N 30"]
    assert hits(get("/search-by-property", property="Ville", value="Nantes")[1], "by-near")[-1] == "Pain"
    assert get("/search-by-property", property="Note", value="beaucoup")[0] == 422


# --- Datatypes, concepts, invalid values ------------------------------------------------------------
def test_it_explains_every_datatype_that_can_be_declared(scene: None) -> None:
    main = get("/types")[1]
    assert [section["id"] for section in main.select("section.type")] == [kind.id for kind in registry.USER_TYPES]
    assert "Note" in main.find(id="_num").get_text()  # type: ignore[union-attr]


@pytest.mark.parametrize("id_", DATATYPE_HELP)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_its_example_values_are_valid(id_: str, language: str, db: None) -> None:
    fields = tuple(Declaration(name, name, "_txt") for name in ("A", "B", "C"))
    units = (Unit(1.0, ("m²",)), Unit(0.0001, ("ha",))) if id_ == "_qty" else ()
    declaration = Declaration("P", "P", id_, units=units, fields=fields)
    for written in DATATYPE_HELP[id_].french if language == "fr" else DATATYPE_HELP[id_].english:
        value = registry.parse(written, Context(language, declaration))
        assert value.problem is None, (written, value.problem)
        assert not value.note


def test_it_lists_invalid_values(scene: None) -> None:
    main = get("/problems")[1]
    assert [item.select_one(".rows-title").get_text() for item in main.select(".browse-wrong")] == ["Tarte", "Charte"]  # type: ignore[union-attr]
    assert [code.get_text() for code in get("/problems", property="Note")[1].select("code")] == ["beaucoup"]


def test_it_lists_pages_with_problems(scene: None, alice: User) -> None:
    make_page("Brouillon", "---\nNature: Bidule\n---\nUn texte.", by=alice)
    section = get("/problems")[1].select_one("#problems-texts")
    assert section is not None
    assert [link.get_text() for link in section.find_parent("section").select(".rows-title")] == ["Brouillon"]  # type: ignore[union-attr]
    assert get("/problems", property="Note")[1].select_one("#problems-texts") is None


def test_it_lists_concepts(scene: None, alice: User) -> None:
    make_page("Concept:Lyonnais", "Ceux de Lyon.", by=alice)
    assert "Lyonnais" in get("/concepts")[1].get_text()


# --- Permissions, and MediaWiki URLs --------------------------------------------------------------
def test_it_shows_and_counts_nothing_of_deleted_pages(scene: None, bob: User, alice: User) -> None:
    alice.is_superuser = True
    for title in ("Atelier:Charte", "Tarte", "Pain"):
        page = page_lookup.find(title, bob)
        assert page is not None
        page_writer.delete(page, page_writer.Author.of(alice))
    for path in ("/browse/Atelier", "/properties", "/property/Ville", "/property/Note", "/problems",
                 "/wanted-properties",
                 "/search-by-property?property=Ville", "/search-by-property?property=Note&value=1000"):  # fmt: skip
        text = get(path)[1].get_text()
        for word in ("Charte", "Tarte", "Étienne", "beaucoup", "1,234"):
            assert word not in text, (path, word)
    assert "1 value" in get("/property/Ville")[1].get_text()
    assert "Voir" not in names(get("/properties")[1])
    assert get("/browse/Pain")[0] == 404


@pytest.mark.parametrize(
    ("address", "redirects_to"),
    [
        ("Special:Browse/Pain", "/browse/Pain"),
        ("Spécial:Parcourir/Pain_sec", "/browse/Pain_sec"),
        ("Special:Browse/:Pain", "/browse/Pain"),
        ("Special:Browse?article=Pain", "/browse/Pain"),
        ("Special:Browse", "/all-pages"),
        ("Special:Properties", "/properties"),
        ("Spécial:Propriétés_demandées", "/wanted-properties"),
        ("Special:SearchByProperty/Ville/Lyon", "/search-by-property?property=Ville&value=Lyon"),
        ("Special:SearchByProperty/:Date-20de-20cr-C3-A9ation/2021",
         "/search-by-property?property=Date+de+création&value=2021"),
        ("Special:Ask/-5B-5BVille::Lyon-5D-5D/-3FVille/-3FNote/format=csv",
         "/ask?q=[[Ville::Lyon]]&po=?Ville\n?Note&format=csv"),
        ("Special:Ask?q=[[Ville::Lyon]]&p[limit]=3", "/ask?q=[[Ville::Lyon]]&limit=3"),
        ("Special:Types", "/types"),
        ("Special:ProcessingErrorList", "/problems"),
        ("Special:RecentChanges", "/changes"),
        ("Special:Search/four", "/search?q=four"),
        ("Special:WhatLinksHere/Pain", "/links-to/Pain"),
    ],
)  # fmt: skip
def test_links_to_special_pages_keep_working(address: str, redirects_to: str) -> None:
    response = Client().get(f"/wiki/{address}")
    assert response.status_code == 302
    assert unquote(response["Location"]) == redirects_to


def test_every_special_page_redirects_to_a_view(scene: None) -> None:
    for name, view in special_pages.SPECIAL_PAGES.items():
        rest = "[[Ville::Lyon]]" if view == "ask" else "Pain"
        response = Client().get(f"/wiki/Special:{name}/{rest}", follow=True)
        assert response.status_code == 200, (name, view)
    assert Client().get("/wiki/Special:Nothing_such").status_code == 404


def test_the_form_of_the_kind_gives_order_and_labels(alice: User, bob: User, client: Client) -> None:
    make_place("La Myne", by=bob)
    english = {"accept-language": "en"}
    facts = "Zut: z\nMachines: [scie]\nPublic: tous\nImage: File:Four.jpg"
    make_page("Sol", f"---\nkind: Pratique\n{facts}\n---\n", by=alice)
    content = client.get("/wiki/Sol", headers=english).content.decode()
    labels = ("Picture of the result", "For whom", "Machines", "Zut")
    positions = [content.index(f">{label}</a></dt>") for label in labels]
    assert positions == sorted(positions)
    assert '<img class="fact-picture" src="/thumbnail/Four.jpg"' in content
    form = make_page("Form:Practice", "## Un\n### Zut\n- label (en): Oh\n### Public\n", by=bob)
    content = client.get("/wiki/Sol", headers=english).content.decode()
    assert content.index(">Oh</a></dt>") < content.index(">Public</a></dt>") < content.index(">Machines</a></dt>")
    page_writer.edit(form, "## Un\n### Public\n", page_writer.Author.of(bob))
    assert ">Oh</a></dt>" not in client.get("/wiki/Sol", headers=english).content.decode()


def test_a_long_fact_box_has_the_sections_of_the_form(alice: User, client: Client) -> None:
    facts = ["Téléphone: 1", "Ville: Lyon", "Zut: z", "Adresse: rue", "Statut: Autre", "Site: b.fr", "Sociétaires: 3"]
    kind = "---\nkind: Organisation\n"
    page = make_page("Halle", by=alice, text=kind + "\n".join(facts) + "\n---\n")
    french = {"accept-language": "fr"}
    assert "fact-heading" not in client.get("/wiki/Halle", headers=french).content.decode()
    page_writer.edit(page, kind + "\n".join([*facts, "Fondée en: 1999"]) + "\n---\n", page_writer.Author.of(alice))
    soup = BeautifulSoup(client.get("/wiki/Halle", headers=french).content, "html.parser")
    headings = [heading.text for heading in soup.select(".facts .fact-heading")]
    assert headings[:2] == ["L’organisation", "La joindre"]
    assert headings[-1] == "Autres faits"
    assert not soup.select(".facts .fact-heading + dl:not(:has(dd))"), "every title has facts"
