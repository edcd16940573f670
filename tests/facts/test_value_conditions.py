"""Conditions on one value, in plain Python."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.facts.value_conditions import (
    EqualTo,
    FieldsMatch,
    InLanguage,
    InRange,
    MatchesWildcard,
    NotMatching,
    ValueCondition,
    WithinDistance,
    distance,
    matches,
)
from wiki.facts.values import Value

FIVE = Value("_num", "5", "5", "5", number=5.0)
BONJOUR = Value("_mlt_rec", "Bonjour@fr", "Bonjour", "bonjour", lang="fr")
RECORD = Value("_rec", "5; Bonjour", "_x", parts=(("A", FIVE), ("B", BONJOUR)))
HERE = Value("_geo", "45, 4", "45,4", lat=45.0, lon=4.0)


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        (EqualTo(("4", "5")), FIVE, True),
        (EqualTo(()), FIVE, False),
        (InRange("number", 5.0, 5.0), FIVE, True),
        (InRange("number", 5.0, low_open=True), FIVE, False),
        (InRange("number", high=5.0, high_open=True), FIVE, False),
        (InRange("number"), FIVE, True),
        (InRange("number"), BONJOUR, False),
        (InRange("folded_text", "bon", "bop"), BONJOUR, True),
        (InRange("folded_text", "bonjour", low_open=True), BONJOUR, False),
        (WithinDistance(45.0, 4.0, 0.0), HERE, True),
        (WithinDistance(45.001, 4.0, 100.0), HERE, False),
        (WithinDistance(45.001, 4.0, 112.0), HERE, True),
        (WithinDistance(45.0, 4.0, 1e9), FIVE, False),
        (InLanguage("fr"), BONJOUR, True),
        (InLanguage("fr", MatchesWildcard("bon*")), BONJOUR, True),
        (InLanguage("en", MatchesWildcard("bon*")), BONJOUR, False),
        (FieldsMatch((("A", EqualTo(("5",))), ("B", MatchesWildcard("*jour")))), RECORD, True),
        (FieldsMatch((("A", EqualTo(("5",))), ("C", MatchesWildcard("*")))), RECORD, False),
        (FieldsMatch(()), RECORD, True),
        (NotMatching(EqualTo(("5",))), FIVE, False),
        (NotMatching(FieldsMatch((("A", EqualTo(("6",))),))), RECORD, True),
    ],
)
def test_a_value_matches_a_condition(condition: ValueCondition, value: Value, holds: bool) -> None:
    assert matches(condition, value) is holds


def test_distances_on_the_sphere_and_across_the_antimeridian() -> None:
    saint_etienne, lyon = (45.4397, 4.3872), (45.764, 4.8357)
    assert distance(*saint_etienne, *lyon) == pytest.approx(50_200, rel=0.01)
    assert distance(0, 179.5, 0, -179.5) == pytest.approx(distance(0, 0, 0, 1))
    assert distance(90, 0, 90, 120) == pytest.approx(0, abs=1e-6)
    assert distance(0, 0, 0, 180) == pytest.approx(20_015_115, rel=1e-6)


def slow_match(pattern: str, text: str) -> bool:
    """Match `*` and `?` by their definition, row by row over pattern and text."""
    characters: list[tuple[str, bool]] = []
    at = 0
    while at < len(pattern):
        if pattern[at] == "\\" and pattern[at + 1 : at + 2] in ("*", "?", "\\"):
            characters.append((pattern[at + 1], False))
            at += 2
        else:
            characters.append((pattern[at], pattern[at] in "*?"))
            at += 1
    row = [True, *([False] * len(text))]
    for character, is_wildcard in characters:
        if is_wildcard and character == "*":
            row = [any(row[: i + 1]) for i in range(len(row))]
        else:
            row = [False, *(row[i] and (is_wildcard or text[i] == character) for i in range(len(text)))]
    return row[-1]


@given(st.text("ab*?\\\n", max_size=9), st.text("ab*?\\\n", max_size=9))
def test_wildcards(pattern: str, text: str) -> None:
    assert matches(MatchesWildcard(pattern), Value("_txt", text, folded_text=text)) is slow_match(pattern, text)


@given(st.lists(st.sampled_from(["ab", "a", "b", "*", "?"]), max_size=8).map("".join), st.text("ab", max_size=12))
def test_text_between_wildcards(pattern: str, text: str) -> None:
    assert matches(MatchesWildcard(pattern), Value("_txt", text, folded_text=text)) is slow_match(pattern, text)
