"""Attacks on a served wiki, while somebody reads a cached page every 100 ms and a person saves.

`attacks.py --seed 7 --seconds 20`: each attack lasts `seconds`. No reader may wait a second (99th percentile), no read
may fail, and each acknowledged save has to be in the history.
"""

from __future__ import annotations

import argparse
import http.server
import io
import itertools
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from PIL import Image

from tests.campaigns.http_clients import HttpClient, check_words, open_slowly, people, reader_and_writer, running
from tests.instances import Instance

LIMIT = 1.0
"""Seconds that a reader may wait, as the 99th percentile."""
LARGE_FILE = "large.bin"
ATTACKERS = [f"attacker{number}" for number in range(8)]
SETTINGS = {"MOVILAB_TRUST_PROXY": "1", "MOVILAB_FORK_FROM": "127.0.0.0/8", "MOVILAB_FORK_PORTS": "1024-65535"}

# Writes the pages that the attacks named in `sys.argv[2:]` need: one with two shuffled versions of 950 KB, and one
# whose archive is long (a text that cannot be compressed much).
PAGES = """
import random, sys
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.pages.writing.version_store import NewVersion, store
by, dice = Author(None, "Personne"), random.Random(int(sys.argv[1]))
page_writer.create("Accueil", "Une page que tout le monde lit.", by)
page_writer.create("Journal", "Une page.", by)
def write(title, texts):
    page, fields = WikiPage(), page_lookup.fields_for_title(title, license="CC-BY-SA-4.0", language="fr")
    store([NewVersion(page, text, fields, by) for text in texts], Changeset(act=Changeset.Act.IMPORT))
lines = [" ".join(dice.choices(["pain", "four", "levain", "farine", "sel"], k=10)) + f" {n}." for n in range(19_000)]
def shuffled():
    dice.shuffle(lines)
    return "\\n".join(lines)[:950_000]
if "comparisons" in sys.argv:
    write("Longue", [shuffled(), shuffled()])
if "slow downloads" in sys.argv:
    write("Lourde", ["\\n".join(dice.randbytes(400).hex() for _ in range(1_150))])
"""


class _DrippingHandler(http.server.BaseHTTPRequestHandler):
    """A site that answers with a byte a second, without end."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" ")
                time.sleep(1)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def dripping_site() -> Iterator[str]:
    """Run a site that drips; yields its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _DrippingHandler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@cache
def wide_picture() -> bytes:
    """Return a WebP of few bytes and many pixels."""
    content = io.BytesIO()
    Image.new("RGB", (16_383, 3000), "red").save(content, "WEBP", quality=1, method=0)
    return content.getvalue()


class AttackedWiki:
    """A served wiki, and those who attack it until `end`."""

    def __init__(self, address: str, sessions: list[str]) -> None:
        self.address, self.sessions = address, sessions
        self.end = 0.0
        self.faults: list[str] = []

    def repeat(self, act: Callable[[], tuple[int, str]]) -> Callable[[], None]:
        """Return a function that acts until the end; who is refused waits a little, as attackers do who want effect."""

        def work() -> None:
            while time.monotonic() < self.end:
                if act()[0] != 200:
                    time.sleep(0.5)

        return work

    def attacker(self, number: int) -> HttpClient:
        """Return one of those who have an account."""
        return HttpClient(self.address, f"10.1.0.{number}", self.sessions[number % len(self.sessions)])

    def previews(self, stack: ExitStack) -> None:
        """30 previews at once of a text that takes long, from one address without an account."""
        form = {"text": "![" * 50_000, "title": "Essai"}
        clients = [HttpClient(self.address, "10.2.0.1") for _ in range(30)]
        works = [self.repeat(partial(client.post, "/preview", form)) for client in clients]
        stack.enter_context(running(*works))

    def fetches(self, stack: ExitStack) -> None:
        """Eight accounts fetch pages of a site that drips."""
        site = stack.enter_context(dripping_site())
        clients = [self.attacker(number) for number in range(8)]
        pages = [{"address": f"{site}/wiki/Page_{number}"} for number in range(8)]
        works = [
            self.repeat(partial(client.post, "/elsewhere", page)) for client, page in zip(clients, pages, strict=True)
        ]
        stack.enter_context(running(*works))

    def comparisons(self, stack: ExitStack) -> None:
        """Twelve comparisons at once of two shuffled versions of 950 KB, from twelve addresses."""
        clients = [HttpClient(self.address, f"10.3.0.{number}") for number in range(12)]
        works = [self.repeat(partial(client.get, "/compare/Longue?from=1&to=2")) for client in clients]
        stack.enter_context(running(*works))

    def pictures(self, stack: ExitStack) -> None:
        """Eight accounts upload a WebP of few bytes and 16383 × 3000 pixels."""
        names, content = itertools.count(), wide_picture()

        def upload(client: HttpClient) -> tuple[int, str]:
            form = {"license": "CC-BY-SA-4.0", "author": "A", "description": "x"}
            return client.post_file("/upload", form, f"large{next(names)}.webp", content)

        works = [self.repeat(partial(upload, self.attacker(number))) for number in range(8)]
        stack.enter_context(running(*works))

    def slow_downloads(self, stack: ExitStack) -> None:
        """24 addresses ask for a long archive, and for a large file, and do not take them. A preview is made."""
        for number in range(24):
            for path in ("/archive/Lourde.zip", f"/media/{LARGE_FILE}"):
                connection = open_slowly(self.address, f"10.4.0.{number}", f"GET {path} HTTP/1.1")
                stack.enter_context(connection).sendall(b"\r\n\r\n")
        client, statuses = HttpClient(self.address, "10.4.1.1"), set[int]()
        while time.monotonic() < self.end + 30 and 200 not in statuses:  # it is refused while archives are written
            statuses.add(client.post("/preview", {"text": "Un essai.", "title": "Essai"})[0])
            time.sleep(0.3)
        if 200 not in statuses:
            self.faults.append(f"slow downloads: previews were answered with {statuses}")
        self._wait()

    def slow_forms(self, stack: ExitStack) -> None:
        """24 connections from one address send a form of which nothing but the first byte comes."""
        kind = "Content-Type: application/x-www-form-urlencoded"
        for _ in range(24):
            head = f"POST /preview HTTP/1.1\r\n{kind}\r\nContent-Length: 1000"
            stack.enter_context(open_slowly(self.address, "10.5.0.1", head)).sendall(b"\r\n\r\na")
        self._wait()

    def _wait(self) -> None:
        time.sleep(max(self.end - time.monotonic(), 0))


