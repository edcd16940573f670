"""Passages arrive in the index by the outbox: all that were ever written, each once."""

from __future__ import annotations

from typing import Any

import pytest
from modelsearch.backends import get_search_backend

from tests.factories import make_page
from wiki.facts.models import Fact
from wiki.history.models import Passage
from wiki.pages import background_jobs, page_lookup
from wiki.pages.writing import page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author
from wiki.search.models import OutboxEntry

pytestmark = pytest.mark.django_db
SCRIPT = Author(None, "script")


def held(words: str) -> list[str]:
    """The passages that hold the words, as the engine says, oldest first."""
    rows = get_search_backend().search(words, Passage)
    return [row.said() for row in sorted(rows, key=lambda row: row.pk)]


def waiting() -> list[int]:
    """The passages that the index has to look at."""
    return sorted(map(int, OutboxEntry.objects.filter(model="wiki.passage").values_list("key", flat=True)))


def test_what_is_written_waits_and_what_only_ended_does_not() -> None:
    page = make_page("Fournil", "# Le four\n\nDu pain chaque *jour*.\n\n---\n\nDes brioches.")
    assert waiting() == sorted(Passage.objects.values_list("pk", flat=True))
    background_jobs.run_pending()
    page_writer.edit(
        page_lookup.reload_page(page.pk), "# Le four\n\nDu pain chaque *semaine*.\n\n---\n\nDes brioches.", SCRIPT
    )
    assert waiting() == [Passage.objects.get(added_in=2).pk]
    background_jobs.run_pending()
    assert held("pain") == ["Du pain chaque jour.", "Du pain chaque semaine."]
    assert held("jours") == ["Du pain chaque jour."]
    page_writer.delete(page_lookup.reload_page(page.pk), SCRIPT)
    assert waiting() == []
    assert len(held("pain")) == 2


def test_what_is_derived_again_as_it_was_does_not_wait() -> None:
    page = make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    rebuild_derived.rebuild()
    assert waiting() == []
    wrong = Passage.objects.create(
        page=page, kind="paragraph", position="z", text="De la soupe.", words="de la soupe", identity="x", added_in=1,
        rank=9, added_at=page.edited_at, origin="",
    )  # fmt: skip
    Passage.objects.filter(text="Du pain.").update(text="Du vin.", words="du vin")
    rebuild_derived.rebuild()
    assert wrong.pk in waiting()
    background_jobs.run_pending()
    assert (held("pain"), held("vin"), held("soupe")) == (["Du pain."], [], [])


def test_their_words_are_stemmed_in_the_language_of_the_page() -> None:
    page = make_page("Sewing", "We were sewing.")
    background_jobs.run_pending()
    assert held("sew") == []
    page_writer.set_language(page, "en", SCRIPT)
    assert waiting() == [Passage.objects.get().pk]
    background_jobs.run_pending()
    assert held("sew") == ["We were sewing."]


def stated_waiting() -> set[int]:
    """The facts that the index has to look at."""
    return set(map(int, OutboxEntry.objects.filter(model="wiki.fact").values_list("key", flat=True)))


def test_facts_that_authors_state_wait_too() -> None:
    page = make_page("Fournil", "---\nkind: Pratique\nVille: Saint-Étienne\n---\nDu pain [[Avec::levain]].")
    stated = Fact.objects.filter(property__key__in=("Ville", "Avec"))
    assert set(stated.values_list("pk", flat=True)) <= stated_waiting()
    assert not Fact.objects.filter(pk__in=stated_waiting(), property__key__startswith="_").exists()
    background_jobs.run_pending()
    index = get_search_backend().get_index_for_model(Fact)
    with index.directory.searcher() as searcher:
        assert searcher.doc_count() == 2
    page_writer.edit(page_lookup.reload_page(page.pk), "Du pain [[Avec::levain]].", SCRIPT)
    assert stated_waiting() == set()
    rebuild_derived.rebuild()  # which drops facts and writes them again
    background_jobs.run_pending()
    with index.directory.searcher() as searcher:
        assert searcher.doc_count() == 2
    assert {row.pk for row in get_search_backend().search("etienne", Fact)} == {
        Fact.objects.get(property__key="Ville").pk
    }


def test_other_engines_hold_them_too(settings: Any) -> None:
    settings.WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "modelsearch.backends.database", "AUTO_UPDATE": False}}
    make_page("Fournil", "Du pain chaque *jour*.")
    background_jobs.run_pending()
    assert held("pain") == ["Du pain chaque jour."]
