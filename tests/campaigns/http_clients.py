"""Clients of a served wiki, for campaigns: people who save, a reader who measures, and connections that are slow."""

from __future__ import annotations

import http.client
import json
import re
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.instances import Instance

CSRF = "a" * 32
LOST = 0
"""Status of a request without a response."""
READ_EVERY = 0.1

# Creates superusers (whose edits are not limited) or users, and prints the key of a session of each.
PEOPLE = """
import sys
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from wiki.accounts.models import User
for name in sys.argv[2:]:
    user = User.objects.create_user(name, is_superuser=sys.argv[1] == "superusers")
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    print(session.session_key)
"""

# Says what is wrong with the words in the file `sys.argv[1]`: {"said": [...], "tried": [...]}.
CHECK = """
import json, sys
from collections import Counter
from wiki.pages.models import PageText, PageVersion, WikiPage
from wiki.pages.writing import rebuild_derived
with open(sys.argv[1]) as file:
    words = json.load(file)
added, found, before = Counter(), Counter(), {}
for version in PageVersion.objects.order_by("page_id", "number").select_related("stored").iterator(chunk_size=200):
    here = Counter(version.text().split())
    added.update((here - before.get(version.page_id, Counter())).keys())
    before = {version.page_id: here}
for text in PageText.objects.values_list("text", flat=True):
    found.update((text or "").split())
gaps = [page.full_title for page in WikiPage.objects.all()
        if list(page.versions.order_by("number").values_list("number", flat=True)) != list(range(1, page.version + 1))]
stored = rebuild_derived.snapshot()
rebuild_derived.rebuild()
rebuilt = rebuild_derived.snapshot()
print(json.dumps({
    "lost": [word for word in words["said"] if not added[word] or not found[word]],
    "doubled": [word for word in words["tried"] if added[word] > 1 or found[word] > 1],
    "gaps": gaps, "differs when rebuilt": [name for name in stored if stored[name] != rebuilt[name]],
}))
"""


def people(instance: Instance, *names: str, superusers: bool = False) -> list[str]:
    """Create accounts; return a session of each."""
    out, errors = instance.script(PEOPLE, "superusers" if superusers else "users", *names).communicate(timeout=60)
    keys = out.split()
    assert len(keys) == len(names), errors
    return keys


def check_words(instance: Instance, said: Sequence[str], tried: Sequence[str]) -> dict[str, list[str]]:
    """Return what is wrong: acknowledged words that are lost, words that came twice, and derived data that differ."""
    path = instance.data / "words.json"
    path.write_text(json.dumps({"said": said, "tried": tried}), encoding="utf-8")
    out, errors = instance.script(CHECK, str(path)).communicate(timeout=1200)
    assert out, errors
    wrong: dict[str, list[str]] = json.loads(out.splitlines()[-1])
    return {what: some for what, some in wrong.items() if some}


class HttpClient:
    """A person, or somebody without a session, with a network address of their own (MOVILAB_TRUST_PROXY)."""

    def __init__(self, address: str, network: str, session: str = "") -> None:
        self.parts = urlsplit(address)
        self.headers = {"Accept-Language": "fr", "X-Forwarded-For": network}
        self.headers["Cookie"] = f"csrftoken={CSRF}" + (f"; sessionid={session}" if session else "")
        self.connection: http.client.HTTPConnection | None = None

    def request(self, method: str, path: str, body: bytes | str | None = None, kind: str = "") -> tuple[int, str]:
        """Return status and text of a response; status LOST if there was none."""
        headers = self.headers | ({"Content-Type": kind} if kind else {})
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.parts.hostname or "", self.parts.port, timeout=60)
            self.connection.request(method, quote(path, safe="/?=&%"), body, headers)
            response = self.connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            self.close()
            return LOST, ""

    def get(self, path: str) -> tuple[int, str]:
        """Get a page."""
        return self.request("GET", path)

    def post(self, path: str, data: Mapping[str, str]) -> tuple[int, str]:
        """Send a form."""
        body = urlencode({**data, "csrfmiddlewaretoken": CSRF})
        return self.request("POST", path, body, "application/x-www-form-urlencoded")

    def post_file(self, path: str, data: Mapping[str, str], name: str, content: bytes) -> tuple[int, str]:
        """Send a form with one file."""
        line = "xxxxxxxxxxxx"
        fields = {**data, "csrfmiddlewaretoken": CSRF}.items()
        head = f"--{line}\r\nContent-Disposition: form-data; name="
        parts = [f'{head}"{key}"\r\n\r\n{value}\r\n' for key, value in fields]
        parts.append(f'{head}"file"; filename="{name}"\r\n\r\n')
        body = "".join(parts).encode() + content + f"\r\n--{line}--\r\n".encode()
        return self.request("POST", path, body, f"multipart/form-data; boundary={line}")

    def save(self, title: str, change: Callable[[str], str]) -> int:
        """Change the text of a page in its form; return the status of the save, 302 if it is acknowledged.

        If there is no form, its status is returned as a negative number.
        """
        status, html = self.get(f"/edit/{title}")
        text = re.search(r"<textarea[^>]*name=\"text\"[^>]*>\n?(.*?)</textarea>", html, re.DOTALL)
        base = re.search(r'name="base"[^>]*value="(\d+)"', html)
        if status != 200 or text is None or base is None:
            return -status
        return self.post(f"/edit/{title}", {"text": change(unescape(text[1])), "base": base[1], "comment": ""})[0]

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None


@dataclass
class Measured:
    """What a reader and a person who saves saw: times in seconds, words tried and acknowledged, other statuses."""

    times: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Return a percentile of the times."""
        return sorted(self.times)[min(int(len(self.times) * share), len(self.times) - 1)]

    def __str__(self) -> str:
        return (
            f"{len(self.times)} reads, median {statistics.median(self.times) * 1000:.0f} ms, "
            f"p99 {self.percentile(0.99) * 1000:.0f} ms, longest {max(self.times) * 1000:.0f} ms; "
            f"{len(self.said)} of {len(self.tried)} saves acknowledged, others {sorted(set(self.refused))}"
        )


@contextmanager
def reader_and_writer(reader: HttpClient, writer: HttpClient, title: str, prefix: str) -> Iterator[Measured]:
    """Let somebody read a cached page every 100 ms, and a person save twice a second, during the block."""
    measured, stop = Measured(), threading.Event()

    def read() -> None:
        while not stop.wait(READ_EVERY):
            start = time.monotonic()
            measured.statuses.append(reader.get(f"/wiki/{title}")[0])
            measured.times.append(time.monotonic() - start)

    def write() -> None:
        number = 0
        while not stop.wait(0.5):
            number += 1
            word = f"{prefix}n{number}"
            measured.tried.append(word)
            status = writer.save("Journal", partial("{1}\n\n{0}".format, word))
            if status == 302:
                measured.said.append(word)
            else:
                measured.refused.append(status)

    with running(read, write):
        try:
            yield measured
        finally:
            stop.set()


@contextmanager
def running(*works: Callable[[], Any]) -> Iterator[None]:
    """Run functions in threads during the block, and wait for their end after it; what they raise is raised."""
    errors: list[BaseException] = []

    def guarded(work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]


def open_slowly(address: str, network: str, head: str) -> socket.socket:
    """Send a request whose response nobody takes, or whose body does not come, on a connection with a small buffer."""
    parts = urlsplit(address)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
    connection.connect((parts.hostname or "", parts.port or 80))
    lines = [head, f"Host: {parts.netloc}", f"X-Forwarded-For: {network}", f"Cookie: csrftoken={CSRF}"]
    connection.sendall("\r\n".join(lines).encode())
    return connection
