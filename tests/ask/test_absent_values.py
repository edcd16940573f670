"""Conditions on values that nothing has, and on all categories: each test has a wiki of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ask.sample_wikis import Claim, SampleWiki
from tests.ask.test_compiler_conditions import matches
from tests.ask.test_runner import keys
from wiki.facts.models import Fact

pytestmark = pytest.mark.django_db


def test_it_finds_nothing_that_only_an_unreadable_page_names(hide: Callable[[str], None]) -> None:
    SampleWiki(
        dict.fromkeys(["Secret", "Ouvert", "Nommé", "Connu"], ""),
        [
            Claim("Secret", "Vers", "Nommé"), Claim("Secret", "Vers", "Connu"), Claim("Ouvert", "Vers", "Connu"),
            Claim("Secret", "Nombre", "1"),
        ],
    ).store()  # fmt: skip
    assert keys("[[-Vers::+]]") == ["Connu", "Nommé"]
    assert keys("[[:+]] [[-Vers::!+]]") == ["Ouvert", "Secret"]
    hide("Secret")
    assert keys("[[-Vers::+]]") == ["Connu"]
    assert keys("[[:+]] [[-Vers::!+]]") == ["Nommé", "Ouvert"], "no sign that somebody names it"
    assert keys("[[-Vers::Secret]]") == keys("[[-Vers.Nombre::1]]") == []


def test_it_finds_nothing_that_only_a_deleted_page_named_even_in_the_past() -> None:
    SampleWiki(
        dict.fromkeys(["Perdu", "Ouvert", "Nommé", "Connu"], ""),
        [
            Claim("Perdu", "Vers", "Nommé", removed_in=20), Claim("Perdu", "Vers", "Connu", removed_in=20),
            Claim("Ouvert", "Vers", "Connu"),
        ],
        {"Perdu"},
    ).store()  # fmt: skip
    assert keys("[[-Vers::+]]|at=2021-01-10") == ["Connu"]


def test_subproperties_of_category_put_nothing_into_categories() -> None:
    statements = [
        Claim("Property:Rubrique", "_SUBP", "Category"), Claim("Alpha", "Rubrique", "X"), Claim("Béta", "_INST", "X"),
        Claim("Property:Sorte", "_SUBP", "Kind"), Claim("Alpha", "Rubrique", "Lieu"), Claim("Béta", "Sorte", "place"),
        Claim("Gamma", "_KIND", "Lieu"),
    ]  # fmt: skip
    titles = ["Alpha", "Béta", "Gamma", "Property:Rubrique", "Property:Sorte"]
    SampleWiki(dict.fromkeys(titles, ""), statements).store()
    Fact.objects.filter(property__key="Sorte").update(canonical_value="place")
    assert matches("[[Rubrique::X]]") == {"Alpha"}
    assert matches("[[Category:+]]") == {"Béta"}
    assert matches("[[Category:X]]") == {"Béta"}
    assert matches("[[Category::+]]") == {"Béta"}
    assert matches("[[Category:Lieu]]") == {"Gamma"}
    Fact.objects.filter(property__key="Rubrique").update(canonical_value="Category:X")
    assert matches("[[Category:X]]") == {"Béta"}
