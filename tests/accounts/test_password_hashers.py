"""Passwords are stored with Argon2; those of earlier versions and of MediaWiki work, and are stored anew."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client

from movilab import settings as site_settings
from tests.conftest import PASSWORD
from wiki.accounts.mediawiki_hashers import MediaWikiHasher
from wiki.accounts.models import User

SALT = b"0123456789abcdef"
DIGEST = base64.b64encode(hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), SALT, 1000, 64)).decode()
PBKDF2 = f":pbkdf2:sha512:1000:64:{base64.b64encode(SALT).decode()}:{DIGEST}"
OLD = f":B:1a2b3c4d:{hashlib.md5(f'1a2b3c4d-{hashlib.md5(PASSWORD.encode()).hexdigest()}'.encode()).hexdigest()}"


@pytest.fixture(autouse=True)
def _hashers_of_the_site(settings: Any) -> None:
    settings.PASSWORD_HASHERS = site_settings.PASSWORD_HASHERS


def test_passwords_are_stored_with_argon2() -> None:
    stored = make_password(PASSWORD)
    assert stored.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password(PASSWORD, stored)
    assert not check_password("x", stored)


@pytest.mark.parametrize("stored", [PBKDF2, OLD])
def test_passwords_of_mediawiki_are_understood(stored: str) -> None:
    assert check_password(PASSWORD, f"mediawiki${stored}")
    for wrong in ("", "x", PASSWORD + " ", PASSWORD.upper()):
        assert not check_password(wrong, f"mediawiki${stored}")


@pytest.mark.parametrize(
    "stored",
    ["", ":", "::", ":A:x", ":B:", ":B:a:b:c", ":pbkdf2:", ":pbkdf2:sha512:x:64:a:b", ":pbkdf2:none:10:64:YQ==:YQ==",
     ":pbkdf2:sha512:10:64:é:YQ==", ":pbkdf2:sha512:10:64:YQ:YQ", ":pbkdf2:sha512:0:64:YQ==:YQ==", ":B:é:é"],
)  # fmt: skip
def test_unreadable_hashes_fit_no_password(stored: str) -> None:
    assert MediaWikiHasher().verify(PASSWORD, f"mediawiki${stored}") is False


@pytest.mark.parametrize("kind", ["mediawiki", "django"])
def test_signing_in_stores_the_password_anew(alice: User, kind: str) -> None:
    stored = f"mediawiki${PBKDF2}" if kind == "mediawiki" else make_password(PASSWORD, hasher="pbkdf2_sha256")
    User.objects.filter(pk=alice.pk).update(password=stored)
    assert Client().post("/account/login", {"username": "alice", "password": "x"}).status_code == 200
    assert User.objects.get(pk=alice.pk).password == stored
    assert Client().post("/account/login", {"username": "alice", "password": PASSWORD}).status_code == 302
    alice.refresh_from_db()
    assert alice.password.startswith("argon2$")
    assert alice.check_password(PASSWORD)
