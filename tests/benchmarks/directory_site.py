"""Measures the directory of places as the site answers it: over HTTP, and until its map can be used in Chromium.

Wikis with 1,512 and 20,000 places are imported by the command. `make bench` calls it; sizes may be given as arguments.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import statistics
import tempfile
import time
from urllib.request import Request, urlopen

from playwright.sync_api import sync_playwright

from tests.benchmarks.bench import wiki_of
from tests.instances import Instance
from tests.machine import chromium

SIZES = (1_512, 20_000)
ROUNDS = 15
ADDRESSES = {
    "all": "/directory/place",
    "near, by distance": "/directory/place?near=45.43,4.39&within=100",
    "one facet": "/directory/place?departement=Loire",
    "markers of a part": "/directory/place/markers?bbox=41,-5,51,9&z=7",
}


def main(sizes: list[int]) -> None:
    """Print milliseconds and compressed kilobytes of each address, and milliseconds until the map has markers."""
    with tempfile.TemporaryDirectory(prefix="movilab-bench-") as folder:
        for size in sizes:
            instance = wiki_of(size, Path(folder))
            try:
                measure(instance, size)
            finally:
                instance.remove()


def measure(instance: Instance, size: int) -> None:
    """Measure one wiki."""
    with instance.served() as site:
        for name, address in ADDRESSES.items():
            times, length = [], 0
            for _ in range(ROUNDS):
                start = time.perf_counter()
                with urlopen(Request(site + address, headers={"accept-encoding": "gzip"})) as response:
                    length = len(response.read())
                times.append((time.perf_counter() - start) * 1000)
            print(f"{size:>6} places, {name:<20} {statistics.median(times):7.1f} ms  {length / 1000:6.1f} KB")
        print(f"{size:>6} places, map in Chromium     {map_milliseconds(site):7.0f} ms")


def map_milliseconds(site: str) -> float:
    """Return the median time from the request to a map with markers; nothing is in the browser's cache."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        times = []
        for _ in range(5):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            start = time.perf_counter()
            page.goto(f"{site}/directory/place", wait_until="commit")
            page.wait_for_selector(".leaflet-marker-icon")
            times.append((time.perf_counter() - start) * 1000)
            context.close()
        browser.close()
    return statistics.median(times)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or list(SIZES))
