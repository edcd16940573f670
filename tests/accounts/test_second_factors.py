"""A second factor: codes of an app, recovery codes, security keys; and the list of sessions."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.conftest import PASSWORD
from wiki.accounts import user_agents
from wiki.accounts.models import User
from wiki.accounts.session_cleanup import delete_ended_sessions

pytestmark = pytest.mark.only_on("sqlite")
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def code(secret: str = SECRET, steps: int = 0) -> str:
    """Return the code that an app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


@pytest.fixture
def guarded(alice: User) -> User:
    """Alice with an app for codes, and recovery codes."""
    TOTP.activate(alice, SECRET)
    RecoveryCodes.activate(alice)
    return alice


@pytest.fixture
def visitor(client_of: Any, anna: Any) -> Client:
    client: Client = client_of(anna, language="en")
    return client


def sign_in(client: Client, **more: str) -> Any:
    return client.post("/account/login", {"username": "alice", "password": PASSWORD, **more})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def confirmed(client: Client) -> Client:
    """Let the owner confirm the password, which is good for five minutes."""
    client.post("/account/password/confirm", {"password": PASSWORD})
    return client


# --- Signing in -----------------------------------------------------------------------------------
def test_a_password_alone_does_not_sign_in(visitor: Client, guarded: User) -> None:
    assert sign_in(visitor, next="/account/").url == "/account/second-factor/code"
    assert not is_signed_in(visitor)
    refused = visitor.post("/account/second-factor/code", {"code": "000000"})
    assert "This code is not right" in refused.text
    assert not is_signed_in(visitor)
    right = f"{code()[:3]} {code()[3:]}"
    assert visitor.post("/account/second-factor/code", {"code": right}).url == "/account/"
    assert is_signed_in(visitor)


def test_a_code_works_once(visitor: Client, guarded: User, client_of: Any, anna: Any) -> None:
    for client, works in ((visitor, True), (client_of(anna), False)):
        sign_in(client)
        client.post("/account/second-factor/code", {"code": code()})
        assert is_signed_in(client) is works


def test_a_recovery_code_works_once(visitor: Client, guarded: User, client_of: Any, anna: Any) -> None:
    spare = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).wrap().get_unused_codes()[0]
    for client, works in ((visitor, True), (client_of(anna), False)):
        sign_in(client)
        client.post("/account/second-factor/code", {"code": spare})
        assert is_signed_in(client) is works


def test_attempts_with_codes_are_limited_for_each_account(
    visitor: Client, guarded: User, client_of: Any, anna: Any
) -> None:
    sign_in(visitor)
    for _ in range(10):
        visitor.post("/account/second-factor/code", {"code": "000000"})
    other = client_of(anna, language="en", REMOTE_ADDR="203.0.113.1")
    sign_in(other)
    refused = other.post("/account/second-factor/code", {"code": code()})
    assert "Too many codes" in refused.text
    assert not is_signed_in(other)


def test_who_resets_the_password_gives_the_code_too(visitor: Client, guarded: User) -> None:
    from django.contrib.auth.tokens import PasswordResetTokenGenerator
    from django.utils.http import int_to_base36

    token = PasswordResetTokenGenerator().make_token(guarded)
    screen = visitor.get(f"/account/password/reset/key/{int_to_base36(guarded.pk)}-{token}", follow=True)
    response = visitor.post(screen.request["PATH_INFO"], {"password1": "une autre phrase bien longue"})
    assert response.url == "/account/second-factor/code"
    assert not is_signed_in(visitor)


def test_one_may_change_to_an_account_with_a_second_factor(client_of: Any, bob: User, guarded: User) -> None:
    client = client_of(bob)
    sign_in(client)
    assert not is_signed_in(client)
    client.post("/account/second-factor/code", {"code": code()})
    assert client.session["_auth_user_id"] == str(guarded.pk)


def test_one_can_stop_signing_in(visitor: Client, guarded: User) -> None:
    sign_in(visitor)
    assert visitor.post("/account/logout", {"next": "/account/login"}).url == "/account/login"
    assert visitor.get("/account/second-factor/code").url == "/account/login"


