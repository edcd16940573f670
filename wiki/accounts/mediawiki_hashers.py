"""Passwords as MediaWiki stores them, for accounts that come from there: they sign in, and are stored anew then.

`User.password` of such an account is "mediawiki$" and the value of MediaWiki's `user_password`. Of its types
(https://www.mediawiki.org/wiki/Manual:User_table#user_password) two are read: `:pbkdf2:`, the default since 1.24, and
`:B:`, the default before.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher
from django.utils.crypto import constant_time_compare


def _is_pbkdf2(password: bytes, parts: list[str]) -> bool:
    """Return whether a password has the hash `digest:rounds:length:salt:hash`, with salt and hash in Base64."""
    digest, rounds, length, salt, stored = parts
    found = hashlib.pbkdf2_hmac(digest, password, base64.b64decode(salt), int(rounds), int(length))
    return constant_time_compare(found, base64.b64decode(stored))


def _is_salted_md5(password: bytes, parts: list[str]) -> bool:
    """Return whether a password has the hash `salt:hash`."""
    salt, stored = parts
    inner = hashlib.md5(password).hexdigest()  # noqa: S324  # MediaWiki's format
    return constant_time_compare(hashlib.md5(f"{salt}-{inner}".encode()).hexdigest(), stored)  # noqa: S324


TYPES = {"pbkdf2": _is_pbkdf2, "B": _is_salted_md5}


class MediaWikiHasher(BasePasswordHasher):
    """Checks passwords that MediaWiki stored; it has no `encode`, since it never stores one."""

    algorithm = "mediawiki"

    def verify(self, password: str, encoded: str) -> bool:
        """Return whether a password has the hash; False for a hash that cannot be read."""
        kind, *parts = encoded.partition("$")[2].removeprefix(":").split(":")
        try:
            return kind in TYPES and TYPES[kind](password.encode(), parts)
        except ValueError:  # unreadable Base64, numbers or characters, or a digest that Python does not know
            return False

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        """Return what may be shown of a hash: its type."""
        return {"algorithm": self.algorithm}

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Do nothing: Django calls it for hashes of the first hasher only."""
