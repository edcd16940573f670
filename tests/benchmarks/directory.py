"""Measures directories in memory: what a request narrows, counts and puts on the map; `make bench` calls it.

Tables of 1,512 and 20,000 places with random towns, services, floor areas and coordinates.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

import statistics
import time

from django.http import QueryDict

from tests.directory.tables import FIELDS, random_places
from wiki.directory.directory_query import read_query
from wiki.directory.directory_results import evaluate
from wiki.directory.facet_options import list_facets
from wiki.directory.map_clusters import bounds_of, make_markers, zoom_for

ROUNDS = 30
QUERIES = {
    "all": "",
    "two facets": "departement=Département 7&departement=Département 8&services=Service 3",
    "near, by distance": "near=45.43,4.39&within=100",
    "floor area": "surface-min=100&surface-max=300",
}
NOW = datetime(2026, 12, 1, 10, 0)


def main() -> None:
    """Print the median milliseconds of processor time of each query at both sizes."""
    for size in (1_512, 20_000):
        table = random_places(size, 1)
        for name, parameters in QUERIES.items():
            query = read_query(QueryDict(parameters), FIELDS)
            times = []
            for _ in range(ROUNDS):
                start = time.process_time()
                results = evaluate(table, query, NOW)
                list_facets(results, query, "fr")
                bounds = bounds_of(table.rows[index] for index in results.rows)
                if bounds is not None:
                    make_markers(table.rows, results.rows, bounds, zoom_for(bounds))
                times.append((time.process_time() - start) * 1000)
            print(f"{size:>6} places, {name:<18} {statistics.median(times):6.1f} ms  {len(results.rows):>6} found")


if __name__ == "__main__":
    main()
