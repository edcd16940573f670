"""The one door to other sites: what stands at an address somebody gave, fetched without trusting anyone.

An address may name a machine behind the firewall, and a site may answer slowly, for ever, or with another address
(CWE-918, server-side request forgery). Hence: http and https only, no credentials; the name is resolved once and every
address that it has must be a public one (or in a network of MOVILAB_FORK_FROM); the connection goes to that very
address; each redirect is looked at as if it were a new one; bytes are counted, and a clock ends everything.
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
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri

from wiki.errors import Refused, gettext_noop

REDIRECT_LIMIT = 5
URL_LIMIT = 1500
DEFAULT_PORTS = {"http": 80, "https": 443}
MIN_PORT = 1024
"""Below, only the two of the web: other services there take harm from what they do not understand."""
MEMORY_LIMIT = 1_000_000
CHUNK_SIZE = 65_536
REDIRECT_STATUSES = (301, 302, 303, 307, 308)
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Refused):
    """Another site does not give what was asked for; it may another time."""

    status = 502


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What stands at an address."""

    url: str
    """Where it was found, after redirects."""
    status: int
    """200, or 304: nothing has changed since `etag`."""
    content_type: str
    """Without its parameters, in small letters."""
    etag: str
    body: BinaryIO
    """The content, at its beginning; empty at 304."""


def fetch(url: str, *, limit: int, seconds: float, accept: str = "*/*", etag: str = "") -> FetchResult:
    """What stands at `url`: at most `limit` bytes, within `seconds` for everything together.

    `etag` asks for it only where it is no longer what it was. Raises Refused where the address is not one to be asked,
    Unreachable where the site does not answer as it should.
    """
    deadline = time.monotonic() + seconds
    for _ in range(REDIRECT_LIMIT + 1):
        parts = _checked(url)
        url = parts.geturl()
        with _connected(parts, deadline) as connection:
            answer = _answer(connection, parts, accept, etag)
            if answer.status not in REDIRECT_STATUSES:
                return _fetched(url, answer, limit, deadline)
            url = urljoin(url, answer.getheader("Location", ""))
    raise Unreachable(gettext_noop("%(host)s sends from one address to the next without end."), host=parts.netloc)


def _checked(url: str) -> SplitResult:
    """The parts of an address that may be asked, percent-encoded, without what only browsers use. Raises Refused."""
    try:
        typed = urlsplit(url.strip())
        host, port = (typed.hostname or "").encode("idna").decode("ascii"), typed.port
    except ValueError as error:  # a UnicodeError is one
        raise Refused(gettext_noop("“%(url)s” is not a web address (http)."), url=url[:200]) from error
    if typed.scheme not in DEFAULT_PORTS or not host or len(url) > URL_LIMIT:
        raise Refused(gettext_noop("“%(url)s” is not a web address (http)."), url=url[:200])
    if typed.username is not None or typed.password is not None:
        raise Refused(gettext_noop("An address with a name or a password in it is not asked."))
    if port is not None and port not in DEFAULT_PORTS.values() and port < MIN_PORT:
        raise Refused(gettext_noop("The port %(port)d is not one of the web."), port=port)
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port is not None else "")
    return urlsplit(iri_to_uri(typed._replace(netloc=netloc, fragment="").geturl()))


