"""Conditions that the compiler compiles, one by one in one small wiki, and what a compiled query depends on."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from tests.ask.sample_wikis import Claim, SampleWiki, day
from tests.conftest import Standing
from wiki.ask.execution import compiler, fact_scope, fact_sets
from wiki.ask.execution.compiler import QueryCompiler
from wiki.ask.execution.dependencies import ANY
from wiki.ask.execution.subject_lookup import load_subjects
from wiki.ask.language.query_ast import SIZE_LIMIT
from wiki.ask.language.query_errors import AskProblem
from wiki.ask.query_parser import parse
from wiki.facts.models import Fact
from wiki.history.models import TitlePeriod
from wiki.pages.models import WikiPage

pytestmark = pytest.mark.django_db

REDIRECTS = {"Renvoi": "Alpha", "Détour": "Gamma"}
TITLES = [
    "Alpha", "Béta", "Gamma", "Delta", *REDIRECTS, "Aide:Alpha", "Category:X", "Category:Y", "Property:Texte fin",
    "Concept:Grand", "Concept:Faux",
]  # fmt: skip
STATEMENTS = [
    Claim("Category:Y", "_SUBC", "X"), Claim("Property:Texte fin", "_SUBP", "Texte"),
    Claim("Delta", "Libre", "Renvoi"), Claim("Gamma", "Libre", "Alpha"),
    Claim("Concept:Grand", "_CONC", "[[Texte::zut]]", added_in=5, removed_in=6),
    Claim("Concept:Grand", "_CONC", "[[Nombre::3]]", "_QUERY3"), Claim("Concept:Grand", "Surface", "3 m²"),
    Claim("Concept:Grand", "_CONC", "[[Nombre::>5]]"), Claim("Concept:Grand", "_CONC", "[[Nombre::3]]"),
    Claim("Concept:Faux", "_CONC", "[[Nombre::dix]]"),
    Claim("Alpha", "Nombre", "10"), Claim("Béta", "Nombre", "3"), Claim("Gamma", "Nombre", "10"),
    Claim("Gamma", "Nombre", "4"), Claim("Delta", "Nombre", "dix"),
    Claim("Alpha", "Texte", "mot"), Claim("Béta", "Texte", "mot"), Claim("Delta", "Texte fin", "mot"),
    Claim("Gamma", "Texte", "zut"),
    Claim("Alpha", "Vers", "Béta"), Claim("Béta", "Vers", "Renvoi"), Claim("Gamma", "Vers", "Alpha#part"),
    Claim("Gamma", "Vers", "Béta#gone"), Claim("Delta", "Vers", "Inconnue"), Claim("Aide:Alpha", "Vers", "Détour"),
    Claim("Alpha", "_INST", "X"), Claim("Béta", "_INST", "Y"), Claim("Gamma", "_KIND", "Lieu"),
    Claim("Alpha", "Fiche", "7; Béta"), Claim("Béta", "Fiche", "8; Alpha"), Claim("Gamma", "Fiche", "9"),
    Claim("Delta", "Fiche", "5; Delta"),
    Claim("Alpha", "Nombre", "7", "part"), Claim("Alpha", "Texte", "mot", "part"),
    Claim("Alpha", "Nombre", "8", "other"),
    Claim("Béta", "Nombre", "7", "part"), Claim("Béta", "Nombre", "9", "gone", added_in=10, removed_in=20),
    Claim("Delta", "Nombre", "10", "_QUERY1"), Claim("Béta", "Date", "2021", "_QUERY2"),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def world(standing: Standing) -> SampleWiki:
    """Create a small wiki with redirects, subobjects, records and concepts."""
    wiki = SampleWiki({title: REDIRECTS.get(title, "") for title in TITLES}, STATEMENTS)
    with standing():
        wiki.store()
    return wiki


def matches(source: str, at: int | None = None) -> set[str]:
    """Return the subjects that match a query."""
    query_compiler = QueryCompiler(parse(source), AnonymousUser(), None if at is None else day(at))
    return {one.key for one in load_subjects(query_compiler.scope, query_compiler.subjects())}


CONDITIONS: list[tuple[str, str]] = [
    # Conjunctions and disjunctions
    ("[[Nombre::10]] [[Texte::mot]]", "Alpha"),
    ("[[Texte::mot]] [[Nombre::+]]", "Alpha Alpha#part Béta"),
    ("[[Texte::mot]] [[:+]]", "Alpha Alpha#part Béta Delta"),
    ("[[Category:X]] [[Nombre::3]]", "Béta"),
    ("[[Category:X]] [[Category:Y]]", "Béta"),
    ("[[Alpha]] [[Texte::mot]]", "Alpha"),
    ("[[Gamma]] [[Texte::mot]]", ""),
    ("[[Texte::mot]] <q>[[Nombre::3]] OR [[Nombre::10]]</q>", "Alpha Béta"),
    ("[[Texte::mot]] <q>[[Category:Y]] OR [[Gamma]]</q>", "Béta"),
    ("<q>[[Nombre::3]] OR [[Texte::zut]]</q>", "Béta Gamma"),
    ("[[Texte::mot]] [[-Vers::+]]", "Alpha Alpha#part Béta"),
    ("[[Texte::mot]] [[Has subobject::+]]", "Alpha Béta"),
    ("[[Texte::mot]] [[Nombre::!+]]", "Delta"),
    ("[[Texte::mot]] [[Concept:Grand]]", "Alpha Alpha#part"),
    # Values and their absence
    ("[[Nombre::!+]] [[:+]] [[Vers::+]]", "Delta"),
    ("[[Vers::!+||Béta]] [[Nombre::>5]]", "Alpha Alpha#part Alpha#other Béta#part Delta#_QUERY1"),
    ("[[Texte::!+||zut]] [[:+]]", "Gamma"),
    ("[[Texte::!+]] [[Help:+]]", "Aide:Alpha"),
    ("[[Nombre::10||3]]", "Alpha Béta Gamma Delta#_QUERY1"),
    ("[[Nombre::7]]", "Alpha#part Béta#part"),
    ("[[Texte::mot|+depth=0]]", "Alpha Alpha#part Béta"),
    ("[[~~mo*]]", "Alpha Alpha#part Béta Delta"),
    ("[[~~mo*]] [[Nombre::10]]", "Alpha"),
    ("[[~~alph*]]", "Gamma"),
    ("[[Libre::Alpha]]", "Delta Gamma"),
    ("[[Libre.Nombre::10]]", "Delta Gamma"),
    ("[[Inconnu::mot]]", ""),
    ("[[Has improper value for::Nombre]]", "Delta"),
    ("[[Has improper value for::Texte]]", ""),
    ("[[Has improper value for::+]]", "Delta"),
    # Chains, redirects and records
    ("[[Vers.Nombre::10]]", "Béta Aide:Alpha"),
    ("[[Vers.Nombre::7]]", "Gamma"),
    ("[[Vers.Nombre::3]]", "Alpha"),
    ("[[Vers::Alpha]]", "Béta"),
    ("[[Vers.Nombre::!+]]", ""),
    ("[[Vers.Vers.Nombre::3]]", "Béta"),
    ("[[Fiche.Nombre::7]]", "Alpha"),
    ("[[Fiche.Vers.Nombre::10]]", "Béta"),
    ("[[Fiche.Vers::!+]]", "Gamma"),
    ("[[Fiche::<q>[[Nombre::7]] [[Vers::Béta]]</q>]]", "Alpha"),
    ("[[Fiche::>7]]", "Alpha Béta Gamma"),
    ("[[Fiche::>>7]]", "Béta Gamma"),
    ("[[Fiche::7; Alpha]]", ""),
    ("[[Vers::<q>[[Texte::mot]] [[Nombre::3]]</q>]]", "Alpha"),
    ("[[Vers::!Alpha]]", "Aide:Alpha Alpha Delta Gamma"),
    ("[[Fiche::8; Renvoi]]", "Béta"),
    ("[[Vers::~Inc*]]", "Delta"),
    ("[[Vers::>Gamma]]", "Béta Delta"),
    # Inverse properties
    ("[[-Vers::Gamma]]", "Alpha#part"),
    ("[[-Vers::Béta]]", "Alpha"),
    ("[[-Vers::Alpha]]", "Béta"),
    ("[[-Vers::Aide:Alpha]]", "Gamma"),
    ("[[-Vers.Nombre::10]]", "Alpha#part Béta"),
    ("[[-Vers::+]]", "Alpha Alpha#part Béta Gamma"),
    ("[[-Vers::!+]] [[:+]]", "Delta"),
    ("[[-Vers::!+||Gamma]] [[Nombre::7]]", "Alpha#part Béta#part"),
    ("[[-Vers::<q>[[Texte::zut]]</q>]]", "Alpha#part"),
    # Subobjects
    ("[[Has subobject::Alpha#part]]", "Alpha"),
    ("[[Has subobject::Béta#gone]]", ""),
    ("[[Has subobject::+]]", "Alpha Béta"),
    ("[[Has subobject::!+]] [[:+]]", "Delta Gamma"),
    ("[[Has subobject.Texte::mot]]", "Alpha"),
    ("[[-Has subobject::Alpha]]", "Alpha#other Alpha#part"),
    ("[[-Has subobject::Béta]]", "Béta#part"),
    ("[[-Has subobject::+]]", "Alpha#other Alpha#part Béta#part"),
    ("[[-Has subobject::!+]]", ""),
    ("[[-Has subobject.Nombre::3]]", "Béta#part"),
    ("[[Has subobject::<q>[[Nombre::!+]] [[Texte::mot]]</q>]]", ""),
    ("[[Has subobject.Texte::!+]]", "Alpha Béta"),
    # Categories, kinds and concepts
    ("[[Category:X]]", "Alpha Béta"),
    ("[[Category:X|+depth=0]]", "Alpha"),
    ("[[Category:+]]", "Alpha Béta"),
    ("[[Category:!X]] [[:+]]", "Delta Gamma"),
    ("[[Category:!X]] [[Nombre::10]]", "Delta#_QUERY1 Gamma"),
    ("[[Category:Lieu]]", "Gamma"),
    ("[[Category::X]]", "Alpha Béta"),
    ("[[Category::X|+depth=0]]", "Alpha"),
    ("[[Category::+]]", "Alpha Béta"),
    ("[[Category::!X]]", "Béta"),
    ("[[Category::X||!+]] [[:+]]", "Alpha Béta Delta Gamma"),
    ("[[Concept:Grand]]", "Alpha Gamma Alpha#other Alpha#part Béta#part Delta#_QUERY1"),
    ("[[Concept:Grand]] [[Concept:Grand]]", "Alpha Gamma Alpha#other Alpha#part Béta#part Delta#_QUERY1"),
    # Pages
    ("[[:+]]", "Alpha Béta Delta Gamma"),
    ("[[Alpha||~G*]]", "Alpha Gamma Concept:Grand"),
    ("[[Help:+]]", "Aide:Alpha"),
    ("[[Help:+]] OR [[Nombre::4]]", "Aide:Alpha Gamma"),
]


@pytest.mark.parametrize(("source", "expected"), CONDITIONS)
def test_a_condition_matches_these_subjects(world: SampleWiki, source: str, expected: str) -> None:
    titles = {title.replace("Aide:", "Help:") for title in expected.split()}
    assert matches(source) == titles


def test_a_subobject_exists_while_it_has_facts(world: SampleWiki) -> None:
    assert matches("[[Has subobject::Béta#gone]]", at=15) == {"Béta"}
    assert matches("[[-Vers::Gamma]]", at=15) == {"Alpha#part", "Béta#gone"}
    assert matches("[[-Vers::Gamma]]", at=25) == {"Alpha#part"}


def test_a_page_exists_while_it_has_a_title(world: SampleWiki) -> None:
    TitlePeriod.objects.filter(full_title="Delta").update(added_at=day(60), removed_at=day(70))
    existing = {at: "Delta" in matches("[[:+]]", at=at) for at in (50, 60, 65, 70, 80)}
    assert existing == {50: False, 60: True, 65: True, 70: False, 80: False}


@pytest.mark.parametrize(("value", "then", "now"), [("Lieu:Charte", {"Deux", "Trois"}, set()),
                                                    ("Charte", set(), {"Deux", "Trois"})])  # fmt: skip
def test_a_value_names_the_page_of_the_moment(value: str, then: set[str], now: set[str]) -> None:
    """A page of the place was there and is renamed: values of pages and of records name the one at the root again."""
    statements = [Claim("Deux", "Vers", "Charte"), Claim("Trois", "Fiche", "9; Charte")]
    SampleWiki(dict.fromkeys(["Deux", "Trois", "Lieu:Charte"], ""), statements).store()
    Fact.objects.filter(canonical_value="Charte").update(place_key="Lieu:Charte")
    WikiPage.objects.filter(full_title="Lieu:Charte").update(full_title="Lieu:Règles", title_key="Lieu:Règles")
    TitlePeriod.objects.filter(full_title="Lieu:Charte").update(removed_at=day(30))
    source = f"[[Vers::{value}]] OR [[Fiche::?; {value}]]"
    assert (matches(source, at=15), matches(source)) == (then, now)


@pytest.mark.parametrize(("source", "expected"), [
    ("[[Mots.Text::mot]]", {"Un"}), ("[[Mots.Language code::en]]", {"Deux"}),
    ("[[Mots.Text::+]]", {"Un", "Deux"}),
])  # fmt: skip
def test_parts_of_monolingual_texts_are_compared(source: str, expected: set[str]) -> None:
    statements = [Claim("Un", "Mots", "mot@fr"), Claim("Deux", "Mots", "word@en")]
    SampleWiki(dict.fromkeys(["Un", "Deux"], ""), statements).store()
    assert matches(source) == expected


def test_the_first_definition_of_a_concept_counts(world: SampleWiki) -> None:
    definitions = Fact.objects.filter(property__key="_CONC", subject__page__full_title="Concept:Grand")
    definitions.filter(raw="[[Nombre::>5]]").update(position=99)
    assert matches("[[Concept:Grand]]") == {"Béta"}


# --- Limits ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("source", ["[[Vers.Nombre::10]]", "[[-Vers.Nombre::10]]", "[[Fiche.Vers.Nombre::10]]"])
def test_the_rows_between_two_steps_are_limited(
    world: SampleWiki, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setattr(fact_scope, "INTERMEDIATE_LIMIT", 3)
    assert matches(source)
    monkeypatch.setattr(fact_scope, "INTERMEDIATE_LIMIT", 0)
    with pytest.raises(AskProblem) as caught:
        matches(source)
    assert caught.value.code == "ask_joint"


def test_the_limit_of_rows_is_exact(world: SampleWiki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fact_scope, "INTERMEDIATE_LIMIT", 3)
    assert matches("[[Vers.Nombre::10]]"), "Alpha, Gamma and Delta#_QUERY1 have the number 10"
    monkeypatch.setattr(fact_scope, "INTERMEDIATE_LIMIT", 2)
    with pytest.raises(AskProblem):
        matches("[[Vers.Nombre::10]]")


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ("[[Nombre::10]]", 1), ("[[:+]]", 1), ("[[Alpha]]", 1), ("[[Category:!X]]", 1),
        ("[[Nombre::10]] [[Texte::mot]]", 2), ("[[Nombre::10]] [[Texte::mot]] [[:+]]", 3),
        ("[[Category:X]] [[:+]]", 2), ("[[Concept:Grand]]", 2),
        ("[[Vers.Nombre::10]]", 2), ("[[-Vers::Alpha]] [[:+]]", 2),
    ],
)  # fmt: skip
def test_conditions_are_counted(world: SampleWiki, monkeypatch: pytest.MonkeyPatch, source: str, size: int) -> None:
    monkeypatch.setattr(compiler, "CONCEPTS_SIZE_LIMIT", size)
    matches(source)
    monkeypatch.setattr(compiler, "CONCEPTS_SIZE_LIMIT", size - 1)
    with pytest.raises(AskProblem) as caught:
        matches(source)
    assert caught.value.code == "ask_size"


@pytest.mark.parametrize(("source", "at"), [("[[Nombre::dix]]", 10), ("[[Concept:Faux]]", None)])
def test_a_value_that_cannot_be_read_has_a_position_outside_concepts(
    world: SampleWiki, source: str, at: int | None
) -> None:
    with pytest.raises(AskProblem) as caught:
        matches(source)
    assert (caught.value.code, caught.value.at) == ("number_unreadable", at)


def test_a_query_of_the_largest_size_is_allowed(world: SampleWiki) -> None:
    assert matches("[[Nombre::10]]" * SIZE_LIMIT) == {"Alpha", "Gamma", "Delta#_QUERY1"}


def test_a_concept_needs_a_valid_name(world: SampleWiki) -> None:
    with pytest.raises(AskProblem) as caught:
        matches("[[Concept:Gr<and]]")
    assert caught.value.code == "title_character"


# --- Dependencies ---------------------------------------------------------------------------------
DEPENDENCIES: list[tuple[str, set[tuple[str, str]], bool]] = [
    ("[[Vers::Alpha]]", {("Vers", "Alpha"), ("Vers", "Renvoi"), ("_SUBP", "Property:Vers")}, False),
    ("[[Vers::Béta|+depth=0]]", {("Vers", "Béta")}, False),
    ("[[Nombre::>3]]", {("Nombre", ANY), ("_SUBP", "Property:Nombre")}, False),
    ("[[~~mo*]]", set(), True),
    ("[[Nombre::!+]]", {("Nombre", ANY), ("_SUBP", "Property:Nombre")}, True),
    ("[[Nombre::!+]] [[Texte::+|+depth=0]]",
     {("Nombre", ANY), ("_SUBP", "Property:Nombre"), ("Texte", ANY), ("Ancien", ANY)}, False),
    ("[[-Vers::Alpha]]", {("Vers", ANY)}, False),
    ("[[Has subobject::+]]", {("_SOBJ", ANY)}, False),
    ("[[Category:+]]", {("_INST", ANY)}, False),
    ("[[Category:Y]]", {("_INST", "Category:Y"), ("_SUBC", "Category:Y")}, False),
    ("[[Category:Y|+depth=0]]", {("_INST", "Category:Y")}, False),
    ("[[Category:!Y|+depth=0]]", {("_INST", "Category:Y")}, True),
    ("[[Category:Lieu|+depth=0]]", {("_INST", "Category:Lieu"), ("_KIND", "place")}, False),
    ("[[Has improper value for::Nombre]]", {("Nombre", ANY)}, False),
    ("[[Has improper value for::+]]", set(), True),
    ("[[~~mo*]] [[Has improper value for::Nombre]]", {("Nombre", ANY)}, True),
    ("[[~~mo*]] [[Nombre::!+|+depth=0]]", {("Nombre", ANY)}, True),
    ("[[Texte::Renvoi|+depth=0]]", {("Texte", "Renvoi"), ("Ancien", "Renvoi")}, False),
    ("[[Concept:Grand]]", {("_CONC", ANY), ("Nombre", ANY), ("_SUBP", "Property:Nombre")}, False),
    ("[[Alpha]]", set(), False),
]  # fmt: skip


@pytest.mark.parametrize(("source", "values", "any_change"), DEPENDENCIES)
def test_a_query_depends_on_these_facts(
    world: SampleWiki, source: str, values: set[tuple[str, str]], any_change: bool
) -> None:
    query_compiler = QueryCompiler(parse(source), AnonymousUser())
    query_compiler.subjects()
    assert (query_compiler.fact_values, query_compiler.any_change) == (values, any_change)


def test_a_query_depends_on_the_subobjects_that_it_names(world: SampleWiki) -> None:
    query_compiler = QueryCompiler(parse("[[-Vers::Gamma]]"), AnonymousUser())
    query_compiler.subjects()
    assert query_compiler.names.subobjects == {"Alpha#part", "Béta#gone"}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(("source", "expected"), [
    ("[[Vers::Alpha]]", set()), ("[[Vers.Nombre::10]]", {"Vers"}), ("[[Vers.Vers.Nombre::3]]", {"Vers"}),
    ("[[Vers::<q>[[Texte::mot]]</q>]]", {"Vers"}),
])  # fmt: skip
def test_a_query_depends_on_the_pages_that_values_in_its_chains_name(
    world: SampleWiki, source: str, expected: set[str]
) -> None:
    query_compiler = QueryCompiler(parse(source), AnonymousUser())
    query_compiler.subjects()
    assert query_compiler.names.followed_properties == expected


def test_a_query_depends_on_namespaces_and_has_its_first_circle(world: SampleWiki) -> None:
    query_compiler = QueryCompiler(parse("[[Help:+]] [[Lieu::45, 4 (5 km)]] [[Lieu::45, 4 (9 km)]]"), AnonymousUser())
    query_compiler.subjects()
    assert query_compiler.namespaces == {12}
    assert len(query_compiler.circles) == 1
    assert "5000" in repr(query_compiler.circles["Lieu"])


def test_a_long_list_of_values_is_looked_up_once_and_not_for_each_candidate(
    world: SampleWiki, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tests_of_candidates(source: str) -> int:
        query = QueryCompiler(parse(source), AnonymousUser()).subjects().query
        return str(query).count("EXISTS")

    monkeypatch.setattr(fact_sets, "COUNT_LIMIT", 1)  # no set of facts is small
    assert tests_of_candidates("[[Nombre::>1]] [[Nombre::<100]]") == 1
    assert tests_of_candidates("[[Vers::<q>[[Texte::mot]]</q>]] [[Vers::<q>[[Nombre::10]]</q>]]") == 0
    assert tests_of_candidates("[[Nombre::>1]] [[Nombre::<100]] [[Vers.Texte::mot]]") == 1
    assert tests_of_candidates("[[Alpha]] [[Nombre::>1]]") == 1, "a page is a shorter list than any facts"
    monkeypatch.undo()
    assert tests_of_candidates("[[Nombre::>1]] [[Nombre::<100]]") == 0, "small sets are looked up too"
