"""Measures history search on generated wikis; `make bench` calls it; with a number of versions, for that size.

The generated history is seeded; its French-looking words have the frequencies of a natural language (Zipf). Edits are
typical of wikis: words changed, passages added, removed, moved and rewritten, and reverts. Versions are written by the
version store, as in an import. Times depend on the machine: compare ratios within one run only.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from tests.benchmarks.search import lexicon
from tests.machine import postgres_programs
from tests.run import postgres

SIZES = (10_000, 100_000)
EACH = 20
"""Average number of versions of a page."""
TOGETHER = 10
"""Pages written in one transaction."""
RUNS = {"rare": 40, "middle": 40, "common": 20}
"""Number of queries of each class; together they are the mix."""
WHOLE = 400
"""Versions that are indexed as a whole, to estimate the size for all."""
COMMON = ("le", "la", "les", "de", "des", "un", "une", "et", "à", "dans", "pour", "avec", "qui", "sur")
NAMES = [f"Personne {number}" for number in range(200)]
BEGIN = datetime(2014, 1, 1, tzinfo=UTC)
YEARS = 10


def main(sizes: tuple[int, ...]) -> None:
    """Measure each size in a separate process, with Whoosh on SQLite, and with PostgreSQL's full-text search."""
    for size in sizes:
        _print_figures("Whoosh", size, {}, "whoosh")
    programs = postgres_programs()
    if programs is None:
        print("history on PostgreSQL: left out (apt install postgresql)")
        return
    for size in sizes:
        with postgres(programs) as address:
            _print_figures("PostgreSQL", size, {"MOVILAB_DATABASE": address}, "database")


def _print_figures(name: str, size: int, variables: dict[str, str], engine: str) -> None:
    """Measure, and print a line for each figure."""
    command = [sys.executable, "-W", "ignore::SyntaxWarning", __file__, str(size), engine]
    out = subprocess.run(command, env=os.environ | variables, check=True, stdout=subprocess.PIPE, text=True).stdout
    measurements: dict[str, Any] = json.loads(out.splitlines()[-1])
    among = f"history, {name}, {size} versions"
    for what, figure in measurements["figures"].items():
        print(f"{f'{among}: {what}':<72} {figure}")
    for kind, found in measurements["kinds"].items():
        figure = f"median {found['median']:.1f} ms, p95 {found['p95']:.1f} ms; {found['hits']:.0f} pages"
        print(f"{f'{among}: {kind}':<72} {figure}{found['cut']}", flush=True)


