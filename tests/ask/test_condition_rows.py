"""Rows of the Ask form: what they ask, and which questions are shown as rows. No database."""

from __future__ import annotations

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from wiki.ask.language.condition_parser import parse_conditions
from wiki.ask.language.condition_rows import OPERATORS, ConditionRow, parse_rows, write_rows
from wiki.ask.query_parser import parse

WORDS = st.text(st.sampled_from("ab é*?\\\"'<>~!+=#:.;,(){}[]|&%/-≥1"), max_size=12).map(
    lambda text: " ".join(text.split())
)
ROWS = st.builds(
    ConditionRow, st.sampled_from(["Ville", "Membre.Ville", "-Membre", "A|b", "[[x", "a::b"]) | WORDS,
    st.sampled_from(list(OPERATORS)), WORDS, st.sampled_from(["", "5", "2,5", "x"]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "question"),
    [
        (ConditionRow("Nature", "is", "Lieu"), "[[Nature::Lieu]]"),
        (ConditionRow("Ville", "not", "Lyon"), "[[Ville::!Lyon]]"),
        (ConditionRow("Services", "contains", "laser"), "[[Services::~*laser*]]"),
        (ConditionRow("Services", "contains", r"a*b?\c"), r"[[Services::~*a\*b\?\\c*]]"),
        (ConditionRow("Surface", "least", "100"), "[[Surface::≥100]]"),
        (ConditionRow("Surface", "most", "100 m²"), "[[Surface::≤100 m²]]"),
        (ConditionRow("Surface", "between", "10", "20"), "[[Surface::≥10]] [[Surface::≤20]]"),
        (ConditionRow("Position", "near", "45.4, 4.4", "20"), "[[Position::45.4, 4.4 (20 km)]]"),
        (ConditionRow("Membre.Ville", "any"), "[[Membre.Ville::+]]"),
        (ConditionRow("-Membre", "none"), "[[-Membre::!+]]"),
        (ConditionRow("Ville", "is", 'L\'"Isle" [d]\'Abeau (38), <b>'), '[[Ville::L\'"Isle" [d]\'Abeau (38), <b>]]'),
    ],
)  # fmt: skip
def test_rows_are_written_as_conditions_and_read_again(row: ConditionRow, question: str) -> None:
    assert write_rows([row]) == (question, [row])
    assert parse_rows(question) == [row]


@given(st.lists(ROWS, max_size=3))
def test_rows_round_trip_or_are_refused(rows: list[ConditionRow]) -> None:
    question, checked = write_rows(rows)
    accepted = [row for row in checked if not row.problem]
    assert len(checked) == sum(not row.is_empty or row.operator in ("any", "none") for row in rows)
    if not accepted:
        assert question == ""
        return
    query = parse(f"{question}|?Ville|limit=7")
    assert (query.source, len(query.printouts), query.limit) == (question, 1, 7)
    again = parse_rows(question)
    assert again is not None
    rewritten, checked_again = write_rows(again)
    assert not any(row.problem for row in checked_again)
    assert rewritten.replace(" ", "") == question.replace(" ", "")


@pytest.mark.parametrize(
    "row",
    [
        ConditionRow("Ville", "is", ">5"), ConditionRow("Ville", "is", "+"), ConditionRow("Ville", "is", "in:a"),
        ConditionRow("Ville", "is", "a]]b"), ConditionRow("Ville", "is", "a|b"), ConditionRow("Ville", "is", "a]"),
        ConditionRow("Ville", "not", "+"), ConditionRow("Ville", "not", "~a"), ConditionRow("Ville", "is", "<q>"),
        ConditionRow("Ville", "is", "{{CURRENTYEAR}}"), ConditionRow("Ville", "is", ""), ConditionRow("", "is", "a"),
        ConditionRow("Ville", "any", "a"), ConditionRow("Ville", "is", "a", "b"), ConditionRow("Ville", "between", "1"),
        ConditionRow("Position", "near", "Nulle-Part", "5"), ConditionRow("Position", "near", "45.4, 4.4"),
        ConditionRow("Position", "near", "45.4, 4.4", "0"), ConditionRow("Position", "near", "45.4, 4.4", "99999"),
        ConditionRow("Position", "near", "45.4, 4.4", "loin"), ConditionRow("Ville", "other", "a"),
        ConditionRow("a::b", "is", "c"), ConditionRow("a..b", "is", "c"),
    ],
)  # fmt: skip
def test_what_rows_cannot_ask_is_refused_beside_the_row(row: ConditionRow) -> None:
    question, checked = write_rows([ConditionRow("Ville", "is", "Lyon"), row])
    assert question == "[[Ville::Lyon]]"
    assert (checked[1].name, checked[1].value, checked[1].second_value) == (row.name, row.value, row.second_value)
    assert checked[1].problem


@pytest.mark.parametrize(
    "question",
    [
        "[[Ville::Lyon||Nantes]]", "[[Ville::Lyon]] OR [[Ville::Nantes]]", "[[Ville::<q>[[A::b]]</q>]]", "[[Atelier]]",
        "[[Category:Bois]]", "[[Ville::>>5]]", "[[Ville::~Saint*]]", "[[Ville::~*a*b*]]", "[[Ville::Lyon|+depth=0]]",
        "[[Ville::Lyon]]|limit=5", "[[Ville::", "[[~~laser]]", "[[ a.b::c]]", "[[Position::1, 2 (3 mi)]] [[", "",
    ],
)  # fmt: skip
def test_other_questions_stay_texts(question: str) -> None:
    assert parse_rows(question) is None


def test_a_town_is_found_and_shown_by_its_name() -> None:
    row = ConditionRow("Position", "near", "st etienne (42)", "20")
    question, checked = write_rows([row])
    assert checked == [row]
    assert question.startswith("[[Position::45.4")
    assert parse_rows(question) == [ConditionRow("Position", "near", "Saint-Étienne (42)", "20")]
    assert write_rows(parse_rows(question) or []) == (question, parse_rows(question))


def test_what_is_missing_is_named() -> None:
    rows = [
        ConditionRow("A"),
        ConditionRow("", "is", "a"),
        ConditionRow("A", "between", "1"),
        ConditionRow("A", "near", "1, 2"),
    ]
    with override("en"):
        problems = [row.problem for row in write_rows(rows)[1]]
    assert problems == [
        "A value is missing.", "The name of a property is missing.", "The upper end is missing.",
        "The kilometres are missing.",
    ]  # fmt: skip


def test_two_rows_of_one_property_are_its_range() -> None:
    question = "[[A::>1]] [[A::≤2]] AND [[B::≤2]]"
    rows = [ConditionRow("A", "between", "1", "2"), ConditionRow("B", "most", "2")]
    assert parse_rows(question) == rows
    assert parse_conditions(write_rows(rows)[0]) is not None
