"""«What I changed» in the editor, before anything is saved, and the comments that the editor suggests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_page
from wiki.accounts import slow_work
from wiki.accounts.models import User
from wiki.errors import RateLimitExceeded
from wiki.history import restore
from wiki.pages import comment_suggestions, page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ClientOf = Callable[..., Client]
TEXT = "Un four.\n\n## Bois\n\nDu hêtre.\n\n## Pain\n\nAu levain.\n"


@pytest.fixture
def page(alice: User) -> WikiPage:
    """A page by alice, with two sections."""
    return make_page("Fournil", TEXT, by=alice)


def test_it_shows_what_is_typed_against_the_version_it_began_with(
    page: WikiPage, alice: User, bob: User, client_of: ClientOf
) -> None:
    page_writer.edit(page, TEXT.replace("levain", "froment"), Author.of(bob))
    typed = {"text": TEXT.replace("Un four", "Un grand four"), "base": "1", "comment": "de plus", "changes": "1"}
    response = client_of(alice, "en").post("/edit/Fournil", typed)
    html = response.content.decode()
    assert response.status_code == 200
    assert "<ins>grand </ins>" in html
    assert "froment" not in html, "what somebody else changed is not what I changed"
    assert "de plus" in html
    assert page_lookup.reload_page(page.pk).version == 2


def test_a_section_is_compared_with_the_section(page: WikiPage, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice, "en")
    form = client.get("/edit/Fournil?section=s-bois").context["form"]
    typed = {name: form[name].value() for name in ("base", "section")} | {"changes": "1"}
    html = client.post("/edit/Fournil", typed | {"text": "## Bois\n\nDu charme."}).content.decode()
    assert "<ins>charme</ins>" in html
    assert "levain" not in html
    refused = client.post("/edit/Fournil", typed | {"text": "Mes mots.", "section": "9-2"})
    assert refused.status_code == 422
    assert "Mes mots." in refused.content.decode()


@pytest.mark.parametrize(("typed", "words"), [(TEXT, "You changed nothing yet"), (TEXT.strip(), "at their end")])
def test_it_says_that_nothing_changed(page: WikiPage, alice: User, client_of: ClientOf, typed: str, words: str) -> None:
    for base in ("1", "", "x", "99999999999"):
        sent = {"text": typed.replace("\n", "\r\n"), "base": base, "changes": "1"}
        assert words in client_of(alice, "en").post("/edit/Fournil", sent).content.decode()


def test_who_compares_too_much_keeps_the_text(
    page: WikiPage, alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RateLimitExceeded("Too much.")

    monkeypatch.setattr(slow_work, "begin", refuse)
    response = client_of(alice).post("/edit/Fournil", {"text": "Mes mots.", "base": "1", "changes": "1"})
    assert response.status_code == 429
    assert "Mes mots." in response.content.decode()


def test_only_texts_that_exist_can_be_compared(
    page: WikiPage, alice: User, anna: AnonymousUser, client_of: ClientOf
) -> None:
    client = client_of(alice)
    assert 'name="changes"' in client.get("/edit/Fournil").content.decode()
    assert 'name="changes"' not in client.get("/edit/Nouveau").content.decode()
    response = client.post("/edit/Nouveau", {"text": "Mes mots.", "changes": "1"})
    assert response.status_code == 200
    assert "Mes mots." in response.content.decode()
    stranger = client_of(anna, "en")
    assert 'name="changes"' in stranger.get("/suggest/Fournil").content.decode()
    typed = {"text": TEXT.replace("Un four", "Un grand four"), "base": "1", "changes": "1"}
    assert "<ins>grand </ins>" in stranger.post("/suggest/Fournil", typed).content.decode()


def test_the_comments_of_a_persons_latest_edits_are_suggested(
    page: WikiPage,
    alice: User,
    bob: User,
    anna: AnonymousUser,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number, comment in enumerate(["orthographe", "", "horaires <d'été>", "orthographe"]):
        current = page_lookup.reload_page(page.pk)
        page_writer.edit(current, f"{TEXT}{number}", Author.of(alice), EditSummary(comment))
    page_writer.edit(page_lookup.reload_page(page.pk), "De bob.", Author.of(bob), EditSummary("à bob"))
    restore.restore(page_lookup.reload_page(page.pk), 1, Author.of(alice))
    with django_assert_num_queries(1):
        assert comment_suggestions.own_comments(alice) == ["orthographe", "horaires <d'été>"]
    html = client_of(alice).get("/edit/Fournil").content.decode()
    assert '<option value="horaires &lt;d&#x27;été&gt;">' in html
    assert "à bob" not in html
    assert 'list="own-comments"' in html
    assert comment_suggestions.own_comments(anna) == []


def test_few_comments_are_suggested(page: WikiPage, alice: User) -> None:
    for number in range(comment_suggestions.SUGGESTED + 1):
        current = page_lookup.reload_page(page.pk)
        page_writer.edit(current, f"{TEXT}{number}", Author.of(alice), EditSummary(f"édition {number}"))
    suggested = comment_suggestions.own_comments(alice)
    assert len(suggested) == comment_suggestions.SUGGESTED
    assert "édition 0" not in suggested
