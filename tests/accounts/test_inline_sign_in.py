"""Signing in and out, by the screen and inside another form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from tests.conftest import PASSWORD
from wiki.accounts.inline_sign_in import sign_in_from_post

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.test import Client

    from wiki.accounts.models import User


@pytest.fixture
def visitor(client_of: Any, anna: Any) -> Client:
    client: Client = client_of(anna, language="en")
    return client


def sign_in(visitor: Client, username: str = "alice", password: str = PASSWORD, **more: str) -> Any:
    return visitor.post("/account/login", {"username": username, "password": password, **more})


def test_it_signs_in_and_goes_home(visitor: Client, alice: User) -> None:
    answer = sign_in(visitor)
    assert (answer.status_code, answer.url) == (302, "/")
    assert visitor.session["_auth_user_id"] == str(alice.pk)


def test_it_goes_on_to_where_the_person_came_from(visitor: Client, alice: User) -> None:
    text = visitor.get("/account/login", {"next": "/account/"}).text
    assert '<input type="hidden" name="next" value="/account/">' in text
    assert sign_in(visitor, next="/account/").url == "/account/"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "http:///evil.example"])
def test_it_goes_to_no_other_site(visitor: Client, alice: User, address: str) -> None:
    assert "evil" not in visitor.get("/account/login", {"next": address}).context["next"]
    assert sign_in(visitor, next=address).url == "/"


def test_it_lets_blocked_people_in_to_read(visitor: Client, charlie: User) -> None:
    assert sign_in(visitor, "charlie").status_code == 302
    assert "Your account is blocked" in visitor.get("/account/").text
    assert "spam" in visitor.get("/account/").text


def test_it_says_nothing_about_who_exists(visitor: Client, alice: User) -> None:
    wrong = sign_in(visitor, password="x").context["form"].non_field_errors()
    assert wrong == sign_in(visitor, "nobody").context["form"].non_field_errors()
    assert "_auth_user_id" not in visitor.session


def test_it_stops_guessing_even_with_the_right_word_at_last(visitor: Client, alice: User) -> None:
    for _ in range(10):
        assert sign_in(visitor, password="x").status_code == 200
    answer = sign_in(visitor)
    assert answer.status_code == 429
    assert "Too many attempts with this name" in answer.text


def test_it_stops_guessing_at_the_door_of_the_administration_too(visitor: Client, alice: User) -> None:
    for _ in range(10):
        visitor.post("/admin/login/", {"username": "alice", "password": "x"})
    answer = visitor.post("/admin/login/", {"username": "alice", "password": PASSWORD})
    assert "Too many attempts with this name" in answer.text
    assert "_auth_user_id" not in visitor.session


def test_it_forgives_mistypings_after_a_success(visitor: Client, alice: User) -> None:
    for _ in range(3):
        for _ in range(9):
            sign_in(visitor, password="x")
        assert sign_in(visitor).status_code == 302


def test_it_signs_out_by_post_only(visitor: Client, alice: User) -> None:
    sign_in(visitor)
    assert visitor.get("/account/logout").status_code == 405
    assert visitor.post("/account/logout").url == "/"
    assert "_auth_user_id" not in visitor.session


def test_it_tells_who_is_signed_in_already(client_of: Any, alice: User) -> None:
    text = client_of(alice, language="en").get("/account/login", {"next": "/admin/"}).text
    assert "You are signed in as alice." in text
    assert "another one may" in text


def test_it_asks_for_a_token(alice: User, client_of: Any, anna: Any) -> None:
    assert sign_in(client_of(anna, enforce_csrf_checks=True)).status_code == 403


# --- Inside another form --------------------------------------------------------------------------
def posted(**fields: str) -> HttpRequest:
    request = RequestFactory().post("/edit/Page", fields)
    request.session = SessionStore()
    return request


def test_it_signs_in_whoever_was_signed_out_while_writing(alice: User) -> None:
    request = posted(username="alice", password=PASSWORD, text="typed for an hour")
    assert sign_in_from_post(request) == alice
    assert request.session["_auth_user_id"] == str(alice.pk)


@pytest.mark.parametrize("fields", [{}, {"username": "alice"}, {"username": "alice", "password": "x"}])
def test_it_signs_nobody_in_without_the_right_words(alice: User, fields: dict[str, str]) -> None:
    request = posted(**fields)
    assert sign_in_from_post(request) is None
    assert "_auth_user_id" not in request.session


def test_it_counts_attempts_inside_other_forms(alice: User) -> None:
    for _ in range(10):
        sign_in_from_post(posted(username="alice", password="x"))
    assert sign_in_from_post(posted(username="alice", password=PASSWORD)) is None
