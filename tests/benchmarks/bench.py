"""Measures speed on generated wikis, with the production server; `make bench` calls it.

Times depend on the machine: compare ratios within one run only. MOVILAB_DATABASE chooses PostgreSQL.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from tests.benchmarks.load import requests_per_second
from tests.instances import Instance
from wiki.exchange.importers import places_csv

PORT = 8799
WIKI_SIZES = (15, 1512)
PAGE = "/wiki/Mesure"
VIEW_ROUNDS = 7
# Scripts that run inside each wiki; their last line of output is the result.
SAVES = """
import json, statistics, time
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
by = page_writer.Author(None, "Mesure")
paragraph = "Un tiers-lieu est un lieu que des gens font ensemble, avec [[Lieu 1]] et d'autres, chaque jour. " * 3
text = "\\n\\n".join(f"## Partie {n}\\n\\n{paragraph}" for n in range(10))
page = page_lookup.find_by_key("Mesure") or page_writer.create("Mesure", text, by).page
times = []
for number in range(60):
    page = page_lookup.reload_page(page.pk)
    start = time.perf_counter()
    page_writer.edit(page, f"{text}\\n\\nLigne {number}", by)
    times.append(time.perf_counter() - start)
page = page_lookup.reload_page(page.pk)
with CaptureQueriesContext(connection) as queries:
    page_writer.edit(page, text, by)
print(json.dumps({"words": len(text.split()), "ms": statistics.median(times[10:]) * 1000, "queries": len(queries)}))
"""
PASSAGES = """
import json, statistics, time
from wiki.history.passage_updater import PassageChanges, PassageUpdater
from wiki.pages.writing import derived_data, page_writer
from wiki.pages import page_lookup
class NoPassages(PassageUpdater):
    def prepare(self, versions):
        return [None for _ in versions]
    def write(self, versions, prepared, moment, inputs):
        return PassageChanges(set())
by = page_writer.Author(None, "Mesure")
text = "\\n\\n".join(f"Le passage {n} dit ce que des gens font ensemble, chaque jour." for n in range(500))
page = page_writer.create("Passages", text, by).page
every = list(derived_data.UPDATERS)
took = {"with": [], "without": []}
for number in range(40):
    name = "without" if number % 8 >= 4 else "with"
    derived_data.UPDATERS[:] = [
        NoPassages() if name == "without" and one.name == "passages" else one for one in every
    ]
    page = page_lookup.reload_page(page.pk)
    start = time.perf_counter()
    page_writer.edit(page, text.replace("passage 250", f"passage 250 {number}"), by)
    took[name].append(time.perf_counter() - start)
print(json.dumps({name: statistics.median(times) * 1000 for name, times in took.items()}))
"""
VIEWS = """
import json
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
settings.ALLOWED_HOSTS = ["*"]
client = Client(headers={"accept-language": "fr"})
assert client.get("/wiki/Mesure").status_code == 200
with CaptureQueriesContext(connection) as queries:
    client.get("/wiki/Mesure")
print(json.dumps({"queries": len(queries)}))
"""
HUNDRED = """
import json, time
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
by = page_writer.Author(None, "Mesure")
page = page_writer.create("Cent", "Version 1\\n", by).page
for number in range(2, 101):
    page_writer.edit(page_lookup.reload_page(page.pk), "\\n\\n".join(f"Version {n}" for n in range(1, number + 1)), by)
