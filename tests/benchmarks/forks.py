"""Measures forks (a whole place, a pull, merges against git) and the licence check; `make bench` calls it.

Texts are made up of French words by a seeded generator. Times depend on the machine: compare within one run only.
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
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

from tests.benchmarks.french_words import LINKS, NOUNS, VERBS
from tests.instances import Instance

PAGES, VERSIONS, INGREDIENTS = 1_000, 500, 50
SIZE = 50_000
"""Characters of the merged texts."""
EDITS = (5, 20, 60)
SEEDS = range(5)

# Scripts that run inside a wiki; their last line of output is the result.
PLACE = """
import json, time
from django.contrib.auth.models import AnonymousUser
from wiki.forks import subtree, fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
from wiki.pages.page_fields import PageFields
from wiki.pages.models import WikiPage
from wiki.pages.writing.version_store import NewVersion, store
by = page_writer.Author(None, "Mesure")
place = page_writer.create_place("Grand lieu", "Un lieu.", by).page
line = "Un lieu que des gens font ensemble, avec [[Page %d]] et [[Grand lieu:Page %d]], chaque jour. " * 2
def text(n):
    parts = [f"## Partie {k}\\n\\n{line % (n, n + 1, n + k, n)}" for k in range(4)]
    return f"---\\nNature: Pratique\\nLieu: Grand lieu\\n---\\n" + "\\n\\n".join(parts)
store([
    NewVersion(WikiPage(), text(n), PageFields(0, place, f"Page {n}", False, "CC-BY-SA-4.0", "fr"), by)
    for n in range(%d)
])
pages = [page_lookup.reload_page(place.pk), *subtree.subtree(place, AnonymousUser())]
offers = [option.form_value for option in subtree.fact_rewrite_options(pages)]
start = time.perf_counter(), time.process_time()
copies = fork_creation.fork_all(pages, ForkTarget(new_place="Autre lieu"), by, offers, seed=True)
print(json.dumps([len(copies), time.perf_counter() - start[0], time.process_time() - start[1]]))
"""
PULL = """
import json, statistics, time
from wiki.accounts.models import User
from django.contrib.auth.models import AnonymousUser
from wiki.forks import fork_creation, pull_merge
from wiki.moderation import proposals
from wiki.forks.fork_creation import ForkTarget
from wiki.forks.pull_merge import Merge
from wiki.forks.fork_status import find_fork_status
from wiki.pages import page_lookup
from wiki.pages.writing import page_writer
by, zoe = page_writer.Author(None, "Mesure"), User.objects.create_user("zoe")
body = [f"Le paragraphe {n} dit ce que des gens font ensemble, chaque jour de la semaine." for n in range(60)]
page = page_writer.create("Pain", "\\n\\n".join(body), by).page
fork = fork_creation.fork(page, ForkTarget(new_place="Fournil"), by)
for number in range(%d):
    body[number %% 50] = f"Le paragraphe {number %% 50} dit autre chose pour la fois {number}."
    page_writer.edit(page_lookup.reload_page(page.pk), "\\n\\n".join(body), by)
mine = page_lookup.reload_page(fork.pk).source.text
page_writer.edit(page_lookup.reload_page(fork.pk), mine.replace("paragraphe 55 dit", "paragraphe 55 raconte"), by)
def timed(act, rounds=5):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        found = act()
        times.append((time.perf_counter() - start) * 1000)
    return found, statistics.median(times)
touch, touching = timed(lambda: find_fork_status(page_lookup.reload_page(fork.pk), AnonymousUser()))
def plan():
    merge = Merge.of(page_lookup.reload_page(fork.pk), pull_merge.upstream_version(page_lookup.reload_page(page.pk)))
    assert merge.merged.text is not None
    return merge
merge, planning = timed(plan)
def back():
    merge = Merge.of(page_lookup.reload_page(page.pk), pull_merge.upstream_version(page_lookup.reload_page(fork.pk)))
    return proposals.propose(merge, merge.merged.text, "Mieux", zoe)