def test_no_way_around_asks_for_the_password_alone(visitor: Client, guarded: User) -> None:
    address = reverse("api")
    data = {"action": "login", "format": "json", "lgname": "alice", "lgpassword": PASSWORD}
    token = visitor.post(address, data).json()["login"]["token"]
    answer = visitor.post(address, {**data, "lgtoken": token}).json()["login"]
    assert (answer["result"], "two-factor" in answer["reason"]) == ("Failed", True)
    fields = {"username": "alice", "password": PASSWORD, "text": "# Neu", "base": "0", "comment": ""}
    shown = visitor.post("/edit/Neu", fields)
    assert "two-factor" in shown.text
    assert "# Neu" in shown.text
    assert visitor.post("/admin/login/", fields).url == "/account/login"
    assert not is_signed_in(visitor)


def test_the_sentence_is_for_the_owner_only(visitor: Client, guarded: User) -> None:
    shown = visitor.post("/edit/Neu", {"username": "alice", "password": "x", "text": "# Neu", "base": "0"})
    assert "two-factor" not in shown.text


# --- Adding and removing --------------------------------------------------------------------------
def test_an_app_is_added_after_the_password_and_with_its_first_code(client_of: Any, alice: User) -> None:
    client = client_of(alice, language="en")
    assert client.get("/account/second-factor/app").url.startswith("/account/password/confirm?next=")
    assert "not your password" in client.post("/account/password/confirm", {"password": "x"}).text
    confirmed(client)
    secret = client.get("/account/second-factor/app").context["form"].secret
    assert "not right" in client.post("/account/second-factor/app", {"code": "000000"}).text
    assert not Authenticator.objects.exists()
    codes = client.post("/account/second-factor/app", {"code": code(secret)}, follow=True)
    assert codes.redirect_chain[0][0] == "/account/recovery-codes"
    assert len(codes.context["unused_codes"]) == 10
    assert "10 codes are left" in client.get("/account/second-factor").text


def test_an_app_is_removed_after_the_password(client_of: Any, guarded: User) -> None:
    client = client_of(guarded, language="en")
    for path in ("/account/second-factor/app/remove", "/account/recovery-codes/new", "/account/recovery-codes"):
        assert client.get(path).url.startswith("/account/password/confirm")
    before = set(confirmed(client).get("/account/recovery-codes").context["unused_codes"])
    client.post("/account/recovery-codes/new")
    assert before.isdisjoint(client.get("/account/recovery-codes").context["unused_codes"])
    assert "no code from an app any more" in client.post("/account/second-factor/app/remove", follow=True).text
    assert not Authenticator.objects.exists()


def test_a_code_confirms_as_a_password_does(client_of: Any, guarded: User) -> None:
    client = client_of(guarded, language="en")
    assert "With a code from my app" in client.get("/account/password/confirm").text
    client.post("/account/second-factor/confirm", {"code": code()})
    assert client.get("/account/recovery-codes").status_code == 200


def test_attempts_to_confirm_the_password_are_limited(client_of: Any, guarded: User) -> None:
    client = client_of(guarded, language="en")
    for _ in range(10):
        client.post("/account/password/confirm", {"password": "x"})
    assert "Too many attempts" in client.post("/account/password/confirm", {"password": PASSWORD}).text
    assert client.get("/account/recovery-codes").status_code == 302


