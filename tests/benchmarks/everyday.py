"""Measures what people do every day, over HTTP with the production server; `make bench` calls it.

A generated wiki of 3,000 pages with five versions each (or other numbers: `everyday.py 100000 1`); times in ms.
MOVILAB_DATABASE chooses PostgreSQL. Compare ratios within one run only.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import sys
import threading
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from tests.campaigns.process_tree import cpu_of_tree
from tests.instances import MANAGE, Instance

POPULATE = """
import random, sys
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from tests.benchmarks.history import Writers
from wiki.accounts.models import User
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.pages.writing.version_store import NewVersion, store
by, dice = Author(None, "Mesure"), random.Random(1)
writers = Writers(1)
page_writer.create("Property:Places", "---\\nHas type: Number\\n---", by)
page_writer.create("Property:Coordonnées", "---\\nHas type: Geographic coordinates\\n---", by)
page_writer.create("Property:Voisin", "---\\nHas type: Page\\n---", by)
CITIES = ["Lyon", "Brest", "Lille", "Nantes", "Paris"] + [f"Ville {n}" for n in range(200)]
def versions(number):
    page = [writers.passage() for _ in range(12)]
    facts = (f"---\\nVille: {dice.choice(CITIES)}\\nPlaces: {dice.randrange(200)}\\n"
             f"Coordonnées: {dice.uniform(42, 51):.4f}, {dice.uniform(-5, 8):.4f}\\n"
             f"Voisin: '[[Page {dice.randrange(COUNT)}]]'\\n---\\n"
             f"[[Category:{dice.choice('ABCDEFGH')}]] [[Page {dice.randrange(COUNT)}]]")
    for _ in range(50 if number == 0 else int(sys.argv[2])):
        yield facts + "\\n\\n" + "\\n\\n".join(page)
        page = writers.edited(page)
COUNT = int(sys.argv[1])
for start in range(0, COUNT, 50):
    new = []
    for number in range(start, min(start + 50, COUNT)):
        page = WikiPage()
        fields = page_lookup.fields_for_title(f"Page {number}", license="CC-BY-SA-4.0", language="fr")
        new += [NewVersion(page, text, fields, by) for text in versions(number)]
    store(new, Changeset(act=Changeset.Act.IMPORT))
for number in range(60):
    page_writer.create(f"Liste {number}", "{{#ask: [[Ville::%s]]|?Places|limit=50}}" % CITIES[number], by)
    page = page_lookup.find_by_key(f"Page {number}")
    page_writer.edit(page, page.source.text + "\\n\\nFin.", by)
for number in range(40):
    page_writer.create(f"Pratique {number}", f"---\\nkind: Pratique\\nPublic: Tous\\n---\\n{versions(number)[-1]}", by)
