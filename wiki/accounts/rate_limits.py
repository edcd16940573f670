"""Rate limits per user and per network address, counted in a file that all processes of an instance share.

A count begins with the first request and expires after the seconds of its limit (a fixed window);
beyond the limit, RateLimitExceeded is raised. Network addresses are stored only as keyed hashes.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.cache import caches
from django.utils import timezone
from django.utils.connection import ConnectionProxy
from django.utils.crypto import salted_hmac

from wiki.errors import RateLimitExceeded, gettext_noop

if TYPE_CHECKING:
    from django.http import HttpRequest

    from wiki.accounts.models import User

MINUTE, HOUR = 60, 3600
counters = ConnectionProxy(caches, "limits")
"""The cache that holds the counts (setting CACHES), with atomic `add` and `incr`."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` requests in `seconds`; `message` is the message id of the error beyond that."""

    count: int
    seconds: int
    message: str


EDITS = (
    RateLimit(
        60, MINUTE, gettext_noop("You saved %(count)d changes within a minute. Please wait a minute, then save again.")
    ),
    RateLimit(600, HOUR, gettext_noop("You saved %(count)d changes within an hour. Please go on a little later.")),
)
NEW_ACCOUNT = timedelta(days=3)
"""How long an account is new after its registration."""
EDITS_OF_NEW_ACCOUNTS = (
    RateLimit(
        20,
        10 * MINUTE,
        gettext_noop("Your account is new: it saves at most %(count)d changes in ten minutes. Please wait a little."),
    ),
    RateLimit(
        150,
        24 * HOUR,
        gettext_noop("Your account is new: it saves at most %(count)d changes in a day. Please go on tomorrow."),
    ),
)
"""Beside EDITS: a wave of spam comes from accounts that were just registered."""
BATCHES = RateLimit(
    10, MINUTE, gettext_noop("You changed many pages at once %(count)d times within a minute. Please wait a minute.")
)
POSTS = (
    RateLimit(
        10, MINUTE, gettext_noop("You wrote %(count)d posts within a minute. Please wait a minute, then send it again.")
    ),
    RateLimit(100, HOUR, gettext_noop("You wrote %(count)d posts within an hour. Please go on a little later.")),
)
REGISTRATIONS = (
    RateLimit(
        20, HOUR, gettext_noop("Many accounts were made from your network just now. Please try again in an hour.")
    ),
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
SEARCHES = RateLimit(
    60, MINUTE, gettext_noop("Too many searches and queries in a minute. Please wait a minute, then try again.")
)
SEARCHES_BY_ACCOUNT = RateLimit(240, MINUTE, SEARCHES.message)
COMPLETIONS = RateLimit(300, MINUTE, SEARCHES.message)
FEEDS = RateLimit(60, MINUTE, gettext_noop("Too many feeds in a minute. Please ask for each of them less often."))
DATA = RateLimit(240, MINUTE, gettext_noop("Too much data in a minute. Please wait a minute, then go on."))

_DEFAULT_MESSAGE = gettext_noop(
    "That was too fast: at most %(count)d times in %(seconds)d seconds. Please try again later."
)


def count_against_limit(key: str, limit: int, seconds: int, message: str = _DEFAULT_MESSAGE) -> None:
    """Count one request under `key`; raise RateLimitExceeded beyond `limit` requests in `seconds`.

    `message` is the message id of the exception; it may use %(count)d and %(seconds)d.
    """
    count = increment(f"limit:{key}:{seconds}", seconds)
    if count > limit:
        raise RateLimitExceeded(message, count=limit, seconds=seconds)


def increment(name: str, seconds: int, by: int = 1) -> int:
    """Add to a count, which begins now if there is none, and expires after `seconds`; return it."""
    try:
        return int(counters.incr(name, by))
    except ValueError:  # there is none, or it has expired
        return by if counters.add(name, by, seconds) else int(counters.incr(name, by))


def count_request(key: str, limit: RateLimit) -> None:
    """Count one request under `key` against `limit`; raise RateLimitExceeded beyond it."""
    count_against_limit(key, limit.count, limit.seconds, limit.message)


def address_hash(request: HttpRequest, bits: int = 64) -> str:
    """Return a keyed, irreversible hash of the client's network address: 64 hexadecimal digits.

    Of an IPv6 address only the first `bits` are hashed, since one client can use a whole network: /64 at least.
    """
    raw = str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ipaddress.ip_address(raw)
    except ValueError:
        return keyed_hash(raw)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return keyed_hash(str(ipaddress.ip_network((address, bits), strict=False)))
        address = address.ipv4_mapped
    return keyed_hash(str(address))


def keyed_hash(value: str) -> str:
    """Return an irreversible hash of `value`, for keys of counts."""
    return salted_hmac("wiki.accounts.rate_limits", value, algorithm="sha256").hexdigest()


def limit_edits(user: User) -> None:
    """Count one edit by `user`; superusers have no limit. Raises RateLimitExceeded."""
    if user.is_superuser:
        return
    is_new = timezone.now() - user.date_joined < NEW_ACCOUNT
    for limit in (*EDITS, *(EDITS_OF_NEW_ACCOUNTS if is_new else ())):
        count_request(f"edit:{user.pk}", limit)


def limit_posts(user: User) -> None:
    """Count one post by `user` in a discussion; superusers have no limit. Raises RateLimitExceeded."""
    if user.is_superuser:
        return
    for limit in POSTS:
        count_request(f"post:{user.pk}", limit)


def limit_batches(user: User) -> None:
    """Count one change of many pages at once by `user`, as an edit too. Raises RateLimitExceeded."""
    limit_edits(user)
    if not user.is_superuser:
        count_request(f"batch:{user.pk}", BATCHES)


def limit_registrations(request: HttpRequest) -> None:
    """Count one new account from this network address. Raises RateLimitExceeded."""
    for limit in REGISTRATIONS:
        count_request(f"register:{address_hash(request)}", limit)


def limit_password_resets(request: HttpRequest) -> None:
    """Count one password reset e-mail asked for from this network address. Raises RateLimitExceeded."""
    count_request(f"reset:{address_hash(request)}", RESETS)


def limit_suggestions(request: HttpRequest) -> None:
    """Count one change proposed without an account from this network address. Raises RateLimitExceeded."""
    count_request(f"suggest:{address_hash(request)}", SUGGESTIONS)


def limit_previews(request: HttpRequest) -> None:
    """Count one view that must parse a text (a preview or an old version). Raises RateLimitExceeded."""
    _count_person(request, "preview", PREVIEWS, PREVIEWS_BY_ACCOUNT)


def limit_searches(request: HttpRequest) -> None:
    """Count one search, or one query by the API. Raises RateLimitExceeded."""
    _count_person(request, "search", SEARCHES, SEARCHES_BY_ACCOUNT)


def limit_completions(request: HttpRequest) -> None:
    """Count one completion of what somebody types. Raises RateLimitExceeded."""
    count_request(f"complete:{address_hash(request)}", COMPLETIONS)


def limit_feeds(request: HttpRequest) -> None:
    """Count one feed. Raises RateLimitExceeded."""
    count_request(f"feed:{address_hash(request)}", FEEDS)


def limit_data(request: HttpRequest) -> None:
    """Count one request for the data of a page or of the wiki. Raises RateLimitExceeded."""
    count_request(f"data:{address_hash(request)}", DATA)


def _count_person(request: HttpRequest, what: str, by_address: RateLimit, by_account: RateLimit) -> None:
    """Count one request of an account, or of a network address without one. Raises RateLimitExceeded."""
    count_request(f"{what}:{person_key(request)}", by_account if request.user.is_authenticated else by_address)


def person_key(request: HttpRequest) -> str:
    """Return the key of the account that makes a request, or of its network address without one."""
    return f"user:{request.user.pk}" if request.user.is_authenticated else address_hash(request)