# --- Generated history------------------------------------------------------------------------------
class Writers:
    """Generates pages and their edits at random."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.known = lexicon(self.dice)
        self.weights = [1 / (rank + 3) for rank in range(len(self.known))]
        self.people = [1 / (rank + 1) for rank in range(len(NAMES))]

    def words(self, count: int) -> list[str]:
        found = self.dice.choices(self.known, self.weights, k=count)
        return [self.dice.choice(COMMON) if self.dice.random() < 0.3 else word for word in found]

    def passage(self) -> str:
        kind = self.dice.random()
        if kind < 0.12:
            return f"## {' '.join(self.words(self.dice.randint(1, 4)))}"
        said = " ".join(self.words(self.dice.randint(8, 40)))
        return f"- {said}" if kind < 0.4 else f"{said}."

    def facts(self) -> str:
        """Generate front matter."""
        return f"---\nVille: {self.words(1)[0]}\nOutils: [{', '.join(self.words(3))}]\n---"

    def edited(self, page: list[str]) -> list[str]:
        """Return a page after a random edit, typical of wikis."""
        page = list(page)
        at = self.dice.randrange(1, len(page))
        kind = self.dice.random()
        if self.dice.random() < 0.05:
            page[0] = self.facts()
        if kind < 0.6:
            some = page[at].split(" ")
            for _ in range(self.dice.randint(1, 3)):
                some[self.dice.randrange(len(some))] = self.words(1)[0]
            page[at] = " ".join(some)
        elif kind < 0.82:
            page[at:at] = [self.passage() for _ in range(self.dice.randint(1, 3))]
        elif kind < 0.9 and len(page) > 3:
            del page[at]
        elif kind < 0.96:
            page[at] = self.passage()
        else:
            page.insert(self.dice.randrange(1, len(page)), page.pop(at))
        return page

    def versions(self) -> Iterator[str]:
        """Generate the texts of the versions of a page."""
        page = [self.facts(), *(self.passage() for _ in range(self.dice.randint(4, 16)))]
        past: list[list[str]] = []
        for _ in range(min(int(self.dice.paretovariate(1.16) * EACH * 0.24) + 1, EACH * 20)):
            past.append(page)
            yield "\n\n".join(page)
            page = past[-2] if len(past) > 1 and self.dice.random() < 0.05 else self.edited(page)

    def write(self, count: int) -> int:
        """Write about `count` versions; return the bytes of their texts."""
        from wiki.pages import page_lookup
        from wiki.pages.models import Changeset, WikiPage
        from wiki.pages.writing.page_writer import Author
        from wiki.pages.writing.version_store import NewVersion, store

        written = done = number = 0
        while done < count:
            new_versions = []
            for _ in range(TOGETHER):
                page, number = WikiPage(), number + 1
                fields = page_lookup.fields_for_title(f"Page {number}", license="CC-BY-SA-4.0", language="fr")
                texts = list(self.versions())
                days = sorted(self.dice.uniform(0, 365.25 * YEARS) for _ in texts)
                for text, day in zip(texts, days, strict=True):
                    name = self.dice.choices(NAMES, self.people)[0]
                    author = Author(None, name, claimed_at=BEGIN + timedelta(days=day))
                    new_versions.append(NewVersion(page, text, fields, author, claimed_at=author.claimed_at))
                    written += len(text.encode())
            store(new_versions, Changeset(act=Changeset.Act.IMPORT))
            done += len(new_versions)
        return written


# --- In the measuring process ---------------------------------------------------------------------
def measure(size: int, engine: str) -> None:
    """Build a wiki, search it, and print the figures as JSON."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from tests import databases

    if engine == "database":
        settings.WAGTAILSEARCH_BACKENDS = {
            "default": {"BACKEND": "modelsearch.backends.database", "AUTO_UPDATE": False}
        }
    name = f"movilab_bench_{os.getpid()}" if databases.on_postgres() else str(settings.DATA / "bench.sqlite3")
    databases.copy_template(name)
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    try:
        writers = Writers(4)
        figures = build(writers, size, engine)
        print(json.dumps({"figures": figures, "kinds": kinds(writers.dice)}))
    finally:
        connection.close()
        databases.drop(name)


def build(writers: Writers, size: int, engine: str) -> dict[str, str]:
    """Build the wiki and its index; return their sizes."""
    from django.db import connection

    from wiki.history.models import Passage
    from wiki.pages.models import PageVersion, WikiPage
    from wiki.search import index_updates

    begun = time.perf_counter()
    written = writers.write(size)
    took = time.perf_counter() - begun
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    versions, passages = PageVersion.objects.count(), Passage.objects.count()
    begun = time.perf_counter()
    objects = index_updates.rebuild()
    rate = objects / (time.perf_counter() - begun)
    said = sum(len(text.encode()) for text in Passage.objects.values_list("text", flat=True).iterator())
    figures = {
        "written": f"{WikiPage.objects.count()} pages, {versions} versions in {took:.0f} s",
        "passages": f"{passages}, {passages / versions:.1f} a version; {said / 1e6:.1f} MB",
        "text of all versions": f"{written / 1e6:.1f} MB",
        "index built": f"{rate:.0f} objects/s",
    }
    if engine == "whoosh":
        figures["index of passages"] = f"{index_size() / 1e6:.1f} MB"
        figures["index of every version whole, at this rate"] = f"{whole_size() * versions / 1e6:.0f} MB"
    figures["found after a save"] = f"{delay() * 1000:.0f} ms of the worker"
    return figures


def index_size() -> int:
    """Return the size of the index of passages in bytes."""
    from modelsearch.backends import get_search_backend

    from wiki.history.models import Passage

    folder = get_search_backend().get_index_for_model(Passage).directory.folder
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def whole_size() -> float:
    """Return the bytes per version of an index in which versions are indexed as a whole."""
    from whoosh.index import create_in

    from wiki.history.models import Passage
    from wiki.pages.models import PageVersion
    from wiki.search.engine import schema
    from wiki.text.strip_markup import strip_markup

    rows = list(PageVersion.objects.order_by("sha256").select_related("stored")[:WHOLE])
    with tempfile.TemporaryDirectory() as folder:
        writer = create_in(folder, schema.schema_of(Passage)).writer()
        for row in rows:
            exact, stems = schema.make_postings(strip_markup(row.text() or ""), ["fr"], 300)
            writer.add_document(**{schema.KEY: row.pk, "said": exact, f"said{schema.STEM}": stems})
        writer.commit()
        return sum(file.stat().st_size for file in Path(folder).iterdir()) / len(rows)


