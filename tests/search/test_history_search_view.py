"""History search on the search page: periods with links, form fields, permissions."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.pages import background_jobs, page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def by(name: str, year: int) -> Author:
    return Author(None, name, claimed_at=datetime(year, 3, 3, 12, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _wiki() -> None:
    page = page_writer.create("Fournil", "---\nkind: Pratique\n---\nDu pain au levain.", by=by("Ada", 2019)).page
    page_writer.edit(
        page_lookup.reload_page(page.pk), "---\nkind: Pratique\n---\nDu pain <b>noir</b>.", by("Bob", 2021)
    )
    page_writer.edit(
        page_lookup.reload_page(page.pk), "---\nkind: Pratique\n---\nDu levain <script>.", by("Chloé", 2022)
    )
    page_writer.create("Brasserie", "Du levain.", by=by("Dan", 2020))
    background_jobs.run_pending()


@pytest.fixture
def shown(client_of: Callable[..., Client]) -> Callable[[str], str]:
    """Returns the HTML of the search page for a query string, as anna sees it."""

    def show(query: str) -> str:
        response = client_of(AnonymousUser()).get(f"/search?{query}")
        assert response.status_code == 200
        return response.content.decode()

    return show


def visible_text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html.partition('id="search-results"')[2]).split())


def test_it_shows_start_end_and_authors_of_periods(shown: Callable[[str], str]) -> None:
    html = shown("q=levain&when=ever")
    assert "2 pages trouvées" in html
    text = visible_text(html)
    assert "Depuis la version 1 , 3 mars 2019 , par Ada différence Du pain au levain ." in text
    assert "Jusqu’à la version 2 , 3 mars 2021 , retiré par Bob différence" in text
    assert "Depuis la version 3 , 3 mars 2022 , par Chloé différence Du levain" in text
    assert "Toujours là" in text
    assert 'href="/wiki/Fournil?version=2"' in html
    assert 'href="/compare/Fournil?to=2"' in html
    assert "<mark>levain</mark>" in html
    assert "<script>." not in html


def test_oldest_first_says_when_it_was_first_written(shown: Callable[[str], str]) -> None:
    def titles(html: str) -> list[str]:
        found = html.partition('class="found-list"')[2]
        return re.findall(r'<h2[^>]*><a href="/wiki/([^"]*)"', found)

    old = page_writer.create("Vieux", "Rien.", by=by("Eve", 2017)).page
    page_writer.edit(page_lookup.reload_page(old.pk), "Du levain.", by("Flo", 2018))
    page_writer.create("Brioche", "Levain, levain, levain.", by=by("Gus", 2023))
    background_jobs.run_pending()
    html = shown("q=levain&when=ever&order=oldest")
    assert titles(html) == ["Vieux", "Fournil", "Brasserie", "Brioche"]
    assert "Écrit pour la première fois le 3 mars 2018 par Flo dans « Vieux »" in visible_text(html)
    assert '<option value="oldest" selected>' in html
    assert titles(shown("q=levain&when=ever"))[0] != "Vieux"
    sentence = "pour la première fois"
    assert sentence in shown("q=levain&when=ever&page=Fournil")
    for other in ("q=levain&when=ever", "q=levain&when=appeared&since=2020&order=oldest", "q=levain&when=ever&p=2",
                  "q=levain&when=ever&by=dan&order=oldest", "q=levain+after:2021&when=ever&order=oldest",
                  "q=rienrien&when=ever&order=oldest"):  # fmt: skip
        assert sentence not in shown(other), other


def test_the_time_filter_applies_and_stays_in_the_form(shown: Callable[[str], str]) -> None:
    html = shown("q=levain&when=appeared&since=2020-01-01&until=2021-12-31&by=dan")
    assert "1 page trouvée" in html
    assert '<option value="appeared" selected>' in html
    for value in ('name="since" value="2020-01-01"', 'name="until" value="2021-12-31"', 'name="by" value="dan"'):
        assert value in html
    assert "Aucune page ne contenait tout cela" in shown("q=levain&when=at&at=2018-01-01")
    assert "1 page trouvée" in shown("q=levain&when=ever&kind=practice")
    assert "n’est pas une date" in shown("q=levain&when=at&at=hier")


def test_facets_keep_the_time_filter(shown: Callable[[str], str]) -> None:
    assert "?q=levain&amp;when=ever&amp;kind=practice" in shown("q=levain&when=ever")


def test_the_history_of_a_single_page_can_be_searched(shown: Callable[[str], str]) -> None:
    html = shown("q=levain&page=Fournil")
    assert "1 page trouvée" in html
    assert "Seulement dans l’historique de" in html
    assert html.count('class="life-born"') == 2
    assert shown("q=levain&page=Fournil&when=now").count('class="life-born"') == 1
    assert "toutes les pages ont été cherchées" in shown("q=levain&page=Rien")
    assert "toutes les pages ont été cherchées" in shown("q=levain&page=%23")


def test_the_number_of_periods_shown_is_limited(shown: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    from wiki.search import views

    monkeypatch.setattr(views, "MAX_PERIODS", 1)
    html = shown("q=levain&when=ever")
    assert "1 autre période" in html
    assert "page=Fournil" in html


@pytest.mark.parametrize("name", ["alice", "bob", "charlie", "anna"])
def test_a_deleted_page_is_not_shown(
    client_of: Callable[..., Client], alice: User, bob: User, charlie: User, name: str
) -> None:
    client = client_of({"alice": alice, "bob": bob, "charlie": charlie}.get(name, AnonymousUser()))
    page_writer.delete(WikiPage.objects.get(title="Fournil"), Author(None, "script"))
    html = client.get("/search?q=levain&when=ever").content.decode()
    assert "1 page trouvée" in html
    assert "Fournil" not in html.partition('id="search-results"')[2]
    assert ">Fournil<" not in client.get("/search?q=levain&page=Fournil").content.decode()
    assert client.get("/wiki/Fournil?version=1").status_code == 404


def test_a_deleted_page_is_found_by_those_who_may_see_it(client_of: Callable[..., Client]) -> None:
    page_writer.delete(WikiPage.objects.get(title="Fournil"), Author(None, "script"))
    client = client_of(User.objects.create_superuser("root", password="x"))
    html = client.get("/search?q=levain&when=ever").content.decode()
    assert "2 pages trouvées" in html
    assert "Fournil supprimée" in visible_text(html)
    assert "Brasserie supprimée" not in visible_text(html)
    assert '<a href="/wiki/Fournil?version=3" rel="nofollow">' in html
    for address in re.findall(r'href="(/(?:wiki|compare)/Fournil[^"]*)"', html):
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address
    assert "Fournil supprimée" in visible_text(client.get("/search?q=levain&page=Fournil").content.decode())
    for query in ("q=levain&when=now&by=Ada", "q=levain&when=at&at=2100-01-01", "q=-zythum&when=at&at=2100-01-01"):
        assert "Fournil" not in visible_text(client.get(f"/search?{query}").content.decode())
    assert "Fournil supprimée" in visible_text(client.get("/search?q=-zythum&when=ever").content.decode())
    assert client.get("/search?q=levain").content.decode().count("Fournil") == 0


def test_a_search_without_results_links_to_the_history_search(shown: Callable[[str], str]) -> None:
    make_page("Autre", "Rien.")
    assert "/search?q=zythum&amp;when=ever" in shown("q=zythum")


def test_a_missing_index_is_reported(shown: Callable[[str], str], settings: object) -> None:
    import shutil

    shutil.rmtree(settings.INDEX_ROOT)  # type: ignore[attr-defined]
    assert "La recherche est remise en ordre" in shown("q=levain&when=ever")
