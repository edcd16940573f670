"""Views for reading: content, headers, redirects, hostile input, number of queries."""

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
from wiki.pages import page_lookup
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
    """Return an anonymous client."""
    return client_of(anna)


def get_html(client: Client, address: str) -> str:
    """Return the HTML at `address`, whose status must be 200."""
    response = client.get(address)
    assert response.status_code == 200, address
    return str(response.content.decode())


def test_page_needs_three_queries_and_no_parsing(reader: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make_page("Charte", by=alice)
    make_page("Accueil", "Voir [[Charte]] et [[Rien]].", by=alice)
    reader.get("/wiki/Charte")  # content types and the like are looked up once in a process
    monkeypatch.setattr(markdown_parser, "parse", None)
    monkeypatch.setattr("wiki.text.markup.parser_process.parse_bounded", None)
    with CaptureQueriesContext(connection) as queries:
        get_html(reader, "/wiki/Accueil")
    assert len(queries) <= 16, [
        query["sql"][:90] for query in queries
    ]  # the first request computes the deferred content
    page_cache.RESPONSE_STORE.clear()
    with CaptureQueriesContext(connection) as queries:
        text = get_html(reader, "/wiki/Accueil")
    assert len(queries) <= 3, [query["sql"][:90] for query in queries]
    assert '<a href="/wiki/Charte">Charte</a>' in text
    assert 'class="red"' in text
    with CaptureQueriesContext(connection) as queries:
        assert get_html(reader, "/wiki/Accueil") == text
    assert len(queries) == 1


def test_matching_etag_gets_304_without_rendering(reader: Client, alice: User) -> None:
    page = make_page("Accueil", "Voir [[Charte]].", by=alice)
    first = reader.get("/wiki/Accueil")
    tag = first.headers["etag"]
    with CaptureQueriesContext(connection) as queries:
        again = reader.get("/wiki/Accueil", headers={"if-none-match": tag})
    assert again.status_code == 304
    assert not again.content
    assert len(queries) == 1
    assert {"cookie", "accept-language"} <= {name.strip().lower() for name in first.headers["vary"].split(",")}
    for change in (
        lambda: make_page("Charte", by=alice),
        lambda: page_writer.edit(page, "Autre chose.", SCRIPT),
        lambda: reader.cookies.load({"theme": "dark"}),
    ):
        change()
        response = reader.get("/wiki/Accueil", headers={"if-none-match": tag})
        assert response.status_code == 200
        tag = response.headers["etag"]
    assert reader.get("/wiki/Accueil", headers={"if-none-match": tag, "accept-language": "en"}).status_code == 200


def test_response_for_signed_in_reader_is_private(alice: User, client_of: ClientOf) -> None:
    make_page("Accueil", by=alice)
    response = client_of(alice).get("/wiki/Accueil")
    assert "etag" not in response.headers
    assert "private" in response.headers["cache-control"]


def test_licence_is_in_html_header_and_metadata(reader: Client, alice: User) -> None:
    make_page("Accueil", "Un texte assez long pour faire un extrait.</script>", by=alice, license="LAL-1.3")
    response = reader.get("/wiki/Accueil")
    text = response.content.decode()
    assert 'rel="license"' in text
    assert re.search(r'<https?://artlibre[^>]*>; rel="license"', response.headers["link"])
    assert 'href="/licenses/LAL-1.3"' in text
    data = json.loads(re.search(r'application/ld\+json">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert data["name"] == "Accueil"
    assert "artlibre" in data["license"][0]
    assert reader.get("/licenses/LAL-1.3").status_code == 200


def test_urls_are_canonical(reader: Client, alice: User) -> None:
    make_page("Atelier vélo", by=alice)
    make_page("Catégorie:Mobilité", by=alice)
    for spelling, canonical in (
        ("/wiki/atelier%20vélo", "/wiki/Atelier_v%C3%A9lo"),
        ("/wiki/Category:Mobilité", "/wiki/Category:Mobilit%C3%A9"),
        ("/wiki/Catégorie:Mobilité", "/wiki/Category:Mobilit%C3%A9"),
    ):
        response = reader.get(spelling)
        location = response.headers.get("location", spelling.replace("é", "%C3%A9"))
        assert location == canonical
        assert reader.get(canonical).status_code == 200


def test_redirect_is_followed_and_can_be_shown(reader: Client, alice: User) -> None:
    page = make_page("Fournil", by=alice)
    page_moves.move(page, "Four", SCRIPT)
    assert reader.get("/wiki/Fournil").headers["location"] == "/wiki/Four?from=Fournil"
    assert "Fournil" in get_html(reader, "/wiki/Four?from=Fournil")
    assert "Four" in get_html(reader, "/wiki/Fournil?redirect=no")


def test_redirect_loop_ends(reader: Client, alice: User) -> None:
    make_page("A", "#REDIRECT [[B]]", by=alice)
    make_page("B", "#REDIRECT [[A]]", by=alice)
    assert reader.get("/wiki/A").status_code == 200


def test_missing_page_has_suggestions(reader: Client, alice: User) -> None:
    make_page("Charte du lieu", "Voir [[Charte]].", by=alice)
    response = reader.get("/wiki/Charte")
    text = response.content.decode()
    assert response.status_code == 404
    assert "/create?title=Charte" in text
    assert text.count("Charte du lieu") >= 2


def test_texts_of_deleted_page_are_hidden(reader: Client, alice: User) -> None:
    page = make_page("Fournil", "Le secret du pain.", by=alice)
    page_writer.delete(page, SCRIPT, "doublon")
    response = reader.get("/wiki/Fournil")
    assert response.status_code == 404
    assert "doublon" in response.content.decode()
    for address in ("/wiki/Fournil?version=1", "/search?q=fournil", "/all-pages", "/sitemap-1.xml"):
        assert "secret" not in reader.get(address).content.decode()
    assert "Fournil</a>" not in get_html(reader, "/all-pages")


def test_old_version_is_readable_and_not_indexed(reader: Client, alice: User) -> None:
    page = make_page("Fournil", "Premier texte.", by=alice)
    page_writer.edit(page, "Second texte.", SCRIPT)
    response = reader.get("/wiki/Fournil?version=1")
    assert "Premier texte." in response.content.decode()
    assert response.headers["x-robots-tag"] == "noindex"
    for wrong in ("0", "3", "x", "-1", "9" * 40, ""):
        assert reader.get(f"/wiki/Fournil?version={wrong}").status_code == 404


def test_front_matter_is_shown_as_fact_box(reader: Client, alice: User) -> None:
    facts = "Nature: Pratique\nVille: [Lyon, Oullins]\nWeb: https://exemple.fr\nHoraires:\n  - Jour: lundi"
    text = f"---\n{facts}\n---\nTexte."
    make_page("Accueil", text, by=alice)
    page = get_html(reader, "/wiki/Accueil")
    for expected in ("Ville", "Oullins", 'href="https://exemple.fr"', "Jour\u00a0: lundi", "Pratique"):
        assert expected in page


def test_problems_are_shown_and_text_is_unchanged(reader: Client, alice: User) -> None:
    text = "---\nKind: Vaisseau\nlicence: CC0-1.0\n---\n[[a|]] [[<]] ![p](absente.jpg) {{#ask: [[x]]}}\n"
    page = make_page("Accueil", text, by=alice)
    html = get_html(reader, "/wiki/Accueil")
    assert html.count('class="problem"') >= 1
    assert "Vaisseau" in html
    assert 'class="picture-missing"' in html
    assert "/upload?name=absente.jpg" in html
    assert page.versions.get(number=1).text() == text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))", "[[x|<b onclick=alert(1)>]]", '![a" onload="alert(1)](x.jpg)',
    "---\nVille: <script>alert(1)</script>\n---\n"])  # fmt: skip
