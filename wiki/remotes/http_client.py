"""The only HTTP client of this wiki: fetches URLs given by users, without trusting the URL or the site.

A URL may name a machine behind the firewall, and a site may respond slowly, endlessly, or with a redirect (CWE-918,
server-side request forgery). Therefore: http and https only, at their own ports (or those of MOVILAB_FORK_PORTS), no
credentials; the name is resolved once, and all its addresses must be public (or in a network of MOVILAB_FORK_FROM); the
connection is made to the address that was checked; each redirect is checked like a new URL; size and total time are
limited.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import queue
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri

from wiki.errors import Refused, gettext_noop
from wiki.remotes.public_addresses import Address, is_public

REDIRECT_LIMIT = 5
URL_LIMIT = 1500
DEFAULT_PORTS = {"http": 80, "https": 443}
MEMORY_LIMIT = 1_000_000
CHUNK_SIZE = 65_536
REDIRECT_STATUSES = (301, 302, 303, 307, 308)
ProgressCallback = Callable[[int, int], object]
"""Receives the bytes read so far, and their total (0: not known); what it raises ends the request."""


def ignore_progress(done: int, total: int) -> None:
    """Do nothing: the callback of those who do not ask for progress."""


class Unreachable(Refused):
    """Another site cannot be reached or does not respond as expected; a later request may succeed."""

    status = 502


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The response to a request."""

    url: str
    """The URL after redirects."""
    status: int
    """200, or 304 (not modified since `etag`)."""
    content_type: str
    """Media type in lower case, without parameters."""
    etag: str
    body: BinaryIO
    """The content, positioned at its start; empty for 304."""


def fetch(
    url: str,
    *,
    limit: int,
    seconds: float,
    accept: str = "*/*",
    etag: str = "",
    report_progress: ProgressCallback = ignore_progress,
) -> FetchResult:
    """Fetch `url` with GET, at most `limit` bytes, within `seconds` in total.

    `etag` makes the request conditional (If-None-Match). Raises Refused when the URL is not allowed, Unreachable when
    the site does not respond as expected, and what `report_progress` raises.
    """
    deadline = time.monotonic() + seconds
    for _ in range(REDIRECT_LIMIT + 1):
        report_progress(0, 0)
        parts = check_url(url)
        url = parts.geturl()
        with _connect(parts, deadline) as connection:
            response = _send_request(connection, parts, accept, etag)
            if response.status not in REDIRECT_STATUSES:
                return _read_response(url, response, limit, deadline, report_progress)
            url = urljoin(url, response.getheader("Location", ""))
    raise Unreachable(gettext_noop("%(host)s sends from one address to the next without end."), host=parts.netloc)


def check_url(url: str) -> SplitResult:
    """Return the parts of an allowed URL, percent-encoded and without fragment. Raises Refused.

    No site is asked: whether the addresses of a name are allowed shows only when it is resolved.
    """
    try:
        split = urlsplit(url.strip())
        host, port = (split.hostname or "").encode("idna").decode("ascii"), split.port
    except ValueError as error:  # a UnicodeError is one
        raise Refused(gettext_noop("“%(url)s” is not a web address (http)."), url=url[:200]) from error
    if split.scheme not in DEFAULT_PORTS or not host or len(url) > URL_LIMIT:
        raise Refused(gettext_noop("“%(url)s” is not a web address (http)."), url=url[:200])
    if split.username is not None or split.password is not None:
        raise Refused(gettext_noop("An address with a name or a password in it is not asked."))
    if port is not None and not _is_allowed_port(port):
        raise Refused(gettext_noop("The port %(port)d is not one of the web."), port=port)
    with contextlib.suppress(ValueError):  # a name
        _require_allowed(ipaddress.ip_address(host.partition("%")[0]), host)
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port is not None else "")
    return urlsplit(iri_to_uri(split._replace(netloc=netloc, fragment="").geturl()))


def _is_allowed_port(port: int) -> bool:
    """Whether a port is one of the web or in a range of MOVILAB_FORK_PORTS: other services could be harmed."""
    return port in DEFAULT_PORTS.values() or any(port in ports for ports in settings.FORK_PORTS)


