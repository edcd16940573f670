"""Restore and undo views: permissions, confirmation, conflicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.factories import make_page
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User
    from wiki.pages.models import WikiPage

pytestmark = pytest.mark.only_on("sqlite")
ADDRESSES = ("/restore/Charte?version=1", "/undo/Charte?version=2")
FIRST = "Nous partageons les outils.\n\nOn range après.\n"
SECOND = FIRST.replace("outils", "machines")


@pytest.fixture
def page(alice: User, bob: User) -> WikiPage:
    """A page created by alice and edited once by bob."""
    made = make_page("Charte", FIRST, by=alice)
    page_writer.edit(made, SECOND, Author.of(bob))
    return page_lookup.reload_page(made.pk)


def text_of(page: WikiPage) -> str:
    """Return the current text."""
    text: str = page_lookup.reload_page(page.pk).source.text
    return text


def posted(response: Any) -> dict[str, str]:
    """Return what the form of conflicts on a screen sends, but for the choices."""
    form = response.context["form"]
    return {name: str(form[name].value()) for name in ("text", "base", "theirs", "sides", "comment")}


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_asks_for_confirmation_first(
    address: str, page: WikiPage, alice: User, client_of: Callable[..., Client]
) -> None:
    client = client_of(alice, "en")
    confirmation = client.get(address)
    assert confirmation.status_code == 200
    assert "<del>machines</del>" in confirmation.content.decode()
    assert text_of(page) == SECOND
    result = client.post(address, {"base": 2, "comment": "c'était mieux"}, follow=True)
    assert text_of(page) == FIRST
    assert "c&#x27;était mieux" in result.content.decode()
    assert page_lookup.reload_page(page.pk).version == 3


@pytest.mark.parametrize("address", ADDRESSES)
def test_anonymous_users_sign_in_and_blocked_users_are_refused(
    address: str, page: WikiPage, anna: AnonymousUser, charlie: User, client_of: Callable[..., Client]
) -> None:
    response = client_of(anna).get(address)
    assert response.status_code == 302
    assert "login" in response["Location"]
    assert client_of(anna).post(address, {"base": 2}).status_code == 403
    assert client_of(charlie).get(address).status_code == 403
    assert client_of(charlie).post(address, {"base": 2}).status_code == 403
    assert text_of(page) == SECOND


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_requires_a_csrf_token(address: str, page: WikiPage, alice: User, client_of: Callable[..., Client]) -> None:
    assert client_of(alice, enforce_csrf_checks=True).post(address, {"base": 2}).status_code == 403
    assert text_of(page) == SECOND


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/restore/Charte?version=9", 404),
        ("/restore/Charte", 404),
        ("/restore/Charte?version=x", 404),
        ("/undo/Charte?version=9", 404),
        ("/undo/Charte?version=1", 422),
        ("/undo/Nulle_part?version=1", 404),
    ],
)
def test_status_of_invalid_addresses(
    address: str, status: int, page: WikiPage, alice: User, client_of: Callable[..., Client]
) -> None:
    assert client_of(alice).get(address).status_code == status
    assert client_of(alice).post(address, {"base": 2}).status_code == status


def test_it_saves_nothing_without_a_base_version(page: WikiPage, alice: User, client_of: Callable[..., Client]) -> None:
    assert client_of(alice).post(ADDRESSES[0], {"base": "x"}).status_code == 200
    assert text_of(page) == SECOND


def test_edits_since_the_confirmation_are_merged(
    page: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    page_writer.edit(page, SECOND.replace("On range après.", "On balaie."), Author.of(bob))
    client_of(alice).post(ADDRESSES[0], {"base": 2})
    assert text_of(page) == FIRST.replace("On range après.", "On balaie.")


def test_a_conflict_of_undo_is_resolved_by_choice(
    page: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    third = SECOND.replace("machines", "robots")
    page_writer.edit(page, third, Author.of(bob))
    client = client_of(alice, "en")
    conflict = client.get("/undo/Charte?version=2")
    assert conflict.status_code == 409
    html = conflict.content.decode()
    assert "Later edits changed the same words" in html
    for words in ("<del>machines</del>", "<ins>outils</ins>", "<ins>robots</ins>", "Take it as before"):
        assert words in html
    assert client.post("/undo/Charte?version=2", {"base": 3}).status_code == 409
    assert text_of(page) == third
    form = posted(conflict)
    assert client.post("/undo/Charte?version=2", form).status_code == 422
    again = client.post("/undo/Charte?version=2", form).content.decode()
    assert "Take it as before" in again
    saved = client.post("/undo/Charte?version=2", form | {"choice-0": "ours"})
    assert saved.status_code == 302
    assert text_of(page) == FIRST
    assert page.versions.get(number=4).comment == "Undid version 2, by bob"


def test_a_conflict_of_restore_is_resolved_by_choice(
    page: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    page_writer.edit(page, SECOND.replace("machines", "robots"), Author.of(bob))
    client = client_of(alice, "en")
    conflict = client.post("/restore/Charte?version=1", {"base": 2})
    assert conflict.status_code == 409
    assert "Take that version" in conflict.content.decode()
    assert text_of(page) == SECOND.replace("machines", "robots")
    form = posted(conflict) | {"choice-0": "own", "own-0": "Nous partageons tout.\n"}
    assert client.post("/restore/Charte?version=1", form).status_code == 302
    assert text_of(page) == FIRST.replace("les outils", "tout")


def test_typed_text_is_not_lost_when_the_session_expires(
    page: WikiPage, anna: AnonymousUser, charlie: User, client_of: Callable[..., Client]
) -> None:
    for person in (anna, charlie):
        response = client_of(person).post("/undo/Charte?version=2", {"text": "Mes mots à moi.", "base": 2, "save": "1"})
        assert response.status_code == 403
        assert text_of(page) == SECOND
        if person is anna:
            assert "Mes mots à moi." in response.content.decode()


@pytest.mark.parametrize(
    ("address", "message"), [*zip(ADDRESSES, ("nothing to restore", "nothing to undo"), strict=True)]
)
def test_a_message_says_that_nothing_would_change(
    address: str, message: str, page: WikiPage, alice: User, client_of: Callable[..., Client]
) -> None:
    page_writer.edit(page, FIRST, Author.of(alice))
    html = client_of(alice, "en").get(address).content.decode()
    assert message in html
    assert 'name="comment"' not in html
