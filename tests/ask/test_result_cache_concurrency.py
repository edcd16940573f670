"""Concurrent writers and readers: the results cached in the end are the current ones."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from tests.factories import make_page
from tests.instances import Instance
from wiki.ask.embedding import result_cache
from wiki.pages import page_lookup
from wiki.pages.deferred_content import DeferredResults
from wiki.pages.models import RenderedPage
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

SETUP = """
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
for number in range(6):
    page_writer.create(f"Lieu {number}", f"---\\nVille: Lyon\\n---", by=Author(None, "x"))
for number in range(4):
    asks = "{{#ask: [[Ville::Lyon]] |?Ville|?Places }} {{#ask: [[Ville::Brest]] |format=count }}"
    page_writer.create(f"Liste {number}", asks, by=Author(None, "x"))
"""
WRITER = """
import random
from wiki.errors import EditConflict
from wiki.pages import page_lookup
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
chance = random.Random({seed})
for attempt in range(15):
    page = page_lookup.find_by_key(f"Lieu {{chance.randrange(6)}}")
    text = f"---\\nVille: {{chance.choice(['Lyon', 'Brest'])}}\\nPlaces: {{chance.randrange(9)}}\\n---"
    try:
        page_writer.edit(page, text, Author(None, "{seed}"), base=page.version)
    except EditConflict:
        pass
"""
LONG_TIMEOUT = """
from wiki.ask.embedding import embedded_results
from wiki.ask.execution import timeouts
embedded_results.TIMEOUT_SECONDS = timeouts.TIMEOUT_SECONDS = 60  # six processes on a busy machine: no test of speed
"""
READER = (
    LONG_TIMEOUT
    + """
import random
from wiki.ask.embedding.result_cache import ResultCache
from wiki.pages.models import RenderedPage
chance = random.Random({seed})
for attempt in range(30):
    stored = RenderedPage.objects.select_related("page__place").get(
        page__title=f"Liste {{chance.randrange(4)}}", ui_language=chance.choice(["fr", "en"]))
    ResultCache().get_or_compute(stored, stored.page)
"""
)
CHECK = """
from django.contrib.auth.models import AnonymousUser
from wiki.ask.embedding import result_cache
from wiki.ask.embedding.embedded_results import EmbeddedResults
from wiki.pages.rendering import page_output
from wiki.pages.page_fields import PageFields
from wiki.pages.models import RenderedPage
cached = 0
for stored in RenderedPage.objects.select_related("page__place").filter(page__title__startswith="Liste"):
    if result_cache.is_fresh(stored):
        cached += 1
        slots = page_output.deferred_slots(stored, PageFields.of(stored.page), stored.page)
        computed = EmbeddedResults(slots, AnonymousUser()).fill()
        assert computed.results == stored.results, (stored.page.title, computed.results, stored.results)
    result_cache.ResultCache().get_or_compute(stored, stored.page)
    again = RenderedPage.objects.get(pk=stored.pk)
    assert result_cache.is_fresh(again), "without concurrent writes, results are cached"
print("cached", cached)
"""


@pytest.mark.slow
def test_no_stale_results_are_cached_under_concurrent_writes_and_reads(instance: Instance) -> None:
    instance.python(SETUP)
    running = [instance.script(WRITER.format(seed=seed)) for seed in range(3)]
    running += [instance.script(READER.format(seed=seed)) for seed in range(10, 13)]
    for process in running:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert "cached" in instance.python(LONG_TIMEOUT + CHECK)


def _rendering(title: str) -> RenderedPage:
    return RenderedPage.objects.select_related("page__place").get(page__title=title, ui_language="fr")


@pytest.mark.django_db
def test_results_that_come_too_late_do_not_take_dependencies_from_cached_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow reader computes a list of one page; a quick one caches it while a limit cuts a second page off."""
    by, fill, tries = Author(None, "x"), result_cache.EmbeddedResults.fill, list[str]()
    make_page("Liste", "{{#ask: [[Ville::Lyon]]|limit=1}}")
    make_page("Bar", "---\nVille: Lyon\n---")
    second = make_page("Cour", "---\nVille: Lyon\n---")
    result_cache.refresh(_rendering("Liste"), _rendering("Liste").page)
    page_writer.edit(second, "Rien.", by)

    def slow_fill(results: result_cache.EmbeddedResults) -> DeferredResults:
        found = fill(results)
        if not tries:
            tries.append("slow")
            page_writer.edit(page_lookup.reload_page(second.pk), "---\nVille: Lyon\n---", by)
            result_cache.refresh(_rendering("Liste"), _rendering("Liste").page)
            assert result_cache.is_fresh(_rendering("Liste"))
        return found

    monkeypatch.setattr(result_cache.EmbeddedResults, "fill", slow_fill)
    monkeypatch.setattr(result_cache, "TRIES", 1)  # as where another write interferes with the next try
    assert not result_cache.refresh(_rendering("Liste"), _rendering("Liste").page).is_cacheable
    monkeypatch.undo()
    page_moves.move(page_lookup.reload_page(second.pk), "Abri", by, leave_redirect=False)
    cached = result_cache.ResultCache().get_or_compute(_rendering("Liste"), _rendering("Liste").page)
    assert "Abri" in str(cached.results)


@pytest.mark.django_db(transaction=True)
@pytest.mark.only_on("postgresql")  # on SQLite there is one writer at a time
def test_a_version_committed_after_one_with_a_greater_key_is_noticed() -> None:
    page, first, second = (make_page(title, "Un.") for title in ("Liste", "Première", "Deuxième"))
    written, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            page_writer.edit(first, "Un, deux.", Author(None, "x"))
            written.set()
            may_commit.wait(30)
        connection.close()

    thread = threading.Thread(target=write_slowly)
    thread.start()
    assert written.wait(30)
    page_writer.edit(second, "Un, deux.", Author(None, "x"))
    before = result_cache._WriteState.of(page)
    assert before.is_followed_by_no_write(result_cache._WriteState.of(page)), "what is not committed is no write"
    may_commit.set()
    thread.join()
    now = result_cache._WriteState.of(page)
    assert now.version == before.version
    assert not before.is_followed_by_no_write(now)
    assert now.is_followed_by_no_write(result_cache._WriteState.of(page))
