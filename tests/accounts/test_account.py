"""Passwords and profile through their forms; blocks through Wagtail's admin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlsafe_base64_encode

from tests.conftest import PASSWORD
from wiki.accounts.models import User
from wiki.mail.email_delivery import EmailDeliveryJob
from wiki.mail.models import QueuedEmail

NEW_PASSWORD = "une autre phrase bien longue"


@pytest.fixture
def alice_client(client_of: Any, alice: User) -> Client:
    client: Client = client_of(alice, language="en")
    return client


@pytest.fixture
def administrator(client_of: Any) -> Client:
    client: Client = client_of(User.objects.create_superuser("eve", password=PASSWORD), language="en")
    return client


# --- Password -------------------------------------------------------------------------------------
def test_it_changes_the_password_and_keeps_this_session(alice_client: Client, alice: User) -> None:
    data = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD}
    response = alice_client.post("/account/password", data, follow=True)
    assert "Your password is changed" in response.text
    assert response.context["user"] == alice
    assert User.objects.get(pk=alice.pk).check_password(NEW_PASSWORD)


def test_it_signs_other_devices_out(alice_client: Client, alice: User) -> None:
    other = Client()
    other.login(username="alice", password=PASSWORD)
    alice_client.post("/account/password", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD})
    assert other.get("/account/").status_code == 302


def test_changing_the_password_requires_the_current_one(alice_client: Client, alice: User) -> None:
    response = alice_client.post("/account/password", {"oldpassword": "x", "password1": NEW_PASSWORD})
    assert "oldpassword" in response.context["form"].errors
    assert User.objects.get(pk=alice.pk).check_password(PASSWORD)
    for _ in range(9):
        alice_client.post("/account/password", {"oldpassword": "x", "password1": NEW_PASSWORD})
    response = alice_client.post("/account/password", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD})
    assert "Too many attempts" in response.text
    assert User.objects.get(pk=alice.pk).check_password(PASSWORD)


def delivered() -> list[Any]:
    """Let the worker send, and return all e-mails that were sent."""
    job = EmailDeliveryJob()
    while job.run():
        pass
    return mail.outbox


def link_in(message: Any) -> str:
    """Return the path of the link in an e-mail."""
    link = re.search(re.escape(settings.BASE_ADDRESS) + r"(/\S+)", message.body)
    assert link
    return link[1]


def reset(client: Client, address: str) -> Any:
    return client.post("/account/password/reset", {"email": address}, follow=True)


def test_it_sends_a_link_that_sets_a_new_password_once(alice: User) -> None:
    client = Client(headers={"accept-language": "en"})
    response = reset(client, "alice@example.org")
    assert "Look into your mailbox" in response.text
    [message] = delivered()
    assert message.to == ["alice@example.org"]
    assert message.subject == f"Your new password on {settings.SITE_NAME}"
    link = link_in(message)
    screen = client.get(link, follow=True)
    response = client.post(screen.request["PATH_INFO"], {"password1": NEW_PASSWORD}, follow=True)
    assert "Your password is changed" in response.text
    assert response.context["user"] == alice
    assert User.objects.get(pk=alice.pk).check_password(NEW_PASSWORD)
    assert "This link was used already" in Client(headers={"accept-language": "en"}).get(link, follow=True).text


def test_a_link_of_an_earlier_version_works(alice: User) -> None:
    uid, token = urlsafe_base64_encode(str(alice.pk).encode()), PasswordResetTokenGenerator().make_token(alice)
    client = Client(headers={"accept-language": "en"})
    screen = client.get(f"/account/password/reset/{uid}/{token}", follow=True)
    client.post(screen.request["PATH_INFO"], {"password1": NEW_PASSWORD})
    assert User.objects.get(pk=alice.pk).check_password(NEW_PASSWORD)
    for odd in ("MQ", "x", "9" * 80):
        assert "used already" in client.get(f"/account/password/reset/{odd}/{token}", follow=True).text


def test_it_writes_the_message_in_the_readers_language(alice: User) -> None:
    reset(Client(headers={"accept-language": "fr"}), "alice@example.org")
    assert "Bonjour alice" in delivered()[0].body


def test_the_host_header_is_not_used_in_a_message(alice: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    Client(headers={"host": "evil.example"}).post("/account/password/reset", {"email": "alice@example.org"})
    assert "evil" not in delivered()[0].body


def test_the_response_does_not_reveal_known_addresses(alice: User) -> None:
    unknown = reset(Client(), "nobody@example.org")
    assert delivered() == []
    assert unknown.redirect_chain == reset(Client(), "alice@example.org").redirect_chain


def test_a_request_costs_the_same_for_known_and_unknown_addresses(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("frida", "frida@example.org")  # without a password
    written = []
    monkeypatch.setattr("wiki.accounts.account_adapter.render_to_string", lambda name, _: written.append(name) or name)
    costs = []
    for address in ("alice@example.org", "nobody@example.org", "frida@example.org"):
        written.clear()
        with CaptureQueriesContext(connection) as queries:
            Client().post("/account/password/reset", {"email": address})
        costs.append((len(written), [query["sql"].split()[:3] for query in queries]))
    assert costs[0] == costs[1] == costs[2]
    assert costs[0][0] == 2
    assert mail.outbox == [], "the worker sends"
    assert [email.content["to"] for email in QueuedEmail.objects.order_by("pk")] == [["alice@example.org"], [], []]
    assert len(delivered()) == 1


def test_a_closed_account_gets_no_link(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    reset(Client(), "alice@example.org")
    assert delivered() == []


def test_the_number_of_messages_is_limited(alice: User) -> None:
    client = Client()
    for _ in range(10):
        reset(client, "alice@example.org")
    assert reset(client, "alice@example.org").status_code == 429
    assert len(delivered()) == 10


# --- Profile --------------------------------------------------------------------------------------
def test_it_asks_visitors_to_sign_in_first(client_of: Any, anna: Any) -> None:
    for address in ("/account/", "/account/password"):
        response = client_of(anna).get(address)
        assert (response.status_code, response.url) == (302, f"/account/login?next={address}")


def test_the_display_name_is_the_label(alice_client: Client, alice: User) -> None:
    alice_client.post("/account/", {"display_name": "  Alice   Martin ", "email": alice.email})
    assert User.objects.get(pk=alice.pk).label == "Alice Martin"


def test_the_display_name_can_be_removed(alice_client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="Alice", last_name="Martin")
    assert 'value="Alice Martin"' in alice_client.get("/account/").text
    alice_client.post("/account/", {"display_name": "", "email": alice.email})
    assert User.objects.get(pk=alice.pk).label == "alice"


@pytest.mark.parametrize("name", ["bob", "BOB", "a\u202eb", "x" * 81])
def test_it_refuses_display_names_that_mislead(alice_client: Client, bob: User, alice: User, name: str) -> None:
    response = alice_client.post("/account/", {"display_name": name, "email": alice.email})
    assert "display_name" in response.context["form"].errors
    assert User.objects.get(pk=alice.pk).label == "alice"


def test_it_shows_a_name_as_text(alice_client: Client, alice: User) -> None:
    alice_client.post("/account/", {"display_name": "<script>x</script>", "email": alice.email})
    assert "<script>x" not in alice_client.get("/account/").text


def test_changing_the_email_address_requires_the_password(alice_client: Client, alice: User) -> None:
    data = {"display_name": "", "email": "new@example.org"}
    assert "current_password" in alice_client.post("/account/", data).context["form"].errors
    text = alice_client.post("/account/", {**data, "current_password": PASSWORD}, follow=True).text
    assert "The address new@example.org is not confirmed yet" in text
    assert User.objects.get(pk=alice.pk).email == "alice@example.org"
    [message] = delivered()
    assert message.to == ["new@example.org"]
    link = link_in(message)
    stranger = Client(headers={"accept-language": "en"})
    assert "Is new@example.org the address of alice?" in stranger.get(link).text
    assert User.objects.get(pk=alice.pk).email == "alice@example.org", "programs follow links, too"
    assert stranger.post(link).url == "/account/"
    assert User.objects.get(pk=alice.pk).email == "new@example.org"
    assert "not confirmed" not in alice_client.get("/account/").text
    assert "used already" in stranger.get(link).text
    assert stranger.post(link).status_code == 404


def test_attempts_to_change_the_address_are_limited(alice_client: Client, alice: User) -> None:
    data = {"display_name": "", "email": "new@example.org"}
    for _ in range(10):
        alice_client.post("/account/", {**data, "current_password": "x"})
    response = alice_client.post("/account/", {**data, "current_password": PASSWORD})
    assert (response.status_code, delivered()) == (429, [])
    assert 'value="new@example.org"' in response.text


def test_the_address_can_be_taken_away(alice_client: Client, alice: User) -> None:
    alice_client.post("/account/", {"display_name": "", "email": "", "current_password": PASSWORD})
    assert User.objects.get(pk=alice.pk).email == ""
    assert not EmailAddress.objects.exists()


def test_the_link_can_be_sent_again(alice_client: Client, alice: User) -> None:
    assert "The address alice@example.org is not confirmed yet" in alice_client.get("/account/").text
    assert "We sent you a message" in alice_client.post("/account/email/send", follow=True).text
    [message] = delivered()
    alice_client.post(link_in(message))
    alice_client.post("/account/email/send")
    assert len(delivered()) == 1, "nothing is left to confirm"
    for _ in range(9):
        alice_client.post("/account/email/send")
    assert alice_client.post("/account/email/send").status_code == 429


def test_one_account_confirms_an_address(alice_client: Client, alice: User, bob: User, client_of: Any) -> None:
    EmailAddress.objects.create(user=bob, email="alice@example.org", verified=True)
    alice_client.post("/account/email/send")
    link = link_in(delivered()[0])
    assert "Another account has confirmed the address" in alice_client.get(link).text
    alice_client.post(link)
    assert not EmailAddress.objects.filter(user=alice, verified=True).exists()


def test_an_address_that_an_administrator_sets_takes_the_place_of_the_other(administrator: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.org", verified=True, primary=True)
    edit_user(administrator, alice, email="New@example.org")
    assert User.objects.get(pk=alice.pk).email == "New@example.org"
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("new@example.org", False, True)]


# --- Administration -------------------------------------------------------------------------------
def edit_user(administrator: Client, user: User, **fields: str) -> Any:
    address = reverse("wagtailusers_users:edit", args=[user.pk])
    data = {"username": user.username, "is_active": "on", **fields}
    return administrator.post(address, data, follow=True)


def test_an_administrator_can_block_and_unblock(administrator: Client, alice: User) -> None:
    assert 'name="is_blocked"' in administrator.get(reverse("wagtailusers_users:edit", args=[alice.pk])).text
    edit_user(administrator, alice, is_blocked="on", blocked_reason="advertising")
    blocked = User.objects.get(pk=alice.pk)
    assert (blocked.is_blocked, blocked.blocked_reason) == (True, "advertising")
    assert "blocked" in administrator.get(reverse("wagtailusers_users:index_results")).text
    edit_user(administrator, alice)
    assert not User.objects.get(pk=alice.pk).is_blocked


def test_administrators_cannot_be_blocked(administrator: Client) -> None:
    eve = User.objects.get(username="eve")
    response = edit_user(administrator, eve, is_blocked="on", is_superuser="on")
    assert "An administrator cannot be blocked" in response.text
    assert not User.objects.get(pk=eve.pk).is_blocked


def test_accounts_need_no_email_address_and_full_name(administrator: Client) -> None:
    data = {"username": "frida", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    response = administrator.post(reverse("wagtailusers_users:add"), data)
    assert response.status_code == 302, response.context["form"].errors
    assert User.objects.get(username="frida").check_password(NEW_PASSWORD)


def test_other_users_cannot_open_the_administration(client_of: Any, alice: User, charlie: User) -> None:
    for user in (alice, charlie):
        assert client_of(user).get("/admin/users/").status_code == 302
