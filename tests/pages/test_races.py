"""Processes that make the same change at the same time: one succeeds, the others get an error, data is consistent."""

from __future__ import annotations

import json
import time

import pytest

from tests.instances import Instance
from tests.pages.test_concurrency import END

PROCESSES, ROUNDS = 4, 3

BEGIN = """
from wiki.accounts.models import User
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
by = Author(None, "script")
page_writer.create_place("Port", "Un lieu.", by)
page_writer.create_place("Nom 0", "Un lieu qui change de nom.", by)
for number in range(ROUNDS):
    page_writer.create_place(f"Vide {number}", "Un lieu vide.", by)
    page_writer.create(f"Source {number}", "Un texte.", by)
    page_writer.create(f"Gauche {number}", "À gauche.", by)
    page_writer.create(f"Droite {number}", "À droite.", by)
    page_writer.create(f"Port:Fragile {number}", "Un.\\n\\nDeux.", by)
""".replace("ROUNDS", str(ROUNDS))

WORK = """
import json, sys, time
from wiki.errors import WikiError
from wiki.forks.fork_creation import ForkTarget, fork
from wiki.pages import page_lookup
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author, EditSummary
me, rounds, start = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
by, succeeded, failed = Author(None, f"auteur {me}"), [], []

def wait_until(seconds):
    time.sleep(max(0, start + seconds - time.time()))

def attempt(name, act):
    try:
        if act():
            succeeded.append(name)
    except WikiError as error:
        failed.append([name, type(error).__name__])

def renamed_place():
    return next(page for page in page_lookup.WikiPage.objects.filter(is_place=True).select_related("source", "place")
                if page.full_title.startswith("Nom"))

for iteration in range(rounds):
    wait_until(iteration * 1.5)
    attempt(f"page {iteration}", lambda: page_writer.create(f"Port:Page {iteration}", f"De {me}.", by).changed)
    attempt(f"place {iteration}", lambda: page_writer.create_place(f"Lieu {iteration}", f"De {me}.", by).changed)
    attempt(f"same {iteration}", lambda: page_writer.create(f"Même {iteration}", "Un même texte.", by).changed)
    source, port = page_lookup.find_by_key(f"Source {iteration}"), page_lookup.find_by_key("Port")
    attempt(f"fork {iteration}", lambda: fork(source, ForkTarget(place=port), by))
    attempt(f"new place {iteration}", lambda: fork(source, ForkTarget(new_place=f"Tout neuf {iteration}"), by))
    left, right = (page_lookup.find_by_key(f"{side} {iteration}") for side in ("Gauche", "Droite"))
    if left and right:
        one, to = (left, f"Droite {iteration}") if me % 2 else (right, f"Gauche {iteration}")
        attempt(f"swap {iteration}", lambda: page_moves.move(one, to, by).changed)
        if me == 0:
            attempt(f"away {iteration}", lambda: page_moves.move(left, f"Port:Gauche {iteration}", by).changed)
    fragile = page_lookup.find_by_key(f"Port:Fragile {iteration}")
    if fragile and me == 1:
        attempt(f"deletion {iteration}", lambda: page_writer.delete(fragile, by).changed)
    elif fragile:
        text = fragile.source.text + f"\\n\\nm{me}t{iteration}."
        attempt(f"edit {iteration}", lambda: page_writer.edit(fragile, text, by, EditSummary(), base=1).changed)
    if empty := page_lookup.find_by_key(f"Vide {iteration}"):
        attempt(f"fill {iteration}", lambda: (
            page_writer.delete(empty, by) if me == 3 else
            page_writer.create(f"Vide {iteration}:Page {me}", "Ici.", by)).changed)
    if me == 2:
        attempt(f"rename {iteration}", lambda: page_moves.move(renamed_place(), f"Nom {iteration + 1}", by).changed)
    else:
        title = f"{renamed_place().full_title}:Page {me} {iteration}"
        attempt(f"inhabit {iteration}", lambda: page_writer.create(title, "Ici.", by).changed)
print(json.dumps({"succeeded": succeeded, "failed": failed}))
"""

# Pages without the prefix of their place, under the old name of a place, or in a deleted place.
MISPLACED = """
import json
from wiki.pages.models import WikiPage
without_prefix = [page.full_title for page in WikiPage.objects.exclude(place=None).select_related("place")
          if page.title_key and not page.full_title.startswith(page.place.full_title + ":")]
under_old_name = [page.full_title for page in WikiPage.objects.filter(place=None, title_key__startswith="Nom ")
        if ":" in page.full_title and not page.redirect_key]
in_deleted_place = [page.full_title for page in WikiPage.objects.filter(place__title_key=None, title_key__isnull=False)
            if page.place_id]
print(json.dumps({"without_prefix": without_prefix, "under_old_name": under_old_name,
                  "in_deleted_place": in_deleted_place}))
"""


@pytest.mark.slow
def test_one_of_many_processes_succeeds(instance: Instance) -> None:
    instance.python(BEGIN)
    start = str(time.time() + 1)
    workers = [instance.script(WORK, str(number), str(ROUNDS), start) for number in range(PROCESSES)]
    succeeded: list[str] = []
    failed: list[tuple[str, str]] = []
    for worker in workers:
        out, err = worker.communicate(timeout=300)
        assert worker.returncode == 0, err[-3000:]
        outcome = json.loads(out.splitlines()[-1])
        succeeded += outcome["succeeded"]
        failed += [(name, error) for name, error in outcome["failed"]]
    for iteration in range(ROUNDS):
        for action in ("page", "place", "fork", "new place"):
            assert succeeded.count(f"{action} {iteration}") == 1, (action, iteration)
            assert [error for name, error in failed if name == f"{action} {iteration}"] == ["TitleTaken"] * (
                PROCESSES - 1
            )
        assert succeeded.count(f"same {iteration}") == 1, "a form sent twice is saved once"
        assert [error for name, error in failed if name == f"same {iteration}"] == []
    assert sum(name.startswith("rename") for name in succeeded) == ROUNDS
    assert sum(name.startswith("deletion") for name in succeeded) == ROUNDS
    end = json.loads(instance.python(END).splitlines()[-1])
    assert end["problems"] == [[], [], [], [], []]
    assert end["gaps"] == []
    assert end["urls"] == []
    assert end["differs"] == {}
    misplaced = json.loads(instance.python(MISPLACED).splitlines()[-1])
    assert misplaced["without_prefix"] == []
    assert misplaced["under_old_name"] == []
    assert misplaced["in_deleted_place"] == []