ATTACKS: dict[str, Callable[[AttackedWiki, ExitStack], None]] = {
    "previews": AttackedWiki.previews,
    "fetches": AttackedWiki.fetches,
    "comparisons": AttackedWiki.comparisons,
    "pictures": AttackedWiki.pictures,
    "slow downloads": AttackedWiki.slow_downloads,
    "slow forms": AttackedWiki.slow_forms,
}


def attack(
    instance: Instance, seed: int, seconds: float, chosen: Iterable[str] = ATTACKS, limit: float = LIMIT
) -> list[str]:
    """Run the chosen attacks for some seconds each, in an order that the seed gives; return what went wrong.

    A reader may wait `limit` seconds.
    """
    script = instance.script(PAGES, str(seed), *chosen)
    _, errors = script.communicate(timeout=300)
    assert script.returncode == 0, errors
    (writing,) = people(instance, "alice", superusers=True)
    sessions = people(instance, *ATTACKERS)
    names, faults = list(chosen), list[str]()
    random.Random(seed).shuffle(names)
    said, tried = list[str](), list[str]()
    wide_picture()
    (instance.data / "media").mkdir(exist_ok=True)
    (instance.data / "media" / LARGE_FILE).write_bytes(bytes(8_000_000))
    with instance.served() as address:
        wiki = AttackedWiki(address, sessions)
        reader, writer = HttpClient(address, "10.0.0.1"), HttpClient(address, "10.0.0.2", writing)
        for _ in range(3):  # the first view and save start what stays
            reader.get("/wiki/Accueil")
            writer.get("/edit/Journal")
        for name in names:
            wiki.end = time.monotonic() + seconds
            watch = reader_and_writer(reader, writer, "Accueil", f"k{names.index(name)}")
            with watch as measured, ExitStack() as stack:
                ATTACKS[name](wiki, stack)
            print(f"{name + ':':<16} {measured}", flush=True)
            said, tried = [*said, *measured.said], [*tried, *measured.tried]
            if measured.percentile(0.99) >= limit:
                faults.append(f"{name}: a reader waited {measured.percentile(0.99):.1f} s")
            if set(measured.statuses) != {200}:
                faults.append(f"{name}: a read was answered with {set(measured.statuses)}")
            if not measured.said:
                faults.append(f"{name}: nothing could be saved")
    wrong = check_words(instance, said, tried)
    return [*faults, *wiki.faults, *(f"{what}: {some[:10]}" for what, some in wrong.items())]


def main() -> int:
    """Attack a wiki; the exit code is 1 if something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=20, help="of each attack (default: 20)")
    parser.add_argument("--attack", choices=ATTACKS, action="append", help="only this one (can be repeated)")
    options = parser.parse_args()
    with Instance.temporary(**SETTINGS) as instance:
        faults = attack(instance, options.seed, options.seconds, options.attack or ATTACKS)
    print("\n".join(faults) or "Nobody waited, nothing was lost.")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
