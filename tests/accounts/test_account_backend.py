"""Signing in by user name, public name or e-mail address: which account is meant."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate

from tests.conftest import PASSWORD
from wiki.accounts.account_backend import find_account
from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def account(username: str, **fields: str) -> User:
    return User.objects.create_user(username, password=PASSWORD, **fields)


def test_each_name_of_an_account_signs_in() -> None:
    user = account("Élodie.Le.Gall", first_name="Élodie Le Gall", email="Elodie@Example.org")
    for name in ("Élodie.Le.Gall", "Élodie Le Gall", "elodie@example.org", "Elodie@Example.org"):
        assert authenticate(username=name, password=PASSWORD) == user
        assert authenticate(username=name, password="x") is None
    for name in ("élodie.le.gall", "Élodie", "@", "@example.org", ""):
        assert find_account(name) is None


def test_an_address_of_several_accounts_is_that_of_the_one_that_confirmed_it() -> None:
    first, second = account("first", email="both@example.org"), account("second", email="both@example.org")
    assert find_account("both@example.org") is None
    address = EmailAddress.objects.create(user=first, email="other@example.org", verified=True)
    assert find_account("both@example.org") is None, "another address"
    EmailAddress.objects.filter(pk=address.pk).update(user=second, email="both@example.org")
    assert find_account("both@example.org") == second


def test_a_public_name_of_several_accounts_is_nobodys() -> None:
    account("first", first_name="Deux Noms")
    account("second", first_name="Deux Noms")
    assert find_account("Deux Noms") is None
    account("third", first_name="Deux", last_name="Autres")
    assert find_account("Deux") is None


def test_no_other_name_stands_for_a_user_name() -> None:
    stranger = account("stranger", email="dana@example.org")
    account("another", email="dana@example.org")
    own = account("dana@example.org")
    EmailAddress.objects.create(user=stranger, email="dana@example.org", verified=True)
    assert find_account("dana@example.org") == own
    account("dana2", first_name="stranger")
    assert find_account("stranger") == stranger


def test_a_closed_account_does_not_sign_in() -> None:
    user = account("dana")
    user.is_active = False
    user.save()
    assert authenticate(username="dana", password=PASSWORD) is None
