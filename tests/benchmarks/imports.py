"""Measures imports with their history, until search finds them; `make bench` calls it.

`imports.py 3000 600`: 3,000 versions of pages of some 2 KB, five of each page, then 600 of pages of 90 KB, twenty of
each. While the command imports, the worker indexes, as on a served wiki.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

from tests.instances import MANAGE, Instance

WAITING = "from wiki.search.models import OutboxEntry\nprint(OutboxEntry.objects.count())"


def entries(count: int, passages: int, each: int) -> Iterator[dict[str, Any]]:
    """Yield the entries of the history of pages with so many passages (of some 160 characters), `each` of a page."""
    from tests.benchmarks.history import Writers

    writers, dice = Writers(1), random.Random(1)
    for number in range(count // each):
        page = [writers.passage() for _ in range(passages)]
        for version in range(each):
            head = f"---\nVille: Ville {dice.randrange(200)}\nVoisin: '[[Page {dice.randrange(count)}]]'\n---\n\n"
            day = f"2020-01-{number % 28 + 1:02}T{version:02}:{number // 28 % 60:02}:00Z"
            text = head + "\n\n".join(page)
            yield {
                "path": f"page-{number}.md", "date": day, "author": f"Personne {number % 30}", "comment": "",
                "text": text,
            }  # fmt: skip
            page = writers.edited(page)


def measure(count: int, passages: int, each: int) -> None:
    """Import so many versions; print the versions per second that are committed, and that search finds."""
    with Instance.temporary() as instance:
        file = instance.data / "history.jsonl"
        lines = [json.dumps(entry, ensure_ascii=False) for entry in entries(count, passages, each)]
        file.write_text("\n".join(lines), encoding="utf-8")
        size = file.stat().st_size / len(lines) / 1024
        worker = instance.script(MANAGE, "work")
        try:
            start = time.perf_counter()
            _, errors = instance.script(MANAGE, "import_history", str(file), "--work", "Essai").communicate(3600)
            committed = time.perf_counter() - start
            while int(instance.python(WAITING)):
                time.sleep(0.5)
            searchable = time.perf_counter() - start
        finally:
            worker.kill()
            worker.communicate(60)
        print(
            f"{len(lines)} versions of {size:.0f} KB: {len(lines) / committed:.0f}/s committed,"
            f" {len(lines) / searchable:.0f}/s found by search {errors.strip()}",
            flush=True,
        )


def main(small: int, large: int) -> None:
    """Measure both sizes."""
    django.setup()
    measure(small, 12, 5)
    measure(large, 560, 20)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or ("3000", "600")))
