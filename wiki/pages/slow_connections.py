"""Slow connections hold a bounded share of the threads: of those who send a request, and of those who take a response.

The server (Granian) reads the body of a request and writes a response of several chunks in the thread of the request,
which waits as long as the client likes. So a short response is given to it as one chunk, which it keeps and sends
without the thread, and few long responses and few bodies are in transfer at once: beyond that, the answer is 503.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse, UnreadablePostError
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

from wiki.accounts.rate_limits import address_hash
from wiki.errors import ServerBusy, gettext_noop
from wiki.pages.error_middleware import asks_for_json, json_error
from wiki.pages.machine_faults import unavailable

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

IN_MEMORY = 1024 * 1024
"""Bytes of a response that the server may keep in memory until they are sent."""
PIECE = 64 * 1024
SENT_AT_ONCE, SENT_TO_ONE = 3, 2
"""Long responses in transfer at once in one process, and those of them to one network address."""
RECEIVED_AT_ONCE, RECEIVED_FROM_ONE = 3, 2
"""Bodies of requests in transfer at once in one process, and those of them of one network address.

Most bodies are there when the request is.
"""
PATIENCE = 0.25
"""Seconds to wait for others, whose transfer may be as short."""
TOO_MANY_DOWNLOADS = gettext_noop("Many large files are being downloaded just now. Please try again in a moment.")
TOO_LARGE = gettext_noop("This is too large: %(limit)s at most.")
TOO_MANY_UPLOADS = gettext_noop("Many requests are being received just now. Please try again in a moment.")


class TransferSlots:
    """Places for `total` transfers at once, at most `each` of them of one client."""

    def __init__(self, total: int, each: int) -> None:
        self.total, self.each = total, each
        self._clients = Counter[str]()
        self._changed = threading.Condition()

    def acquire(self, client: str) -> bool:
        """Take a place; whether there was one within PATIENCE."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_free_for(client), PATIENCE):
                return False
            self._clients[client] += 1
            return True

    def release(self, client: str) -> None:
        """Give a place back."""
        with self._changed:
            self._clients[client] -= 1
            self._clients += Counter()  # without zeros
            self._changed.notify_all()

    def clear(self) -> None:
        """Give all places back, for tests."""
        self._clients.clear()

    def _is_free_for(self, client: str) -> bool:
        return self._clients.total() < self.total and self._clients[client] < self.each


sending = TransferSlots(SENT_AT_ONCE, SENT_TO_ONE)
receiving = TransferSlots(RECEIVED_AT_ONCE, RECEIVED_FROM_ONE)


class SendingMiddleware:
    """Makes responses of several chunks one chunk, or, if they are long, sends few of them at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response, or one with status 503."""
        response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            return response if request.method == "HEAD" else self._bounded(request, response)
        if isinstance(response, HttpResponse) and response.content:
            response.content = response.content
        return response

    def _bounded(self, request: HttpRequest, response: StreamingHttpResponse) -> HttpResponseBase:
        chunks = iter(response)
        start = _read(chunks, IN_MEMORY)
        if len(start) < IN_MEMORY:
            response.streaming_content = [start]
            return response
        client = address_hash(request)
        if not sending.acquire(client):
            response.close()
            return unavailable(request, TOO_MANY_DOWNLOADS, (), ServerBusy.retry_after)
        response.streaming_content = itertools.chain([start], iter(lambda: _read(chunks, PIECE), b""))
        response._resource_closers.append(lambda: sending.release(client))  # type: ignore[attr-defined]
        return response


def _read(chunks: Iterator[bytes], size: int) -> bytes:
    """Return `size` bytes or a little more, or all that is left."""
    parts, length = list[bytes](), 0
    for chunk in chunks:
        parts.append(chunk)
        length += len(chunk)
        if length >= size:
            break
    return b"".join(parts)


class ReceivingMiddleware:
    """Receives the bodies of few requests at once, before any view waits for one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response.

        Its status is 413 if the body is too large, 503 if too many are in transfer, 400 if the client went away.
        """
        length = request.META.get("CONTENT_LENGTH", "")
        if length in ("", "0"):
            return self.get_response(request)
        if length.isdecimal() and int(length) > settings.REQUEST_LIMIT:
            message = gettext(TOO_LARGE) % {"limit": filesizeformat(settings.REQUEST_LIMIT)}
            if asks_for_json(request):
                return json_error(message, 413)
            return render(request, "wiki/pages/problem.html", {"message": message, "status": 413}, status=413)
        client = address_hash(request)
        if not receiving.acquire(client):
            return unavailable(request, TOO_MANY_UPLOADS, (), ServerBusy.retry_after)
        try:
            _ = request.POST  # reads a form
        except UnreadablePostError:
            return HttpResponse(status=400)
        finally:
            receiving.release(client)
        return self.get_response(request)
