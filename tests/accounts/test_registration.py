"""Making an account, by the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import signals

from wiki.accounts.models import User

if TYPE_CHECKING:
    from django.test import Client

WORDS = "une phrase bien longue"


@pytest.fixture
def visitor(client_of: Any, anna: Any) -> Client:
    client: Client = client_of(anna, language="en")
    return client


def register(visitor: Client, username: str = "dana", **more: str) -> Any:
    data = {"username": username, "password1": WORDS, "password2": WORDS, **more}
    return visitor.post("/account/register", data, follow=True)


def errors(answer: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = answer.context["form"].errors
    return found


def test_it_makes_an_account_signs_in_and_says_welcome(visitor: Client) -> None:
    answer = register(visitor)
    assert answer.redirect_chain == [("/", 302)]
    assert "Welcome, dana!" in answer.text
    assert answer.context["user"].username == "dana"


def test_it_keeps_a_hash_of_the_address_and_no_more(visitor: Client) -> None:
    register(visitor)
    dana = User.objects.get(username="dana")
    assert len(dana.registered_from) == 64
    assert "127.0.0.1" not in dana.registered_from
    assert not dana.is_staff
    assert not dana.is_superuser


def test_it_takes_a_mail_address_when_given(visitor: Client) -> None:
    register(visitor, email="dana@example.org")
    assert User.objects.get(username="dana").email == "dana@example.org"


def test_it_goes_on_to_where_the_visitor_came_from(visitor: Client) -> None:
    assert register(visitor, next="/account/").redirect_chain[0] == ("/account/", 302)


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_goes_to_no_other_site(visitor: Client, address: str) -> None:
    assert register(visitor, next=address).redirect_chain[0] == ("/", 302)


@pytest.mark.parametrize("taken", ["alice", "Alice", "ALICE"])
def test_it_refuses_a_name_in_any_spelling_that_someone_has(visitor: Client, alice: User, taken: str) -> None:
    answer = register(visitor, taken)
    assert "Someone already has this name" in errors(answer)["username"][0]
    assert User.objects.count() == 1


def test_it_refuses_accented_names_in_another_case(visitor: Client) -> None:
    User.objects.create_user("élodie")
    assert "username" in errors(register(visitor, "Élodie"))


@pytest.mark.parametrize("name", [".", "..", "@+", "a/b", "a b", "a" * 81, "<b>", ""])
def test_it_refuses_names_that_no_page_could_bear(visitor: Client, name: str) -> None:
    assert "username" in errors(register(visitor, name))
    assert not User.objects.exists()


def test_it_refuses_to_pass_for_a_display_name(visitor: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="Alicia")
    assert "username" in errors(register(visitor, "alicia"))


@pytest.mark.parametrize(("one", "two"), [(WORDS, "autre chose de long"), ("12345678", "12345678"), ("dana", "dana")])
def test_it_refuses_bad_passwords_beside_the_field(visitor: Client, one: str, two: str) -> None:
    answer = visitor.post("/account/register", {"username": "dana", "password1": one, "password2": two})
    assert set(errors(answer)) == {"password2"}
    assert 'aria-invalid="true"' in answer.text
    assert not User.objects.exists()


def test_it_stops_programs_that_fill_every_field(visitor: Client) -> None:
    assert "website" in errors(register(visitor, website="https://spam.example"))
    assert not User.objects.exists()


def test_it_hides_the_trap_from_people(visitor: Client) -> None:
    text = visitor.get("/account/register").text
    before = text[: text.index('name="website"')]
    assert 'class="visually-hidden"' in before[before.rindex("<div") - 200 :]
    assert 'tabindex="-1"' in text


def test_it_makes_only_so_many_accounts_from_one_address(visitor: Client) -> None:
    for number in range(20):
        register(visitor, f"dana{number}")
        visitor.logout()
    answer = register(visitor, "one-more")
    assert answer.status_code == 429
    assert "Many accounts were made from your network" in answer.text
    assert User.objects.count() == 20


def test_it_sends_people_with_an_account_on(client_of: Any, alice: User) -> None:
    answer = client_of(alice).get("/account/register", {"next": "/account/"})
    assert (answer.status_code, answer.url) == (302, "/account/")


def test_it_tells_browsers_what_to_fill_in(visitor: Client) -> None:
    text = visitor.get("/account/register").text
    assert 'autocomplete="username"' in text
    assert text.count('autocomplete="new-password"') == 2
    assert 'autocomplete="email"' in text
    assert text.count("<h1>") == 1


def test_it_gives_a_name_to_one_of_two_who_want_it_in_the_same_moment(visitor: Client) -> None:
    def rival(instance: User, **_: Any) -> None:
        if not User.objects.filter(username=instance.username).exists():
            User.objects.bulk_create([User(username=instance.username)])

    signals.pre_save.connect(rival, sender=User)
    try:
        answer = register(visitor)
    finally:
        signals.pre_save.disconnect(rival, sender=User)
    assert "Someone already has this name" in errors(answer)["username"][0]
