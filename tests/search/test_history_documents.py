"""Passages and facts are indexed by the outbox: all that ever existed, each once."""

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


def passages_with(words: str) -> list[str]:
    """Return the passages that the search engine finds, oldest first."""
    rows = get_search_backend().search(words, Passage)
    return [row.said() for row in sorted(rows, key=lambda row: row.pk)]


def enqueued_passages() -> list[int]:
    """Return the keys of the passages in the outbox."""
    return sorted(map(int, OutboxEntry.objects.filter(model="wiki.passage").values_list("key", flat=True)))


def test_new_passages_are_enqueued_and_removed_ones_are_not() -> None:
    page = make_page("Fournil", "# Le four\n\nDu pain chaque *jour*.\n\n---\n\nDes brioches.")
    assert enqueued_passages() == sorted(Passage.objects.values_list("pk", flat=True))
    background_jobs.run_pending()
    page_writer.edit(
        page_lookup.reload_page(page.pk), "# Le four\n\nDu pain chaque *semaine*.\n\n---\n\nDes brioches.", SCRIPT
    )
    assert enqueued_passages() == [Passage.objects.get(added_in=2).pk]
    background_jobs.run_pending()
    assert passages_with("pain") == ["Du pain chaque jour.", "Du pain chaque semaine."]
    assert passages_with("jours") == ["Du pain chaque jour."]
    page_writer.delete(page_lookup.reload_page(page.pk), SCRIPT)
    assert enqueued_passages() == []
    assert len(passages_with("pain")) == 2


def test_a_rebuild_enqueues_only_passages_that_changed() -> None:
    page = make_page("Fournil", "Du pain.")
    background_jobs.run_pending()
    rebuild_derived.rebuild()
    assert enqueued_passages() == []
    wrong_passage = Passage.objects.create(
        page=page, kind="paragraph", position="z", text="De la soupe.", words="de la soupe", identity="x", added_in=1,
        rank=9, added_at=page.edited_at, origin="",
    )  # fmt: skip
    Passage.objects.filter(text="Du pain.").update(text="Du vin.", words="du vin")
    rebuild_derived.rebuild()
    assert wrong_passage.pk in enqueued_passages()
    background_jobs.run_pending()
    assert (passages_with("pain"), passages_with("vin"), passages_with("soupe")) == (["Du pain."], [], [])


def test_passages_are_stemmed_in_the_language_of_the_page() -> None:
    page = make_page("Sewing", "We were sewing.")
    background_jobs.run_pending()
    assert passages_with("sew") == []
    page_writer.set_fields(page, SCRIPT, language="en")
    assert enqueued_passages() == [Passage.objects.get().pk]
    background_jobs.run_pending()
    assert passages_with("sew") == ["We were sewing."]


def enqueued_facts() -> set[int]:
    """Return the keys of the facts in the outbox."""
    return set(map(int, OutboxEntry.objects.filter(model="wiki.fact").values_list("key", flat=True)))


def test_facts_of_authors_are_enqueued_and_builtin_facts_are_not() -> None:
    page = make_page("Fournil", "---\nkind: Pratique\nVille: Saint-Étienne\n---\nDu pain [[Avec::levain]].")
    facts = Fact.objects.filter(property__key__in=("Ville", "Avec"))
    assert set(facts.values_list("pk", flat=True)) <= enqueued_facts()
    assert not Fact.objects.filter(pk__in=enqueued_facts(), property__key__startswith="_").exists()
    background_jobs.run_pending()
    index = get_search_backend().get_index_for_model(Fact)
    with index.directory.snapshot() as snapshot:
        assert snapshot.document_count == 2
    page_writer.edit(page_lookup.reload_page(page.pk), "Du pain [[Avec::levain]].", SCRIPT)
    assert enqueued_facts() == set()
    rebuild_derived.rebuild()  # which deletes facts and writes them again
    background_jobs.run_pending()
    with index.directory.snapshot() as snapshot:
        assert snapshot.document_count == 2
    assert {row.pk for row in get_search_backend().search("etienne", Fact)} == {
        Fact.objects.get(property__key="Ville").pk
    }


def test_other_engines_index_passages_too(settings: Any) -> None:
    settings.WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "modelsearch.backends.database", "AUTO_UPDATE": False}}
    make_page("Fournil", "Du pain chaque *jour*.")
    background_jobs.run_pending()
    assert passages_with("pain") == ["Du pain chaque jour."]