def test_hostile_text_is_harmless(reader: Client, alice: User, text: str) -> None:
    make_page("Accueil", text, by=alice)
    html = get_html(reader, "/wiki/Accueil").lower()
    article = html[html.index("<main") : html.index("</main")]
    assert "<script>alert" not in article
    assert not re.search(r"<[^>]*\son(click|error|load)=", article)
    assert 'href="javascript:' not in article


@pytest.mark.parametrize("text", ["[" * 8000, "- " * 400 + "x", "> " * 500 + "x", "*a " * 60000, "x" * 999_000])
def test_hostile_size_takes_bounded_time(reader: Client, alice: User, text: str) -> None:
    make_page("Accueil", text, by=alice)
    assert reader.get("/wiki/Accueil").status_code == 200


def test_missing_or_outdated_rendering_is_rebuilt_on_read(reader: Client, alice: User) -> None:
    page = make_page("Accueil", "Un texte.", by=alice)
    RenderedPage.objects.filter(page=page).delete()
    assert "Un texte." in get_html(reader, "/wiki/Accueil")
    RenderedPage.objects.filter(page=page).update(version=0, html="vieux")
    assert "vieux" not in get_html(reader, "/wiki/Accueil")


def test_category_sorts_by_sort_keys(reader: Client, alice: User) -> None:
    for title, text in (
        ("Zoé Durand", "[[Category:T]] {{DEFAULTSORT:Aaa}}"),
        ("Bob Martin", "[[Category:T]]"),
        ("Accueil", "[[Category:T|Éloi]] {{DEFAULTSORT:Aaa}}"),
        ("Yves", "[[Category:T| ]]"),
        ("Cité", "---\nSort key: Zut\n---\n[[Category:T]]"),
        ("Dune", "[[Category:T|a{{PAGENAME}}]]"),
        ("Category:Z", "[[Category:T|1]]"),
        ("Category:A", "[[Category:T|2]]"),
    ):
        make_page(title, text, by=alice)
    html = get_html(reader, "/wiki/Category:T")
    names = ("Yves", "Zoé Durand", "Dune", "Bob Martin", "Accueil", "Cité")
    places = [html.index(f">{name}<") for name in names]
    assert places == sorted(places)
    assert html.index("Category:Z") < html.index("Category:A")
    page = page_lookup.find_by_key("Zoé Durand")
    assert page is not None
    page_writer.edit(page, "[[Category:T]] {{DEFAULTSORT:Zzz}}", Author(None, "script"))
    html = get_html(reader, "/wiki/Category:T")
    assert html.index(">Zoé Durand<") > html.index(">Cité<")


