"""Limits of attempts to sign in: by network, by name from one network, and by name from all networks together.

Whoever guesses the password of one account from many networks is slowed down: after FREE_ATTEMPTS failures with a name
each attempt begins a wait, which doubles until LONGEST_WAIT. Names are counted as they are typed, whether there is such
an account or not. A device on which the account signed in before has a count of its own, and no other limit.
"""

from __future__ import annotations

import contextlib
import math
import time
from typing import TYPE_CHECKING

from wiki.accounts import known_devices
from wiki.accounts.rate_limits import (
    HOUR,
    MINUTE,
    RateLimit,
    address_hash,
    count_request,
    counters,
    increment,
    keyed_hash,
)
from wiki.errors import RateLimitExceeded, gettext_noop

if TYPE_CHECKING:
    from django.http import HttpRequest

BY_NAME_AND_ADDRESS = RateLimit(
    10, 10 * MINUTE, gettext_noop("Too many attempts with this name. Please wait ten minutes, then try again.")
)
BY_ADDRESS = RateLimit(
    100, 10 * MINUTE, gettext_noop("Too many attempts from your network. Please wait ten minutes, then try again.")
)
BY_SITE = RateLimit(300, 10 * MINUTE, BY_ADDRESS.message)
SITE_BITS = 48
"""Bits of an IPv6 address that all machines of a customer have in common: he has 65,536 networks of 64 bits."""
FREE_ATTEMPTS = 10
LONGEST_WAIT = 15 * MINUTE
MEMORY = 24 * HOUR
"""Seconds after the last failure until all failures with a name are forgotten."""
_WAIT = gettext_noop(
    "Too many attempts with this name. Please wait %(seconds)d seconds, or use a device on which you signed in before."
)


def limit_sign_ins(request: HttpRequest, username: str) -> None:
    """Count one attempt to sign in as `username`. Raises RateLimitExceeded when the password must not be checked."""
    device = known_devices.device_id_for(request, username)
    if not device:
        count_request(f"sign-in:{address_hash(request)}", BY_ADDRESS)
        count_request(f"sign-in-site:{address_hash(request, SITE_BITS)}", BY_SITE)
        count_request(_name_and_address_key(request, username), BY_NAME_AND_ADDRESS)
    _count_attempt(_attempts_key(device, username))


def reset_failed_sign_ins(request: HttpRequest, username: str) -> None:
    """Take back what `limit_sign_ins` counted, after the password was right.

    Failures of others with the name are not forgotten, or they would have ten more attempts after each sign-in of the
    owner.
    """
    device = known_devices.device_id_for(request, username)
    key = _attempts_key(device, username)
    counters.delete(f"{key}:wait")
    if device:
        counters.delete(f"{key}:count")
        return
    counters.delete(f"limit:{_name_and_address_key(request, username)}:{BY_NAME_AND_ADDRESS.seconds}")
    _take_back(f"{key}:count")


def wait_after(attempts: int) -> int:
    """Return the seconds to wait after so many attempts with one name."""
    if attempts < FREE_ATTEMPTS:
        return 0
    return min(1 << min(attempts - FREE_ATTEMPTS, 30), LONGEST_WAIT)


def _count_attempt(key: str) -> None:
    """Count one attempt and begin the wait that follows it. Raises RateLimitExceeded while one lasts.

    The wait begins before the password is checked, by an atomic `add`: of attempts at the same moment one goes on.
    """
    until = counters.get(f"{key}:wait")
    if until is not None:
        raise _too_early(until)
    attempts = increment(f"{key}:count", MEMORY)
    counters.touch(f"{key}:count", MEMORY)
    wait = wait_after(attempts)
    until = time.time() + wait
    if wait and not counters.add(f"{key}:wait", until, wait):
        _take_back(f"{key}:count")
        raise _too_early(until)


def _take_back(name: str) -> None:
    with contextlib.suppress(ValueError):  # it was forgotten meanwhile
        counters.decr(name)


def _too_early(until: float) -> RateLimitExceeded:
    return RateLimitExceeded(_WAIT, count=FREE_ATTEMPTS, seconds=max(math.ceil(until - time.time()), 1))


def _name_and_address_key(request: HttpRequest, username: str) -> str:
    return f"sign-in:{keyed_hash(f'{address_hash(request)} {username.casefold()}')}"


def _attempts_key(device: str, username: str) -> str:
    return f"limit:sign-in-name:{keyed_hash(f'{device} {username.casefold()}')}"
