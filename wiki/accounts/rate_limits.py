"""How much one person or one address may do in a while, counted in Django's cache.

A count lives in a window that begins with the first act and ends by itself; when a limit is
spent, `TooFast` says how long to wait. Addresses are kept only as keyed hashes.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from wiki.errors import RateLimitExceeded, gettext_noop

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wiki.accounts.models import User

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` acts in `seconds`, and what is said to someone who wants more."""

    count: int
    seconds: int
    message: str


EDITS = (
    RateLimit(
        60, MINUTE, gettext_noop("You saved %(count)d changes within a minute. Please wait a minute, then save again.")
    ),
    RateLimit(600, HOUR, gettext_noop("You saved %(count)d changes within an hour. Please go on a little later.")),
)
REGISTRATIONS = (
    RateLimit(
        20, HOUR, gettext_noop("Many accounts were made from your network just now. Please try again in an hour.")
    ),
)
SIGN_INS = RateLimit(
    10, 10 * MINUTE, gettext_noop("Too many attempts with this name. Please wait ten minutes, then try again.")
)
SIGN_INS_BY_ADDRESS = RateLimit(
    100, 10 * MINUTE, gettext_noop("Too many attempts from your network. Please wait ten minutes, then try again.")
)
RESETS = RateLimit(
    10, HOUR, gettext_noop("Too many messages were asked for from your network. Please try again in an hour.")
)
SUGGESTIONS = RateLimit(
    5, HOUR, gettext_noop("Five changes were proposed from your network within an hour. Please go on a little later.")
)
PREVIEWS = RateLimit(
    30, MINUTE, gettext_noop("Too many previews and old versions in a minute. Please wait a minute, then try again.")
)
PREVIEWS_BY_ACCOUNT = RateLimit(120, MINUTE, PREVIEWS.message)

_TOO_FAST = gettext_noop("That was too fast: at most %(count)d times in %(seconds)d seconds. Please try again later.")


def count_against_limit(key: str, limit: int, seconds: int, message: str = _TOO_FAST) -> None:
    """Count one act under `key`; raise TooFast beyond `limit` acts in `seconds`.

    `message` is the English message id of what TooFast says; it may use %(count)d, %(seconds)d.
    """
    name = f"limit:{key}:{seconds}"
    cache.add(name, 0, seconds)
    try:
        spent = cache.incr(name)
    except ValueError:  # the window ended between the two calls: a new one begins
        cache.set(name, 1, seconds)
        spent = 1
    if spent > limit:
        raise RateLimitExceeded(message, count=limit, seconds=seconds)


def _spend(key: str, limit: RateLimit) -> None:
    """Count one act under `key` against a limit of the table above."""
    count_against_limit(key, limit.count, limit.seconds, limit.message)


def address_hash(request: HttpRequest) -> str:
    """A keyed hash of the visitor's network address, 64 hexadecimal digits; not to be reversed.

    Of an IPv6 address only the first 64 bits count: whoever has one has all that share them.
    """
    raw = str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ipaddress.ip_address(raw)
    except ValueError:
        return _keyed(raw)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return _keyed(str(ipaddress.ip_network((address, 64), strict=False)))
        address = address.ipv4_mapped
    return _keyed(str(address))


def _keyed(value: str) -> str:
    return salted_hmac("wiki.accounts.rate_limits", value, algorithm="sha256").hexdigest()


def limit_edits(user: User) -> None:
    """Count one change of a page by `user`; administrators are free. Raises TooFast."""
    if user.is_superuser:
        return
    for limit in EDITS:
        _spend(f"edit:{user.pk}", limit)


def limit_registrations(request: HttpRequest) -> None:
    """Count one new account from this address. Raises TooFast."""
    for limit in REGISTRATIONS:
        _spend(f"register:{address_hash(request)}", limit)


def limit_password_resets(request: HttpRequest) -> None:
    """Count one message that lets someone choose a new password. Raises TooFast."""
    _spend(f"reset:{address_hash(request)}", RESETS)


def limit_suggestions(request: HttpRequest) -> None:
    """Count one change that somebody without an account proposes from this address. Raises TooFast."""
    _spend(f"suggest:{address_hash(request)}", SUGGESTIONS)


def limit_previews(request: HttpRequest) -> None:
    """Count one view that has to parse a text: a preview or an old version. Raises TooFast."""
    if request.user.is_authenticated:
        _spend(f"preview:user:{request.user.pk}", PREVIEWS_BY_ACCOUNT)
    else:
        _spend(f"preview:{address_hash(request)}", PREVIEWS)


def limit_sign_ins(request: HttpRequest, username: str) -> None:
    """Count one attempt to sign in as `username` from this address. Raises TooFast."""
    _spend(f"sign-in:{address_hash(request)}", SIGN_INS_BY_ADDRESS)
    _spend(_sign_in_key(request, username), SIGN_INS)


def reset_failed_sign_ins(request: HttpRequest, username: str) -> None:
    """Forget the attempts as `username` from this address: the last one succeeded."""
    cache.delete(f"limit:{_sign_in_key(request, username)}:{SIGN_INS.seconds}")


def _sign_in_key(request: HttpRequest, username: str) -> str:
    return f"sign-in:{_keyed(f'{address_hash(request)} {username.casefold()}')}"
