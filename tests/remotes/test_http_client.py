"""The HTTP client: allowed and refused URLs, and protection against hostile sites."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wiki.errors import Refused
from wiki.remotes.http_client import Unreachable, fetch, is_public

TLS = Path(__file__).resolve().parents[1] / "data" / "tls"
HERE = [ipaddress.ip_network("127.0.0.0/8")]
Script = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Quiet:
    """A script of a server that reads the request itself."""

    script: Callable[[socket.socket], None]

    def __call__(self, client: socket.socket) -> None:
        """Send the response."""
        self.script(client)


def head(status: str = "200 OK", *lines: str) -> bytes:
    """Return the header of a response."""
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def says(*chunks: bytes, pause: float = 0) -> Script:
    """Return the script of a site that sends `pieces`."""

    def script(client: socket.socket) -> None:
        for chunk in chunks:
            client.sendall(chunk)
            time.sleep(pause)

    return script


def drips(before: bytes, drop: bytes) -> Script:
    """Return the script of a site that sends `drop` ten times a second, for a long time."""
    return says(before, *[drop] * 100, pause=0.1)


@pytest.fixture
def site(settings: Any) -> Iterator[Callable[[Script], str]]:
    """Start a local site that responds as a script says; return its URL. Local addresses are allowed."""
    settings.FORK_FROM = HERE
    servers: list[socketserver.ThreadingTCPServer] = []

    def start(script: Script) -> str:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    if not isinstance(script, Quiet):
                        requested_urls.append(self.request.recv(65_536).decode(errors="replace"))
                    script(self.request)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    requested_urls.clear()
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


requested_urls: list[str] = []
"""The requests that sites got, newest last."""


def get(url: str, **more: Any) -> Any:
    """Fetch at most 1,000 bytes, with a timeout that is long enough for a busy machine."""
    return fetch(url, **{"limit": 1000, "seconds": 20, **more})


def test_it_fetches_the_content(site: Callable[[Script], str]) -> None:
    address = site(
        says(head("200 OK", "Content-Type: text/HTML; charset=utf-8", 'ETag: "a"', "Content-Length: 4"), b"cafe")
    )
    found = get(f"{address}/wiki/Pain d’épices?x=é#hash", accept="text/html", etag='"b"')
    assert (found.status, found.content_type, found.etag, found.body.read()) == (200, "text/html", '"a"', b"cafe")
    line, *lines = requested_urls[-1].split("\r\n")
    assert line == "GET /wiki/Pain%20d%E2%80%99%C3%A9pices?x=%C3%A9 HTTP/1.1"
    assert {"Accept: text/html", 'If-None-Match: "b"', "Accept-Encoding: identity"} <= set(lines)
    assert not [name for name in lines if name.lower().startswith(("cookie", "authorization"))]
    assert get(site(says(head("304 Not Modified")))).status == 304


def test_it_follows_redirects_and_returns_the_final_url(site: Callable[[Script], str]) -> None:
    there = site(says(head("200 OK"), b"ok"))
    found = get(site(says(head("302 Found", f"Location: {there}/b"))) + "/a")
    assert (found.url, found.body.read()) == (f"{there}/b", b"ok")


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://example.org/", "file:///etc/passwd", "http://", "http://[", "http://example.org:x/",
        "http://user@example.org/", "http://user:word@example.org/", "http://example.org:22/",
        "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0.0.0.0/", "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/", "http://2130706433/", "http://0x7f.1/", "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1]/", "http://224.0.0.1/",
        "http://nowhere.invalid/", "http://" + "a" * 300 + ".org/", "http://exa mple.org/",
    ],
)  # fmt: skip
def test_it_refuses_urls_that_are_not_allowed(url: str) -> None:
    with pytest.raises(Refused):
        get(url)


def test_international_names_are_encoded() -> None:
    with pytest.raises(Unreachable, match=r"xn--mdiathque-53af\.invalid"):
        get("http://médiathèque.invalid/Été")


def test_public_addresses_are_recognized(settings: Any) -> None:
    settings.FORK_FROM = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8")]
    public = ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "10.1.2.3", "fd00::1", "::ffff:10.1.0.1"]
    private = ["10.2.0.1", "192.168.0.1", "100.64.0.1", "::ffff:10.2.0.1", "64:ff9b::a02:1", "2001:db8::1", "ff02::1"]
    assert [one for one in public if not is_public(ipaddress.ip_address(one))] == []
    assert [one for one in private if is_public(ipaddress.ip_address(one))] == []


@pytest.mark.parametrize(
    ("script", "says_of_it"),
    [
        (says(b""), "should"),
        (says(b"SSH-2.0-OpenSSH\r\n"), "should"),
        (says(head("404 Not Found")), "404"),
        (says(head("200 OK", "Content-Length: 9"), b"cafe"), "broke off|should"),
        (says(head("200 OK"), b"x" * 1001), "more than"),
        (says(head("200 OK", "Content-Length: 99999999999"), b"x" * 2000), "more than"),
        (says(head("200 OK", "Content-Encoding: gzip"), b"\x1f\x8b"), "compressed"),
        (says(head("200 OK", *[f"X-{n}: 1" for n in range(200)])), "should"),
        (says(head("200 OK", "X: " + "y" * 70_000)), "should"),
        (says(head("302 Found", "Location: /again")), "without end"),
        (says(head("302 Found")), "without end"),
        (says(b"", pause=3), "too long"),
        (drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), "too long"),
        (drips(head("200 OK"), b"x"), "too long"),
    ],
)
def test_a_hostile_site_does_no_harm(site: Callable[[Script], str], script: Script, says_of_it: str) -> None:
    address, started = site(script), time.monotonic()
    with pytest.raises(Unreachable, match=says_of_it):
        get(address, seconds=0.5 if says_of_it == "too long" else 20)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "file:///etc/passwd", "http://a:b@127.0.0.1/", "//[::1]/"]
)
def test_each_redirect_is_checked(site: Callable[[Script], str], target: str) -> None:
    with pytest.raises(Refused) as caught:
        get(site(says(head("302 Found", f"Location: {target}"))))
    assert not isinstance(caught.value, Unreachable)


@pytest.fixture
def certified(monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A TLS server context with a certificate for «localhost» only, trusted by the client."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "localhost.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "localhost.pem", TLS / "localhost-key.pem")
    return context


def test_the_name_in_the_certificate_is_checked(site: Callable[[Script], str], certified: ssl.SSLContext) -> None:
    def script(client: socket.socket) -> None:
        with certified.wrap_socket(client, server_side=True) as secure:
            secure.recv(65_536)
            secure.sendall(head("200 OK", "Content-Length: 6") + b"secret")

    address = site(Quiet(script)).replace("http://", "https://")
    assert get(address.replace("127.0.0.1", "localhost")).body.read() == b"secret"
    with pytest.raises(Unreachable, match="SSLCertVerificationError"):
        get(address)
    with pytest.raises(Unreachable):
        get(site(says(b"no TLS here")).replace("http://", "https://"))
