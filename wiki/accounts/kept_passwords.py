"""The password of a registration that was refused for another reason, kept so that nobody has to type it again.

Only its hash is kept, as that of an account, in the session of the visitor, for an hour. Beyond a limit for each
network address nothing is kept any more, since making a hash takes time.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password

from wiki.accounts.rate_limits import HOUR, RateLimit, address_hash, count_request
from wiki.errors import RateLimitExceeded

if TYPE_CHECKING:
    from django.http import HttpRequest

LIMIT = RateLimit(20, HOUR, "")
_KEY = "registration_password"


def keep(request: HttpRequest, password: str) -> None:
    """Keep the hash of a password that was accepted."""
    with contextlib.suppress(RateLimitExceeded):
        count_request(f"kept-password:{address_hash(request)}", LIMIT)
        request.session[_KEY] = [make_password(password), time.time() + HOUR]


def kept(request: HttpRequest) -> str:
    """Return the hash that is kept for a visitor, else ""."""
    found, until = request.session.get(_KEY) or ("", 0.0)
    return str(found) if time.time() < until else ""


def take(request: HttpRequest) -> str:
    """Return the hash that is kept for a visitor, else "", and forget it."""
    found = kept(request)
    request.session.pop(_KEY, None)
    return found
