"""Devices on which an account signed in before, known by a signed cookie (OWASP's «device cookies»).

Attempts to sign in from a known device are counted by themselves (see `sign_in_limits`): whoever guesses elsewhere
cannot lock the owner out. The cookie gives no other right, stays after signing out, and is renewed with each sign-in.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from wiki.accounts.account_backend import accounts_named
from wiki.accounts.models import User

COOKIE = "known_device"
COOKIE_AGE = 365 * 24 * 3600
ACCOUNTS_LIMIT = 5
"""Accounts that a device knows at most: the last ones. The cookie of a shared computer must not grow without end."""
SIGNED_IN_META = "wiki.signed_in"
"""Key of `request.META` under which the receiver of the signal leaves the account for the middleware."""
_SALT = "wiki.accounts.known_devices"


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What the cookie says: a random id, and the primary keys of the accounts that signed in, the last one last."""

    id: str
    accounts: tuple[int, ...]


def _read_cookie(request: HttpRequest) -> KnownDevice | None:
    """Return what the cookie of a request says, None if there is none or its signature is wrong or too old."""
    try:
        device_id, accounts = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=COOKIE_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return KnownDevice(device_id, tuple(accounts))


def device_id_for(request: HttpRequest, username: str) -> str:
    """Return the id of the device that sent a request if the account `username` signed in on it before, else "".

    `username` may be the public name or the e-mail address, too.
    """
    device = _read_cookie(request)
    if device is None or not User.objects.filter(accounts_named(username), pk__in=device.accounts).exists():
        return ""
    return device.id


def remember_sign_in(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Receiver of `user_logged_in`: let the middleware set the cookie, whatever view signs in."""
    if request is not None:
        request.META[SIGNED_IN_META] = user.pk


class KnownDeviceMiddleware:
    """Sets the cookie in the response to a request that signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, with the cookie after a sign-in."""
        response = self.get_response(request)
        account = request.META.get(SIGNED_IN_META)
        if account is None:
            return response
        device = _read_cookie(request) or KnownDevice(secrets.token_urlsafe(12), ())
        accounts = [*(known for known in device.accounts if known != account), account][-ACCOUNTS_LIMIT:]
        response.set_cookie(
            COOKIE, signing.dumps([device.id, accounts], salt=_SALT), max_age=COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
        )  # fmt: skip
        return response
