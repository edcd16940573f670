"""Invitations: who sends them, and the link that registers with a confirmed address."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from tests.factories import make_place
from wiki.accounts.models import User
from wiki.mail.models import QueuedEmail

pytestmark = pytest.mark.only_on("sqlite")
DATA = {"username": "Camille Roux", "password1": "une phrase bien longue"}


@pytest.fixture
def steward(client_of: Any, bob: User) -> Client:
    make_place("Atelier", by=bob)
    client: Client = client_of(bob, language="en")
    return client


def link_to(steward: Client, address: str = "Camille@example.org") -> str:
    """Invite an address; return the path of the link in the e-mail."""
    assert "on its way to" in steward.post("/account/invite", {"email": address}, follow=True).text
    email = QueuedEmail.objects.latest("pk").content
    assert email["to"] == [address]
    assert email["subject"] == f"bob invites you to {settings.SITE_NAME}"
    link = re.search(re.escape(settings.BASE_ADDRESS) + r"(/\S+)", email["body"])
    assert link
    return link[1]


def test_who_is_invited_registers_with_a_confirmed_address(steward: Client) -> None:
    link = link_to(steward)
    visitor = Client(headers={"accept-language": "en"})
    screen = visitor.get(link, follow=True)
    assert 'value="camille@example.org"' in screen.text
    assert "your invitation came to this address" in screen.text
    visitor.post("/account/register", DATA | {"email": "other@example.org"})
    user = User.objects.get(username="Camille.Roux")
    assert user.email == "camille@example.org"
    assert list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")) == [
        ("camille@example.org", True, True)
    ]
    assert QueuedEmail.objects.count() == 1, "nothing is left to confirm"
    late = Client(headers={"accept-language": "en"})
    assert "There is an account with this address" in late.get(link, follow=True).text
    late.post("/account/register", DATA | {"username": "Rival", "email": "camille@example.org"})
    assert not EmailAddress.objects.filter(user__username="Rival", verified=True).exists()


@pytest.mark.parametrize(
    "token", ["x", "x:y:z", signing.dumps("a@example.org", salt="another")], ids=["word", "parts", "other salt"]
)
def test_a_forged_invitation_confirms_nothing(db: None, token: str) -> None:
    visitor = Client(headers={"accept-language": "en"})
    assert "This invitation is too old" in visitor.get(f"/account/invitation/{token}", follow=True).text
    visitor.post("/account/register", DATA | {"email": "a@example.org"})
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_an_invitation_ends_on_the_day_that_it_names(steward: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_to(steward)
    end = timezone.localdate() + timedelta(days=14)
    with override("en"):
        said = f"until {date_format(end, 'DATE_FORMAT')}."
    assert said in QueuedEmail.objects.get().content["body"]
    now = time.time()
    visitor = Client(headers={"accept-language": "en"})
    monkeypatch.setattr(time, "time", lambda: now + 14 * 24 * 3600 + 60)
    assert "This invitation is too old" in visitor.get(link, follow=True).text
    monkeypatch.setattr(time, "time", lambda: now + 14 * 24 * 3600 - 60)
    assert "This invitation is too old" not in visitor.get(link, follow=True).text


def test_addresses_of_others_say_nothing_of_this_one(steward: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="alice@example.org", verified=True)
    EmailAddress.objects.create(user=alice, email="camille@example.org", verified=False)
    assert Client().get(link_to(steward)).url == "/account/register"
    assert Client().get(link_to(steward, "alice@example.org")).url == "/account/login"


def test_invitations_are_limited(steward: Client) -> None:
    for number in range(20):
        link_to(steward, f"a{number}@example.org")
    refused = steward.post("/account/invite", {"email": "late@example.org"})
    assert refused.status_code == 429
    assert 'value="late@example.org"' in refused.text
    assert QueuedEmail.objects.count() == 20


def test_stewards_find_the_form(steward: Client, client_of: Any, alice: User) -> None:
    assert "Invite somebody" in steward.get("/account/").text
    assert "Invite somebody" not in client_of(alice, language="en").get("/account/").text
