"""The HTTP client: allowed and refused URLs, and protection against hostile sites."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wiki.errors import Refused
from wiki.remotes.http_client import Unreachable, fetch, is_allowed

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
    settings.FORK_FROM, settings.FORK_PORTS = HERE, [range(1024, 65_536)]
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


def test_public_addresses_are_allowed_and_networks_of_the_setting(settings: Any) -> None:
    settings.FORK_FROM = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8")]
    allowed = ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "10.1.2.3", "fd00::1"]
    refused = ["10.2.0.1", "192.168.0.1", "::ffff:10.1.0.1", "64:ff9b::a01:1", "2002:a01:1::", "fc00::1"]
    assert [one for one in allowed if not is_allowed(ipaddress.ip_address(one))] == []
    assert [one for one in refused if is_allowed(ipaddress.ip_address(one))] == []


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


def test_progress_is_reported(site: Callable[[Script], str]) -> None:
    reports = list[tuple[int, int]]()
    address = site(says(head("200 OK", "Content-Length: 4"), b"ca", b"fe", pause=0.1))
    get(address, report_progress=lambda *report: reports.append(report))
    assert (reports[0], reports[-1]) == ((0, 0), (4, 4))
    reports.clear()
    get(site(says(head("200 OK"), b"cafe")), report_progress=lambda *report: reports.append(report))
    assert reports[-1] == (4, 0), "the total is not known"


def test_who_is_reported_to_can_end_the_request(site: Callable[[Script], str]) -> None:
    def end_after_two(done: int, total: int) -> None:
        if done >= 2:
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        get(site(drips(head("200 OK"), b"x")), report_progress=end_after_two)
    assert time.monotonic() - started < 9, "it drips for ten seconds"


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "file:///etc/passwd", "http://a:b@127.0.0.1/", "//[::1]/", "//127.0.0.1:22/"]
)
def test_each_redirect_is_checked(site: Callable[[Script], str], target: str) -> None:
    with pytest.raises(Refused) as caught:
        get(site(says(head("302 Found", f"Location: {target}"))))
    assert not isinstance(caught.value, Unreachable)


@pytest.fixture
def certified(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """A TLS server context with a certificate for «localhost» only, made for this test and trusted by the client."""
    certificate, key = tmp_path / "localhost.pem", tmp_path / "localhost-key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2",
            "-keyout", key, "-out", certificate,
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
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


@pytest.fixture
def asks_nobody(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where connections would have gone: none is made."""
    settings.FORK_FROM = HERE
    asked: list[tuple[str, int]] = []

    def refuse(where: tuple[str, int], timeout: float) -> socket.socket:
        asked.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    return asked


@pytest.mark.parametrize("port", [80, 443, 8080, 8090])
def test_it_asks_the_ports_of_the_web_and_those_of_the_setting(
    port: int, settings: Any, asks_nobody: list[tuple[str, int]]
) -> None:
    settings.FORK_PORTS = [range(1, 2), range(8080, 8091)]
    with pytest.raises(Unreachable):
        get(f"http://127.0.0.1:{port}/")
    assert asks_nobody == [("127.0.0.1", port)]


@pytest.mark.parametrize("port", [0, 22, 79, 81, 442, 444, 8000, 8079, 8091, 65_535])
@pytest.mark.parametrize("allowed", [[], [range(8080, 8091)]])
def test_it_asks_no_other_port(
    port: int, allowed: list[range], settings: Any, asks_nobody: list[tuple[str, int]]
) -> None:
    settings.FORK_PORTS = allowed
    with pytest.raises(Refused, match=rf"port {port} ") as caught:
        get(f"http://127.0.0.1:{port}/")
    assert not isinstance(caught.value, Unreachable)
    assert asks_nobody == []


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
def test_it_knows_the_ports_of_addresses_without_one(
    scheme: str, port: int, asks_nobody: list[tuple[str, int]]
) -> None:
    with pytest.raises(Unreachable):
        get(f"{scheme}://127.0.0.1/")
    assert asks_nobody == [("127.0.0.1", port)]


def test_an_address_has_at_most_1500_signs(asks_nobody: list[tuple[str, int]]) -> None:
    longest = "http://127.0.0.1/".ljust(1500, "a")
    with pytest.raises(Unreachable):
        get(longest)
    with pytest.raises(Refused, match="not a web address"):
        get(longest + "a")
    assert len(asks_nobody) == 1


