"""Signing in and out, through the form and inside another form."""

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

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def visitor(client_of: Any, anna: Any) -> Client:
    client: Client = client_of(anna, language="en")
    return client


def sign_in(visitor: Client, username: str = "alice", password: str = PASSWORD, **more: str) -> Any:
    return visitor.post("/account/login", {"username": username, "password": password, **more})


def test_it_signs_in_and_redirects_home(visitor: Client, alice: User) -> None:
    response = sign_in(visitor)
    assert (response.status_code, response.url) == (302, "/")
    assert visitor.session["_auth_user_id"] == str(alice.pk)


def test_it_redirects_to_the_next_page(visitor: Client, alice: User) -> None:
    text = visitor.get("/account/login", {"next": "/account/"}).text
    assert '<input type="hidden" name="next" value="/account/">' in text
    assert sign_in(visitor, next="/account/").url == "/account/"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "http:///evil.example"])
def test_it_does_not_redirect_to_other_sites(visitor: Client, alice: User, address: str) -> None:
    assert "evil" not in visitor.get("/account/login", {"next": address}).context["next"]
    assert sign_in(visitor, next=address).url == "/"


def test_blocked_users_can_sign_in_to_read(visitor: Client, charlie: User) -> None:
    assert sign_in(visitor, "charlie").status_code == 302
    assert "Your account is blocked" in visitor.get("/account/").text
    assert "spam" in visitor.get("/account/").text


def test_errors_do_not_reveal_which_users_exist(visitor: Client, alice: User) -> None:
    wrong = sign_in(visitor, password="x").context["form"].non_field_errors()
    assert wrong == sign_in(visitor, "nobody").context["form"].non_field_errors()
    assert "_auth_user_id" not in visitor.session


def test_attempts_are_limited_even_with_the_right_password_at_last(visitor: Client, alice: User) -> None:
    for _ in range(10):
        assert sign_in(visitor, password="x").status_code == 200
    response = sign_in(visitor)
    assert response.status_code == 429
    assert "Too many attempts with this name" in response.text


def test_the_admin_has_no_sign_in_of_its_own(visitor: Client, alice: User) -> None:
    response = visitor.post("/admin/login/?next=/admin/", {"username": "alice", "password": PASSWORD})
    assert (response.status_code, response.url) == (302, "/account/login?next=/admin/")
    assert "_auth_user_id" not in visitor.session


def test_a_success_resets_the_failed_attempts(visitor: Client, alice: User) -> None:
    for _ in range(3):
        for _ in range(9):
            sign_in(visitor, password="x")
        assert sign_in(visitor).status_code == 302


def test_it_signs_out_by_post_only(visitor: Client, alice: User) -> None:
    sign_in(visitor)
    assert visitor.get("/account/logout").status_code == 405
    assert visitor.post("/account/logout").url == "/"
    assert "_auth_user_id" not in visitor.session


def test_it_shows_who_is_already_signed_in(client_of: Any, alice: User) -> None:
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


def test_it_signs_in_a_user_whose_session_ended(alice: User) -> None:
    request = posted(username="alice", password=PASSWORD, text="typed for an hour")
    assert sign_in_from_post(request) == alice
    assert request.session["_auth_user_id"] == str(alice.pk)


@pytest.mark.parametrize("fields", [{}, {"username": "alice"}, {"username": "alice", "password": "x"}])
def test_it_signs_nobody_in_without_the_right_password(alice: User, fields: dict[str, str]) -> None:
    request = posted(**fields)
    assert sign_in_from_post(request) is None
    assert "_auth_user_id" not in request.session


def test_it_counts_attempts_inside_other_forms(alice: User) -> None:
    for _ in range(10):
        sign_in_from_post(posted(username="alice", password="x"))
    assert sign_in_from_post(posted(username="alice", password=PASSWORD)) is None
