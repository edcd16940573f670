"""Slow work in requests is bounded, so that cached pages always find a thread.

A preview, a comparison, an export or a request to another site may take seconds, and a process has few threads. All
slow work together holds at most SLOTS of them in each process, and one person (or one network address) runs one piece
of each kind at a time. Who finds no slot gets «503 Service Unavailable» at once, with what was typed. Each person also
has a budget of seconds, shared by all processes. Slow work ends before its response is sent: how fast a reader takes
it is the matter of `wiki/pages/slow_connections.py`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wiki.accounts.rate_limits import MINUTE, RateLimit, counters, increment, limit_previews, person_key
from wiki.errors import RateLimitExceeded, ServerBusy, gettext_noop

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

Kind = Literal["preview", "calls", "comparison", "credits", "export", "import", "picture", "sparql"]
SLOTS = 2
"""Pieces of slow work at once in one process."""
LEASE = 60.0
"""Seconds after which the work of a person counts as ended, if its process was killed. A living process renews it."""
BUDGET = RateLimit(
    120,
    10 * MINUTE,
    gettext_noop("What you asked for kept the server busy for %(count)d seconds. Please go on in ten minutes."),
)
"""Seconds of slow work of one person within a window."""
_slots = threading.BoundedSemaphore(SLOTS)
_leases = set[str]()
"""The leases of what this process does now."""
_leases_changed = threading.Condition()
_renewer = threading.Thread()


@dataclass(slots=True)
class _Piece:
    """Slow work that a request does: when it began, and the keys to release."""

    person: str
    lease: str
    started: float


def begin(request: HttpRequest, kind: Kind) -> None:
    """Count and begin one piece of slow work, which ends with the response (`SlowWorkMiddleware`).

    Raises RateLimitExceeded, and ServerBusy if the person runs one of this kind already, or all slots are taken.
    """
    if kind in ("preview", "calls", "comparison", "credits"):
        limit_previews(request)
    if hasattr(request, "slow_work"):
        return
    person = person_key(request)
    require_budget(person)
    lease = f"slow:{person}:{kind}"
    if not counters.add(lease, 1, LEASE):
        raise ServerBusy(
            gettext_noop("The server still works on what you asked for before. Please try again in a moment.")
        )
    if not _slots.acquire(blocking=False):
        counters.delete(lease)
        raise ServerBusy(gettext_noop("The server is busy with slow work for others. Please try again in a moment."))
    _hold(lease)
    request.slow_work = _Piece(person, lease, time.monotonic())  # type: ignore[attr-defined]


def end(request: HttpRequest) -> None:
    """End the slow work of a request, if it did any, and take its time from the person's budget."""
    piece: _Piece | None = getattr(request, "slow_work", None)
    if piece is None:
        return
    del request.slow_work  # type: ignore[attr-defined]
    _slots.release()
    with _leases_changed:
        _leases.discard(piece.lease)
    counters.delete(piece.lease)
    charge(piece.person, piece.started)


def require_budget(person: str) -> None:
    """Raise RateLimitExceeded if a person (`rate_limits.person_key`) has used up the seconds of BUDGET."""
    if int(counters.get(f"slow:{person}:ms") or 0) > BUDGET.count * 1000:
        raise RateLimitExceeded(BUDGET.message, count=BUDGET.count, seconds=BUDGET.seconds)


def charge(person: str, started: float) -> None:
    """Take the time since `started` (`time.monotonic`) from the budget of a person."""
    increment(f"slow:{person}:ms", BUDGET.seconds, by=max(int((time.monotonic() - started) * 1000), 1))


def _hold(lease: str) -> None:
    """Keep a lease from expiring while its work runs; one thread does so for all of a process."""
    global _renewer
    with _leases_changed:
        _leases.add(lease)
        _leases_changed.notify()
        if not _renewer.is_alive():
            _renewer = threading.Thread(target=_renew, name="leases of slow work", daemon=True)
            _renewer.start()


def _renew() -> None:
    while True:
        with _leases_changed:
            _leases_changed.wait_for(lambda: _leases)
        time.sleep(LEASE / 4)
        with _leases_changed:
            for lease in _leases:
                counters.touch(lease, LEASE)


class SlowWorkMiddleware:
    """Ends the slow work of a request when its response is there, though not sent yet."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response."""
        try:
            response = self.get_response(request)
        finally:
            end(request)
        if response.status_code == ServerBusy.status:
            response.headers.setdefault("Retry-After", str(ServerBusy.retry_after))
        return response
