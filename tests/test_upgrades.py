"""A wiki of an earlier release migrates to this one, on both databases, and is whole afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.instances import Instance
from tests.upgrades import FOLDER

RELEASES = sorted(FOLDER.glob("*.json.gz"))
UPGRADE = """
import json, sys
from pathlib import Path
from django.core.management import call_command
from tests import upgrades
upgrades.load(Path(sys.argv[1]))
call_command("migrate", verbosity=0)
print(json.dumps(upgrades.schema()))
"""
SCHEMA = """
import json
from tests import upgrades
print(json.dumps(upgrades.schema()))
"""
LOOK = """
import json
from django.test import Client
from wiki.moderation.models import Proposal
from wiki.notifications.models import Watch
from wiki.pages import background_jobs
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author
from wiki.search.models import OutboxEntry, SavedSearch
from wiki.history.models import TitlePeriod
titled = set(TitlePeriod.objects.values_list("title_key", flat=True))
untitled = WikiPage.objects.filter(title_key__isnull=False).exclude(title_key__in=titled).count()
background_jobs.run_pending()
stored = rebuild_derived.snapshot()
rebuild_derived.rebuild()
rebuilt = rebuild_derived.snapshot()
differs = [name for name in stored if stored[name] != rebuilt[name]]
background_jobs.run_pending()
client = Client(headers={"host": "127.0.0.1:8000", "accept-language": "fr"})
page = WikiPage.objects.get(title_key="Pain")
page_writer.edit(page, "# Pain\\n\\nDu seigle.", Author(None, "script"))
background_jobs.run_pending()
proposal = Proposal.objects.get()
print(json.dumps({
    "untitled": untitled,
    "differs": differs,
    "codes": {title: client.get("/wiki/" + title).status_code for title in ("Atelier", "Pain", "Fournil", "Parti")},
    "found": {word: "/wiki/Pain" in client.get("/search?q=" + word).content.decode() for word in ("seigle", "zzz")},
    "list": "Fournil" in client.get("/wiki/Atelier").content.decode(),
    "history": client.get("/history/Pain").status_code,
    "waiting": OutboxEntry.objects.count(),
    "proposal": [proposal.is_open, proposal.thread.posts.count(), client.get(f"/proposal/{proposal.pk}").status_code],
    "kept": [Watch.objects.filter(target_kind="upstream").count(), SavedSearch.objects.count()],
}))
"""


def test_a_release_that_can_be_upgraded_is_there() -> None:
    assert [path.name for path in RELEASES][:1] == ["0.1.0.json.gz"]


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name.removesuffix(".json.gz"))
def test_it_upgrades(release: Path, make_instance: Callable[..., Instance]) -> None:
    old, new = make_instance(MOVILAB_DEBUG="True"), make_instance()  # debug: no collected static files
    upgraded = run(old, UPGRADE, str(release))
    assert upgraded == run(new, SCHEMA)
    seen = run(old, LOOK)
    assert seen["untitled"] == 0, "before the worker derives former titles, pages have those of today"
    assert seen["differs"] == [], "the worker derives anew what this release derives otherwise"
    assert seen["codes"] == {"Atelier": 200, "Pain": 200, "Fournil": 200, "Parti": 404}
    assert seen["found"] == {"seigle": True, "zzz": False}
    assert seen["list"]
    assert seen["history"] == 200
    assert seen["waiting"] == 0
    assert seen["proposal"] == [True, 1, 200]
    assert seen["kept"] == [1, 1]


def run(instance: Instance, code: str, *arguments: str) -> Any:
    """The JSON that `code` prints last, run in the wiki of `instance`."""
    script = instance.script(code, *arguments)
    out, err = script.communicate(timeout=600)
    assert script.returncode == 0, err
    return json.loads(out.splitlines()[-1])
