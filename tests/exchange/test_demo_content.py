"""The demo is loaded once, under its own dates, and never overwrites edits by people."""

from __future__ import annotations

import shutil
import tomllib
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from wagtail.models import Page

from wiki.accounts.models import User
from wiki.exchange.importers import demo_content
from wiki.facts.models import Fact
from wiki.management.commands.load_demo import fork_into, propose_upstream
from wiki.moderation.models import Proposal
from wiki.pages.media_models import Picture
from wiki.pages.models import Changeset, Fork, PageVersion, Stewardship, WikiPage
from wiki.pages.writing import page_writer

DEMO = Path(__file__).resolve().parents[2] / "demo"
SOMEONE = page_writer.Author(None, "Quelqu'un")

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

ACTS = """
[[act]]
do = "place"
title = "La Filature"
text = "lieu.md"
steward = "bob"
by = "bob"
at = 2024-01-10T10:05:00+01:00

[[act]]
do = "create"
title = "Catégorie:Accueil"
text = "charte.md"
by = "Mado"
at = 2024-01-11T10:05:00+01:00

[[act]]
do = "create"
title = "Charte"
text = "charte.md"
by = "Mado"
license = "CC-BY-4.0"
at = 2024-01-12T10:05:00+01:00
comment = "Une charte"

[[act]]
do = "edit"
title = "Charte"
minor = true
replace = [["On range.", "On range tout."]]
by = "alice"
at = 2024-01-13T10:05:00+01:00

[[act]]
do = "move"
title = "Charte"
to = "Charte d'usage"
by = "admin"
at = 2024-01-14T10:05:00+01:00
comment = "Plus clair"

[[act]]
do = "fork"
title = "Charte d'usage"
into = "La Filature"
by = "bob"
at = 2024-01-15T10:05:00+01:00
comment = "Reprise"
"""
MORE = """
[[act]]
do = "edit"
title = "Charte d'usage"
replace = [["On sourit.", "On rit."]]
by = "alice"
at = 2024-02-01T10:05:00+01:00
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small demo, with the accounts of the real one."""
    demo = tmp_path / "demo"
    (demo / "texts").mkdir(parents=True)
    (demo / "pictures").mkdir()
    shutil.copy(DEMO / "accounts.toml", demo)
    (demo / "pictures.toml").write_text("", "utf-8")
    (demo / "history.toml").write_text(ACTS, "utf-8")
    (demo / "texts/lieu.md").write_text("Un lieu.\n", "utf-8")
    (demo / "texts/charte.md").write_text("On range.\n\nOn sourit.\n", "utf-8")
    return demo


def load(folder: Path) -> demo_content.DemoReport:
    """Load a demo, as the command does."""
    return demo_content.load(folder, fork_into, propose_upstream)


def get(title: str) -> WikiPage:
    """Return the page called `title`."""
    found: WikiPage = WikiPage.objects.get(full_title=title, title_key__isnull=False)
    return found


def tables(name: str) -> list[dict[str, Any]]:
    """Return the tables of a file of the real demo."""
    [found] = tomllib.loads((DEMO / name).read_text("utf-8")).values()
    return list(found)


def test_it_applies_acts_under_their_own_dates(folder: Path) -> None:
    report = load(folder)
    assert (report.accounts, report.acts, report.skipped) == (4, 6, [])
    page = get("Charte d'usage")
    assert page.source.text == "On range tout.\n\nOn sourit.\n"
    assert page.license == "CC-BY-4.0"
    versions = [
        (v.author_name, v.claimed_at.day, v.comment, v.minor, v.title) for v in page.versions.order_by("number")
    ]
    assert versions == [
        ("Mado", 12, "Une charte", False, "Charte"),
        ("alice", 13, "", True, "Charte"),
        ("admin", 14, "Plus clair", False, "Charte d'usage"),
    ]
    assert (page.created_at.day, page.edited_at.day) == (12, 14)
    assert get("Charte").redirect_key == page.title_key
    assert get("Charte").versions.get().claimed_at.day == 14
    assert Stewardship.objects.get().place == get("La Filature")
    assert Stewardship.objects.get().user.username == "bob"
    assert set(Changeset.objects.values_list("act", flat=True)) == {"demo", "fork", "move"}
    assert not any(Page.find_problems())


def test_it_forks_pages(folder: Path) -> None:
    load(folder)
    copy = get("La Filature:Charte d'usage")
    fork = Fork.objects.get(page=copy)
    assert (fork.upstream, fork.upstream_version) == (get("Charte d'usage"), 3)
    assert fork.made_at.day == 15
    assert copy.license == "CC-BY-4.0"
    assert copy.versions.get().comment == "Reprise de Charte d'usage, version 3"
    assert copy.versions.get().claimed_at.day == 15


def test_it_adds_nothing_the_second_time(folder: Path) -> None:
    load(folder)
    before = PageVersion.objects.count(), WikiPage.objects.count(), User.objects.count(), Changeset.objects.count()
    report = load(folder)
    assert (report.accounts, report.pictures, report.acts, report.known) == (0, 0, 0, 6)
    assert before == (
        PageVersion.objects.count(),
        WikiPage.objects.count(),
        User.objects.count(),
        Changeset.objects.count(),
    )


def test_it_applies_new_acts(folder: Path) -> None:
    load(folder)
    (folder / "history.toml").write_text(ACTS + MORE, "utf-8")
    report = load(folder)
    assert (report.acts, report.known) == (1, 6)
    assert get("Charte d'usage").source.text == "On range tout.\n\nOn rit.\n"


def test_it_never_overwrites_edits(folder: Path) -> None:
    load(folder)
    page_writer.edit(get("Charte d'usage"), "Tout autre chose.\n", SOMEONE)
    page_writer.delete(get("Category:Accueil"), SOMEONE)
    (folder / "history.toml").write_text(ACTS + MORE, "utf-8")
    report = load(folder)
    assert (report.acts, len(report.skipped)) == (0, 1)
    assert get("Charte d'usage").source.text == "Tout autre chose.\n"
    assert not WikiPage.objects.filter(title_key="Category:Accueil").exists()


def test_it_reports_an_invalid_folder(folder: Path) -> None:
    (folder / "history.toml").write_text("[[act", "utf-8")
    with pytest.raises(CommandError, match=r"history\.toml"):
        call_command("load_demo", "--folder", str(folder), verbosity=0)


@pytest.mark.slow
def test_it_loads_the_whole_demo_and_repeats_quickly() -> None:
    call_command("load_demo", stdout=StringIO())
    acts = tables("history.toml")
    changeset = PageVersion.objects.all()
    redirects = sum(act["do"] == "move" for act in acts)
    proposals = sum(act["do"] == "propose" for act in acts)
    assert Proposal.objects.count() == proposals > 0
    assert changeset.count() == len(acts) + redirects - proposals
    assert set(changeset.values_list("claimed_at", flat=True)) == {act["at"] for act in acts if act["do"] != "propose"}
    assert Picture.objects.count() == len(tables("pictures.toml"))
    assert Fork.objects.count() == Counter(act["do"] for act in acts)["fork"]
    for account in tables("accounts.toml"):
        user = User.objects.get(username=account["name"])
        assert user.check_password(account["password"])
        assert user.is_superuser is user.is_staff is bool(account.get("administrator"))
        assert user.is_blocked is bool(account.get("blocked"))
    wrong = Fact.objects.filter(removed_in=None, problem__isnull=False)
    assert set(wrong.values_list("page__title", flat=True)) == {"Brouillon de bricothèque"}
    out = StringIO()
    call_command("load_demo", stdout=out)
    assert changeset.count() == len(acts) + redirects - proposals
