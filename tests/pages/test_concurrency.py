"""Eight processes save, create and move pages concurrently: no edit is lost, and the page tree remains consistent."""

from __future__ import annotations

import json

import pytest

from tests.instances import Instance

PROCESSES, SAVES = 8, 35

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
rng, by, done = random.Random(me), Author(None, f"auteur {me}"), []
pages = list(WikiPage.objects.filter(full_title__startswith="Page").values_list("pk", flat=True))
conflicts = 0
for iteration in range(saves):
    pk = rng.choice(pages)
    page = page_lookup.reload_page(pk)
    if iteration % 10 == 9:
        where = rng.choice(["", "Lieu 0:", "Lieu 1:", "Lieu 2:", "Lieu 3:"])
        try:
            page_moves.move(page, where + page.title, by)
        except (TitleTaken, Refused):
            conflicts += 1
        continue
    label = f"m{me}t{iteration}."
    lines = (page.source.text or "").split("\\n\\n")
    position = rng.randrange(len(lines))
    lines.insert(position, f"Ajout {label}")
    try:
        page_writer.edit(page, "\\n\\n".join(lines), by, EditSummary(label), base=page.version)
        done.append(label)
    except EditConflict:
        conflicts += 1
print(json.dumps({"done": done, "conflicts": conflicts}))
"""

END = """
import json
from wagtail.models import Page
from wiki.pages.writing import rebuild_derived
from wiki.pages.models import PageVersion, WikiPage, PageText
before = rebuild_derived.snapshot()
rebuild_derived.rebuild()
after = rebuild_derived.snapshot()
differs = {name: sorted(set(map(str, before[name])) ^ set(map(str, after[name])))[:8]
           for name in before if before[name] != after[name]}
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
def test_concurrent_edits_lose_nothing(instance: Instance) -> None:
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
    saved = [label for outcome in outcomes for label in outcome["done"]]
    assert len(saved) > PROCESSES * SAVES * 0.5
    assert sorted(saved) == sorted(end["comments"])
    lost = [label for label in saved if label not in end["text"]]
    assert lost == []