keys = []
for number in range(8):
    user = User.objects.create_user(f"person{number}", password="x")
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    keys.append(session.session_key)
print(" ".join(keys))
"""
READS = {
    "page, without a session": "/wiki/Page_7",
    "home page, without a session": "/",
    "history of 50": "/history/Page_0",
    "recent changes of 50": "/changes",
    "search, one word": "/search?q=atelier",
    "search, two words": "/search?q=" + quote("partage ville"),
    "history search, two words": "/search?when=ever&q=" + quote("partage ville"),
    "history search, common words": "/search?when=ever&q=" + quote("avec dans"),
    "ask, city": "/ask?q=" + quote("[[Ville::Lyon]]"),
    "ask, ranges": "/ask?q=" + quote("[[Places::>20]] [[Places::<150]]"),
    "ask, two subqueries": "/ask?q=" + quote("[[Voisin::<q>[[Ville::Lyon]]</q>]] [[Voisin::<q>[[Category:A]]</q>]]"),
    "ask, two popular subqueries": "/ask?q="
    + quote("[[Voisin::<q>[[Category:A||B||C||D]]</q>]] [[Voisin::<q>[[Places::>100]]</q>]]"),
    "ask, distance": "/ask?q=" + quote("[[Coordonnées::45.76, 4.83 (80 km)]]"),
}
ROUNDS = 25


class Browser:
    """One connection to the server, of somebody without a session, or of several people in turn (rate limits)."""

    def __init__(self, address: str, *sessions: str) -> None:
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        self.headers = {"Accept-Language": "fr", "Host": f"{parts.hostname}:{parts.port}"}
        self.sessions, self.count = sessions, 0

    def get(self, path: str) -> str:
        """Get a page. Raises AssertionError for any status but 200."""
        return self._request("GET", path, None, 200)

    def post(self, path: str, data: dict[str, str]) -> str:
        """Post a form that answers with a redirect."""
        return self._request("POST", path, urlencode({**data, "csrfmiddlewaretoken": "a" * 32}), 302)

    def _request(self, method: str, path: str, body: str | None, status: int) -> str:
        self.count += 1
        headers = self.headers | {"X-Forwarded-For": f"10.{self.count >> 8 & 255}.{self.count & 255}.{id(self) & 255}"}
        if self.sessions:
            session = self.sessions[self.count // 2 % len(self.sessions)]
            headers["Cookie"] = f"sessionid={session}; csrftoken={'a' * 32}"
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        assert response.status == status, (path, response.status, text[:300])
        return text


def timed(act: Callable[[int], object], rounds: int = ROUNDS, unmeasured: int = 3) -> list[float]:
    """Return the times of `rounds` calls in ms, after some that are not counted."""
    times = []
    for number in range(-unmeasured, rounds):
        start = time.perf_counter()
        act(number)
        times.append((time.perf_counter() - start) * 1000)
    return times[unmeasured:]


def edit_form(browser: Browser, title: str) -> dict[str, str]:
    """Return the fields of the editor of a page."""
    html = browser.get(f"/edit/{title}")
    found = re.search(r"<textarea[^>]*name=\"text\"[^>]*>\n?(.*?)</textarea>", html, re.DOTALL)
    base = re.search(r'name="base"[^>]*value="(\d+)"', html) or re.search(r'value="(\d+)"[^>]*name="base"', html)
    assert found is not None
    assert base is not None
    return {"text": unescape(found[1]), "base": base[1], "comment": ""}


def save(browser: Browser, title: str, change: Callable[[str], str]) -> float:
    """Save a changed text; return the milliseconds of the save alone."""
    form = edit_form(browser, title)
    form["text"] = change(form["text"])
    start = time.perf_counter()
    browser.post(f"/edit/{title}", form)
    return (time.perf_counter() - start) * 1000


def save_fact(browser: Browser, number: int) -> float:
    """Change a fact of a practice by its form; return the milliseconds of the save alone."""
    address = f"/form/Pratique_{number}"
    html = browser.get(address)
    found = re.search(r"<textarea[^>]*name=\"text\"[^>]*>\n?(.*?)</textarea>", html, re.DOTALL)
    assert found is not None
    front = "---\nkind: Pratique\nPublic: Tous\n---\n"
    form = {"front": front, "text": unescape(found[1]), "base": "1", "comment": "", "fact-public": "Les lieux"}
    start = time.perf_counter()
    browser.post(address, form)
    return (time.perf_counter() - start) * 1000


def show(what: str, times: list[float]) -> None:
    """Print median and 95th percentile."""
    ordered = sorted(times)
    print(
        f"{what:<44} median {statistics.median(times):7.1f}   p95 {ordered[int(len(ordered) * 0.95)]:7.1f}", flush=True
    )


def measure(address: str, sessions: list[str], instance: Instance, pid: int) -> None:
    """Measure everything on a wiki that the process `pid` serves."""
    anna, alice = Browser(address), Browser(address, *sessions)
    for what, path in READS.items():
        show(what, timed(lambda _, path=path: anna.get(path)))  # type: ignore[misc]
    show("page, signed in, first view", timed(lambda number: alice.get(f"/wiki/Page_{number + 20}")))
    show("page, signed in", timed(lambda _: alice.get("/wiki/Page_20")))
    other = " ".join(["tout autre chose que personne n'avait encore dit ici"] * 3)
    show(
        "save, one sentence added",
        [save(alice, f"Page_{n + 100}", lambda text: f"{text}\n\nUne phrase de plus.") for n in range(30)],
    )
    show("form opened", timed(lambda _: alice.get("/form/Pratique_0")))
    show("form, one fact changed", [save_fact(alice, number) for number in range(1, 31)])
    replaced = "\n\n".join(f"{other} {n}." for n in range(25))
    forms = [edit_form(alice, f"Page_{n + 200}") | {"text": replaced} for n in range(30)]
    after(5, instance)
    before = cpu_of_tree(pid)
    show(
        "save, whole text replaced",
        timed(lambda number: alice.post(f"/edit/Page_{number + 200}", forms[number]), len(forms), 0),
    )
    after(5, instance)
    print(f"{'CPU of that save, all derived data counted':<44} mean   {(cpu_of_tree(pid) - before) / 30:7.1f}")
    show("50 rows embedded, after a change", [after_change(alice, anna, number) for number in range(10)])
    clients(address, sessions)
    print(f"{'outbox rows left 5 s after':<44} {after(5, instance)}")


def after_change(alice: Browser, anna: Browser, number: int) -> float:
    """Change a page that a list shows; return the time of the list's next view."""
    anna.get(f"/wiki/Liste_{number}")
    city = ["Lyon", "Brest", "Lille", "Nantes", "Paris"][number % 5]
    save(alice, f"Page_{number + 300}", lambda text: re.sub("Ville: .*", f"Ville: {city}", text, count=1))
    start = time.perf_counter()
    anna.get(f"/wiki/Liste_{number % 5}")
    return (time.perf_counter() - start) * 1000


