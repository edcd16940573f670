"""Kills a served wiki again and again while four clients save, and looks whether anything acknowledged is lost.

`crash.py --seed 7 --kills 100`, on SQLite, or on the PostgreSQL server of MOVILAB_DATABASE. Each time all processes,
the web process or the worker are killed (`kill -9`) at a random moment. At the end every acknowledged word has to be in
the history exactly once, all derived data as rebuilt, and the search has to find every acknowledged word.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from tests.campaigns.http_clients import LOST, HttpClient, check_words, people, running
from tests.campaigns.process_tree import children, worker_of
from tests.instances import Instance, free_port

CLIENTS = 4
SHARED = "Commune"
SECONDS = 3.0
"""Longest time between an answer of the new server and the next kill."""

PAGES = """
import sys
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
by = Author(None, "Personne")
sections = "\\n\\n".join(f"## Partie {number}\\n\\nDébut.\\n\\nFin." for number in range(int(sys.argv[1])))
page_writer.create("Commune", sections, by)
for number in range(int(sys.argv[1])):
    page_writer.create(f"Page {number}", "Une page.", by)
"""

# Lets the worker's jobs catch up, and prints the words of the file `sys.argv[1]` that are not found.
SEARCH = """
import json, sys
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from wiki.search import history_results, search_results
from wiki.search.models import OutboxEntry
from wiki.search.time_filter import TimeFilterInput
call_command("work", once=True)
with open(sys.argv[1]) as file:
    words = json.load(file)["said"]
user, ever = AnonymousUser(), TimeFilterInput("ever")
print(json.dumps({
    "not indexed": [str(entry) for entry in OutboxEntry.objects.all()],
    "not found": [word for word in words if not search_results.search_pages(word, user).hits],
    "not found in history": [word for word in words if not history_results.search_history(word, user, ever).hits],
}))
"""


class Saver:
    """A client that saves without pause: its own page and, in its own part, a page that all change."""

    def __init__(self, client: HttpClient, number: int) -> None:
        self.client, self.number = client, number
        self.tried: list[str] = []
        self.said: list[str] = []
        self.statuses: Counter[int] = Counter()

    def work(self, stop: threading.Event) -> None:
        """Save until `stop` is set."""
        while not stop.is_set():
            word = f"c{self.number}n{len(self.tried)}"
            self.tried.append(word)
            status = self._save(word, shared=len(self.tried) % 2 == 0)
            self.statuses[status] += 1
            if status == 302:
                self.said.append(word)
            elif status == LOST:  # of the form or of the save
                stop.wait(0.3)

    def _save(self, word: str, *, shared: bool) -> int:
        if not shared:
            return self.client.save(f"Page_{self.number}", lambda text: f"{text.strip()}\n\n{word}")
        head = f"## Partie {self.number}"
        return self.client.save(SHARED, lambda text: text.replace(head, f"{head}\n\n{word}"))


class CrashingServer:
    """The server of a wiki, which is killed and started again."""

    def __init__(self, instance: Instance, dice: random.Random) -> None:
        self.instance, self.dice = instance, dice
        self.address = f"http://127.0.0.1:{free_port()}"
        instance.manage("collectstatic", "--no-input", "--verbosity", "0")
        self.process = instance.start_server(self.address)

    def kill(self) -> str:
        """Kill all its processes, the web process or the worker at once; return which. The server is up again then."""
        kind = self.dice.choices(["all", "web", "worker"], weights=[2, 1, 1])[0]
        below = children(self.process.pid)
        worker = worker_of(self.instance.data)
        if kind == "worker" and worker is not None:
            os.kill(worker, signal.SIGKILL)
            return kind
        if kind == "web":
            for pid in set(below) - {worker}:
                os.kill(pid, signal.SIGKILL)
            self.process.wait(timeout=30)  # the server ends, so that whoever started it starts it again
        self.end()
        self.process = self.instance.start_server(self.address)
        return kind

    def end(self) -> None:
        """Kill all processes at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def crash(instance: Instance, seed: int, kills: int) -> list[str]:
    """Kill the server of a new wiki `kills` times while clients save; return what went wrong."""
    dice = random.Random(seed)
    _, errors = instance.script(PAGES, str(CLIENTS)).communicate(timeout=300)
    assert not errors, errors
    sessions = people(instance, *(f"person{number}" for number in range(CLIENTS)), superusers=True)
    server, stop = CrashingServer(instance, dice), threading.Event()
    savers = [
        Saver(HttpClient(server.address, f"10.0.0.{number}", session), number)
        for number, session in enumerate(sessions)
    ]
    killed: Counter[str] = Counter()
    with running(*(partial(saver.work, stop) for saver in savers)):
        try:
            for _ in range(kills):
                time.sleep(dice.uniform(0, SECONDS))
                killed[server.kill()] += 1
            time.sleep(SECONDS)
        finally:
            stop.set()
    server.end()
    said = [word for saver in savers for word in saver.said]
    tried = [word for saver in savers for word in saver.tried]
    statuses = sum((saver.statuses for saver in savers), Counter[int]())
    print(
        f"killed {dict(killed)}; {len(said)} of {len(tried)} saves acknowledged; statuses {dict(statuses)}", flush=True
    )
    wrong = check_words(instance, said, tried)
    out, errors = instance.script(SEARCH, str(instance.data / "words.json")).communicate(timeout=1200)
    assert out, errors
    wrong |= {what: some for what, some in json.loads(out.splitlines()[-1]).items() if some}
    return [f"{what}: {some[:10]}" for what, some in wrong.items()] + ([] if said else ["nothing was saved"])


def main() -> int:
    """Kill the server of a wiki; the exit code is 1 if something was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--kills", type=int, default=100)
    options = parser.parse_args()
    with Instance.temporary(MOVILAB_TRUST_PROXY="1") as instance:
        faults = crash(instance, options.seed, options.kills)
    print("\n".join(faults) or "Nothing was lost.")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