@pytest.mark.parametrize("url", ["http://", "http:///pain", "ftp://127.0.0.1/", "http://[", "http://127.0.0.1:x/"])
def test_what_is_no_address_is_shown_with_its_first_200_signs(url: str) -> None:
    url = url.ljust(300, "b")
    with pytest.raises(Refused, match="not a web address") as caught:
        get(url)
    assert f"“{url[:200]}”" in str(caught.value)


@pytest.mark.parametrize("who", ["user", "user:word", ":word", ":", ""])
def test_no_name_or_password_goes_to_another_site(who: str) -> None:
    with pytest.raises(Refused, match="with a name or a password"):
        get(f"http://{who}@127.0.0.1/")


def goes_on(client: socket.socket) -> None:
    """A site that sends from /3 to /2, to /1, and to /0, which is there."""
    number = int(requested_urls[-1].split()[1].strip("/"))
    client.sendall(head("302 Found", f"Location: /{number - 1}") if number else head("200 OK") + b"ok")


def test_it_follows_five_redirects_and_no_sixth(site: Callable[[Script], str]) -> None:
    address = site(goes_on)
    assert get(f"{address}/5").url == f"{address}/0"
    with pytest.raises(Unreachable, match="without end"):
        get(f"{address}/6")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_follows_each_kind_of_redirect(site: Callable[[Script], str], status: int) -> None:
    there = site(says(head("200 OK"), b"ok"))
    assert get(site(says(head(f"{status} Moved", f"Location: {there}/b")))).url == f"{there}/b"


@pytest.mark.parametrize("status", [204, 300, 305, 306, 309, 500])
def test_it_follows_nothing_else(site: Callable[[Script], str], status: int) -> None:
    there = site(says(head("200 OK"), b"ok"))
    with pytest.raises(Unreachable, match=f"does not give it .{status}."):
        get(site(says(head(f"{status} What", f"Location: {there}/b"))))


def test_an_answer_may_be_as_long_as_the_limit(site: Callable[[Script], str]) -> None:
    assert get(site(says(head("200 OK"), b"x" * 1000))).body.read() == b"x" * 1000
    with pytest.raises(Unreachable, match="more than 2 MB") as caught:
        get(site(says(head("200 OK"), b"x" * 2_000_001)), limit=2_000_000)
    assert caught.value.status == 502, "the other site's fault"


def test_it_asks_for_the_first_page_and_keeps_a_short_mark(site: Callable[[Script], str]) -> None:
    found = get(site(says(head("200 OK", f"ETag: {'e' * 300}"), b"ok")) + "?x=1")
    assert requested_urls[-1].startswith("GET /?x=1 HTTP/1.1")
    assert found.etag == "e" * 255


def test_a_slow_resolver_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    daemons: list[bool] = []

    def resolve(*_: object, **__: object) -> list[Any]:
        daemons.append(threading.current_thread().daemon)
        time.sleep(2)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Unreachable, match="takes too long"):
        get("http://slow.example/", seconds=0.2)
    assert daemons == [True], "the server can end meanwhile"


def test_its_clock_neither_outlives_the_answer_nor_holds_the_server(site: Callable[[Script], str]) -> None:
    running: list[threading.Timer] = []

    def look(client: socket.socket) -> None:
        running.extend(one for one in threading.enumerate() if isinstance(one, threading.Timer))
        client.sendall(head("200 OK") + b"ok")

    assert get(site(look)).body.read() == b"ok"
    assert [clock.daemon for clock in running] == [True]
    running[0].join(5)
    assert not running[0].is_alive()


def test_a_connection_that_times_out_is_too_slow(
    site: Callable[[Script], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_out(*_: object, **__: object) -> None:
        raise TimeoutError

    address = site(says(head("200 OK")))
    monkeypatch.setattr(http.client.HTTPConnection, "request", time_out)
    with pytest.raises(Unreachable, match="takes too long"):
        get(address)


def test_a_site_that_does_not_come_to_an_end_with_its_first_line_is_too_slow(site: Callable[[Script], str]) -> None:
    with pytest.raises(Unreachable, match="takes too long"):
        get(site(drips(b"HTTP/1.1 2", b"0")), seconds=0.5)
