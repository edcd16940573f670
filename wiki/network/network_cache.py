"""Results about the whole network, kept in memory until anything in the wiki is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache

from wiki.network.economy_records import load_records
from wiki.network.economy_statistics import NetworkShares, network_shares
from wiki.pages import deferred_content

_T = TypeVar("_T")
SECONDS = 24 * 3600


def get_or_compute(name: str, compute: Callable[[], _T]) -> _T:
    """Return a result for anonymous readers, computed once for each state of the wiki. One query if it is known."""
    key = f"network:{name}"
    state = deferred_content.get_provider().site_state()
    stored: tuple[str, _T] | None = cache.get(key)
    if stored is not None and stored[0] == state:
        return stored[1]
    result = compute()
    cache.set(key, (state, result), SECONDS)
    return result


def get_network_shares() -> NetworkShares:
    """Return the statistics of shares of resources over all places."""
    return get_or_compute("shares", lambda: network_shares(load_records(AnonymousUser())))
