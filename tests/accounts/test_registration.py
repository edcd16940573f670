"""Registering an account through the form."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import signals

from wiki.accounts import kept_passwords, username_proposals
from wiki.accounts.models import User
from wiki.mail.models import QueuedEmail

if TYPE_CHECKING:
    from django.test import Client

NEW_PASSWORD = "une phrase bien longue"


@pytest.fixture
def visitor(client_of: Any, anna: Any) -> Client:
    client: Client = client_of(anna, language="en")
    return client


def register(visitor: Client, username: str = "dana", **more: str) -> Any:
    data = {"username": username, "password1": NEW_PASSWORD, **more}
    return visitor.post("/account/register", data, follow=True)


def errors(response: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = response.context["form"].errors
    return found


def test_registering_creates_an_account_signs_in_and_shows_a_welcome(visitor: Client) -> None:
    response = register(visitor)
    assert response.redirect_chain == [("/", 302)]
    assert "Welcome, dana!" in response.text
    assert response.context["user"].username == "dana"


def test_only_a_hash_of_the_network_address_is_stored(visitor: Client) -> None:
    register(visitor)
    dana = User.objects.get(username="dana")
    assert len(dana.registered_from) == 64
    assert "127.0.0.1" not in dana.registered_from
    assert not dana.is_staff
    assert not dana.is_superuser


def test_an_email_address_is_optional(visitor: Client) -> None:
    register(visitor, email="dana@example.org")
    assert User.objects.get(username="dana").email == "dana@example.org"


def test_it_redirects_to_the_next_page(visitor: Client) -> None:
    assert register(visitor, next="/account/").redirect_chain[0] == ("/account/", 302)


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_does_not_redirect_to_other_sites(visitor: Client, address: str) -> None:
    assert register(visitor, next=address).redirect_chain[0] == ("/", 302)


@pytest.mark.parametrize("taken", ["alice", "Alice", "ALICE"])
def test_it_refuses_a_taken_name_in_any_case(visitor: Client, alice: User, taken: str) -> None:
    response = register(visitor, taken)
    assert "Someone already has this name" in errors(response)["username"][0]
    assert User.objects.count() == 1


def test_it_refuses_accented_names_in_another_case(visitor: Client) -> None:
    User.objects.create_user("élodie")
    assert "username" in errors(register(visitor, "Élodie"))


@pytest.mark.parametrize("name", [".", "..", "@+", "a/b", "a" * 81, "<b>", "", "12 34", "dana@example.org"])
def test_it_refuses_invalid_names(visitor: Client, name: str) -> None:
    assert "username" in errors(register(visitor, name))
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("typed", "proposed"),
    [
        ("  a / b! ", "a b"),
        ("<b>", "b"),
        ("Alice", "Alice2"),
        ("x" * 81, "x" * 78),
        ("!!", "!!"),
        ("1234", "1234"),
        ("elodie.legall@example.org", "elodie.legall"),
    ],
)
def test_a_name_that_can_be_used_is_proposed(visitor: Client, alice: User, typed: str, proposed: str) -> None:
    response = register(visitor, typed, email="dana@example.org")
    form = response.context["form"]
    assert (form["username"].value(), form["email"].value()) == (proposed, "dana@example.org")
    assert ("How about" in response.text) is (proposed != typed)
    assert "The password you typed is kept for an hour" in response.text
    assert NEW_PASSWORD not in response.text
    assert User.objects.count() == 1
    if proposed != typed:
        register(visitor, proposed, password1="")
        user = User.objects.exclude(pk=alice.pk).get()
        assert (user.label, user.check_password(NEW_PASSWORD)) == (proposed, True)
        assert "registration_password" not in visitor.session


@pytest.mark.parametrize(
    ("typed", "sentence"), [("dana@example.org", "An e-mail address has its own field"), ("12 34", "A number alone")]
)
def test_a_name_that_is_none_is_refused_with_the_reason(visitor: Client, typed: str, sentence: str) -> None:
    assert sentence in errors(register(visitor, typed))["username"][0]


def test_no_name_is_proposed_if_all_are_taken(visitor: Client) -> None:
    for number in ("", *range(2, username_proposals.ATTEMPTS + 1)):
        User.objects.create_user(f"dana{number}")
    response = register(visitor)
    assert "How about" not in response.text
    assert response.context["form"]["username"].value() == "dana"


def test_it_refuses_a_name_that_is_a_display_name(visitor: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="Alicia")
    assert "username" in errors(register(visitor, "alicia"))


@pytest.mark.parametrize("password", ["", "12345678", "dana"])
def test_it_refuses_bad_passwords_beside_the_field(visitor: Client, password: str) -> None:
    for name in ("dana", "a/b"):
        response = register(visitor, name, password1=password)
        assert "password1" in errors(response)
        assert 'aria-invalid="true"' in response.text
        assert "please type it again" in response.text
    assert not User.objects.exists()
    assert "registration_password" not in visitor.session


def test_people_are_called_as_they_say(visitor: Client) -> None:
    response = register(visitor, "  Élodie  Le Gall ")
    assert "Welcome, Élodie Le Gall!" in response.text
    user = User.objects.get()
    assert (user.username, user.label) == ("Élodie.Le.Gall", "Élodie Le Gall")
    visitor.post("/account/logout")
    assert "already has this name" in errors(register(visitor, "élodie le gall"))["username"][0]
    register(visitor, "Élodie.Le Gall")
    assert User.objects.latest("pk").username == "Élodie.Le.Gall2"
    for name in ("Élodie.Le.Gall", "Élodie Le Gall"):
        visitor.post("/account/logout")
        signed_in = visitor.post("/account/login", {"username": name, "password": NEW_PASSWORD}, follow=True)
        assert signed_in.context["user"] == user


def test_a_kept_password_ends_after_an_hour_and_is_not_that_of_others(
    visitor: Client, client_of: Any, anna: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(visitor, "a/b")
    assert "password1" in errors(register(client_of(anna), password1=""))
    late = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: late)
    assert "password1" in errors(register(visitor, password1=""))


def test_making_hashes_of_refused_registrations_is_limited(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(kept_passwords, "make_password", lambda password: made.append(password) or "hash")
    for _ in range(25):
        response = register(visitor, "a/b")
    assert len(made) == 20
    assert response.status_code == 200


def test_a_confirmation_is_sent_to_the_address(visitor: Client, alice: User) -> None:
    register(visitor, email="Dana@Example.org")
    [email] = QueuedEmail.objects.all()
    assert email.content["to"] == ["dana@example.org"]
    assert "Hello dana" in email.content["body"]
    visitor.post("/account/logout")
    response = register(visitor, "frida", email="alice@example.org")
    assert response.context["user"].username == "frida", "an address that another account has is not revealed"


def test_it_stops_programs_that_fill_every_field(visitor: Client) -> None:
    assert "website" in errors(register(visitor, website="https://spam.example"))
    assert not User.objects.exists()


def test_the_honeypot_field_is_hidden(visitor: Client) -> None:
    text = visitor.get("/account/register").text
    before = text[: text.index('name="website"')]
    assert 'class="visually-hidden"' in before[before.rindex("<div") - 200 :]
    assert 'tabindex="-1"' in text


def test_registrations_from_one_address_are_limited(visitor: Client) -> None:
    for number in range(20):
        register(visitor, f"dana{number}")
        visitor.logout()
    response = register(visitor, "one-more")
    assert response.status_code == 429
    assert "Many accounts were made from your network" in response.text
    assert User.objects.count() == 20


def test_signed_in_users_are_redirected(client_of: Any, alice: User) -> None:
    response = client_of(alice).get("/account/register", {"next": "/account/"})
    assert (response.status_code, response.url) == (302, "/account/")


def test_fields_have_autocomplete_hints(visitor: Client) -> None:
    text = visitor.get("/account/register").text
    assert 'autocomplete="username"' in text
    assert text.count('autocomplete="new-password"') == 1
    assert 'autocomplete="email"' in text
    assert text.count("<h1>") == 1


def test_a_name_taken_during_the_request_is_refused(visitor: Client) -> None:
    def rival(instance: User, **_: Any) -> None:
        if not User.objects.filter(username=instance.username).exists():
            User.objects.bulk_create([User(username=instance.username)])

    signals.pre_save.connect(rival, sender=User)
    try:
        response = register(visitor)
    finally:
        signals.pre_save.disconnect(rival, sender=User)
    assert "Someone already has this name" in errors(response)["username"][0]
