"""The dependencies of a result are complete: each fact that changes a result is covered by them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.ask.sample_wikis import Said, World
from tests.ask.test_compiler import conditions, said, worlds
from wiki.ask.execution import runner
from wiki.ask.execution.dependencies import ANY, QueryDependencies
from wiki.ask.execution.results import QueryResult
from wiki.ask.query_parser import parse
from wiki.pages.models import WikiPage
from wiki.text import titles

pytestmark = pytest.mark.django_db
UNSHRUNK = (Phase.explicit, Phase.generate)
"""Each example writes a wiki: shrinking a failing one would take longer than reading it."""
PRINTOUTS = ["", "|?Nombre", "|?Vers.Nombre|?-Vers", "|?Fiche|?Category", "|?Vers.-Libre.Texte|?Has subobject"]
ORDERS = ["", "|sort=Nombre", "|sort=Vers.Nombre|order=desc", "|sort=Texte,Date"]


def answered(result: QueryResult) -> object:
    """Return all that is visible of a result."""
    return [(row.subject.key, row.cells) for row in result.rows], result.has_more, set(result.pages)


def knew(footprint: QueryDependencies, seen: set[str], world: World, fact: Said) -> bool:
    """Whether the dependencies cover a new fact: by its value, or by its page in the result."""
    added = World(world.pages, [fact], world.hidden).known()
    looked = any({(one.key, one.value.canonical_value), (one.key, ANY)} & footprint.fact_values for one in added)
    printed = titles.key_of(fact.page) in seen and any(one.key in footprint.properties for one in added)
    looked = looked or ("_SOBJ", f"{titles.key_of(fact.page)}#{fact.fragment}") in footprint.fact_values
    return looked or footprint.any_change or printed


@settings(max_examples=20, phases=UNSHRUNK)
@given(
    worlds(), conditions(), st.sampled_from(PRINTOUTS), st.sampled_from(ORDERS), st.sampled_from([1, 3, 50]),
    st.lists(said().filter(lambda one: one.removed_in is None), min_size=4, max_size=4),
)  # fmt: skip
@pytest.mark.slow
def test_it_covers_every_fact_that_changes_the_answer(
    world: World, condition: str, printouts: str, order: str, limit: int, facts: list[Said]
) -> None:
    question = parse(f"{condition}{printouts}{order}|limit={limit}")
    with transaction.atomic():
        world.store()
        before = runner.run(question, AnonymousUser())
        seen = WikiPage.objects.filter(pk__in=before.dependencies.page_pks).values_list("title_key", flat=True)
        keys = set(seen)  # the same pages have other numbers each time
        transaction.set_rollback(True)
    for fact in facts:
        with transaction.atomic():
            pages = World(world.pages, [*world.said, fact], world.hidden)
            pages.store()
            after = runner.run(question, AnonymousUser())
            assert answered(after) == answered(before) or knew(before.dependencies, keys, pages, fact), fact
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("question", "stated", "fact"),
    [
        ("[[Alpha#part]]|?Nombre|sort=Vers.Nombre|order=desc|limit=1", [], Said("Alpha", "Date", "2021", "part")),
        ("[[-Vers::Béta]]", [Said("Béta", "Vers", "Alpha#part")], Said("Alpha", "Date", "2021", "part")),
        ("[[Béta]]|?Vers.Nombre", [Said("Béta", "Vers", "Alpha#part")], Said("Alpha", "Nombre", "1", "part")),
        ("[[Has subobject::Alpha#part]]", [], Said("Alpha", "Date", "2021", "part")),
    ],
    ids=["named", "inverse", "chain", "has-subobject"],
)
def test_it_covers_a_subobject_that_comes_into_being(question: str, stated: list[Said], fact: Said) -> None:
    world = World({"Alpha": "", "Béta": ""}, stated)
    parsed = parse(question)
    with transaction.atomic():
        world.store()
        before = runner.run(parsed, AnonymousUser())
        transaction.set_rollback(True)
    later = World(world.pages, [*stated, fact])
    later.store()
    assert answered(runner.run(parsed, AnonymousUser())) != answered(before)
    assert ("_SOBJ", "Alpha#part") in before.dependencies.fact_values or (
        "_SOBJ",
        ANY,
    ) in before.dependencies.fact_values
