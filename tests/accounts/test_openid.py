"""Signing in with an account of an OpenID provider: a small real one, which answers as the specification says."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
JWK = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "one", "use": "sig", "alg": "RS256"}
ELODIE = {"sub": "17", "name": "Élodie Le Gall", "email": "elodie@example.org", "email_verified": True}


class Provider(ThreadingHTTPServer):
    """The provider: who is signed in there, and the codes that it gave."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ProviderHandler)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.person: dict[str, Any] = dict(ELODIE)
        self.codes: dict[str, str] = {}
        self.answers: dict[str, Any] = {}
        """What addresses answer instead of what they should."""

    def answer(self, path: str, query: dict[str, str], form: dict[str, str], bearer: str) -> Any:
        """Return what the provider answers as JSON, or the address to which it leads."""
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            found = {f"{name}_endpoint": f"{self.issuer}/{end}" for name, end in ends.items()}
            return found | {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
        if path == "/jwks":
            return {"keys": [JWK]}
        if path == "/authorize":
            assert query["client_id"] == "wiki"
            assert set(query["scope"].split()) == {"openid", "profile", "email"}
            self.codes["code-1"] = query["code_challenge"]
            return query["redirect_uri"] + "?" + urlencode({"code": "code-1", "state": query["state"]})
        if path == "/token":
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.codes.pop(form["code"])
            assert (form["client_id"], form["client_secret"]) == ("wiki", "hush")
            now = int(time.time())
            claims = {"iss": self.issuer, "aud": "wiki", "sub": self.person["sub"], "iat": now, "exp": now + 60}
            token = jwt.encode(claims, KEY, "RS256", {"kid": "one"})
            return {"access_token": "bearer-1", "token_type": "Bearer", "expires_in": 60, "id_token": token}
        assert (path, bearer) == ("/userinfo", "Bearer bearer-1")
        return self.person


class ProviderHandler(BaseHTTPRequestHandler):
    """Answers for the provider."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        query, form = (
            {name: values[0] for name, values in parse_qs(text).items()}
            for text in (parts.query, self.rfile.read(length).decode())
        )
        provider: Any = self.server
        answer = provider.answer(parts.path, query, form, self.headers.get("Authorization", ""))
        body = b"" if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(302 if isinstance(answer, str) else 200)
        if isinstance(answer, str):
            self.send_header("Location", answer)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # http.server's name

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with Provider() as provider:
        threading.Thread(target=provider.serve_forever, args=(0.01,), daemon=True).start()
        yield provider
        provider.shutdown()


@pytest.fixture
def provider(server: Provider, settings: Any) -> Provider:
    """A provider at which Élodie is signed in, and a wiki that knows it."""
    server.person, server.answers = dict(ELODIE), {}
    one = {
        "provider_id": "oidc", "name": "La Fabrique", "client_id": "wiki", "secret": "hush",
        "settings": {"server_url": server.issuer},
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [one], "OAUTH_PKCE_ENABLED": True}}
    settings.OPENID_NAME = "La Fabrique"
    return server


def callback_of(client: Client, path: str = "/account/provider/oidc/login") -> str:
    """Follow the link to the provider; return the address to which it leads back, as a path."""
    response = client.get(path)
    assert response.status_code == 302
    back = requests.get(response.url, allow_redirects=False, timeout=10).headers["Location"]
    return back.removeprefix("http://127.0.0.1:8000")


def signed_in(path: str = "/account/provider/oidc/login", **more: Any) -> tuple[Client, Any]:
    """Sign in as who is signed in at the provider; return the client and the last response."""
    client = Client(headers={"accept-language": "en"}, **more)
    return client, client.get(callback_of(client, path))


def test_the_button_leads_to_the_provider_and_back_to_the_page(provider: Provider) -> None:
    text = Client(headers={"accept-language": "en"}).get("/account/login", {"next": "/changes"}).text
    assert "Sign in with La Fabrique" in text
    assert 'href="/account/provider/oidc/login?next=%2Fchanges"' in text
    client, response = signed_in("/account/provider/oidc/login?next=%2Fchanges")
    assert (response.status_code, response.url) == (302, "/changes")
    page = client.get("/account/")
    assert page.context["user"].label == "Élodie Le Gall"
    assert "Set a password" in page.text
    user = User.objects.get()
    assert (user.username, user.email) == ("Élodie.Le.Gall", "elodie@example.org")
    assert EmailAddress.objects.get().verified
    assert not user.has_usable_password()
    assert len(user.registered_from) == 64
    assert signed_in()[0].get("/account/").context["user"] == user
    assert SocialAccount.objects.count() == 1


def test_no_link_leads_on_to_another_site(provider: Provider) -> None:
    assert signed_in("/account/provider/oidc/login?next=https://evil.example/")[1].url == "/"


def test_a_name_that_somebody_has_gets_a_number(provider: Provider, alice: User) -> None:
    provider.person |= {"name": "Alice", "sub": "18"}
    assert signed_in()[0].get("/account/").context["user"].username == "Alice2"
    provider.person = {"sub": "19", "preferred_username": "camille@example.org"}
    assert signed_in()[0].get("/account/").context["user"].username == "camille"
    provider.person = {"sub": "20", "name": "12"}
    assert signed_in()[0].get("/account/").context["user"].label == "account"


@pytest.mark.parametrize(("here", "there", "same"), [(True, True, True), (True, False, False), (False, True, False)])
def test_an_address_that_both_have_confirmed_is_the_same_account(
    provider: Provider, alice: User, here: bool, there: bool, same: bool
) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.org", verified=here, primary=True)
    provider.person |= {"email": "Alice@example.org", "email_verified": there}
    client, _ = signed_in()
    assert (client.get("/account/").context["user"] == alice) is same
    alice.refresh_from_db()
    assert alice.has_usable_password()
    if same:
        provider.person |= {"email": "other@example.org"}
        assert signed_in()[0].get("/account/").context["user"] == alice, "it is joined from then on"


def test_a_second_factor_is_asked_for(provider: Provider, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.org", verified=True, primary=True)
    TOTP.activate(alice, "JBSWY3DPEHPK3PXP")
    provider.person |= {"email": "alice@example.org"}
    client, response = signed_in()
    assert response.url == "/account/second-factor/code"
    assert client.get("/account/").status_code == 302


def test_closed_accounts_stay_closed(provider: Provider, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.org", verified=True, primary=True)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    provider.person |= {"email": "alice@example.org"}
    client, response = signed_in()
    assert "This account is closed" in client.get(response.url).text
    assert client.get("/account/").status_code == 302


def test_accounts_are_not_joined_by_a_link(provider: Provider, alice: User, client_of: Any) -> None:
    assert client_of(alice).get("/account/provider/oidc/login?process=connect").status_code == 404
    assert client_of(alice).post("/account/provider/oidc/login", {"process": "connect"}).status_code == 405


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", {}),
        ("/.well-known/openid-configuration", "/nowhere"),
        ("/authorize", "http://127.0.0.1:8000/account/provider/oidc/callback?code=x&state=forged"),
        ("/authorize", "http://127.0.0.1:8000/account/provider/oidc/callback?error=server_error"),
        ("/token", {"error": "invalid_grant"}),
        ("/token", {"access_token": "bearer-1", "id_token": "x"}),
        ("/token", []),
        ("/userinfo", {"name": "without a subject"}),
        ("/userinfo", ["x"]),
    ],
)
def test_a_provider_that_fails_is_a_sentence(provider: Provider, path: str, answer: Any) -> None:
    provider.answers[path] = answer
    client = Client(headers={"accept-language": "en"})
    response = client.get("/account/provider/oidc/login")
    if response.url != "/account/login":
        back = requests.get(response.url, allow_redirects=False, timeout=10).headers["Location"]
        response = client.get(back.removeprefix("http://127.0.0.1:8000"))
    assert (response.status_code, response.url) == (302, "/account/login")
    assert "Signing in with La Fabrique failed" in client.get(response.url).text
    assert not User.objects.exists()


def test_who_cancels_is_back_at_the_screen(provider: Provider) -> None:
    client = Client(headers={"accept-language": "en"})
    state = parse_qs(urlsplit(client.get("/account/provider/oidc/login").url).query)["state"][0]
    response = client.get("/account/provider/oidc/callback", {"error": "access_denied", "state": state})
    assert response.url == "/account/login"
    assert "Signing in with La Fabrique failed" not in client.get(response.url).text


def test_new_accounts_are_limited(provider: Provider) -> None:
    for number in range(20):
        provider.person |= {"sub": f"many {number}", "name": f"Personne {number}", "email": ""}
        signed_in()
    provider.person |= {"sub": "one more"}
    assert signed_in()[1].status_code == 429
    assert User.objects.count() == 20
