"""Uses a served wiki for a while as people do, all at once, and watches its memory.

`soak.py --seed 7 --minutes 15`: two web processes and the worker. Eight clients search for a minute; then they view,
search, ask, preview, save and export. Every ten seconds the memory (PSS) of all processes is read. No answer may be an
error of the server, nothing may be lost, the memory stays below LIMIT_MB, and grows by less than a tenth from the
second to the last third.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from tests.benchmarks.everyday import populate
from tests.campaigns.http_clients import HttpClient, check_words, people, running
from tests.campaigns.process_tree import command_of, memory_of, tree, worker_of
from tests.instances import Instance

LIMIT_MB = 650
"""After a minute of searches alone it is half of that."""
GROWTH = 1.1
PROCESSES, CLIENTS, PAGES = 2, 8, 1000
SAMPLE_SECONDS = 10.0
SEARCH_SECONDS = 60.0
WORDS = ["atelier", "partage", "ville", "avec", "jardin", "repas", "outil", "dans", "four", "livre"]
QUERIES = ["[[Ville::Lyon]]", "[[Places::>20]] [[Places::<150]]", "[[Voisin::<q>[[Category:A]]</q>]]", "[[Category:B]]"]
WEIGHTS = {"view": 40, "search": 20, "history": 5, "ask": 10, "changes": 5, "preview": 5, "save": 12, "export": 3}
REFUSALS = {409, 429, 503}
"""Statuses by which the wiki says that it is too much: no errors."""


class Person:
    """A client that does one thing after the other."""

    def __init__(self, client: HttpClient, number: int, seed: int, *, can_save: bool) -> None:
        self.client, self.number, self.dice = client, number, random.Random(seed * 100 + number)
        self.can_save = can_save
        self.weights = WEIGHTS if can_save else WEIGHTS | {"save": 0}
        self.tried: list[str] = []
        self.said: list[str] = []
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.times: dict[str, list[float]] = {act: [] for act in WEIGHTS}

    def search(self, end: float) -> None:
        """Search without pause until `end`."""
        while time.monotonic() < end:
            self.statuses["search", self._get(f"/search?q={self._words()}")] += 1

    def work(self, end: float) -> None:
        """Act until `end`, with short pauses."""
        acts: dict[str, Callable[[], int]] = {
            "view": lambda: self._get(f"/wiki/Page_{self._page()}"),
            "search": lambda: self._get(f"/search?q={self._words()}"),
            "history": lambda: self._get(f"/search?when=ever&q={self._words()}"),
            "ask": lambda: self._get(f"/ask?q={self.dice.choice(QUERIES)}"),
            "changes": lambda: self._get("/changes"),
            "preview": lambda: self.client.post("/preview", {"text": "Un **essai**. " * 200, "title": "Essai"})[0],
            "save": self._save,
            "export": lambda: self._get(f"/archive/Page_{self._page()}.zip"),
        }
        while time.monotonic() < end:
            act = self.dice.choices(list(self.weights), weights=list(self.weights.values()))[0]
            start = time.monotonic()
            self.statuses[act, acts[act]()] += 1
            self.times[act].append(time.monotonic() - start)
            time.sleep(self.dice.uniform(0, 0.2))

    def _get(self, path: str) -> int:
        if not self.can_save:  # many people without an account: none of them comes to a limit
            self.client.headers["X-Forwarded-For"] = f"10.9.{self.dice.randrange(256)}.{self.dice.randrange(256)}"
        return self.client.get(path)[0]

    def _page(self) -> int:
        return self.dice.randrange(PAGES)

    def _words(self) -> str:
        return " ".join(self.dice.sample(WORDS, self.dice.choice([1, 2])))

    def _save(self) -> int:
        word = f"s{self.number}n{len(self.tried)}"
        self.tried.append(word)
        status = self.client.save(f"Page_{self._page()}", partial("{1}\n\n{0}".format, word))
        if status == 302:
            self.said.append(word)
        return status


def sample(pid: int, data: Path) -> dict[str, int]:
    """Return the memory (PSS, in MB) of the server and all below it: web processes, worker and others."""
    found: Counter[str] = Counter()
    worker = worker_of(data)
    for process in tree(pid):
        kind = "worker" if process == worker else "parsers" if "-c" in command_of(process) else "web"
        found[kind] += memory_of(process)
    return {kind: size // 1024 for kind, size in found.items()}


def watch(pid: int, data: Path, end: float) -> list[dict[str, int]]:
    """Sample the memory until `end`; return the samples."""
    samples: list[dict[str, int]] = []
    start = time.monotonic()
    while time.monotonic() < end:
        time.sleep(min(SAMPLE_SECONDS, max(end - time.monotonic(), 0)))
        samples.append(sample(pid, data))
        if len(samples) % 6 == 1:
            print(f"{time.monotonic() - start:5.0f} s  {sum(samples[-1].values())} MB  {samples[-1]}", flush=True)
    return samples


def faults_of(samples: list[dict[str, int]], people: list[Person]) -> list[str]:
    """Return what was wrong with the memory and the answers."""
    totals = [sum(found.values()) for found in samples]
    third = max(len(totals) // 3, 1)
    middle, last = statistics.median(totals[third : 2 * third] or totals), statistics.median(totals[-third:])
    print(f"memory: at most {max(totals)} MB, second third {middle:.0f} MB, last third {last:.0f} MB")
    faults = [f"memory of {max(totals)} MB"] if max(totals) > LIMIT_MB else []
    if last > middle * GROWTH:
        faults.append(f"memory grew from {middle:.0f} to {last:.0f} MB")
    statuses = sum((person.statuses for person in people), Counter[tuple[str, int]]())
    for act in WEIGHTS:
        times = sorted(time for person in people for time in person.times[act])
        found = {status: count for (what, status), count in statuses.items() if what == act}
        if times:
            median, p99 = statistics.median(times), times[int(len(times) * 0.99)]
            print(f"{act:<8} {len(times):>6} times, median {median * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, {found}")
        wrong = {status for status in found if status not in REFUSALS and not 200 <= status < 400}
        faults += [f"{act}: answered with {status}" for status in sorted(wrong)]
    return faults


def soak(instance: Instance, seed: int, minutes: float) -> list[str]:
    """Use a new wiki for some minutes; return what went wrong."""
    populate(instance, PAGES)
    instance.manage("rebuild_index")
    sessions = people(instance, *(f"soak{number}" for number in range(CLIENTS // 2)), superusers=True)
    with instance.server(PROCESSES) as (address, pid):
        persons = [
            Person(HttpClient(address, f"10.0.0.{number}", session), number, seed, can_save=bool(session))
            for number, session in enumerate([*sessions, *[""] * (CLIENTS - len(sessions))])
        ]
        print(f"at rest: {sum(sample(pid, instance.data).values())} MB", flush=True)
        end = time.monotonic() + min(SEARCH_SECONDS, minutes * 60)
        with running(*(partial(person.search, end) for person in persons)):
            pass
        after_searches = sample(pid, instance.data)
        print(f"after searches at {CLIENTS} connections: {sum(after_searches.values())} MB", flush=True)
        end = time.monotonic() + minutes * 60
        with running(*(partial(person.work, end) for person in persons)):
            samples = watch(pid, instance.data, end)
    said = [word for person in persons for word in person.said]
    wrong = check_words(instance, said, [word for person in persons for word in person.tried])
    return [*faults_of([after_searches, *samples], persons), *(f"{what}: {some[:10]}" for what, some in wrong.items())]


def main() -> int:
    """Use a wiki for a while; the exit code is 1 if something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--minutes", type=float, default=15)
    options = parser.parse_args()
    with Instance.temporary(MOVILAB_TRUST_PROXY="1") as instance:
        faults = soak(instance, options.seed, options.minutes)
    print("\n".join(faults) or "Nothing was wrong.")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
