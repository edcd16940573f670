"""A process that dies at any moment (`kill -9`) leaves whole versions or nothing."""

from __future__ import annotations

import json
import random
import time

import pytest

from tests.instances import Instance

KILLS = 12

BEGIN = """
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
by = Author(None, "script")
page_writer.create_place("Port", "Un lieu.", by)
page_writer.create("Port:Page", "Début.", by)
"""

# Saves, creates, moves and imports without end; says each change once it is committed.
WORK = """
import itertools, sys
from wiki.pages import page_lookup
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
from wiki.pages.writing.version_store import NewVersion, store
from wiki.pages.page_fields import PageFields
from wiki.pages.models import Changeset, WikiPage
from wiki.text.markup import parser_process
round_, by = sys.argv[1], Author(None, "script")
parser_process.parse_bounded("The process that reads texts is started once.")
print("ready", flush=True)
for turn in itertools.count():
    page = page_lookup.find_by_key("Port:Page") or page_lookup.find_by_key("Page")
    mark = f"r{round_}t{turn}."
    page_writer.edit(page, page.source.text + "\\n\\n" + mark, by)
    print(mark, flush=True)
    page_writer.create(f"Port:Page {mark}", "Nouvelle.", by)
    page_moves.move(page_lookup.find_by_key("Port:Page") or page_lookup.find_by_key("Page"),
                "Page" if turn % 2 == 0 else "Port:Page", by, leave_redirect=False)
    port = page_lookup.find_by_key("Port")
    store([NewVersion(page, text, PageFields(0, port, f"Import {mark} {number}", False, "CC-BY-SA-4.0", "fr"), by)
           for number in range(20) for page in [WikiPage()] for text in ("Un.", "Deux.")], Changeset(act="import"))
"""

END = """
import json
from django.db.models import Count, F, Max
from reversion.models import Revision, Version
from wagtail.models import Page
from wiki.pages.writing import rebuild_derived
from wiki.pages.models import PageText, PageVersion, WikiPage
heads = WikiPage.objects.annotate(last=Max("versions__number"), count=Count("versions"))
half = [page.full_title for page in heads if not page.version == page.last == page.count]
texts = dict(PageText.objects.values_list("page_id", "text"))
wrong = [v.title for v in PageVersion.objects.filter(number=F("page__version")).select_related("stored")
         if v.text() != texts.get(v.page_id)]
imported = PageVersion.objects.filter(changeset__act="import").values("changeset").annotate(n=Count("pk"))
changesets = list(imported.values_list("n", flat=True))
kept = rebuild_derived.snapshot()
rebuild_derived.rebuild()
page = WikiPage.objects.get(title="Page", redirect_key="")
print(json.dumps({
    "half": half, "wrong": wrong, "changesets": sorted(set(changesets)),
    "loose": Version.objects.filter(page_version=None).count() + Revision.objects.filter(version=None).count(),
    "problems": [list(map(str, some)) for some in Page.find_problems()],
    "same": rebuild_derived.snapshot() == kept, "text": page.source.text, "versions": PageVersion.objects.count(),
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
    assert end["changesets"] == [40]
    assert end["problems"] == [[], [], [], [], []]
    assert end["same"]
    assert [mark for mark in said if mark not in end["text"]] == []
