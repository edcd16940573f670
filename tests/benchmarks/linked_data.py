"""Measures SPARQL over the triples of 100,000 pages, and the time from a save to its triple; `make bench` calls it.

The three typical queries: pages with a value, a count by a value, and all that is known of one page. Each is answered
by a process of its own, as on the site; the query that reads nothing shows what the process alone takes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

import random
import statistics
import tempfile
import time
from collections.abc import Iterator

from django.conf import settings
from django.test import override_settings
from pyoxigraph import Literal, NamedNode, Quad, Store

from tests.instances import Instance, free_port
from wiki.linked_data.sparql import run_query
from wiki.linked_data.triple_store import graph_name

PAGES = 100_000
ROUNDS = 15
QUERIES = {
    "nothing": "ASK {}",
    "pages with a value": (
        "SELECT ?p ?town WHERE { ?p property:Département 'Département 7' ; property:Ville ?town } LIMIT 100"
    ),
    "count by a value": (
        "SELECT ?d (COUNT(?p) AS ?n) WHERE { ?p property:Département ?d } GROUP BY ?d ORDER BY DESC(?n)"
    ),
    "all of one page": "SELECT ?x ?y WHERE { page:Lieu_4711 ?x ?y }",
}
LAG = """
import statistics, time
from wiki.errors import ServerBusy
from wiki.linked_data.sparql import run_query
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
by = page_writer.Author(None, "Mesure")
page_writer.create("Mesure", "---\\nVille: V0\\n---", by)
times = []
for number in range(8):
    start = time.perf_counter()
    page_writer.edit(page_lookup.find_by_key("Mesure"), f"---\\nVille: V{number}x\\n---", by)
    while True:
        try:
            asked = f"ASK {{ page:Mesure property:Ville ?o FILTER(CONTAINS(STR(?o), 'V{number}x')) }}"
            if b"true" in run_query(asked).content:
                break
        except ServerBusy:  # no snapshot yet
            time.sleep(0.1)
        assert time.perf_counter() - start < 60
    times.append((time.perf_counter() - start) * 1000)
print(statistics.median(times[1:]), max(times[1:]))
"""


def main() -> None:
    """Print the milliseconds of each query, and those from a save to its triple."""
    with tempfile.TemporaryDirectory(prefix="movilab-") as folder, override_settings(TRIPLES_ROOT=folder):
        snapshot = Path(folder) / "snapshots" / "1"
        snapshot.parent.mkdir()
        start = time.perf_counter()
        store = Store(str(snapshot))
        store.bulk_extend(_quads())
        store.flush()
        store.optimize()
        print(f"{len(store):>9} triples of {PAGES} pages, made in {time.perf_counter() - start:.0f} s")
        del store
        for name, query in QUERIES.items():
            times = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                run_query(query)
                times.append((time.perf_counter() - start) * 1000)
            print(f"{name:<24} {statistics.median(times):8.1f} ms")
    settings_of_site = {"MOVILAB_URL": f"http://127.0.0.1:{free_port()}"}
    with Instance.temporary(**settings_of_site) as instance, instance.served():
        median, most = map(float, instance.python(LAG).split()[-2:])
        print(f"from a save to its triple {median:6.0f} ms, at most {most:.0f} ms")


def _quads() -> Iterator[Quad]:
    """Yield ten triples for each page, in a graph of its own."""
    numbers = random.Random(1)
    base = f"{settings.BASE_ADDRESS}/wiki/"
    names = (
        "Ville",
        "Département",
        "Services",
        "Outils",
        "Téléphone",
        "Site",
        "Surface",
        "Statut",
        "Offres",
        "Besoins",
    )
    properties = [NamedNode(f"{base}Property:{name}") for name in names]
    for pk in range(PAGES):
        page, graph = NamedNode(f"{base}Lieu_{pk}"), graph_name(pk)
        town = numbers.randrange(3_000)
        others = (f"Valeur {numbers.randrange(5_000)}" for _ in range(8))
        values = [f"Ville {town}", f"Département {town % 100}", *others]
        for property_, value in zip(properties, values, strict=True):
            yield Quad(page, property_, Literal(value), graph)


if __name__ == "__main__":
    main()