def _resolved(host: str, port: int, deadline: float) -> tuple[str, int]:
    """The public address of `host`. Raises Refused where any of its addresses is not public, Unreachable."""
    found: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put([str(row[4][0]) for row in rows])
        except (OSError, UnicodeError) as error:
            found.put(OSError(str(error)))

    threading.Thread(target=resolve, daemon=True).start()  # the system's resolver has a clock of its own
    try:
        answer = found.get(timeout=max(deadline - time.monotonic(), 0.001))
    except queue.Empty as error:
        raise _too_slow(host) from error
    if isinstance(answer, OSError):
        raise Unreachable(gettext_noop("There is no site called %(host)s."), host=host)
    for one in answer:
        if not is_public(ipaddress.ip_address(one.partition("%")[0])):
            raise Refused(gettext_noop("%(host)s is not on the public internet: it is not asked."), host=host)
    return answer[0], port


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, or in a network that the installer allows."""
    if any(address in network for network in settings.FORK_FROM if network.version == address.version):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


@contextlib.contextmanager
def _connected(parts: SplitResult, deadline: float) -> Iterator[http.client.HTTPConnection]:
    """A connection to the very address that was checked; when the time is over, it is cut."""
    host = str(parts.hostname)
    where = _resolved(host, parts.port or DEFAULT_PORTS[parts.scheme], deadline)
    left = max(deadline - time.monotonic(), 0.001)
    cut = threading.Event()
    try:
        held = socket.create_connection(where, timeout=left)
    except OSError as error:
        raise Unreachable(gettext_noop("%(host)s does not answer."), host=parts.netloc) from error

    def end() -> None:
        cut.set()
        with contextlib.suppress(OSError):
            held.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(left, end)
    watch.daemon = True
    watch.start()
    connection = http.client.HTTPConnection(parts.netloc)
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            held = context.wrap_socket(held, server_hostname=host, do_handshake_on_connect=False)
            held.do_handshake()
        connection.sock = held
        yield connection
    except (OSError, http.client.HTTPException, ValueError) as error:
        if cut.is_set() or isinstance(error, TimeoutError):
            raise _too_slow(parts.netloc) from error
        raise Unreachable(
            gettext_noop("%(host)s does not answer as a site should (%(reason)s)."),
            host=parts.netloc, reason=type(error).__name__,
        ) from error  # fmt: skip
    finally:
        watch.cancel()
        connection.close()
        held.close()


def _too_slow(host: str) -> Unreachable:
    return Unreachable(gettext_noop("%(host)s takes too long to answer."), host=host)


def _answer(
    connection: http.client.HTTPConnection, parts: SplitResult, accept: str, etag: str
) -> http.client.HTTPResponse:
    """The head of the answer to a plain question: no cookies, no credentials, nothing compressed."""
    headers = {
        "Accept": accept, "Accept-Encoding": "identity", "User-Agent": f"Movilab wiki ({settings.BASE_ADDRESS})",
        "Connection": "close",
    }  # fmt: skip
    if etag:
        headers["If-None-Match"] = etag
    path = parts.path or "/"
    connection.request("GET", f"{path}?{parts.query}" if parts.query else path, headers=headers)
    return connection.getresponse()


def _fetched(url: str, answer: http.client.HTTPResponse, limit: int, deadline: float) -> FetchResult:
    """The content of an answer. Raises Unreachable where it is not one, or too large."""
    host = urlsplit(url).netloc
    if answer.status not in (200, 304):
        raise Unreachable(
            gettext_noop("%(host)s does not have it, or does not give it (%(status)d)."),
            host=host,
            status=answer.status,
        )
    if answer.getheader("Content-Encoding", "identity").lower() != "identity":
        raise Unreachable(gettext_noop("%(host)s sends it compressed, though it was asked not to."), host=host)
    body = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=MEMORY_LIMIT))  # noqa: SIM115  the caller reads it
    size = 0
    while answer.status == 200 and (piece := answer.read1(CHUNK_SIZE)):
        size += len(piece)
        if size > limit:
            raise Unreachable(gettext_noop("%(host)s sends more than %(limit)d MB."), host=host, limit=limit // 10**6)
        body.write(piece)
    if time.monotonic() >= deadline:  # it was cut, which looks like an end
        raise _too_slow(host)
    if answer.length:
        raise Unreachable(gettext_noop("%(host)s broke off before the end."), host=host)
    body.seek(0)
    content_type = answer.getheader("Content-Type", "").partition(";")[0].strip().lower()
    return FetchResult(url, answer.status, content_type, answer.getheader("ETag", "")[:255], body)
