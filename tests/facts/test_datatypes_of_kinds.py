"""Kinds of pages as values."""

from __future__ import annotations

import pytest

from wiki.facts.datatypes import registry
from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.kind_names import NAMES
from wiki.facts.value_conditions import matches
from wiki.facts.values import Context, Declaration
from wiki.pages.models import Kind

FRENCH = Context("fr", Declaration("_KIND", "Kind", "_kind"))
ENGLISH = Context("en", FRENCH.declaration)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    NAMES.invalidate()


@pytest.mark.parametrize("name", ["place", "Lieu", "lieux", "PLACES", " Place "])
def test_it_parses_any_name_of_a_kind(name: str) -> None:
    for context in (FRENCH, ENGLISH):
        value = registry.parse(name, context)
        assert (value.canonical_value, value.problem) == ("place", None)
        assert matches(registry.build_condition("", "lieu", context), value)
        assert not matches(registry.build_condition("!", "place", context), value)
    assert registry.show(value, FRENCH) == "Lieu"
    assert registry.show(value, ENGLISH) == "Place"
    assert registry.show(value, ENGLISH, "-") == "place"


def test_the_problem_of_an_unknown_kind_names_the_known_ones() -> None:
    value = registry.parse("Licorne", FRENCH)
    assert value.problem is not None
    assert value.problem.code == "kind_unknown"
    assert "Lieu" in value.problem.params["known"]
    with pytest.raises(InvalidQueryValue):
        registry.build_condition("", "Licorne", FRENCH)


def test_a_new_kind_is_known_at_once() -> None:
    assert registry.parse("Jardin", FRENCH).problem is not None
    Kind.objects.create(key="garden", name_fr="Jardin", name_en="Garden", plural_fr="Jardins", plural_en="Gardens")
    assert registry.parse("gardens", FRENCH).canonical_value == "garden"


def test_many_values_cost_one_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(1):
        for _ in range(50):
            registry.show(registry.parse("lieu", FRENCH), ENGLISH)