def test_who_has_no_password_sets_one_first(client_of: Any, alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    client = client_of(alice, language="en")
    assert "Set a password" in client.get("/account/").text
    assert client.get("/account/second-factor/app").url.startswith("/account/password/set?next=")
    assert client.get("/account/password").url == "/account/password/set"
    client.post("/account/password/set", {"password1": "une autre phrase bien longue"})
    assert User.objects.get(pk=alice.pk).check_password("une autre phrase bien longue")


# --- Passkeys -------------------------------------------------------------------------------------
def test_odd_answers_of_keys_sign_nobody_in(visitor: Client, guarded: User) -> None:
    assert visitor.get("/account/passkey").url == "/account/login"
    options = visitor.get("/account/passkey", headers={"accept": "application/json"}).json()["options"]
    assert options["publicKey"]["userVerification"] == "required"
    for odd in ("", "x", "[]", "3", "null", '{"response": {}}', '{"id": "x", "response": {"userHandle": "MQ"}}'):
        response = visitor.post("/account/passkey", {"credential": odd})
        assert (response.status_code, response.url) == (302, "/account/login")
    sign_in(visitor)
    for odd in ("x", "[]", "3", '{"response": {}}'):
        assert visitor.post("/account/second-factor/code", {"credential": odd}).status_code == 200
    assert not is_signed_in(visitor)
    visitor.post("/account/second-factor/code", {"code": code()})
    assert confirmed(visitor).get("/account/keys/new").status_code == 200
    for odd in ("x", "[]", "3", "{}", '{"rawId": "x", "response": {}}'):
        assert visitor.post("/account/keys/new", {"name": "x", "credential": odd}).status_code == 200
        assert visitor.post("/account/keys/confirm", {"credential": odd}).status_code == 302


def test_challenges_for_passkeys_are_limited(visitor: Client) -> None:
    for _ in range(60):
        assert visitor.get("/account/passkey", headers={"accept": "application/json"}).status_code == 200
    assert visitor.get("/account/passkey", headers={"accept": "application/json"}).status_code == 302


# --- Sessions -------------------------------------------------------------------------------------
def device(**more: Any) -> Client:
    client = Client(headers={"accept-language": "en", "user-agent": FIREFOX}, **more)
    sign_in(client)
    return client


def test_sessions_are_listed_and_ended(alice: User, bob: User) -> None:
    here, there, elsewhere = device(), device(REMOTE_ADDR="2001:db8:1:2::3"), device(REMOTE_ADDR="203.0.113.77")
    text = here.get("/account/sessions").text
    assert text.count("Firefox, Linux") == 3
    assert text.count("this one") == 1
    assert "203.0.113.0" in text
    assert "203.0.113.77" not in text
    assert "2001:db8:1::" in text
    session = UserSession.objects.get(session_key=there.session.session_key)
    stranger = Client()
    stranger.post("/account/login", {"username": "bob", "password": PASSWORD})
    for odd in (str(session.pk), "x", "9" * 30):
        stranger.post("/account/sessions", {"session": odd})
    assert is_signed_in(there)
    here.post("/account/sessions", {"session": str(session.pk)})
    assert [is_signed_in(client) for client in (here, there, elsewhere)] == [True, False, True]
    here.post("/account/sessions")
    assert [is_signed_in(client) for client in (here, elsewhere, stranger)] == [True, False, True]


def test_ended_sessions_leave_nothing(alice: User) -> None:
    ended, open_one = device(), device()
    ended.post("/account/logout")
    delete_ended_sessions()
    assert [row.session_key for row in UserSession.objects.all()] == [open_one.session.session_key]
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    delete_ended_sessions()
    assert not UserSession.objects.exists()
    assert not Session.objects.exists()


def test_hashes_of_network_addresses_are_deleted_after_a_month(alice: User, bob: User) -> None:
    User.objects.update(registered_from="x" * 64, date_joined=timezone.now())
    User.objects.filter(pk=bob.pk).update(date_joined=timezone.now() - timedelta(days=31))
    from wiki.accounts.session_cleanup import delete_old_address_hashes

    delete_old_address_hashes()
    assert list(User.objects.order_by("pk").values_list("registered_from", flat=True)) == ["x" * 64, ""]


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0 Safari/537.36 Edg/126.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "Chrome, Android"),
        ("", "another program"),
    ],
)
def test_browsers_have_names(user_agent: str, name: str) -> None:
    from django.utils.translation import override

    with override("en"):
        assert user_agents.browser_name(user_agent) == name


def test_a_sign_in_inside_a_form_is_listed(alice: User, client_of: Callable[..., Client], anna: Any) -> None:
    client = client_of(anna)
    client.post("/edit/Neu", {"username": "alice", "password": PASSWORD, "text": "x", "base": "0", "comment": ""})
    assert UserSession.objects.filter(user=alice).count() == 1