def test_category_lists_pages_and_subcategories(reader: Client, alice: User) -> None:
    make_page("Pain", "[[Catégorie:Cuisine]]", by=alice)
    make_page("Catégorie:Fermentation", "[[Category:Cuisine]]", by=alice)
    html = get_html(reader, "/wiki/Category:Cuisine")
    assert ">Pain</a>" in html
    assert "Fermentation" in html
    tree = get_html(reader, "/categories")
    assert tree.index("Cuisine") < tree.index("Fermentation")


def test_place_lists_its_pages(reader: Client, alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    make_page("Charte", place=place, by=alice)
    assert "La_Myne:Charte" in get_html(reader, "/wiki/La_Myne")


def test_cached_place_is_never_stale(reader: Client, alice: User, bob: User, client_of: ClientOf) -> None:
    place = make_place("La Myne", by=bob)
    page = make_page("Charte", place=place, by=alice)
    tags = {reader.get("/wiki/La_Myne").headers["etag"]}

    def assert_updated(text: str) -> None:
        response = reader.get("/wiki/La_Myne")
        assert text in response.content.decode()
        assert response.headers["etag"] not in tags
        tags.add(response.headers["etag"])

    page_writer.edit(page, "Autre.", SCRIPT, page_writer.EditSummary("Un mot nouveau"))
    assert_updated("Un mot nouveau")
    make_page("Accueil", place=place, by=alice)
    assert_updated("La_Myne:Accueil")
    page_moves.move(page, "Ailleurs", SCRIPT)
    assert "La_Myne:Charte" not in reader.get("/wiki/La_Myne").content.decode()
    client_of(bob).post("/stewards/La_Myne", {"add": "1", "username": "alice"})
    assert_updated("alice")
    bob.first_name = "Roberta"
    bob.save()
    assert_updated("Roberta")


def test_orphans_and_wanted_pages_are_listed(reader: Client, alice: User) -> None:
    make_page("Seule", "Voir [[Rien]] et [[Liée]].", by=alice)
    make_page("Liée", by=alice)
    orphans = get_html(reader, "/orphans")
    assert ">Seule</a>" in orphans
    assert ">Liée</a>" not in orphans
    assert "Rien" in get_html(reader, "/wanted")
    assert ">Seule</a>" in get_html(reader, "/links-to/Rien")


def test_title_search_ignores_accents_and_case(reader: Client, alice: User) -> None:
    make_page("Atelier de réparation de vélos", by=alice)
    for words in ("velos", "VÉLOS atelier", "repar"):
        assert "Atelier de réparation" in re.sub("</?mark>", "", get_html(reader, f"/search?q={words}"))
    assert reader.get("/search?q=%00").status_code == 400


@pytest.mark.parametrize("address", ["/", "/search", "/all-pages?kind=zzz&p=999", "/all-pages?p=-1", "/wanted?p=x",
    "/robots.txt", "/sitemap.xml", "/sitemap-1.xml", "/categories"])  # fmt: skip
def test_lists_work_in_empty_wiki(reader: Client, db: None, address: str) -> None:
    assert reader.get(address).status_code == 200


@pytest.mark.parametrize("title", ["%3Cb%3E", "a%00b", "..", "%ff%fe", "a" * 300, "%F0%9F%A7%80", ":x", "x%7Cy"])
def test_unusual_titles_raise_no_error(reader: Client, db: None, title: str) -> None:
    for view in ("wiki", "edit", "history", "fork", "links-to", "move"):
        assert reader.get(f"/{view}/{title}").status_code in (200, 302, 404, 422), view


def test_picture_name_too_long_for_title(reader: Client, alice: User) -> None:
    name = "é" * 124 + ".jpg"  # fits into a title, but not with the prefix «File:»
    make_page("Pain au levain", f"---\nNature: Pratique\n---\n![le pain]({name})\n", by=alice)
    for address in ("/", "/all-pages?kind=practice", "/wiki/Pain_au_levain"):
        assert "Pain au levain" in get_html(reader, address)


def test_old_version_lists_all_its_licences(reader: Client, alice: User) -> None:
    page = make_page("Fournil", "Un.", by=alice, license="CC-BY-SA-4.0 OR LAL-1.3")
    page_writer.edit(page, "Deux.", SCRIPT)
    for address in ("/wiki/Fournil", "/wiki/Fournil?version=1"):
        html = get_html(reader, address)
        assert 'href="/licenses/CC-BY-SA-4.0"' in html
        assert 'href="/licenses/LAL-1.3"' in html


def test_empty_page_has_link_to_editor(reader: Client, bob: User) -> None:
    notice = "Rien n’est encore écrit ici."
    make_place("La Myne", by=bob, text="")
    assert '<a href="/edit/La_Myne"' in get_html(reader, "/wiki/La_Myne").partition(notice)[2]
    make_place("Le Fournil", by=bob, text="Un four.")
    assert notice not in get_html(reader, "/wiki/Le_Fournil")
    make_page("Liste", "{{#ask: [[Ville::Nulle part]]}}", by=bob)
    assert notice not in get_html(reader, "/wiki/Liste"), "its query has an empty result"
    assert notice not in get_html(reader, "/wiki/Liste?version=1")


def test_home_page_of_empty_wiki(reader: Client, db: None) -> None:
    assert get_html(reader, "/").count("Rien ici pour l’instant.") == 3


def test_new_place_has_link_to_create_page(reader: Client, bob: User) -> None:
    make_place("La Myne", by=bob)
    assert 'href="/create?place=La+Myne"' in get_html(reader, "/wiki/La_Myne")
    make_page("Charte", by=bob)
    assert "/create?place=" not in get_html(reader, "/wiki/Charte")


def test_lists_mark_redirects(client: Client) -> None:
    make_page("Pain", "Du pain.")
    make_page("Miche", "#REDIRECT [[Pain]]")
    html = client.get("/all-pages?q=miche", headers={"accept-language": "en"}).content.decode()
    assert html.count(">redirect<") == 1