def clients(address: str, sessions: list[str], count: int = 4, saves: int = 25) -> None:
    """Let several clients save at once."""
    times: list[float] = []

    def work(client: int) -> None:
        browser = Browser(address, *sessions)
        forms = [edit_form(browser, f"Page_{1000 + client * saves + n}") for n in range(saves)]
        barrier.wait()
        for number, form in enumerate(forms):
            form["text"] += "\n\nUne phrase de plus."
            start = time.perf_counter()
            browser.post(f"/edit/Page_{1000 + client * saves + number}", form)
            times.append((time.perf_counter() - start) * 1000)

    barrier = threading.Barrier(count + 1)
    threads = [threading.Thread(target=work, args=(client,)) for client in range(count)]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    show(f"saves, {count} clients at once ({count * saves / seconds:.0f}/s)", times)


def after(seconds: float, instance: Instance) -> str:
    """Return the number of outbox rows after some seconds."""
    time.sleep(seconds)
    return instance.python("from wiki.search.models import OutboxEntry\nprint(OutboxEntry.objects.count())").strip()


def populate(instance: Instance, count: int, versions: int = 5) -> list[str]:
    """Write pages with several versions each, and people; return the keys of the sessions of these."""
    script = instance.script(POPULATE, str(count), str(versions))
    out, errors = script.communicate(timeout=7200)
    assert script.returncode == 0, errors
    return str(out).splitlines()[-1].split()


def main(count: int, versions: int = 5) -> None:
    """Create, index and serve the wiki, and measure."""
    with Instance.temporary(MOVILAB_TRUST_PROXY="1") as instance:
        start = time.perf_counter()
        sessions = populate(instance, count, versions)
        print(f"{'wiki made, versions/s':<44} {count * versions / (time.perf_counter() - start):.0f}", flush=True)
        start = time.perf_counter()
        instance.script(MANAGE, "rebuild_index").communicate(timeout=7200)
        print(f"{'index built, pages/s':<44} {count / (time.perf_counter() - start):.0f}", flush=True)
        instance.python("from django.db import connection\nconnection.cursor().execute('ANALYZE')")  # as in use
        with instance.server() as (address, pid):
            measure(address, sessions, instance, pid)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:] or ["3000"]))