_, proposed = timed(back)
_, saved = timed(lambda: merge.save(merge.merged.text, by), 1)
print(json.dumps([len(touch.behind), touching, planning, saved, proposed]))
"""


def prose(dice: random.Random, size: int) -> list[str]:
    """Generate paragraphs of random sentences, with `size` characters in all."""
    found: list[str] = []
    while sum(map(len, found)) < size:
        words = [dice.choice((LINKS, NOUNS, VERBS)[at % 3]) for at in range(dice.randint(20, 90))]
        found.append(" ".join(words).capitalize() + ".")
    return found


def edited(paragraphs: Sequence[str], edits: int, dice: random.Random) -> str:
    """Return the text after random edits: words replaced, paragraphs added or removed."""
    text = list(paragraphs)
    for _ in range(edits):
        at = dice.randrange(len(text))
        what = dice.random()
        if what < 0.7:
            words = text[at].split()
            words[dice.randrange(len(words))] = dice.choice(NOUNS)
            text[at] = " ".join(words)
        elif what < 0.9:
            text.insert(at, prose(dice, 1)[0])
        else:
            del text[at]
    return "\n\n".join(text) + "\n"


def merges() -> None:
    """Measure conflicts and time of merges, compared with git."""
    from wiki.text.merging.document_merge import merge_documents

    for edits in EDITS:
        ours: list[tuple[int, float]] = []
        gits: list[tuple[int, float]] = []
        for seed in SEEDS:
            dice = random.Random(seed)
            base = prose(dice, SIZE)
            texts = ["\n\n".join(base) + "\n", edited(base, edits, dice), edited(base, edits, dice)]
            start = time.perf_counter()
            joined = merge_documents(*texts)
            ours.append((len(joined.conflicts), (time.perf_counter() - start) * 1000))
            gits.append(by_git(*texts))
        figures = [
            f"{sum(count for count, _ in some) / len(some):.1f} clashes, {median(some):.0f} ms" for some in (ours, gits)
        ]
        print(f"Merge of {SIZE // 1000} KB, {edits} edits a side: {figures[0]}; git merge-file: {figures[1]}")


def median(some: list[tuple[int, float]]) -> float:
    """Return the median of the times."""
    return statistics.median(ms for _, ms in some)


def by_git(base: str, mine: str, theirs: str) -> tuple[int, float]:
    """Merge by git; return the number of conflicts, and the time, with that of starting git."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("base", base), ("mine", mine), ("theirs", theirs)):
            Path(folder, name).write_text(text, encoding="utf-8")
        start = time.perf_counter()
        done = subprocess.run(["git", "merge-file", "-p", "mine", "base", "theirs"], cwd=folder, capture_output=True)
        return done.returncode, (time.perf_counter() - start) * 1000


def licences() -> None:
    """Measure the licence check of a page with many sources."""
    import django

    django.setup()
    from wiki.licenses import catalogue, compatibility

    some = [one for one in catalogue.LICENSES if compatibility.check(one, "CC-BY-SA-4.0").allowed]
    sources = [some[at % len(some)] for at in range(INGREDIENTS)]
    start = time.perf_counter()
    verdict = compatibility.check_all(sources, "CC-BY-SA-4.0")
    took = (time.perf_counter() - start) * 1000
    print(f"Licence check over {INGREDIENTS} ingredients: {took:.1f} ms, allowed: {verdict.allowed}")


def main() -> None:
    """Measure, and print every figure."""
    merges()
    licences()
    with Instance.temporary() as instance:
        pages, wall, used = json.loads(instance.python(PLACE.replace("%d)", f"{PAGES})")).splitlines()[-1])
        print(f"Fork of a place with {pages} pages: {wall:.1f} s, {used:.1f} s of them computing in its process")
        behind, *times = json.loads(instance.python(PULL % VERSIONS).splitlines()[-1])
        named = zip(("banner", "merge", "save", "proposal"), times, strict=True)
        print(f"Fork {behind} versions behind: " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in named))


if __name__ == "__main__":
    main()
