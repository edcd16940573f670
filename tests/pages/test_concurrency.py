"""Eight processes save, create and move at once: nothing is lost, the tree stays whole."""

from __future__ import annotations

import json

import pytest

from tests.instances import Instance

PROCESSES, SAVES = 8, 200

BEGIN = """
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
by = Author(None, "script")
for number in range(4):
    page_writer.create_place(f"Lieu {number}", "Un lieu.", by)
    page_writer.create(f"Page {number}", "".join(f"Ligne {line}.\\n\\n" for line in range(40)), by)
"""

WORK = """
import json, random, sys
from wiki.errors import EditConflict, TitleTaken, Refused
from wiki.pages import page_lookup
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.models import WikiPage
from wiki.pages.writing.page_writer import Author, EditSummary
me, saves = int(sys.argv[1]), int(sys.argv[2])
dice, by, done = random.Random(me), Author(None, f"auteur {me}"), []
pages = list(WikiPage.objects.filter(full_title__startswith="Page").values_list("pk", flat=True))
clashes = 0
for turn in range(saves):
    pk = dice.choice(pages)
    page = page_lookup.reload_page(pk)
    if turn % 10 == 9:
        where = dice.choice(["", "Lieu 0:", "Lieu 1:", "Lieu 2:", "Lieu 3:"])
        try:
            page_moves.move(page, where + page.title, by)
        except (TitleTaken, Refused):
            clashes += 1
        continue
    mark = f"m{me}t{turn}."
    lines = (page.source.text or "").split("\\n\\n")
    spot = dice.randrange(len(lines))
    lines.insert(spot, f"Ajout {mark}")
    try:
        page_writer.edit(page, "\\n\\n".join(lines), by, EditSummary(mark), base=page.version)
        done.append(mark)
    except EditConflict:
        clashes += 1
print(json.dumps({"done": done, "clashes": clashes}))
"""

END = """
import json
from wagtail.models import Page
from wiki.pages.writing import rebuild_derived
from wiki.pages.models import PageVersion, WikiPage, PageText
kept = rebuild_derived.snapshot()
rebuild_derived.rebuild()
now = rebuild_derived.snapshot()
differs = {name: sorted(set(map(str, kept[name])) ^ set(map(str, now[name])))[:8]
           for name in kept if kept[name] != now[name]}
gaps = [p.full_title for p in WikiPage.objects.all()
        if list(p.versions.order_by("number").values_list("number", flat=True)) != list(range(1, p.version + 1))]
urls = [p.url_path for p in Page.objects.filter(depth__gt=2) if p.url_path != p.get_parent().url_path + p.slug + "/"]
print(json.dumps({
    "problems": [list(map(str, some)) for some in Page.find_problems()],
    "gaps": gaps, "urls": urls, "differs": differs,
    "comments": list(PageVersion.objects.exclude(comment="").values_list("comment", flat=True)),
    "text": "\\n".join(t for t in PageText.objects.values_list("text", flat=True) if t),
}))
"""


@pytest.mark.slow
def test_eight_processes_lose_nothing(instance: Instance) -> None:
    instance.python(BEGIN)
    workers = [instance.script(WORK, str(number), str(SAVES)) for number in range(PROCESSES)]
    outcomes = []
    for worker in workers:
        out, err = worker.communicate(timeout=500)
        assert worker.returncode == 0, err[-3000:]
        outcomes.append(json.loads(out.splitlines()[-1]))
    end = json.loads(instance.python(END).splitlines()[-1])
    assert end["problems"] == [[], [], [], [], []]
    assert end["gaps"] == []
    assert end["urls"] == []
    assert end["differs"] == {}
    saved = [mark for outcome in outcomes for mark in outcome["done"]]
    assert len(saved) > PROCESSES * SAVES * 0.5
    assert sorted(saved) == sorted(end["comments"])
    lost = [mark for mark in saved if mark not in end["text"]]
    assert lost == []
