"""The dependencies of a result are complete: each fact that changes a result is covered by them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.ask.sample_wikis import Claim, SampleWiki
from tests.ask.test_compiler import conditions, statements, worlds
from wiki.ask.execution import runner
from wiki.ask.execution.dependencies import ANY, QueryDependencies
from wiki.ask.execution.results import QueryResult
from wiki.ask.query_parser import parse
from wiki.pages.models import WikiPage
from wiki.text import titles

pytestmark = pytest.mark.django_db
WITHOUT_SHRINKING = (Phase.explicit, Phase.generate)
"""Each example writes a wiki: shrinking a failing one would take longer than reading it."""
PRINTOUTS = ["", "|?Nombre", "|?Vers.Nombre|?-Vers", "|?Fiche|?Category", "|?Vers.-Libre.Texte|?Has subobject"]
ORDERS = ["", "|sort=Nombre", "|sort=Vers.Nombre|order=desc", "|sort=Texte,Date"]


def visible_result(result: QueryResult) -> object:
    """Return all that is visible of a result."""
    return [(row.subject.key, row.cells) for row in result.rows], result.has_more, set(result.pages)


def covers(dependencies: QueryDependencies, page_titles: set[str], world: SampleWiki, fact: Claim) -> bool:
    """Whether the dependencies cover a new fact: by its value, or by its page in the result."""
    added = SampleWiki(world.pages, [fact], world.hidden).facts()
    looked = any({(one.key, one.value.canonical_value), (one.key, ANY)} & dependencies.fact_values for one in added)
    printed = titles.key_of(fact.page) in page_titles and any(one.key in dependencies.properties for one in added)
    looked = looked or ("_SOBJ", f"{titles.key_of(fact.page)}#{fact.fragment}") in dependencies.fact_values
    return looked or dependencies.any_change or printed


@settings(max_examples=20, phases=WITHOUT_SHRINKING)
@given(
    worlds(), conditions(), st.sampled_from(PRINTOUTS), st.sampled_from(ORDERS), st.sampled_from([1, 3, 50]),
    st.lists(statements().filter(lambda one: one.removed_in is None), min_size=4, max_size=4),
)  # fmt: skip
@pytest.mark.slow
def test_dependencies_cover_every_fact_that_changes_the_result(
    world: SampleWiki, condition: str, printouts: str, order: str, limit: int, facts: list[Claim]
) -> None:
    query = parse(f"{condition}{printouts}{order}|limit={limit}")
    with transaction.atomic():
        world.store()
        before = runner.run(query, AnonymousUser())
        seen = WikiPage.objects.filter(pk__in=before.dependencies.page_pks).values_list("title_key", flat=True)
        keys = set(seen)  # the same pages have other numbers each time
        transaction.set_rollback(True)
    for fact in facts:
        with transaction.atomic():
            pages = SampleWiki(world.pages, [*world.statements, fact], world.hidden)
            pages.store()
            after = runner.run(query, AnonymousUser())
            assert visible_result(after) == visible_result(before) or covers(before.dependencies, keys, pages, fact), (
                fact
            )
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("query", "stated", "fact"),
    [
        (
            "[[Alpha#part]]|?Nombre|sort=Vers.Nombre|order=desc|limit=1",
            [],
            Claim("Alpha", "Date", "2021", "part"),
        ),
        (
            "[[-Vers::Béta]]",
            [Claim("Béta", "Vers", "Alpha#part")],
            Claim("Alpha", "Date", "2021", "part"),
        ),
        (
            "[[Béta]]|?Vers.Nombre",
            [Claim("Béta", "Vers", "Alpha#part")],
            Claim("Alpha", "Nombre", "1", "part"),
        ),
        ("[[Has subobject::Alpha#part]]", [], Claim("Alpha", "Date", "2021", "part")),
    ],
    ids=["named", "inverse", "chain", "has-subobject"],
)
def test_dependencies_cover_a_new_subobject(query: str, stated: list[Claim], fact: Claim) -> None:
    world = SampleWiki({"Alpha": "", "Béta": ""}, stated)
    parsed = parse(query)
    with transaction.atomic():
        world.store()
        before = runner.run(parsed, AnonymousUser())
        transaction.set_rollback(True)
    later = SampleWiki(world.pages, [*stated, fact])
    later.store()
    assert visible_result(runner.run(parsed, AnonymousUser())) != visible_result(before)
    assert ("_SOBJ", "Alpha#part") in before.dependencies.fact_values or (
        "_SOBJ",
        ANY,
    ) in before.dependencies.fact_values