def delay() -> float:
    """Measure the seconds of the index job from a save until the page is found."""
    from tests.factories import make_page
    from wiki.search import index_updates

    make_page("Fournil", "Le pain de la semaine.")
    job = index_updates.IndexUpdateJob()
    begun = time.perf_counter()
    while job.run():
        continue
    return time.perf_counter() - begun


def kinds(dice: random.Random) -> dict[str, Any]:
    """Measure each kind of query with rare, middle and common words, separately and mixed."""
    from wiki.search.time_filter import TimeFilterInput

    some = Classes(dice)
    forms: dict[str, Callable[[str], tuple[str, Any]]] = {
        "one word": lambda name: (some.word(name), TimeFilterInput("ever")),
        "two words": lambda name: (f"{some.word(name)} {some.word(name)}", TimeFilterInput("ever")),
        "a phrase": lambda name: (f'"{some.pair(name)}"', TimeFilterInput("ever")),
        "a beginning": lambda name: (f"{some.word(name)[:5]}*", TimeFilterInput("ever")),
        "of a day": lambda name: (some.word(name), TimeFilterInput("at", at=some.day())),
        "appeared in a year": lambda name: (some.word(name), TimeFilterInput("appeared", **some.year())),
    }
    found = {}
    for form, make in forms.items():
        times: list[tuple[float, int, bool]] = []
        for name, runs in RUNS.items():
            theirs = [timed(*make(name)) for _ in range(runs)]
            found[f"{form}, {name}"] = summed(theirs)
            times += theirs
        found[f"{form}, mixed"] = summed(times)
    return found


class Classes:
    """Words by frequency class, and random dates."""

    def __init__(self, dice: random.Random) -> None:
        from wiki.history.models import Passage

        self.dice = dice
        self.texts: list[list[str]] = []
        held: dict[str, int] = {}
        for words in Passage.objects.values_list("words", flat=True).iterator():
            self.texts.append(words.split())
            for word in set(self.texts[-1]):
                held[word] = held.get(word, 0) + 1
        most, least = len(self.texts) * 0.02, len(self.texts) * 0.001
        self.words: dict[str, list[str]] = {"rare": [], "middle": [], "common": []}
        for word in sorted(held):
            if word not in COMMON:
                name = "rare" if held[word] <= least else "middle" if held[word] <= most else "common"
                self.words[name].append(word)

    def word(self, name: str) -> str:
        return self.dice.choice(self.words[name])

    def pair(self, name: str) -> str:
        """Return a word of a class with a word that follows it in some passage."""
        wanted = set(self.words[name])
        while True:
            text = self.dice.choice(self.texts)
            places = [at for at, word in enumerate(text[:-1]) if word in wanted]
            if places:
                at = self.dice.choice(places)
                return f"{text[at]} {text[at + 1]}"

    def day(self) -> str:
        return (BEGIN + timedelta(days=self.dice.uniform(365, 365 * YEARS))).date().isoformat()

    def year(self) -> dict[str, str]:
        year = BEGIN.year + self.dice.randrange(1, YEARS)
        return {"since": f"{year}-01-01", "until": f"{year}-12-31"}


def timed(text: str, time_input: Any) -> tuple[float, int, bool]:
    """Time a search as on the search page; return milliseconds, number of pages, and whether all were counted."""
    from django.contrib.auth.models import AnonymousUser

    from wiki.search import history_results

    user = AnonymousUser()
    begun = time.perf_counter()
    results = history_results.search_history(text, user, time_input)
    history_results.load_history_results(results, results.hits[:20], user, 6)
    return (time.perf_counter() - begun) * 1000, len(results.hits), results.found.is_complete


def summed(some: list[tuple[float, int, bool]]) -> dict[str, Any]:
    times = sorted(one for one, _, _ in some)
    cut = sum(not whole for _, _, whole in some)
    return {
        "median": statistics.median(times),
        "p95": times[int(len(times) * 0.95)],
        "hits": statistics.mean(hits for _, hits, _ in some),
        "cut": f"; {cut} of {len(some)} counted in part" if cut else "",
    }


if __name__ == "__main__":
    if len(sys.argv) > 2:
        measure(int(sys.argv[1]), sys.argv[2])
    else:
        main(tuple(map(int, sys.argv[1:])) or SIZES)
