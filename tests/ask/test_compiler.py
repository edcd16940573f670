"""The compiler finds what the reference evaluator finds, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.ask.reference_evaluator import Evaluator
from tests.ask.sample_wikis import DECLARATIONS, Claim, SampleWiki, day
from wiki.ask.execution.compiler import QueryCompiler
from wiki.ask.execution.subject_lookup import load_subjects
from wiki.ask.language.query_errors import AskProblem
from wiki.ask.query_parser import parse

pytestmark = pytest.mark.django_db
WITHOUT_SHRINKING = (Phase.explicit, Phase.generate)
"""Each example writes a wiki: shrinking a failing one would take longer than reading it."""

TITLES = ["Alpha", "Béta", "Gamma", "Delta", "Aide:Alpha", "Category:X", "Category:Y", "Category:Z", "Renvoi", "Perdu"]
VALUES = {
    "Nombre": ["1", "2,5", "10", "-3", "dix"],
    "Texte": ["un mot", "Été", "a_b%c", "50 % d*e", "zut"],
    "Texte fin": ["un mot", "fin"],
    "Ancien": ["vieux", "un mot"],
    "Vers": ["Alpha", "Béta", "Gamma", "Renvoi", "Perdu", "Inconnue", "Alpha#part", "Aide:Alpha"],
    "Libre": ["Alpha", "Renvoi", "un mot", "https://example.org/", "x" * 300],
    "Date": ["2021", "mars 2021", "12 mars 2021", "2021-03-12T10:00:00", "44 av. J.-C."],
    "Lieu": ["45.44, 4.39", "45.5, 4.4", "0, 179.99", "0, -179.99", "89.99, 10", "89.99, -170"],
    "Mots": ["mot@fr", "word@en", "Mot@fr"],
    "Surface": ["200 m²", "1 km²", "3"],
    "Oui": ["vrai", "non"],
    "Fiche": ["1; Alpha", "2,5; Renvoi", "?; Béta", "10"],
    "_INST": ["X", "Y", "Z"],
    "_KIND": ["Lieu", "Pratique"],
    "_SKEY": ["zut", "Aaa", "Cé"],
}
TESTS = {
    "Nombre": ["1", ">1", ">>1", "<2,5", "<<2,5", "≥2,5", "≤ -3", "!1", "~5", "!~5"],
    "Texte": ["un mot", "!un mot", ">m", ">>un mot", "<m", "<<un mot", "~un*", "~*T?", "!~un*", "like:*%*", "in:_b",
              "not:mot", "phrase:un mot", "~Ét*", "~*\\**", "nlike:z*"],
    "Vers": ["Alpha", "Renvoi", "!Alpha", "~A*", "!~A*", ">Béta", "Perdu", "Alpha#part", "Inconnue", "aide:Alpha"],
    "Libre": ["Alpha", "~*x", "!Alpha", "https://example.org/", "un mot", "x" * 300],
    "Date": ["2021", ">2021-03-12", "<<mars 2021", ">>12 mars 2021", "!2021", "~2021", "-44", "<2021"],
    "Lieu": ["45.44, 4.39", "45.44, 4.39 (10 km)", "0, 180 (5 km)", "90, 0 (5 km)", "0, 0 (30000 km)",
             "!0, 180 (5 km)"],
    "Mots": ["mot@fr", "~m*@fr", "+@en", "!mot@fr", "~wo*"],
    "Surface": ["200 m²", ">1000 m²", "1 km²", "!3 m²"],
    "Oui": ["oui", "faux", "!oui"],
    "Fiche": ["1; Alpha", "?; Alpha", ">2", ">0; ~A*", "!1; Alpha", "?; Renvoi"],
}  # fmt: skip
TESTS["Texte fin"] = TESTS["Ancien"] = TESTS["Texte"]
PAGES = ["Alpha", "Renvoi", "~A*", ">Béta", "<<Gamma", "!Alpha", "!~A*", "Aide:~A*", "Alpha#part", "Aide:+", ":+",
         "Perdu", "Aide:Alpha||Béta", "Inconnue", "Category:+", "Category:X", "Category:!X", "Category:X||!Y",
         "Category:Lieu", "Category:X|+depth=0", "Category:!+", ":Category:X", "Aide:!Alpha"]  # fmt: skip


PARTS = ["[[Mots.Language code::fr]]", "[[Mots.Text::mot||word]]", "[[Mots.Text::~m*]]", "[[Mots.Langue::!fr]]",
         "[[Mots.Text::+]]", "[[Mots::<q>[[Texte::mot]] [[Language code::fr]]</q>]]"]  # fmt: skip


def texts(values: dict[str, list[str]]) -> st.SearchStrategy[tuple[str, str]]:
    """Draw a property and a value of it as text."""
    return st.sampled_from(sorted(values)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(values[name])))


def statements() -> st.SearchStrategy[Claim]:
    """Draw any statement: of a page or a subobject, current or past."""
    return st.builds(
        lambda page, stated, fragment, added_in, lasted: Claim(
            page, *stated, fragment, added_in, lasted and added_in + lasted
        ),
        st.sampled_from(["Alpha", "Béta", "Gamma", "Delta", "Aide:Alpha", "Perdu"]),
        texts(VALUES),
        st.sampled_from(["", "", "", "part", "other"]),
        st.integers(1, 100),
        st.sampled_from([None, None, None, 10, 50]),
    )


def worlds() -> st.SearchStrategy[SampleWiki]:
    """Draw a small wiki: a redirect, a deleted page, subcategories, a subproperty, and any statements."""
    structure = [
        Claim("Category:Y", "_SUBC", "X"), Claim("Category:Z", "_SUBC", "Y"),
        Claim("Property:Texte fin", "_SUBP", "Texte"),
    ]  # fmt: skip
    pages = {title: "Alpha" if title == "Renvoi" else "" for title in [*TITLES, "Property:Texte fin"]}
    return st.lists(statements(), min_size=4, max_size=25).map(
        lambda some: SampleWiki(pages, structure + some, {"Perdu"})
    )


def conditions() -> st.SearchStrategy[str]:
    """Draw any condition as text, within the depth limit."""
    return nested(2).filter(is_shallow)


def is_shallow(source: str) -> bool:
    """Whether a condition is within the depth limit."""
    try:
        parse(source)
    except AskProblem as problem:
        if problem.code != "ask_depth":
            raise
        return False
    return True


def nested(depth: int) -> st.SearchStrategy[str]:
    """Draw any condition with groups nested `depth` deep."""
    value = texts(TESTS).map(lambda one: f"[[{one[0]}::{one[1]}]]")
    several = texts(TESTS).flatmap(
        lambda one: st.sampled_from([*TESTS[one[0]], "+", "!+"]).map(lambda more: f"[[{one[0]}::{one[1]}||{more}]]")
    )
    any_none = st.sampled_from([f"[[{name}::{sign}]]" for name in DECLARATIONS for sign in ("+", "!+")])
    page = st.sampled_from([f"[[{one}]]" for one in PAGES])
    odd = st.sampled_from(
        ["[[Texte::un mot|+depth=0]]", "[[Category::X]]", "[[Category::Y||Z]]", "[[Kind::Lieu]]", *PARTS]
    )
    back = st.builds(
        "[[-{}::{}]]".format, st.sampled_from(["Vers", "Libre"]),
        st.sampled_from(["Alpha", "+", "!+", "~A*", "Alpha#part", "Renvoi"]),
    )  # fmt: skip
    chain = st.builds(
        lambda first, last: f"[[{first}.{last[0]}::{last[1]}]]",
        st.sampled_from(["Vers", "-Vers", "Fiche", "Fiche.Vers", "Vers.-Libre", "Libre"]),
        st.one_of(texts(TESTS), st.sampled_from([("Nombre", "+"), ("Nombre", "!+"), ("Vers", "!+")])),
    )
    simple = st.one_of(value, value, several, any_none, page, odd, back, chain)
    if not depth:
        return simple
    inner = nested(depth - 1)
    return st.one_of(
        simple,
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
        st.lists(inner, min_size=2, max_size=2).map(lambda some: f"<q>{' OR '.join(some)}</q>"),
        st.builds("[[{}::<q>{}</q>]]".format, st.sampled_from(["Vers", "-Vers", "Libre"]), inner),
    )


def compiled_subjects(source: str, at: int | None = None) -> set[str]:
    """Return the subjects that the compiler finds."""
    when = None if at is None else day(at)
    compiler = QueryCompiler(parse(source), AnonymousUser(), when)
    return {item.key for item in load_subjects(compiler.scope, compiler.subjects())}


@settings(max_examples=40, phases=WITHOUT_SHRINKING)
@given(worlds(), st.lists(conditions(), min_size=6, max_size=6), st.sampled_from([None, None, 30, 80]))
def test_the_compiler_agrees_with_the_reference_evaluator(
    world: SampleWiki, sources: list[str], at: int | None
) -> None:
    with transaction.atomic():
        world.store()
        for source in sources:
            expected = Evaluator(world, parse(source), None if at is None else day(at)).matching_subjects()
            assert compiled_subjects(source, at) == expected, source
        transaction.set_rollback(True)


EVERYTHING = SampleWiki(
    {title: "Alpha" if title == "Renvoi" else "" for title in [*TITLES, "Property:Texte fin"]},
    [
        Claim("Category:Y", "_SUBC", "X"), Claim("Category:Z", "_SUBC", "Y"),
        Claim("Property:Texte fin", "_SUBP", "Texte"),
        *(Claim(TITLES[place % 5], name, raw) for name, raws in VALUES.items() for place, raw in enumerate(raws)),
        *(Claim("Gamma", name, raws[0], "part") for name, raws in VALUES.items()),
    ],
    {"Perdu"},
)  # fmt: skip
EACH = [
    *(f"[[{name}::{one}]]" for name, some in TESTS.items() for one in [*some, "+", "!+"]),
    *(f"[[{one}]]" for one in PAGES),
    *PARTS,
]


def test_every_operator_of_every_datatype_compiles() -> None:
    EVERYTHING.store()
    for source in EACH:
        assert compiled_subjects(source) == Evaluator(EVERYTHING, parse(source)).matching_subjects(), source
    found = {source: compiled_subjects(source) for source in EACH}
    assert sum(bool(subjects) for subjects in found.values()) > len(EACH) * 0.8


def test_facts_outside_the_moment_are_ignored() -> None:
    world = SampleWiki(
        {"Alpha": ""},
        [
            Claim("Alpha", "Nombre", "1", added_in=10, removed_in=20),
            Claim("Alpha", "Nombre", "2", added_in=20),
        ],
    )
    world.store()
    assert [len(compiled_subjects("[[Nombre::1]]", at)) for at in (9, 10, 19, 20, None)] == [0, 1, 1, 0, 0]
    assert [len(compiled_subjects("[[Nombre::2]]", at)) for at in (19, 20, None)] == [0, 1, 1]
    assert day(20) - day(10) == timedelta(days=10)
