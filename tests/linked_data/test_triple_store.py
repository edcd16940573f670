"""The triple store has exactly the triples that follow from the facts, after any change, and after a rebuild."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import rdflib
from django.conf import settings
from django.core.management import call_command
from pyoxigraph import Store

from tests.factories import make_page
from tests.linked_data.scenes import make_kinds
from wiki.facts.models import Fact
from wiki.linked_data import triple_job
from wiki.linked_data.fact_graphs import FactGraphs
from wiki.linked_data.models import TripleUpdate
from wiki.linked_data.triple_store import TripleStore, newest_snapshot
from wiki.pages import background_jobs
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
Triple = tuple[str, str, Any]


def stored() -> set[Triple]:
    """Return the triples of the newest snapshot, each with its graph's page."""
    snapshot = newest_snapshot()
    assert snapshot is not None
    graph = rdflib.Graph()
    for quad in Store.read_only(str(snapshot)).quads_for_pattern(None, None, None, None):
        graph.parse(data=f"{quad.triple} .", format="nt")
    return set(comparable(graph))


def comparable(graph: rdflib.Graph) -> Iterator[Triple]:
    """Iterate over triples with the values of literals: the store writes `380.0` as `380`."""
    for subject, predicate, value in graph:
        is_literal = isinstance(value, rdflib.Literal)
        yield str(subject), str(predicate), value.toPython() if is_literal else str(value)


def expected() -> set[Triple]:
    """Return the triples that follow from the facts now."""
    pks = list(WikiPage.objects.values_list("pk", flat=True))
    graphs = FactGraphs(pks)
    return {triple for pk in pks for triple in comparable(graphs.build(pk))}


def test_store_follows_every_change(alice: User, bob: User, triple_store: Callable[[], None]) -> None:
    """New and changed pages, renames and deletions of pages that others name, declarations, and a rebuild."""
    author = Author.of(bob)
    make_kinds(alice, bob)
    triple_store()
    assert stored() == expected()

    def page(title: str) -> WikiPage:
        found: WikiPage = WikiPage.objects.get(full_title=title)
        return found

    make_page("Rien encore", "Voilà.", by=alice)  # a project names it already
    page_writer.edit(page("Toit"), "---\nkind: Projet\nPorté par: Coopérative\nBudget: 1 000 €\n---\nToit.", author)
    page_moves.move(page("Fablab:Établi"), "Fablab:Établi neuf", author)
    page_moves.move(page("Grange"), "Grange aux communs", author)
    page_writer.delete(page("Camille"), Author(None, "script"))
    triple_store()
    assert stored() == expected()
    assert not any("Camille" in subject for subject, _, _ in stored())

    make_page("Property:Budget", "---\nHas type: Montant\nEquivalent URI: https://schema.org/amount\n---", by=alice)
    background_jobs.run_pending()
    triple_store()
    assert stored() == expected()
    assert any(predicate == "https://schema.org/amount" and value == 1000 for _, predicate, value in stored())

    before = stored()
    call_command("rebuild", verbosity=0)
    triple_store()
    assert stored() == before == expected()
    assert not TripleUpdate.objects.exists()


def test_each_fact_is_one_triple(alice: User) -> None:
    """Facts and their triples are counted apart: none is lost, and none is added."""
    make_page("Property:Adresse complète", "---\nHas type: Enregistrement\nHas fields: Rue; Ville\n---", by=alice)
    page = make_page(
        "Nous",
        "---\nAdresse complète: Rue haute; Lyon\nVille: [Lyon, Rennes]\nSurface: 12,5\nOuvert: 2019-03-04\n---\n"
        "{{#subobject:four|Ville=Nantes|Prix=12}}",
        by=alice,
    )
    graph = FactGraphs([page.pk]).build(page.pk)
    base = f"{settings.BASE_ADDRESS}/wiki/"
    facts = Fact.objects.filter(page=page, removed_in=None, problem__isnull=True)
    property_triples = [triple for triple in graph if str(triple[1]).startswith(f"{base}Property:")]
    assert len(property_triples) == facts.count()
    (record,) = graph.objects(rdflib.URIRef(f"{base}Nous"), rdflib.URIRef(f"{base}Property:Adresse_compl%C3%A8te#this"))
    assert {str(value) for value in graph.objects(record)} == {f"{base}Rue_haute", f"{base}Lyon"}
    towns = graph.objects(rdflib.URIRef(f"{base}Nous"), rdflib.URIRef(f"{base}Property:Ville"))
    assert {str(town) for town in towns} == {f"{base}Lyon", f"{base}Rennes"}


def test_store_survives_its_worker(
    alice: User, triple_store: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is killed between any two steps leaves work to the next one; a damaged store is made anew."""
    make_page("Un", "---\nVille: Lyon\n---", by=alice)
    triple_store()
    make_page("Deux", "---\nVille: Lyon\n---", by=alice)
    with monkeypatch.context() as patch:
        patch.setattr(triple_job, "_delete", lambda rows: exit_now())
        with pytest.raises(KeyboardInterrupt):
            triple_store()
    triple_store()
    assert stored() == expected()
    for damaged in (settings.TRIPLES_ROOT / "store").glob("CURRENT"):
        damaged.write_text("nonsense")
    make_page("Trois", "---\nVille: Lyon\n---", by=alice)
    triple_store()
    assert stored() == expected()
    shutil.rmtree(settings.TRIPLES_ROOT)
    triple_store()
    assert stored() == expected()


def exit_now() -> None:
    """Stand for the end of the process."""
    raise KeyboardInterrupt


def test_page_that_fails_does_not_stop_others(
    alice: User, triple_store: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_page("Bon", "Oui.", by=alice)
    bad = make_page("Mauvais", "Non.", by=alice)
    build = FactGraphs.build

    def failing(graphs: FactGraphs, pk: int) -> rdflib.Graph:
        if pk == bad.pk:
            raise RuntimeError
        return build(graphs, pk)

    monkeypatch.setattr(FactGraphs, "build", failing)
    triple_store()
    subjects = {subject for subject, _, _ in stored()}
    assert f"{settings.BASE_ADDRESS}/wiki/Bon" in subjects
    assert f"{settings.BASE_ADDRESS}/wiki/Mauvais" not in subjects


def test_snapshot_stays_while_a_store_is_made_anew(alice: User, triple_store: Callable[[], None]) -> None:
    make_page("Un", "Oui.", by=alice)
    triple_store()
    before = stored()
    TripleStore().start_anew()
    assert stored() == before
