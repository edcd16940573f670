"""Restoring and undoing in the browser: who may, what is asked first, and clashes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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

ACTS = ("/restore/Charte?version=1", "/undo/Charte?version=2")
FIRST = "Nous partageons les outils.\n\nOn range après.\n"
SECOND = FIRST.replace("outils", "machines")


@pytest.fixture
def page(alice: User, bob: User) -> WikiPage:
    """A page that alice began and bob changed once."""
    made = make_page("Charte", FIRST, by=alice)
    page_writer.edit(made, SECOND, Author.of(bob))
    return page_lookup.reload_page(made.pk)


def text_of(page: WikiPage) -> str:
    """The current text."""
    text: str = page_lookup.reload_page(page.pk).source.text
    return text


@pytest.mark.parametrize("act", ACTS)
def test_it_asks_first_and_then_does_it(
    act: str, page: WikiPage, alice: User, client_of: Callable[..., Client]
) -> None:
    client = client_of(alice, "en")
    asked = client.get(act)
    assert asked.status_code == 200
    assert "<del>machines</del>" in asked.content.decode()
    assert text_of(page) == SECOND
    done = client.post(act, {"base": 2, "comment": "c'était mieux"}, follow=True)
    assert text_of(page) == FIRST
    assert "c&#x27;était mieux" in done.content.decode()
    assert page_lookup.reload_page(page.pk).version == 3


@pytest.mark.parametrize("act", ACTS)
def test_it_sends_strangers_to_sign_in_and_refuses_the_blocked(
    act: str, page: WikiPage, anna: AnonymousUser, charlie: User, client_of: Callable[..., Client]
) -> None:
    answer = client_of(anna).get(act)
    assert answer.status_code == 302
    assert "login" in answer["Location"]
    assert client_of(anna).post(act, {"base": 2}).status_code == 403
    assert client_of(charlie).get(act).status_code == 403
    assert client_of(charlie).post(act, {"base": 2}).status_code == 403
    assert text_of(page) == SECOND


@pytest.mark.parametrize("act", ACTS)
def test_it_wants_a_token_against_forgery(
    act: str, page: WikiPage, alice: User, client_of: Callable[..., Client]
) -> None:
    assert client_of(alice, enforce_csrf_checks=True).post(act, {"base": 2}).status_code == 403
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
def test_it_answers_odd_addresses(
    address: str, status: int, page: WikiPage, alice: User, client_of: Callable[..., Client]
) -> None:
    assert client_of(alice).get(address).status_code == status
    assert client_of(alice).post(address, {"base": 2}).status_code == status


def test_it_saves_nothing_without_the_version_that_was_seen(
    page: WikiPage, alice: User, client_of: Callable[..., Client]
) -> None:
    assert client_of(alice).post(ACTS[0], {"base": "x"}).status_code == 200
    assert text_of(page) == SECOND


def test_it_keeps_what_others_wrote_since_the_question(
    page: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    page_writer.edit(page, SECOND.replace("On range après.", "On balaie."), Author.of(bob))
    client_of(alice).post(ACTS[0], {"base": 2})
    assert text_of(page) == FIRST.replace("On range après.", "On balaie.")


def test_it_settles_a_clash_in_the_editor(
    page: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    third = SECOND.replace("machines", "robots")
    page_writer.edit(page, third, Author.of(bob))
    client = client_of(alice, "en")
    clash = client.get("/undo/Charte?version=2")
    assert clash.status_code == 409
    html = clash.content.decode()
    for text in ("outils", "machines", "robots"):
        assert f"Nous partageons les {text}." in html
    assert clash.context["form"]["text"].value() == third
    assert client.post("/undo/Charte?version=2", {"base": 3}).status_code == 409
    assert text_of(page) == third
    typed = FIRST.replace("outils", "outils et robots")
    saved = client.post("/undo/Charte?version=2", {"text": typed, "base": 3, "comment": "les deux", "save": "1"})
    assert saved.status_code == 302
    assert text_of(page) == typed


def test_it_restores_over_a_clash_in_the_editor(
    page: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    page_writer.edit(page, SECOND.replace("machines", "robots"), Author.of(bob))
    clash = client_of(alice).post("/restore/Charte?version=1", {"base": 2})
    assert clash.status_code == 409
    assert clash.context["conflict"].mine == FIRST
    assert text_of(page) == SECOND.replace("machines", "robots")


def test_it_keeps_what_was_typed_when_the_session_has_ended(
    page: WikiPage, anna: AnonymousUser, charlie: User, client_of: Callable[..., Client]
) -> None:
    for person in (anna, charlie):
        answer = client_of(person).post("/undo/Charte?version=2", {"text": "Mes mots à moi.", "base": 2, "save": "1"})
        assert answer.status_code == 403
        assert text_of(page) == SECOND
        if person is anna:
            assert "Mes mots à moi." in answer.content.decode()


@pytest.mark.parametrize(("act", "said"), zip(ACTS, ("nothing to restore", "nothing to undo"), strict=True))
def test_it_says_when_nothing_is_left_to_do(
    act: str, said: str, page: WikiPage, alice: User, client_of: Callable[..., Client]
) -> None:
    page_writer.edit(page, FIRST, Author.of(alice))
    shown = client_of(alice, "en").get(act).content.decode()
    assert said in shown
    assert 'name="comment"' not in shown
