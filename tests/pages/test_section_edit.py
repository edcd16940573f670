"""Editing one section of a page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ClientOf = Callable[..., Client]
TEXT = "---\nVille: Lyon\n---\n# Four\n\nUn four.\n\n## Bois\n\nDu hêtre.\n\n## Pain\n\nAu levain.\n"
ADDRESS = "/edit/Fournil?section=s-bois"


@pytest.fixture
def page(alice: User) -> WikiPage:
    return make_page("Fournil", TEXT, by=alice)


def opened(client: Client, address: str = ADDRESS) -> dict[str, str]:
    """Open the editor; return what its form sends."""
    html = client.get(address).content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(base|section)" value="([^"]*)"', html))
    return fields | {
        "text": re.findall(r"<textarea[^>]*name=\"text\"[^>]*>\n?([^<]*)</textarea>", html)[0],
        "save": "1",
    }


def text_of(page: WikiPage) -> str:
    return page_lookup.reload_page(page.pk).source.text


def test_the_section_alone_is_shown_and_takes_its_place(page: WikiPage, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    form = opened(client)
    assert form["text"].strip() == "## Bois\n\nDu hêtre."
    response = client.post(ADDRESS, form | {"text": "## Bois\r\n\r\nDu charme."})
    assert response.headers["location"] == "/wiki/Fournil#s-bois"
    assert text_of(page) == TEXT.replace("hêtre", "charme")


def test_other_sections_that_changed_meanwhile_are_kept(
    page: WikiPage, alice: User, bob: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    form = opened(client)
    page_writer.edit(page, TEXT.replace("Un four.", "Un four.\n\nUn\n\nautre."), Author.of(bob))
    client.post(ADDRESS, form | {"text": "## Bois\n\nDu charme."})
    assert text_of(page) == TEXT.replace("hêtre", "charme").replace("Un four.", "Un four.\n\nUn\n\nautre.")


def test_a_conflict_is_one_of_the_whole_text(page: WikiPage, alice: User, bob: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    form = opened(client)
    page_writer.edit(page, TEXT.replace("hêtre", "chêne"), Author.of(bob))
    response = client.post(ADDRESS, form | {"text": "## Bois\n\nDu charme."})
    assert response.status_code == 409
    html = response.content.decode()
    assert 'name="section"' not in html
    assert "Du charme.\n\n## Pain" in html
    sent = {name: response.context["form"][name].value() for name in ("text", "base", "theirs")}
    assert client.post(ADDRESS, sent | {"choice-0": "both"}).status_code == 302
    assert text_of(page) == TEXT.replace("hêtre.", "charme.\n\nDu chêne.")


def test_a_section_that_is_not_there_opens_the_whole_page(page: WikiPage, alice: User, client_of: ClientOf) -> None:
    form = opened(client_of(alice), "/edit/Fournil?section=s-rien")
    assert form["text"] == TEXT
    assert "section" not in form


@pytest.mark.parametrize("sent", [{"section": "5"}, {"section": "9-2"}, {"base": "9"}, {"base": ""}])
def test_lines_that_cannot_be_are_refused_and_the_text_is_kept(
    page: WikiPage, alice: User, client_of: ClientOf, sent: dict[str, str]
) -> None:
    client = client_of(alice)
    response = client.post(ADDRESS, opened(client) | {"text": "## Bois\n\nDu charme."} | sent)
    assert response.status_code == 422
    assert "Du charme." in response.content.decode()
    assert text_of(page) == TEXT


def test_readers_who_may_edit_are_offered_it(page: WikiPage, alice: User, charlie: User, client_of: ClientOf) -> None:
    assert 'data-edit="/edit/Fournil"' in client_of(alice).get("/wiki/Fournil").content.decode()
    for client in (client_of(charlie), Client()):
        assert "data-edit=" not in client.get("/wiki/Fournil").content.decode()
