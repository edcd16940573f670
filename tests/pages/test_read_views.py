"""Reading pages: what is shown, to whom, at what cost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.pages.models import RenderedPage
from wiki.pages.rendering import page_cache
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
from wiki.text.markup import markdown_parser

pytestmark = pytest.mark.django_db
SCRIPT = Author(None, "script")
ClientOf = Callable[..., Client]


@pytest.fixture
def reader(anna: AnonymousUser, client_of: ClientOf) -> Client:
    """Anna's browser."""
    return client_of(anna)


def shown(client: Client, address: str) -> str:
    """The screen at `address`, which has to answer 200."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def test_a_page_costs_three_queries_and_no_parsing(
    reader: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_page("Charte", by=alice)
    make_page("Accueil", "Voir [[Charte]] et [[Rien]].", by=alice)
    reader.get("/wiki/Charte")  # content types and the like are looked up once in a process
    monkeypatch.setattr(markdown_parser, "parse", None)
    monkeypatch.setattr("wiki.text.markup.parser_process.parse_bounded", None)
    with CaptureQueriesContext(connection) as queries:
        shown(reader, "/wiki/Accueil")
    assert len(queries) <= 16, [query["sql"][:90] for query in queries]  # the first reader has the answers made
    page_cache.RESPONSE_STORE.clear()
    with CaptureQueriesContext(connection) as queries:
        text = shown(reader, "/wiki/Accueil")
    assert len(queries) <= 3, [query["sql"][:90] for query in queries]
    assert '<a href="/wiki/Charte">Charte</a>' in text
    assert 'class="red"' in text
    with CaptureQueriesContext(connection) as queries:
        assert shown(reader, "/wiki/Accueil") == text
    assert len(queries) == 1


def test_a_reader_who_has_it_gets_304_without_rendering(reader: Client, alice: User) -> None:
    page = make_page("Accueil", "Voir [[Charte]].", by=alice)
    first = reader.get("/wiki/Accueil")
    tag = first.headers["etag"]
    with CaptureQueriesContext(connection) as queries:
        again = reader.get("/wiki/Accueil", headers={"if-none-match": tag})
    assert again.status_code == 304
    assert not again.content
    assert len(queries) == 1
    assert {"cookie", "accept-language"} <= {word.strip().lower() for word in first.headers["vary"].split(",")}
    for change in (
        lambda: make_page("Charte", by=alice),
        lambda: page_writer.edit(page, "Autre chose.", SCRIPT),
        lambda: reader.cookies.load({"theme": "dark"}),
    ):
        change()
        answer = reader.get("/wiki/Accueil", headers={"if-none-match": tag})
        assert answer.status_code == 200
        tag = answer.headers["etag"]
    assert reader.get("/wiki/Accueil", headers={"if-none-match": tag, "accept-language": "en"}).status_code == 200


def test_a_signed_in_reader_gets_nothing_that_caches_keep(alice: User, client_of: ClientOf) -> None:
    make_page("Accueil", by=alice)
    answer = client_of(alice).get("/wiki/Accueil")
    assert "etag" not in answer.headers
    assert "private" in answer.headers["cache-control"]


def test_the_licence_is_said_in_words_and_to_machines(reader: Client, alice: User) -> None:
    make_page("Accueil", "Un texte assez long pour faire un extrait.</script>", by=alice, license="LAL-1.3")
    answer = reader.get("/wiki/Accueil")
    text = answer.content.decode()
    assert 'rel="license"' in text
    assert re.search(r'<https?://artlibre[^>]*>; rel="license"', answer.headers["link"])
    assert 'href="/licenses/LAL-1.3"' in text
    data = json.loads(re.search(r'application/ld\+json">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert data["name"] == "Accueil"
    assert "artlibre" in data["license"][0]
    assert reader.get("/licenses/LAL-1.3").status_code == 200


def test_addresses_have_one_form(reader: Client, alice: User) -> None:
    make_page("Atelier vélo", by=alice)
    make_page("Catégorie:Mobilité", by=alice)
    for given, true in (
        ("/wiki/atelier%20vélo", "/wiki/Atelier_v%C3%A9lo"),
        ("/wiki/Category:Mobilité", "/wiki/Category:Mobilit%C3%A9"),
        ("/wiki/Catégorie:Mobilité", "/wiki/Category:Mobilit%C3%A9"),
    ):
        answer = reader.get(given)
        where = answer.headers.get("location", given.replace("é", "%C3%A9"))
        assert where == true
        assert reader.get(true).status_code == 200


def test_a_redirect_leads_on_and_can_be_looked_at(reader: Client, alice: User) -> None:
    page = make_page("Fournil", by=alice)
    page_moves.move(page, "Four", SCRIPT)
    assert reader.get("/wiki/Fournil").headers["location"] == "/wiki/Four?from=Fournil"
    assert "Fournil" in shown(reader, "/wiki/Four?from=Fournil")
    assert "Four" in shown(reader, "/wiki/Fournil?redirect=no")


def test_redirects_in_a_ring_end(reader: Client, alice: User) -> None:
    make_page("A", "#REDIRECT [[B]]", by=alice)
    make_page("B", "#REDIRECT [[A]]", by=alice)
    assert reader.get("/wiki/A").status_code == 200


def test_what_is_not_there_says_what_can_be_done(reader: Client, alice: User) -> None:
    make_page("Charte du lieu", "Voir [[Charte]].", by=alice)
    answer = reader.get("/wiki/Charte")
    text = answer.content.decode()
    assert answer.status_code == 404
    assert "/create?title=Charte" in text
    assert text.count("Charte du lieu") >= 2


def test_a_deleted_page_says_so_and_hides_its_texts(reader: Client, alice: User) -> None:
    page = make_page("Fournil", "Le secret du pain.", by=alice)
    page_writer.delete(page, SCRIPT, "doublon")
    answer = reader.get("/wiki/Fournil")
    assert answer.status_code == 404
    assert "doublon" in answer.content.decode()
    for address in ("/wiki/Fournil?version=1", "/search?q=fournil", "/all-pages", "/sitemap-1.xml"):
        assert "secret" not in reader.get(address).content.decode()
    assert "Fournil</a>" not in shown(reader, "/all-pages")


def test_old_versions_are_readable_and_not_indexed(reader: Client, alice: User) -> None:
    page = make_page("Fournil", "Premier texte.", by=alice)
    page_writer.edit(page, "Second texte.", SCRIPT)
    answer = reader.get("/wiki/Fournil?version=1")
    assert "Premier texte." in answer.content.decode()
    assert answer.headers["x-robots-tag"] == "noindex"
    for wrong in ("0", "3", "x", "-1", "9" * 40, ""):
        assert reader.get(f"/wiki/Fournil?version={wrong}").status_code == 404


def test_front_matter_is_a_fact_box(reader: Client, alice: User) -> None:
    facts = "Nature: Pratique\nVille: [Lyon, Oullins]\nWeb: https://exemple.fr\nHoraires:\n  - Jour: lundi"
    text = f"---\n{facts}\n---\nTexte."
    make_page("Accueil", text, by=alice)
    page = shown(reader, "/wiki/Accueil")
    for word in ("Ville", "Oullins", 'href="https://exemple.fr"', "Jour\u00a0: lundi", "Pratique"):
        assert word in page


def test_problems_are_shown_in_place_and_the_text_is_kept(reader: Client, alice: User) -> None:
    text = "---\nKind: Vaisseau\nlicence: CC0-1.0\n---\n[[a|]] [[<]] ![p](absente.jpg) {{#ask: [[x]]}}\n"
    page = make_page("Accueil", text, by=alice)
    screen = shown(reader, "/wiki/Accueil")
    assert screen.count('class="problem"') >= 1
    assert "Vaisseau" in screen
    assert 'class="picture-missing"' in screen
    assert "/upload?name=absente.jpg" in screen
    assert page.versions.get(number=1).text() == text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))", "[[x|<b onclick=alert(1)>]]", '![a" onload="alert(1)](x.jpg)',
    "---\nVille: <script>alert(1)</script>\n---\n"])  # fmt: skip
def test_hostile_text_is_harmless(reader: Client, alice: User, text: str) -> None:
    make_page("Accueil", text, by=alice)
    screen = shown(reader, "/wiki/Accueil").lower()
    article = screen[screen.index("<main") : screen.index("</main")]
    assert "<script>alert" not in article
    assert not re.search(r"<[^>]*\son(click|error|load)=", article)
    assert 'href="javascript:' not in article


@pytest.mark.parametrize("text", ["[" * 8000, "- " * 400 + "x", "> " * 500 + "x", "*a " * 60000, "x" * 999_000])
def test_hostile_size_costs_bounded_time(reader: Client, alice: User, text: str) -> None:
    make_page("Accueil", text, by=alice)
    assert reader.get("/wiki/Accueil").status_code == 200


def test_a_rendering_that_is_missing_or_behind_is_made_by_the_first_reader(reader: Client, alice: User) -> None:
    page = make_page("Accueil", "Un texte.", by=alice)
    RenderedPage.objects.filter(page=page).delete()
    assert "Un texte." in shown(reader, "/wiki/Accueil")
    RenderedPage.objects.filter(page=page).update(version=0, html="vieux")
    assert "vieux" not in shown(reader, "/wiki/Accueil")


def test_a_category_lists_its_pages_and_subcategories(reader: Client, alice: User) -> None:
    make_page("Pain", "[[Catégorie:Cuisine]]", by=alice)
    make_page("Catégorie:Fermentation", "[[Category:Cuisine]]", by=alice)
    screen = shown(reader, "/wiki/Category:Cuisine")
    assert ">Pain</a>" in screen
    assert "Fermentation" in screen
    tree = shown(reader, "/categories")
    assert tree.index("Cuisine") < tree.index("Fermentation")


def test_a_place_shows_who_lives_in_it(reader: Client, alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Charte", place=place, by=alice)
    assert "La_Myne:Charte" in shown(reader, "/wiki/La_Myne")


def test_a_kept_place_is_never_behind(reader: Client, alice: User, bob: User, client_of: ClientOf) -> None:
    place = make_place("La Myne", by=bob)
    page = make_page("Charte", place=place, by=alice)
    tags = {reader.get("/wiki/La_Myne").headers["etag"]}

    def seen(what: str) -> None:
        answer = reader.get("/wiki/La_Myne")
        assert what in answer.content.decode()
        assert answer.headers["etag"] not in tags
        tags.add(answer.headers["etag"])

    page_writer.edit(page, "Autre.", SCRIPT, page_writer.EditSummary("Un mot nouveau"))
    seen("Un mot nouveau")
    make_page("Accueil", place=place, by=alice)
    seen("La_Myne:Accueil")
    page_moves.move(page, "Ailleurs", SCRIPT)
    assert "La_Myne:Charte" not in reader.get("/wiki/La_Myne").content.decode()
    client_of(bob).post("/stewards/La_Myne", {"add": "1", "username": "alice"})
    seen("alice")
    bob.first_name = "Roberta"
    bob.save()
    seen("Roberta")


def test_lists_show_orphans_and_wanted_pages(reader: Client, alice: User) -> None:
    make_page("Seule", "Voir [[Rien]] et [[Liée]].", by=alice)
    make_page("Liée", by=alice)
    orphans = shown(reader, "/orphans")
    assert ">Seule</a>" in orphans
    assert ">Liée</a>" not in orphans
    assert "Rien" in shown(reader, "/wanted")
    assert ">Seule</a>" in shown(reader, "/links-to/Rien")


def test_search_by_title_does_not_mind_accents_or_case(reader: Client, alice: User) -> None:
    make_page("Atelier de réparation de vélos", by=alice)
    for words in ("velos", "VÉLOS atelier", "repar"):
        assert "Atelier de réparation" in re.sub("</?mark>", "", shown(reader, f"/search?q={words}"))
    assert reader.get("/search?q=%00").status_code == 400


@pytest.mark.parametrize("address", ["/", "/search", "/all-pages?kind=zzz&p=999", "/all-pages?p=-1", "/wanted?p=x",
    "/robots.txt", "/sitemap.xml", "/sitemap-1.xml", "/categories"])  # fmt: skip
def test_lists_answer_on_an_empty_wiki(reader: Client, db: None, address: str) -> None:
    assert reader.get(address).status_code == 200


@pytest.mark.parametrize("title", ["%3Cb%3E", "a%00b", "..", "%ff%fe", "a" * 300, "%F0%9F%A7%80", ":x", "x%7Cy"])
def test_odd_titles_are_never_an_error(reader: Client, db: None, title: str) -> None:
    for view in ("wiki", "edit", "history", "fork", "links-to", "move"):
        assert reader.get(f"/{view}/{title}").status_code in (200, 302, 404, 422), view


def test_a_picture_name_too_long_for_a_title_harms_no_list(reader: Client, alice: User) -> None:
    name = "é" * 124 + ".jpg"  # fits a title by itself, and not with «File:» before it
    make_page("Pain au levain", f"---\nNature: Pratique\n---\n![le pain]({name})\n", by=alice)
    for address in ("/", "/all-pages?kind=practice", "/wiki/Pain_au_levain"):
        assert "Pain au levain" in shown(reader, address)


def test_an_old_version_says_all_the_licences_it_may_be_used_under(reader: Client, alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice, license="CC-BY-SA-4.0 OR LAL-1.3")
    page_writer.edit(page, "Deux.", SCRIPT)
    for address in ("/wiki/Fournil", "/wiki/Fournil?version=1"):
        screen = shown(reader, address)
        assert 'href="/licenses/CC-BY-SA-4.0"' in screen
        assert 'href="/licenses/LAL-1.3"' in screen


def test_an_empty_page_invites_to_write(reader: Client, bob: User) -> None:
    said = "Rien n’est encore écrit ici."
    make_place("La Myne", by=bob, text="")
    assert '<a href="/edit/La_Myne"' in shown(reader, "/wiki/La_Myne").partition(said)[2]
    make_place("Le Fournil", by=bob, text="Un four.")
    assert said not in shown(reader, "/wiki/Le_Fournil")


def test_the_first_screen_of_an_empty_wiki_says_that_nothing_is_there(reader: Client, db: None) -> None:
    assert shown(reader, "/").count("Rien ici pour l’instant.") == 3


def test_a_new_place_invites_to_write_in_it(reader: Client, bob: User) -> None:
    make_place("La Myne", by=bob)
    assert 'href="/create?place=La+Myne"' in shown(reader, "/wiki/La_Myne")
    make_page("Charte", by=bob)
    assert "/create?place=" not in shown(reader, "/wiki/Charte")
