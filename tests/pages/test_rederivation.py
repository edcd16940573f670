"""After an upgrade that derives data otherwise, the worker derives it again, page by page."""

from __future__ import annotations

import pytest

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.facts.models import Fact
from wiki.pages import background_jobs
from wiki.pages.models import PageLink
from wiki.pages.rendering import link_table
from wiki.pages.task_models import DerivedRevision, TaskFailure
from wiki.pages.writing import rebuild_derived, rederivation
from wiki.pages.writing.rederivation import RederivationJob

pytestmark = pytest.mark.django_db


def upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the links of all pages be wrong, as an earlier release derived them."""
    PageLink.objects.all().delete()
    monkeypatch.setattr(link_table.LinkTableUpdater, "revision", link_table.LinkTableUpdater.revision + 1)


def test_a_new_wiki_is_derived_by_its_release() -> None:
    assert rederivation.outdated_kinds() == []
    assert rederivation.progress() is None
    assert not RederivationJob().run()


def test_data_of_all_pages_is_derived_again(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    for number in range(rederivation.PAGES_PER_RUN + 2):
        make_page(f"Page {number}", f"Voir [[Page {number + 1}]].", by=alice)
    before = rebuild_derived.snapshot()
    upgrade(monkeypatch)
    assert rederivation.outdated_kinds() == ["links"]
    assert rederivation.progress() == (0, rederivation.PAGES_PER_RUN + 2)
    job = RederivationJob()
    assert job.run()
    assert rederivation.progress() == (rederivation.PAGES_PER_RUN, rederivation.PAGES_PER_RUN + 2)
    while RederivationJob().run():  # a worker that was killed goes on where it was
        continue
    assert rederivation.outdated_kinds() == []
    assert rebuild_derived.snapshot() == before


def test_a_database_of_an_older_release_is_derived_again(alice: User) -> None:
    make_page("Page", "Voir [[Autre]].", by=alice)
    before = rebuild_derived.snapshot()
    DerivedRevision.objects.all().delete()
    PageLink.objects.all().delete()
    rederivation.record_new_wiki()
    background_jobs.run_pending()
    assert rebuild_derived.snapshot() == before
    assert rederivation.outdated_kinds() == []


def test_the_pages_whose_facts_and_links_change_are_logged(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    page = make_page("Un", "---\nVille: Lyon\nNote: a\n---\nVoir [[L’atelier]] et [[Deux]].", by=alice)
    make_page("Deux", "Voir [[Un]].", by=alice)
    PageLink.objects.filter(page=page, key="Deux").update(key="Trois")
    PageLink.objects.filter(page=page, key="L'atelier").update(key="L’atelier")
    Fact.objects.filter(page=page, raw="Lyon").update(raw="Brest")
    DerivedRevision.objects.all().delete()
    background_jobs.run_pending()
    found = [record.getMessage() for record in caplog.records if "are others" in record.getMessage()]
    assert found == ["Facts and links of “Un” are others now: - Ville: Brest; - [[Trois]]; + Ville: Lyon; + [[Deux]]"]


def test_a_page_that_cannot_be_derived_stops_no_other(monkeypatch: pytest.MonkeyPatch, alice: User) -> None:
    first = make_page("Un", "Voir [[Autre]].", by=alice)
    make_page("Deux", "Voir [[Autre]].", by=alice)
    upgrade(monkeypatch)
    rebuild = rebuild_derived.rebuild_pages

    def failing(pks: list[int]) -> bool:
        if pks == [first.pk]:
            raise ValueError("no")
        return rebuild(pks)

    monkeypatch.setattr(rebuild_derived, "rebuild_pages", failing)
    while RederivationJob().run():
        continue
    assert [link.page.title for link in PageLink.objects.all()] == ["Deux"]
    monkeypatch.setattr(rebuild_derived, "rebuild_pages", rebuild)
    TaskFailure.objects.update(next_try_at=first.edited_at)
    RederivationJob().run()
    assert {link.page.title for link in PageLink.objects.all()} == {"Un", "Deux"}
    assert not TaskFailure.objects.exists()
