"""Processes that want the same thing at the same moment: one gets it, the others are told, nothing is half done."""

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
by, won, told = Author(None, f"auteur {me}"), [], []

def together(moment):
    time.sleep(max(0, start + moment - time.time()))

def attempt(name, act):
    try:
        if act():
            won.append(name)
    except WikiError as error:
        told.append([name, type(error).__name__])

def the_place():
    return next(page for page in page_lookup.WikiPage.objects.filter(is_place=True).select_related("source", "place")
                if page.full_title.startswith("Nom"))

for turn in range(rounds):
    together(turn * 1.5)
    attempt(f"page {turn}", lambda: page_writer.create(f"Port:Page {turn}", f"De {me}.", by).changed)
    attempt(f"place {turn}", lambda: page_writer.create_place(f"Lieu {turn}", f"De {me}.", by).changed)
    attempt(f"same {turn}", lambda: page_writer.create(f"Même {turn}", "Un même texte.", by).changed)
    source, port = page_lookup.find_by_key(f"Source {turn}"), page_lookup.find_by_key("Port")
    attempt(f"fork {turn}", lambda: fork(source, ForkTarget(place=port), by))
    attempt(f"new place {turn}", lambda: fork(source, ForkTarget(new_place=f"Tout neuf {turn}"), by))
    left, right = (page_lookup.find_by_key(f"{side} {turn}") for side in ("Gauche", "Droite"))
    if left and right:
        one, to = (left, f"Droite {turn}") if me % 2 else (right, f"Gauche {turn}")
        attempt(f"swap {turn}", lambda: page_moves.move(one, to, by).changed)
        if me == 0:
            attempt(f"away {turn}", lambda: page_moves.move(left, f"Port:Gauche {turn}", by).changed)
    fragile = page_lookup.find_by_key(f"Port:Fragile {turn}")
    if fragile and me == 1:
        attempt(f"gone {turn}", lambda: page_writer.delete(fragile, by).changed)
    elif fragile:
        text = fragile.source.text + f"\\n\\nm{me}t{turn}."
        attempt(f"edit {turn}", lambda: page_writer.edit(fragile, text, by, EditSummary(), base=1).changed)
    if empty := page_lookup.find_by_key(f"Vide {turn}"):
        attempt(f"fill {turn}", lambda: (
            page_writer.delete(empty, by) if me == 3 else
            page_writer.create(f"Vide {turn}:Page {me}", "Ici.", by)).changed)
    if me == 2:
        attempt(f"rename {turn}", lambda: page_moves.move(the_place(), f"Nom {turn + 1}", by).changed)
    else:
        title = f"{the_place().full_title}:Page {me} {turn}"
        attempt(f"inhabit {turn}", lambda: page_writer.create(title, "Ici.", by).changed)
print(json.dumps({"won": won, "told": told}))
"""

# Where pages ended up: outside their places, under the old name of one, or in a place that is gone.
WHERE = """
import json
from wiki.pages.models import WikiPage
astray = [page.full_title for page in WikiPage.objects.exclude(place=None).select_related("place")
          if page.title_key and not page.full_title.startswith(page.place.full_title + ":")]
lost = [page.full_title for page in WikiPage.objects.filter(place=None, title_key__startswith="Nom ")
        if ":" in page.full_title and not page.redirect_key]
homeless = [page.full_title for page in WikiPage.objects.filter(place__title_key=None, title_key__isnull=False)
            if page.place_id]
print(json.dumps({"astray": astray, "lost": lost, "homeless": homeless}))
"""


@pytest.mark.slow
def test_it_gives_each_thing_to_one_of_many(instance: Instance) -> None:
    instance.python(BEGIN)
    start = str(time.time() + 1)
    workers = [instance.script(WORK, str(number), str(ROUNDS), start) for number in range(PROCESSES)]
    won: list[str] = []
    told: list[tuple[str, str]] = []
    for worker in workers:
        out, err = worker.communicate(timeout=300)
        assert worker.returncode == 0, err[-3000:]
        outcome = json.loads(out.splitlines()[-1])
        won += outcome["won"]
        told += [(name, error) for name, error in outcome["told"]]
    for turn in range(ROUNDS):
        for thing in ("page", "place", "fork", "new place"):
            assert won.count(f"{thing} {turn}") == 1, (thing, turn)
            assert [error for name, error in told if name == f"{thing} {turn}"] == ["TitleTaken"] * (PROCESSES - 1)
        assert won.count(f"same {turn}") == 1, "a form sent twice is saved once"
        assert [error for name, error in told if name == f"same {turn}"] == []
    assert sum(name.startswith("rename") for name in won) == ROUNDS
    assert sum(name.startswith("gone") for name in won) == ROUNDS
    end = json.loads(instance.python(END).splitlines()[-1])
    assert end["problems"] == [[], [], [], [], []]
    assert end["gaps"] == []
    assert end["urls"] == []
    assert end["differs"] == {}
    where = json.loads(instance.python(WHERE).splitlines()[-1])
    assert where["astray"] == []
    assert where["lost"] == []
    assert where["homeless"] == []
