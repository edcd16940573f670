"""Measures semantic queries on generated wikis, on SQLite and PostgreSQL; `make bench` calls it.

Pages and facts are written straight into their tables, the same at each run. Times depend on the
machine: compare ratios within one run only.
"""

from __future__ import annotations

import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from tests.benchmarks import answers
from tests.machine import postgres_programs
from tests.run import postgres

SIZES = ((3_000, 6), (100_000, 10))
RUNS = 40
TABLES = ("wiki_fact", "wiki_subject", "wiki_wikipage", "wagtailcore_page")


def main() -> None:
    """Measure on both databases, each in a separate process."""
    compare("SQLite", {})
    programs = postgres_programs()
    if programs is None:
        print("questions on PostgreSQL: left out (apt install postgresql)")
        return
    with postgres(programs) as address:
        compare("PostgreSQL", {"MOVILAB_DATABASE": address})


def compare(database: str, variables: dict[str, str]) -> None:
    """Compare both sizes on one database."""
    measurements: list[dict[str, Any]] = []
    for size in SIZES:
        command = [sys.executable, "-W", "ignore::SyntaxWarning", __file__, *map(str, size)]
        out = subprocess.run(command, env=os.environ | variables, check=True, stdout=subprocess.PIPE, text=True).stdout
        measurements.append(json.loads(out.splitlines()[-1]))
        figure = f"{measurements[-1]['build']:.0f} s"
        print(f"{f'{database}: {size[0]} pages of {size[1]} facts written in':<62} {figure}", flush=True)
        _print_answers(database, size[0], measurements[-1]["answers"])
    few, many = (one["kinds"] for one in measurements)
    for kind in many:
        growth = many[kind]["median"] / few[kind]["median"]
        figure = (
            f"median {few[kind]['median']:.1f} / {many[kind]['median']:.1f} ms, p95 {few[kind]['p95']:.1f} / "
            f"{many[kind]['p95']:.1f} ms, {growth:.1f} times; {many[kind]['rows']:.0f} rows"
        )
        print(f"{f'{database}: {kind}':<62} {figure}")
    scans = sorted({scan for one in many.values() for scan in one["scans"]})
    print(f"{f'{database}: tables read whole among {SIZES[-1][0]} pages':<62} {', '.join(scans) or 'none'}", flush=True)


def _print_answers(database: str, pages: int, found: dict[str, Any]) -> None:
    """Print the figures of saves and embedded query results."""
    among = f"{database}, {pages} pages"
    print(f"{f'{among}: save of a page with 10 facts':<62} {found['save']:.1f} ms")
    print(f"{f'{among}: refresh of a page with 50 rows':<62} {found['refresh']:.1f} ms")
    words = f"{found['stale']} of {found['watching']} marked stale, {found['needed']} of them show something else"
    print(f"{f'{among}: pages refreshed by one fact':<62} {words}", flush=True)


