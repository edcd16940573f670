"""A writing process that is killed at any moment (`kill -9`) leaves complete versions only."""

from __future__ import annotations

import json
import random
import time

import pytest

from tests.instances import Instance

KILLS = 8

BEGIN = """
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
by = Author(None, "script")
page_writer.create_place("Port", "Un lieu.", by)
page_writer.create("Port:Page", "Début.", by)
"""

# Saves, creates, moves and imports in an endless loop; prints the label of each edit after its commit.
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
parser_process.parse_bounded("Starts the parser process.")
print("ready", flush=True)
for iteration in itertools.count():
    page = page_lookup.find_by_key("Port:Page") or page_lookup.find_by_key("Page")
    label = f"r{round_}t{iteration}."
    page_writer.edit(page, page.source.text + "\\n\\n" + label, by)
    print(label, flush=True)
    page_writer.create(f"Port:Page {label}", "Nouvelle.", by)
    page_moves.move(page_lookup.find_by_key("Port:Page") or page_lookup.find_by_key("Page"),
                "Page" if iteration % 2 == 0 else "Port:Page", by, leave_redirect=False)
    port = page_lookup.find_by_key("Port")
    store([NewVersion(page, text, PageFields(0, port, f"Import {label} {number}", False, "CC-BY-SA-4.0", "fr"), by)
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
incomplete = [page.full_title for page in heads if not page.version == page.last == page.count]
texts = dict(PageText.objects.values_list("page_id", "text"))
wrong = [v.title for v in PageVersion.objects.filter(number=F("page__version")).select_related("stored")
         if v.text() != texts.get(v.page_id)]
imported = PageVersion.objects.filter(changeset__act="import").values("changeset").annotate(n=Count("pk"))
changesets = list(imported.values_list("n", flat=True))
before = rebuild_derived.snapshot()
rebuild_derived.rebuild()
page = WikiPage.objects.get(title="Page", redirect_key="")
print(json.dumps({
    "incomplete": incomplete, "wrong": wrong, "changesets": sorted(set(changesets)),
    "orphans": Version.objects.filter(page_version=None).count() + Revision.objects.filter(version=None).count(),
    "problems": [list(map(str, some)) for some in Page.find_problems()],
    "same": rebuild_derived.snapshot() == before, "text": page.source.text, "versions": PageVersion.objects.count(),
}))
"""


@pytest.mark.slow
def test_killed_process_leaves_complete_versions(instance: Instance) -> None:
    instance.python(BEGIN)
    rng, printed, duration = random.Random(7), [], 0.0
    for number in range(KILLS):
        worker = instance.script(WORK, str(number))
        assert worker.stdout.readline() == "ready\n"
        printed.append(worker.stdout.readline().strip())
        if not duration:
            # The first process measures one iteration; the others are killed at a random time of theirs.
            start = time.monotonic()
            printed.append(worker.stdout.readline().strip())
            duration = time.monotonic() - start
        time.sleep(rng.uniform(0, 1.5 * duration))
        worker.kill()
        out, _ = worker.communicate(timeout=60)
        printed += [line for line in out.splitlines() if line.endswith(".")]
    assert len(printed) > KILLS
    end = json.loads(instance.python(END).splitlines()[-1])
    assert end["incomplete"] == end["wrong"] == []
    assert end["orphans"] == 0
    assert end["changesets"] == [40]
    assert end["problems"] == [[], [], [], [], []]
    assert end["same"]
    assert [label for label in printed if label not in end["text"]] == []
