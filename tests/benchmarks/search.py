"""Measures page search on generated wikis; `make bench` calls it.

Texts are seeded, of French-looking words as frequent as those of a language (Zipf). Times depend on the machine:
compare ratios within one run only.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

SIZES = (500, 5_000)
WORDS = 200
"""Number of words of a page."""
LEXICON = 20_000
RUNS = 30
SYLLABLES = (
    "ba", "bi", "ca", "che", "cou", "da", "de", "fa", "for", "ga", "gri", "jar", "la", "li", "lu", "ma", "men", "mou",
    "na", "no", "pa", "pi", "por", "re", "ri", "ro", "sa", "so", "ta", "ti", "tri", "va", "vi",
)  # fmt: skip
ENDINGS = ("er", "eur", "tion", "ment", "ique", "age", "ier", "ette", "isme", "oir")


def main() -> None:
    """Measure each size in a separate process."""
    for size in SIZES:
        command = [sys.executable, "-W", "ignore::SyntaxWarning", __file__, str(size)]
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        figures: dict[str, Any] = json.loads(out.splitlines()[-1])
        sizes = f"{figures['size'] / 1e6:.1f} MB for {figures['text'] / 1e6:.1f} MB of text"
        rate = f"{figures['rate']:.0f} objects/s, {sizes}"
        among = f"search, {size} pages"
        print(f"{f'{among}: index built':<62} {rate}")
        print(f"{f'{among}: found after a save':<62} {figures['delay'] * 1000:.0f} ms of the worker")
        for kind, found in figures["kinds"].items():
            figure = f"median {found['median']:.1f} ms, p95 {found['p95']:.1f} ms; {found['hits']:.0f} pages"
            print(f"{f'{among}: {kind}':<62} {figure}", flush=True)


# --- In the measuring process ---------------------------------------------------------------------
def lexicon(dice: random.Random) -> list[str]:
    """Generate words, most frequent first."""
    found: dict[str, None] = {}
    while len(found) < LEXICON:
        found["".join(dice.choices(SYLLABLES, k=dice.randint(1, 3))) + dice.choice(ENDINGS)] = None
    return list(found)


def build(size: int, dice: random.Random) -> tuple[list[str], int]:
    """Create pages with search texts but without versions; return the lexicon and the bytes written."""
    from tests.ask.fact_factories import write_pages
    from wiki.search.models import PageSearchText

    known = lexicon(dice)
    weights = [1 / (rank + 3) for rank in range(LEXICON)]
    pages = write_pages([f"Page {number}" for number in range(size)])
    texts = [" ".join(dice.choices(known, weights, k=WORDS)) for _ in pages]
    PageSearchText.objects.bulk_create(
        [
            PageSearchText(page_id=page.pk, language="fr", title=f"{text.split()[0]} {page.title}", body=text)
            for page, text in zip(pages, texts, strict=True)
        ],
        batch_size=500,
    )
    return known, sum(map(len, texts))


def measure(size: int) -> None:
    """Build a wiki, search it, and print the figures as JSON."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from tests import databases
    from wiki.search import index_updates

    name = str(settings.DATA / "bench.sqlite3")
    databases.copy_template(name)
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    dice = random.Random(4)
    known, written = build(size, dice)
    begun = time.perf_counter()
    count = index_updates.rebuild()
    rate = count / (time.perf_counter() - begun)
    taken = sum(file.stat().st_size for file in settings.INDEX_ROOT.rglob("*") if file.is_file())
    print(
        json.dumps({"rate": rate, "size": taken, "text": written, "delay": delay(), "kinds": kinds(known, size, dice)})
    )
    connection.close()


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


def kinds(known: list[str], size: int, dice: random.Random) -> dict[str, Any]:
    """Measure each kind of query with rare, middle and common words, separately."""
    from wiki.search.models import PageSearchText

    held: dict[str, int] = {}
    for body in PageSearchText.objects.values_list("body", flat=True):
        for word in set(body.split()):
            held[word] = held.get(word, 0) + 1
    classes: dict[str, Callable[[int], bool]] = {
        "rare": lambda count: 0 < count <= max(size * 0.001, 1),
        "middle": lambda count: size * 0.001 < count <= size * 0.02,
        "common": lambda count: count > size * 0.02,
    }
    forms: dict[str, Callable[[list[str]], str]] = {
        "one word": lambda some: dice.choice(some),
        "two words": lambda some: f"{dice.choice(some)} {dice.choice(some)}",
        "a phrase": lambda some: f'"{dice.choice(some)} {dice.choice(some)}"',
        "a beginning": lambda some: f"{dice.choice(some)[:4]}*",
    }
    found = {}
    for name, belongs in classes.items():
        some = sorted(word for word in known if belongs(held.get(word, 0)))
        for form, make in forms.items():
            found[f"{form}, {name}"] = timed([make(some) for _ in range(RUNS)])
    return found


def timed(queries: list[str]) -> dict[str, float]:
    """Time searches as on the search page: hits, facets, and the snippets of the first twenty."""
    from django.contrib.auth.models import AnonymousUser
    from django.http import QueryDict

    from wiki.search import facets, search_results

    user = AnonymousUser()
    times, hits = [], []
    for query in queries:
        begun = time.perf_counter()
        given = search_results.search_pages(query, user)
        facets.list_facets(given.hits, facets.SelectedFacets(), QueryDict(), user)
        search_results.load_results(given.hits[:20], given.leaves, user)
        times.append((time.perf_counter() - begun) * 1000)
        hits.append(len(given.hits))
    times.sort()
    return {
        "median": statistics.median(times),
        "p95": times[int(len(times) * 0.95)],
        "hits": statistics.mean(hits),
    }


if __name__ == "__main__":
    measure(int(sys.argv[1])) if len(sys.argv) > 1 else main()