print(json.dumps({}))
"""


def main() -> None:
    """Measure, and print a line for each figure."""
    with tempfile.TemporaryDirectory(prefix="movilab-bench-") as folder:
        small, large = (wiki_of(size, Path(folder)) for size in WIKI_SIZES)
        try:
            measure_saves(small, large)
            measure_views(large)
            measure_versions(large, Path(folder))
        finally:
            small.remove()
            large.remove()


def print_figure(what: str, figure: str) -> None:
    """Print a figure."""
    print(f"{what:<62} {figure}", flush=True)


def wiki_of(size: int, folder: Path) -> Instance:
    """Create a wiki with `size` places, imported by the command."""
    instance = Instance.create(folder / f"wiki-{size}")
    command(instance, "collectstatic", "--no-input", "--verbosity=0")
    file = folder / f"{size}.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(places_csv.COLUMNS)
        writer.writerows(_place(number) for number in range(1, size + 1))
    start = time.perf_counter()
    command(instance, "import_places", str(file), "--verbosity=0")
    seconds = time.perf_counter() - start
    print_figure(f"import of {size} places (whole command)", f"{seconds:.1f} s, {size / seconds:.0f} pages/s")
    return instance


def command(instance: Instance, *arguments: str) -> None:
    """Run `manage.py` in a new process, as an administrator does: the start of the process is part of the time."""
    process = instance.start("manage.py", *arguments)
    out, err = process.communicate()
    assert process.returncode == 0, out + err


def _place(number: int) -> Sequence[object]:
    known = {
        "ID": number,
        "NOM_TL": f"Lieu {number}",
        "ADRESSE": f"{number} rue du Port",
        "CP": "44300",
        "COMINIT": "Nantes",
        "INSEECOM": "44109",
        "NOMCOM": "Nantes",
        "TYPO": "Fablab",
        "LAT": 47 + number / 10000,
        "LONG": -1.5,
    }
    return [known.get(column, "") for column in places_csv.COLUMNS]


def run_script(instance: Instance, code: str) -> dict[str, Any]:
    """Run `code` in the wiki, and parse the last line of its output as JSON."""
    result: dict[str, Any] = json.loads(instance.python(code).strip().splitlines()[-1])
    return result


def measure_saves(small: Instance, large: Instance) -> None:
    """Measure a save in a small and in a large wiki."""
    rounds = [(run_script(small, SAVES), run_script(large, SAVES)) for _ in range(3)]
    few, many = (min(column, key=lambda result: result["ms"]) for column in zip(*rounds, strict=True))
    print_figure(f"save of a page of {few['words']} words among {WIKI_SIZES[0]} pages (median)", f"{few['ms']:.1f} ms")
    print_figure(f"the same among {WIKI_SIZES[1]} pages", f"{many['ms']:.1f} ms, {many['ms'] / few['ms']:.2f} times")
    print_figure("database queries of a save", str(many["queries"]))
    passages = run_script(large, PASSAGES)
    figure = f"{passages['with']:.1f} ms; without keeping passages {passages['without']:.1f} ms"
    print_figure("save of a page with 500 passages (median)", figure)


def measure_versions(instance: Instance, folder: Path) -> None:
    """Measure the import of versions, and the export of a page with a hundred versions."""
    file = folder / "history.jsonl"
    lines = [
        {
            "path": f"Page {number % 20}.md",
            "date": f"2018-01-{1 + number // 100:02}T09:00:00+01:00",
            "author": "mesure",
            "comment": "",
            "text": f"Texte {number}\n\n" + "Un paragraphe de plus. " * 50,
        }
        for number in range(2000)
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    start = time.perf_counter()
    command(instance, "import_history", str(file), "--licence", "CC-BY-SA-4.0", "--verbosity=0")
    seconds = time.perf_counter() - start
    print_figure(
        f"import of {len(lines)} versions (whole command)", f"{seconds:.1f} s, {len(lines) / seconds:.0f} versions/s"
    )
    run_script(instance, HUNDRED)
    start = time.perf_counter()
    command(instance, "export_archive", "Cent", "-o", str(folder / "cent.zip"), "--verbosity=0")
    print_figure("export of a page with 100 versions (whole command)", f"{time.perf_counter() - start:.2f} s")


def measure_views(instance: Instance) -> None:
    """Measure an anonymous page view relative to a minimal Django response, on the production server."""
    print_figure("database queries of an anonymous view", str(run_script(instance, VIEWS)["queries"]))
    with serve(instance):
        with urlopen(f"http://127.0.0.1:{PORT}{PAGE}") as response:
            etag = response.headers["ETag"]
        rounds = [
            (
                requests_per_second(PORT, "/ok", 200),
                requests_per_second(PORT, PAGE, 200),
                requests_per_second(PORT, PAGE, 304, {"If-None-Match": etag}),
            )
            for _ in range(VIEW_ROUNDS)
        ]
    # Each round is compared with its own "ok": on a busy machine, rounds differ more than the compared figures.
    rates = [statistics.median(column) for column in zip(*rounds, strict=True)]
    shares = [statistics.median(rate / one[0] for one, rate in zip(rounds, column, strict=True))
              for column in zip(*rounds, strict=True)]  # fmt: skip
    print_figure('a view that answers "ok"', f"{rates[0]:.0f} requests/s")
    print_figure("an anonymous view of a page of 500 words", f"{rates[1]:.0f} requests/s, {shares[1]:.2f} of it")
    print_figure("the same when the reader has it already (304)", f"{rates[2]:.0f} requests/s, {shares[2]:.2f} of it")


@contextmanager
def serve(instance: Instance) -> Iterator[None]:
    """Serve the wiki by the production server."""
    code = (
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.benchmarks.settings'\n"
        f"from movilab.server import serve; serve('127.0.0.1', {PORT})"
    )
    process = instance.start("-c", code)
    try:
        for _ in range(100):
            try:
                urlopen(f"http://127.0.0.1:{PORT}/ok").close()
                break
            except URLError:
                time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


if __name__ == "__main__":
    import django

    django.setup()
    main()
