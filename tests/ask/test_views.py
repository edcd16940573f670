"""The Ask page: a query, its result, its downloads; errors are shown and input is retained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.factories import make_page, make_place
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(bob: User) -> None:
    """Create two places with facts."""
    make_page("Property:Ville", "---\nHas type: Text\n---")
    make_place("Atelier", by=bob, text="---\nVille: Lyon\n---")
    make_place("Fournil", by=bob, text="---\nVille: Nantes <b>\n---")


def get(**parameters: str) -> tuple[int, str]:
    """Return status and view of a query, in English."""
    response = Client(headers={"accept-language": "en"}).get("/ask", parameters)
    return response.status_code, response.content.decode()


def test_it_shows_a_table_a_list_and_a_number(scene: None) -> None:
    status, page = get(q="[[Kind::Place]]", po="?Ville", format="table", sort="Ville", order="desc")
    assert status == 200
    assert page.index('href="/wiki/Fournil"') < page.index('href="/wiki/Atelier"')
    assert "Nantes &lt;b&gt;" in page
    assert 'href="/wiki/Atelier"' in get(q="[[Ville::Lyon]]", format="ul")[1]
    assert ">2<" in get(q="[[Ville::+]]", format="count")[1].replace(" ", "").replace("\n", "")


def test_it_shows_errors_and_retains_the_query(scene: None) -> None:
    status, page = get(q="[[Ville::<script>", po="?Ville")
    assert status == 422
    assert 'role="alert"' in page
    assert "[[Ville::&lt;script&gt;" in page
    assert "<script>" not in page.split("<main")[1]


def test_it_offers_downloads(scene: None) -> None:
    client = Client()
    response = client.get("/ask/file", {"q": "[[Kind::Place]]", "po": "?Ville", "format": "csv"})
    assert "Atelier,Lyon" in response.content.decode()
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert client.get("/ask/file", {"q": "[[", "format": "csv"}).status_code == 422
    assert client.get("/ask/file", {"q": "[[Ville::+]]", "format": "table"}).status_code == 404


def test_it_shows_nothing_of_deleted_pages(scene: None, bob: User) -> None:
    place = page_lookup.find("Atelier", bob)
    assert place is not None
    page_writer.delete(place, page_writer.Author.of(bob))
    for form in ("table", "count", "list", "tagcloud"):
        page = get(q="[[Ville::+]]", po="?Ville", format=form)[1].split("ask-answer")[-1]
        assert "Lyon" not in page
        assert "Atelier" not in page


def test_it_queries_as_of_a_date(scene: None) -> None:
    assert "/wiki/Atelier" not in get(q="[[Ville::Lyon]]", at="2001-01-01")[1].split("</form>")[-1]
    assert get(q="[[Ville::Lyon]]", at="demain matin")[0] == 422


@pytest.mark.parametrize(
    "form", ["map", "calendar", "timeline", "tree", "bar", "gallery", "template", "embedded", "rss"]
)
def test_it_shows_every_format(scene: None, form: str) -> None:
    make_page("Template:Fiche", "**{{{1}}}** à {{{2|nulle part}}}")
    status, page = get(q="[[Kind::Place]]", po="?Ville", format=form, more="template=Fiche")
    assert status == 200
    assert "Traceback" not in page


def test_it_renders_rows_by_a_template(scene: None) -> None:
    make_page("Template:Fiche", "**{{{1}}}** est à {{{2}}}.")
    page = get(q="[[Ville::Lyon]]", po="?Ville", format="template", more="template=Fiche\nlink=none")[1]
    assert "est à Lyon." in page


@pytest.mark.parametrize(
    "odd", ["\x00", "[[" * 3000, "x" * 100_000, "[[::]]", "[[a::" + "<q>" * 50, "|" * 500, "9" * 50]
)
def test_it_handles_odd_queries(scene: None, odd: str) -> None:
    for parameters in ({"q": odd}, {"q": "[[Ville::+]]", "po": odd}, {"q": "[[Ville::+]]", "limit": odd, "offset": odd},
                  {"q": "[[Ville::+]]", "format": odd}, {"q": "[[Ville::+]]", "sort": odd, "at": odd}):  # fmt: skip
        assert Client().post("/ask", parameters).status_code == 405
        assert get(**parameters)[0] in (200, 302, 400, 422)


@pytest.mark.only_on("sqlite")
@pytest.mark.django_db(transaction=True)
def test_queries_in_a_browser(tab: Page, bob: User) -> None:
    make_place("Atelier", by=bob, text="---\nVille: Lyon\n---")
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto("/ask")
    tab.click("[data-text] > summary")
    tab.fill("textarea[name=q]", "[[Nature::Lieu]]")
    tab.fill("#ask-pp-1", "Ville")
    tab.click("main button[type=submit]")
    assert tab.locator(".ask-answer table").inner_text().count("Lyon") == 1
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(tab.locator("textarea[name=q]")).to_have_value("[[Nature::Lieu]]")


def test_the_page_of_a_property_says_why_its_pattern_cannot_be_used() -> None:
    make_page("Property:Code", "---\nHas type: Text\nAllows pattern: '(?=a)b'\n---")
    make_page("Property:Postal", "---\nHas type: Text\nAllows pattern: '[0-9]{5}'\n---")
    client = Client(headers={"accept-language": "en"})
    assert "The pattern “(?=a)b” cannot be read" in client.get("/property/Code").content.decode()
    assert "cannot be read" not in client.get("/property/Postal").content.decode()