def _resolve(host: str, port: int, deadline: float) -> tuple[str, int]:
    """Return (IP address, port). Raises Refused when any address of `host` is not allowed, Unreachable."""
    results: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            results.put([str(row[4][0]) for row in rows])
        except (OSError, UnicodeError) as error:
            results.put(OSError(str(error)))

    threading.Thread(target=look_up, daemon=True).start()  # getaddrinfo cannot be interrupted by a timeout
    try:
        addresses = results.get(timeout=max(deadline - time.monotonic(), 0.001))
    except queue.Empty as error:
        raise _too_slow(host) from error
    if isinstance(addresses, OSError):
        raise Unreachable(gettext_noop("There is no site called %(host)s."), host=host)
    for address in addresses:
        _require_allowed(ipaddress.ip_address(address.partition("%")[0]), host)
    return addresses[0], port


def _require_allowed(address: Address, host: str) -> None:
    """Raise Refused unless `address`, one of `host`, is allowed."""
    if not is_allowed(address):
        raise Refused(gettext_noop("%(host)s is not on the public internet: it is not asked."), host=host)


def is_allowed(address: Address) -> bool:
    """Whether an IP address is public, or in a network of MOVILAB_FORK_FROM."""
    return is_public(address) or any(address in network for network in settings.FORK_FROM)


@contextlib.contextmanager
def _connect(parts: SplitResult, deadline: float) -> Iterator[http.client.HTTPConnection]:
    """Connect to the address that was checked; a timer closes the connection at the deadline."""
    host = str(parts.hostname)
    address = _resolve(host, parts.port or DEFAULT_PORTS[parts.scheme], deadline)
    seconds_left = max(deadline - time.monotonic(), 0.001)
    timed_out = threading.Event()
    try:
        sock = socket.create_connection(address, timeout=seconds_left)
    except OSError as error:
        raise Unreachable(gettext_noop("%(host)s does not answer."), host=parts.netloc) from error

    def abort() -> None:
        timed_out.set()
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds_left, abort)
    timer.daemon = True
    timer.start()
    connection = http.client.HTTPConnection(parts.netloc)
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            sock.do_handshake()
        connection.sock = sock
        yield connection
    except (OSError, http.client.HTTPException, ValueError) as error:
        if timed_out.is_set() or isinstance(error, TimeoutError):
            raise _too_slow(parts.netloc) from error
        raise Unreachable(
            gettext_noop("%(host)s does not answer as a site should (%(reason)s)."),
            host=parts.netloc, reason=type(error).__name__,
        ) from error  # fmt: skip
    finally:
        timer.cancel()
        connection.close()
        sock.close()


def _too_slow(host: str) -> Unreachable:
    return Unreachable(gettext_noop("%(host)s takes too long to answer."), host=host)


def _send_request(
    connection: http.client.HTTPConnection, parts: SplitResult, accept: str, etag: str
) -> http.client.HTTPResponse:
    """Send a GET request without cookies, credentials and compression; return the response, its body unread."""
    headers = {
        "Accept": accept, "Accept-Encoding": "identity", "Connection": "close",
        "User-Agent": f"Movilab/{settings.VERSION} ({settings.BASE_ADDRESS})",
    }  # fmt: skip
    if etag:
        headers["If-None-Match"] = etag
    path = parts.path or "/"
    connection.request("GET", f"{path}?{parts.query}" if parts.query else path, headers=headers)
    return connection.getresponse()


def _read_response(
    url: str,
    response: http.client.HTTPResponse,
    limit: int,
    deadline: float,
    report_progress: ProgressCallback,
) -> FetchResult:
    """Read the body of a response. Raises Unreachable for another status, or when it is too large or cut off."""
    host = urlsplit(url).netloc
    if response.status not in (200, 304):
        raise Unreachable(
            gettext_noop("%(host)s does not have it, or does not give it (%(status)d)."),
            host=host,
            status=response.status,
        )
    if response.getheader("Content-Encoding", "identity").lower() != "identity":
        raise Unreachable(gettext_noop("%(host)s sends it compressed, though it was asked not to."), host=host)
    body = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=MEMORY_LIMIT))  # noqa: SIM115  the caller reads it
    size, total = 0, response.length or 0
    while response.status == 200 and (chunk := response.read1(CHUNK_SIZE)):
        size += len(chunk)
        if size > limit:
            raise Unreachable(gettext_noop("%(host)s sends more than %(limit)d MB."), host=host, limit=limit // 10**6)
        body.write(chunk)
        report_progress(size, max(size, total) if total else 0)
    if time.monotonic() >= deadline:  # the timer closed the connection, which looks like the end of the body
        raise _too_slow(host)
    if response.length:
        raise Unreachable(gettext_noop("%(host)s broke off before the end."), host=host)
    body.seek(0)
    content_type = response.getheader("Content-Type", "").partition(";")[0].strip().lower()
    return FetchResult(url, response.status, content_type, response.getheader("ETag", "")[:255], body)
