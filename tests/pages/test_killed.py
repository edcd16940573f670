"""A process that dies at any moment (`kill -9`) leaves whole versions or nothing."""

from __future__ import annotations

import json
import random
import time

import pytest

from tests.instances import Instance

KILLS = 12

BEGIN = """
from wiki.pages import saving
from wiki.pages.saving import Author
by = Author(None, "script")
saving.create_place("Port", "Un lieu.", by)
saving.create("Port:Page", "Début.", by)
"""

# Saves, creates, moves and imports without end; says each change once it is committed.
WORK = """
import itertools, sys
from wiki.pages import finding, moving, saving
from wiki.pages.saving import Author
from wiki.pages.storing import Draft, store
from wiki.pages.derivers import Fields
from wiki.pages.models import Batch, WikiPage
from wiki.text import worker
round_, by = sys.argv[1], Author(None, "script")
worker.parse_bounded("The process that reads texts is started once.")
print("ready", flush=True)
for turn in itertools.count():
    page = finding.by_key("Port:Page") or finding.by_key("Page")
    mark = f"r{round_}t{turn}."
    saving.edit(page, page.source.text + "\\n\\n" + mark, by)
    print(mark, flush=True)
    saving.create(f"Port:Page {mark}", "Nouvelle.", by)
    moving.move(finding.by_key("Port:Page") or finding.by_key("Page"),
                "Page" if turn % 2 == 0 else "Port:Page", by, leave_redirect=False)
    port = finding.by_key("Port")
    store([Draft(page, text, Fields(0, port, f"Import {mark} {number}", False, "CC-BY-SA-4.0", "fr"), by)
           for number in range(20) for page in [WikiPage()] for text in ("Un.", "Deux.")], Batch(act="import"))
"""

END = """
import json
from django.db.models import Count, F, Max
from reversion.models import Revision, Version
from wagtail.models import Page
from wiki.pages import rebuilding
from wiki.pages.models import PageText, PageVersion, WikiPage
heads = WikiPage.objects.annotate(last=Max("versions__number"), count=Count("versions"))
half = [page.full_title for page in heads if not page.version == page.last == page.count]
texts = dict(PageText.objects.values_list("page_id", "text"))
wrong = [v.title for v in PageVersion.objects.filter(number=F("page__version")).select_related("stored")
         if v.text() != texts.get(v.page_id)]
imported = PageVersion.objects.filter(batch__act="import").values("batch").annotate(n=Count("pk"))
batches = list(imported.values_list("n", flat=True))
kept = rebuilding.snapshot()
rebuilding.rebuild()
page = WikiPage.objects.get(title="Page", redirect_key="")
print(json.dumps({
    "half": half, "wrong": wrong, "batches": sorted(set(batches)),
    "loose": Version.objects.filter(page_version=None).count() + Revision.objects.filter(version=None).count(),
    "problems": [list(map(str, some)) for some in Page.find_problems()],
    "same": rebuilding.snapshot() == kept, "text": page.source.text, "versions": PageVersion.objects.count(),
}))
"""


@pytest.mark.slow
def test_it_leaves_nothing_half_written(instance: Instance) -> None:
    instance.python(BEGIN)
    dice, said, turn = random.Random(7), [], 0.0
    for number in range(KILLS):
        worker = instance.script(WORK, str(number))
        assert worker.stdout.readline() == "ready\n"
        said.append(worker.stdout.readline().strip())
        if not turn:
            # The first may end a turn: so long one takes on this machine, and the others die anywhere in theirs.
            start = time.monotonic()
            said.append(worker.stdout.readline().strip())
            turn = time.monotonic() - start
        time.sleep(dice.uniform(0, 1.5 * turn))
        worker.kill()
        out, _ = worker.communicate(timeout=60)
        said += [line for line in out.splitlines() if line.endswith(".")]
    assert len(said) > KILLS
    end = json.loads(instance.python(END).splitlines()[-1])
    assert end["half"] == end["wrong"] == []
    assert end["loose"] == 0
    assert end["batches"] == [40]
    assert end["problems"] == [[], [], [], [], []]
    assert end["same"]
    assert [mark for mark in said if mark not in end["text"]] == []
