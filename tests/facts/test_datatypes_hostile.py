"""Hostile input takes little time, breaks nothing, and makes no unsafe links."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiki.facts.datatypes import allowed_values, registry
from wiki.facts.datatypes.base import COMPARATORS, InvalidQueryValue
from wiki.facts.value_conditions import MatchesWildcard, matches
from wiki.facts.values import Context, Declaration, Unit, Value

SIZE = 100_000
BOUND = 1.0
"""Seconds; the slowest case takes a tenth of it on the developers' machine."""
PATTERNS = (
    "a", "1", " ", "-", ",", ".", "1,", "1.", "1 ", "'", "1'", ";", "\\", "\\;", "?;", "@", "@fr", "(", ")", "()",
    "(1 km)",
    "#", "[[", "]]", "[[a|", "{", "}", "{a,", "\\,", ":", "::", "/", "//", "http://", "http://a@", "1/", "12:30 ",
    "jan ",
    "mars 2021 ", "45 N ", "45°", "45° 1' ", "°", "é", "\u0301", "a\u0301", "\u202f", "ﷺ", "１", "²", "*", "*a", "?",
    "0",
    "e", "1e", "+", "%s", "\n", "av. j.-c. ", "年", "1年", "JD", "[ ", "...", "1...", "\ud800", "\x00", "𝟙",
)  # fmt: skip
FIELDS = tuple(Declaration(id_, id_, id_) for id_ in ("_txt", "_num", "_dat", "_geo", "_wpg"))
TYPES = [*sorted(set(registry.DATATYPES) - {"_kind"}), ""]


def context_of(datatype: str, **rules: object) -> Context:
    declaration = Declaration(
        "P", "P", datatype, units=(Unit(1, ("km",)),), fields=FIELDS, formatter="https://example.org/$1", **rules  # type: ignore[arg-type]
    )  # fmt: skip
    return Context("fr", declaration, "A", "B")


def check_everything(text: str, context: Context) -> None:
    """Parse, show and compare `text`, and check that the results can be encoded."""
    value = registry.parse(text, context)
    assert len(value.canonical_value) <= 255
    assert len(value.place_key) <= 255
    for result in (
        value.canonical_value,
        value.folded_text,
        registry.show(value, context),
        str(registry.data(value, context)),
    ):
        assert "\0" not in result
        result.encode()
    assert registry.link(value, context).partition(":")[0] in {"", "http", "https", "mailto", "tel", "geo", "ftp"}
    for comparator in COMPARATORS:
        try:
            condition = registry.build_condition(comparator, text, context)
        except InvalidQueryValue:
            continue
        assert matches(condition, value) in (True, False)


@pytest.mark.parametrize("datatype", TYPES)
def test_it_parses_100_kilobytes_of_anything_quickly(datatype: str) -> None:
    context = context_of(datatype, pattern="(a+)+$")
    for pattern in PATTERNS:
        text = (pattern * (SIZE // len(pattern) + 1))[:SIZE]
        start = time.process_time()
        value = registry.parse(text, context)
        registry.show(value, context)
        registry.link(value, context)
        assert time.process_time() - start < BOUND, (datatype, pattern)


@pytest.mark.parametrize("datatype", TYPES)
def test_it_compares_long_texts_quickly(datatype: str) -> None:
    context = context_of(datatype)
    for pattern in PATTERNS:
        text = (pattern * 4000)[:4000]
        start = time.process_time()
        check_everything(text, context)
        assert time.process_time() - start < BOUND, (datatype, pattern)


@given(st.text(max_size=60), st.sampled_from(TYPES))
def test_it_never_fails_on_any_text(text: str, datatype: str) -> None:
    check_everything(text, context_of(datatype))


@given(st.text("0123456789 .,:;/-+'°NSEWOapmhJDBCé年月日T@()#{}\\", max_size=40), st.sampled_from(TYPES))
def test_it_never_fails_on_what_looks_like_a_value(text: str, datatype: str) -> None:
    check_everything(text, context_of(datatype))


def test_it_matches_hostile_wildcards_quickly() -> None:
    value = Value("_txt", "a", folded_text="a" * SIZE)
    start = time.process_time()
    for pattern in ("*a*a*a*a*a*a*a*a*b", "*a" * 50 + "b", "*?" * 100 + "b", "*" * 5000 + "b"):
        assert not matches(MatchesWildcard(pattern), value)
    assert matches(MatchesWildcard("*a" * 50), value)
    assert time.process_time() - start < BOUND


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a{1,50}){1,50}b", "(.*)*x", "^" + "(a?)" * 60 + "a" * 60])
def test_hostile_patterns_take_linear_time(pattern: str) -> None:
    start = time.process_time()
    registry.parse("a" * 10_000 + "!", context_of("_txt", pattern=pattern))
    assert time.process_time() - start < BOUND


@pytest.mark.parametrize(
    "pattern", ["(", "(?=a)b", r"(a)\1", "a{1,100000}", "a" * 2000, "(((a{1,100}){1,100}){1,100})"]
)
def test_invalid_patterns_are_reported_and_allow_all_values(pattern: str) -> None:
    found = allowed_values.pattern_problem(pattern)
    assert found is not None
    assert found.code == "pattern_unreadable"
    assert registry.parse("b", context_of("_txt", pattern=pattern)).problem is None


def test_valid_patterns_have_no_problem() -> None:
    assert allowed_values.pattern_problem(r"^\d{5}$") is None


def test_it_checks_a_long_list_of_allowed_values_quickly() -> None:
    context = context_of("_dat", allowed=tuple(f"{day % 28 + 1} mars {day + 1000}" for day in range(2000)))
    start = time.process_time()
    assert registry.parse("12 avril 2021", context).problem is not None
    assert time.process_time() - start < BOUND


def test_units_that_cannot_be_converted_are_ignored() -> None:
    units = (
        Unit(1, ("km",)),
        Unit(0, ("nil",)),
        Unit(float("inf"), ("inf",)),
        Unit(float("nan"), ("nan",)),
        Unit(5e-324, ("x",)),
    )
    context = Context("en", Declaration("P", "P", "_qty", units=units))
    assert registry.parse("3 nil", context).problem is not None
    assert registry.parse("3 x", context).problem is not None
    assert registry.parse("3 km", context).number == 3.0
