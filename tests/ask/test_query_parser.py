"""Query texts are parsed to syntax trees, or to a problem with its position."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.ask.language.query_ast import (
    AnyValue,
    ChainLink,
    Compare,
    Condition,
    Conjunction,
    Disjunction,
    HasValue,
    InCategory,
    InConcept,
    InNamespace,
    IsPage,
    NoValue,
    Sort,
    SubqueryValue,
)
from wiki.ask.language.query_errors import PROBLEMS, AskProblem, message_for
from wiki.ask.query_parser import parse, parse_arguments


def has(name: str, comparator: str, text: str, at: int) -> HasValue:
    """Return a condition on one value of one property."""
    return HasValue((ChainLink(name),), (Compare(comparator, text, at),))


CONDITIONS: list[tuple[str, Condition]] = [
    ("[[Kind::Place]]", has("Kind", "", "Place", 8)),
    ("[[P::>3]]", has("P", ">", "3", 6)),
    ("[[P::≥3]]", has("P", ">", "3", 6)),
    ("[[P::≤3]]", has("P", "<", "3", 6)),
    ("[[P::<3]]", has("P", "<", "3", 6)),
    ("[[P::>>3]]", has("P", ">>", "3", 7)),
    ("[[P::<<3]]", has("P", "<<", "3", 7)),
    ("[[P::!3]]", has("P", "!", "3", 6)),
    ("[[P::~a*]]", has("P", "~", "a*", 6)),
    ("[[P::!~a*]]", has("P", "!~", "a*", 7)),
    ("[[P::like:a*]]", has("P", "~", "a*", 10)),
    ("[[P::nlike:a*]]", has("P", "!~", "a*", 11)),
    ("[[P::in:a]]", has("P", "~", "*a*", 8)),
    ("[[P::phrase:a b]]", has("P", "~", "*a b*", 12)),
    ("[[P::not:a]]", has("P", "!~", "*a*", 9)),
    ("[[P::+]]", HasValue((ChainLink("P"),), (AnyValue(),))),
    ("[[P::!+]]", HasValue((ChainLink("P"),), (NoValue(),))),
    ("[[P::a||!+]]", HasValue((ChainLink("P"),), (Compare("", "a", 5), NoValue()))),
    ("[[P::a|+depth=0]]", HasValue((ChainLink("P"),), (Compare("", "a", 5),), 0)),
    (
        "[[A.-B.C::a]]",
        HasValue((ChainLink("A"), ChainLink("B", inverse=True), ChainLink("C")), (Compare("", "a", 10),)),
    ),
    ("[[ No. 5::a]]", HasValue((ChainLink("No. 5"),), (Compare("", "a", 10),))),
    ("[[-Has subobject::Page]]", HasValue((ChainLink("Has subobject", inverse=True),), (Compare("", "Page", 18),))),
    ("[[P::[[a|b]]]]", has("P", "", "[[a|b]]", 5)),
    ("[[P::a::b]]", has("P", "", "a::b", 5)),
    (
        "[[P::<q>[[A]]</q>||b]]",
        HasValue((ChainLink("P"),), (SubqueryValue(IsPage((Compare("", "A", 10),))), Compare("", "b", 19))),
    ),
    ("[[R::a;?;>3]]", has("R", "", "a;?;>3", 5)),
    ("[[C::45,4 (10 km)]]", has("C", "", "45,4 (10 km)", 5)),
    ("[[Category:A||B]]", InCategory(("A", "B"))),
    ("[[Catégorie:A||Catégorie:B]]", InCategory(("A", "B"))),
    ("[[category:+]]", InCategory(())),
    ("[[Category:!A]]", InCategory(("A",), negated=True)),
    ("[[Category:A||!B]]", Disjunction((InCategory(("A",)), InCategory(("B",), negated=True)))),
    ("[[Category:A|+depth=2]]", InCategory(("A",), depth=2)),
    ("[[:Category:A]]", IsPage((Compare("", ":Category:A", 2),))),
    ("[[Concept:A||B]]", Disjunction((InConcept("A"), InConcept("B")))),
    ("[[A||~B*||>M]]", IsPage((Compare("", "A", 2), Compare("~", "B*", 6), Compare(">", "M", 11)))),
    ("[[Help:~F*]]", IsPage((Compare("", "Help:~F*", 2),))),
    ("[[A#b]]", IsPage((Compare("", "A#b", 2),))),
    ("[[Aide:+]]", InNamespace(12)),
    ("[[:+]]", InNamespace(0)),
    ("[[A||Help:+]]", Disjunction((IsPage((Compare("", "A", 2),)), InNamespace(12)))),
    ("[[~~a]]", HasValue((), (Compare("~", "*a*", 2),))),
    ("[[A]] [[B]]", Conjunction((IsPage((Compare("", "A", 2),)), IsPage((Compare("", "B", 8),))))),
    ("[[A]] AND [[B]]", Conjunction((IsPage((Compare("", "A", 2),)), IsPage((Compare("", "B", 12),))))),
    ("[[A]] OR [[B]]", Disjunction((IsPage((Compare("", "A", 2),)), IsPage((Compare("", "B", 11),))))),
    ("[[A]]||[[B]]", Disjunction((IsPage((Compare("", "A", 2),)), IsPage((Compare("", "B", 9),))))),
    (
        "[[A]] OR [[B]] <q>[[C]]</q>",
        Disjunction((
            IsPage((Compare("", "A", 2),)),
            Conjunction((IsPage((Compare("", "B", 11),)), IsPage((Compare("", "C", 20),)))),
        )),
    ),
]  # fmt: skip
WRONG = [
    ("", "ask_empty", None),
    ("  ", "ask_empty", None),
    ("words", "ask_condition", 0),
    ("[[A]] words", "ask_condition", 6),
    ("[[A]] OR", "ask_condition", 8),
    ("[[A", "ask_open", 0),
    ("[[A]] [[P::b", "ask_open", 6),
    ("<q>[[A]]", "ask_open", 0),
    ("[[P::]]", "ask_value_missing", 5),
    ("[[P::a||]]", "ask_value_missing", 8),
    ("[[P::>]]", "ask_value_missing", 5),
    ("[[P::<q>[[A]]</q> b]]", "ask_value_end", 18),
    ("[[::a]]", "ask_property_missing", 2),
    ("[[A..B::a]]", "ask_property_missing", 2),
    ("[[]]", "ask_page_missing", 2),
    ("[[Category:]]", "ask_page_missing", 2),
    ("[[P::a|b]]", "ask_depth_option", 6),
    ("[[A|label]]", "ask_depth_option", 3),
    ("[[P::" + "||".join("x" * 17) + "]]", "ask_size", 53),
    ("[[A.B.C.D.E::a]]", "ask_depth", 2),
    ("[[A.B::<q>[[C.D.E::a]]</q>]]", "ask_depth", 0),
    ("<q>" * 5 + "[[A]]" + "</q>" * 5, "ask_depth", 12),
    ("[[A]]|limit=10001", "ask_limit", None),
    ("[[A]]|limit=many", "ask_number", None),
    ("[[A]]|offset=-1", "ask_number", None),
    ("[[A]]|order=upwards", "ask_order", None),
    ("[[A]]|+limit=1", "ask_option_alone", None),
    ("[[A]]" + "|?A" * 101, "ask_printouts", None),
    ("[[A]]" + " " * 20_000, "ask_too_long", None),
]


@pytest.mark.parametrize(("source", "tree"), CONDITIONS)
def test_conditions_are_parsed(source: str, tree: Condition) -> None:
    assert parse(source).condition == tree


@pytest.mark.parametrize(("source", "code", "at"), WRONG)
def test_errors_have_a_code_and_a_position(source: str, code: str, at: int | None) -> None:
    with pytest.raises(AskProblem) as caught:
        parse(source)
    assert (caught.value.code, caught.value.at) == (code, at)
    assert code in PROBLEMS
    assert "%(" not in message_for(caught.value)


def test_printouts_are_parsed() -> None:
    question = parse("[[A]]|?|?P|?P#km²=Size|?A.-B=|+limit=2|+Order=desc|?Catégorie|?Category:X=in X|?No=#")
    assert [(p.chain, p.label, p.output_format, p.category, p.labelled) for p in question.printouts] == [
        ((), "", "", None, False),
        ((ChainLink("P"),), "P", "", None, False),
        ((ChainLink("P"),), "Size", "km²", None, True),
        ((ChainLink("A"), ChainLink("B", inverse=True)), "", "", None, True),
        ((), "Catégorie", "", "", False),
        ((), "in X", "", "X", True),
        ((ChainLink("No"),), "#", "", None, True),
    ]
    assert question.printouts[3].options == {"limit": "2", "order": "desc"}


def test_parameters_are_parsed_in_english_and_in_french() -> None:
    question = parse("[[A]]|limite=5|Décalage=2|tri=P.Q,,R|ordre=desc,asc|étiquette principale=-|au=2021|format=table")
    assert (question.limit, question.offset, question.as_of) == (5, 2, "2021")
    assert question.sort == [
        Sort((ChainLink("P"), ChainLink("Q")), True),
        Sort((), False),
        Sort((ChainLink("R"),), False),
    ]
    assert question.parameters == {"mainlabel": "-", "format": "table"}
    assert parse("[[A]]|order=random").random
    assert parse("[[A]]|sort=P").sort == [Sort((ChainLink("P"),))]
    assert parse("[[A]]|order=desc").sort == [Sort((), True)]


def test_arguments_of_a_call_parse_to_the_same_query() -> None:
    called = parse_arguments(
        [["", "[[Kind::Place]]"], ["", "?City#x=y"], ["?P", "label"], ["", "+limit=2"], ["limit", "5"]]
    )
    assert called == parse("[[Kind::Place]]|?City#x=y|?P=label|+limit=2|limit=5")
    assert parse_arguments([["", "[[A]]"], ["", ""], ["", "[[B]]"]]).condition == parse("[[A]] || [[B]]").condition
    assert parse_arguments([["", "[[A]]"], ["", "[[B]]"]]).condition == parse("[[A]] [[B]]").condition


@given(st.text("[]<q>/|:.+?=#-!~ aPO*R", max_size=80))
def test_any_text_parses_to_a_tree_or_a_problem(source: str) -> None:
    try:
        code = "" if parse(source).limit == 50 else "changed"
    except AskProblem as problem:
        code = problem.code
    assert code in {"", *PROBLEMS}


@pytest.mark.parametrize("piece", ["[[", "]]", "<q>", "[[A||", "|", "||", "[[P::[[", "[[A]]", "[[P.", "OR"])
def test_parsing_hostile_text_is_fast(piece: str) -> None:
    begun = time.process_time()
    with pytest.raises(AskProblem):
        parse(piece * (19_900 // len(piece)))
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ("[[A::+]]", 50), ("[[A::+]]|format=table", 50), ("[[A::+]]|format=sum", 500), ("[[A::+]]|format=leaflet", 500),
        ("[[A::+]]|format=sum|limit=7", 7), ("[[A::+]]|format=nonsense", 50),
    ],
)  # fmt: skip
def test_formats_that_need_all_rows_have_a_higher_default_limit(source: str, limit: int) -> None:
    assert parse(source).limit == limit