# --- In the measuring process ---------------------------------------------------------------------
def measure(pages: int, facts: int) -> None:
    """Build a wiki in a new database, run every kind of query, and print the figures as JSON."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from tests import databases

    name = f"movilab_bench_{os.getpid()}" if databases.on_postgres() else str(settings.DATA / "bench.sqlite3")
    databases.copy_template(name)
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    try:
        begun = time.perf_counter()
        build(pages, facts)
        built = time.perf_counter() - begun
        kinds = {kind: timed(make, pages) for kind, make in QUESTIONS.items()}
        print(json.dumps({"build": built, "kinds": kinds, "answers": answers.measured()}))
    finally:
        connection.close()
        databases.drop(name)


def build(count: int, each: int) -> None:
    """Create `count` pages with `each` facts; database indexes are created afterwards."""
    from django.db import connection

    from tests.ask.fact_factories import property_row, write_pages, write_subjects
    from wiki.facts.models import Fact, Property

    titles = [f"Page {number}" for number in range(count)]
    pages = write_pages([*titles, *(f"Ville {number}" for number in range(count // 50))])
    subjects = write_subjects(pages)[:count]
    rows: dict[str, Property] = {key: property_row(key, datatype=datatype) for key, datatype in TYPES.items()}
    with connection.schema_editor() as editor:
        for index in Fact._meta.indexes:
            editor.remove_index(Fact, index)
    write_facts(generated(subjects, rows, count, each))
    with connection.schema_editor() as editor:
        for index in Fact._meta.indexes:
            editor.add_index(Fact, index)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


TYPES = {
    "_KIND": "_kind", "Ville": "_wpg", "Capacité": "_num", "Surface": "_num", "Lieu": "_geo", "Vers": "_wpg",
    "_INST": "_wpc", "Date": "_dat", "Texte": "_txt", "Note": "_num",
}  # fmt: skip


def generated(subjects: list[Any], rows: dict[str, Any], count: int, each: int) -> Iterator[Any]:
    """Generate facts of every subject, deterministically."""
    from tests.ask.fact_factories import fact_row
    from wiki.facts.values import Value
    from wiki.text.titles import fold

    chance = random.Random(3)

    def number(datatype: str, most: float) -> Value:
        amount = chance.uniform(0, most)
        return Value(datatype, f"{amount}", f"{amount}", f"{amount}", amount, amount + 1)

    def text(datatype: str, words: str, word: str = "") -> Value:
        return Value(datatype, words, word or words, fold(words))

    def place() -> Value:
        lat, lon = chance.uniform(42, 51), chance.uniform(-5, 8)
        return Value("_geo", f"{lat}, {lon}", f"{lat:.6f},{lon:.6f}", lat=lat, lon=lon)

    makers: dict[str, Callable[[], Value]] = {
        "_KIND": lambda: text("_kind", chance.choice(("place", "practice", "person"))),
        "Ville": lambda: text("_wpg", f"Ville {chance.randrange(count // 50)}"),
        "Capacité": lambda: number("_num", 1000),
        "Surface": lambda: number("_num", 1000),
        "Lieu": place,
        "Vers": lambda: text("_wpg", f"Page {chance.randrange(count)}"),
        "_INST": lambda: (lambda which: text("_wpc", f"Cat {which}", f"Category:Cat {which}"))(chance.randrange(50)),
        "Date": lambda: number("_dat", 3_000_000),
        "Texte": lambda: text("_txt", " ".join(chance.choices(WORDS, k=12))),
        "Note": lambda: number("_num", 20),
    }
    for subject in subjects:
        for key in list(TYPES)[:each]:
            yield fact_row(subject, rows[key], makers[key]())


WORDS = ("atelier", "bois", "café", "dépôt", "école", "forge", "graine", "halle", "idée", "jardin", "kiosque", "lieu")


def write_facts(facts: Iterator[Any]) -> None:
    """Write facts by the fastest method of the database."""
    from django.db import connection, transaction

    from tests.ask.fact_factories import LONG_AGO
    from wiki.facts.models import Fact

    fields = [field for field in Fact._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)

    added_in = Fact._meta.get_field("added_at").get_db_prep_save(LONG_AGO, connection)
    names = [field.attname for field in fields]
    values = ([added_in if name == "added_at" else getattr(fact, name) for name in names] for fact in facts)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY wiki_fact ({columns}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" for _ in fields)
            connection.connection.executemany(f"INSERT INTO wiki_fact ({columns}) VALUES ({marks})", values)


def _around(chance: random.Random, pages: int) -> str:
    where = f"{chance.uniform(43, 50):.4f}, {chance.uniform(-4, 7):.4f}"
    return f"[[Lieu::{where} ({10 if pages > 50_000 else 58} km)]]|?Ville|?Lieu|sort=Lieu|limit=50"


def _ranges(chance: random.Random, pages: int) -> str:
    share = (100 / pages) ** 0.5 * 1000
    low = chance.uniform(0, 1000 - share)
    conditions = f"[[Capacité::>{1000 - share:.3f}]] [[Surface::>{low:.3f}]] [[Surface::<{low + share:.3f}]]"
    return f"{conditions}|sort=Surface|limit=100"


QUESTIONS: dict[str, Callable[[random.Random, int], str]] = {
    "equality, 50 results": lambda chance, pages: f"[[Ville::Ville {chance.randrange(pages // 50)}]]|?Capacité|?Vers",
    "two ranges, sorted, 100 results": _ranges,
    "subquery": lambda chance, pages: f"[[Vers::<q>[[Ville::Ville {chance.randrange(pages // 50)}]]</q>]]|?Ville",
    "negation": lambda chance, pages: (
        f"[[Ville::Ville {chance.randrange(pages // 50)}]] [[Kind::!+]] OR "
        f"[[Ville::Ville {chance.randrange(pages // 50)}]] [[Category:!Cat 3]]|?Ville"
    ),
    "distance, sorted by distance": _around,
}


def timed(make: Callable[[random.Random, int], str], pages: int) -> dict[str, Any]:
    """Measure a kind of query: median, 95th percentile, number of rows, and tables that were scanned in full."""
    from django.contrib.auth.models import AnonymousUser
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from wiki.ask.execution import runner
    from wiki.ask.query_parser import parse

    chance, times, rows = random.Random(5), [], []
    for turn in range(RUNS + 3):
        source = make(chance, pages)
        begun = time.perf_counter()
        result = runner.run(parse(source), AnonymousUser())
        if turn >= 3:  # the first ones warm up
            times.append((time.perf_counter() - begun) * 1000)
            rows.append(len(result.rows))
        assert not result.problems, (source, result.problems)
    with CaptureQueriesContext(connection) as queries:
        runner.run(parse(make(chance, pages)), AnonymousUser())
    p95 = statistics.quantiles(times, n=20)[-1]
    scans = sorted({scan for query in queries for scan in read_whole(query["sql"])})
    return {"median": statistics.median(times), "p95": p95, "rows": statistics.mean(rows), "scans": scans}


def read_whole(sql: str) -> list[str]:
    """Return the large tables that the database would scan in full for a statement."""
    from django.db import connection

    if not sql.startswith("SELECT") or "set_config" in sql or "current_setting" in sql:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql.replace('%', '%%')}")
        plan = "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())
    names = dict(re.findall(r'"(\w+)" (U\d|V\d|W\d)\b', sql))
    short = {alias: table for table, alias in names.items()}
    found = re.findall(r"(?:Seq Scan on|\bSCAN) (\w+)(?! \w+ USING)", plan)
    return [short.get(table, table) for table in found if short.get(table, table) in TABLES]


if __name__ == "__main__":
    measure(int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 1 else main()
