"""Tests the tables of cases: how values are parsed, found and shown, in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.facts.fact_factories import cases, context, tables
from wiki.facts import datatypes
from wiki.facts.datatypes import registry
from wiki.facts.datatypes.base import InvalidQueryValue, split_comparator
from wiki.facts.value_conditions import matches
from wiki.facts.value_problems import PROBLEMS, SMW_KEYS
from wiki.facts.values import Value
from wiki.text import problems

SENTENCES = {**problems.PROBLEMS, **PROBLEMS}
READ = [pytest.param(*case, id=f"{case[0]}-{case[1]}-{case[3]['raw'][:30]}") for case in cases("read")]
FIND = [
    pytest.param(*case, id=f"{case[0]}-{case[1]}-{case[3]['ask'][:20]}-{case[3]['raw'][:20]}") for case in cases("find")
]
COLUMNS = {
    "word": "canonical_value",
    "fold": "folded_text",
    "near": "place_key",
    "note": "note",
    "of": "lang",
    "type": "datatype",
}
NUMBERS = {"number": "number", "end": "number_end", "lat": "lat", "lon": "lon"}


def in_language(expected: Any, language: str) -> Any:
    return expected[language] if isinstance(expected, dict) else expected


@pytest.mark.parametrize(("table", "language", "head", "case"), READ)
def test_it_parses_and_shows(table: str, language: str, head: dict[str, Any], case: dict[str, Any]) -> None:
    case_context = context(head, language)
    value = registry.parse(case["raw"], case_context)
    assert (value.problem.code if value.problem else None) == case.get("problem")
    if value.problem is not None:
        assert SENTENCES[value.problem.code] % value.problem.params
        assert registry.show(value, case_context) == value.raw
        assert registry.link(value, case_context) == ""
        return
    assert value.raw == case["raw"].replace("\0", "\ufffd")
    assert len(value.canonical_value) <= 255
    for name, column in COLUMNS.items():
        if name in case:
            assert getattr(value, column) == case[name], name
    for name, column in NUMBERS.items():
        if name in case:
            assert getattr(value, column) == pytest.approx(case[name], rel=1e-12, abs=1e-12), name
    if "parts" in case:
        assert {key: part.canonical_value for key, part in value.parts} == case["parts"]
    check_output(value, head, language, case)


def check_output(value: Value, head: dict[str, Any], language: str, case: dict[str, Any]) -> None:
    case_context = context(head, language)
    if "shows" in case:
        assert registry.show(value, case_context) == in_language(case["shows"], language)
    for form, text in case.get("forms", {}).items():
        assert registry.show(value, case_context, form) == text, form
    if "data" in case:
        assert registry.data(value, case_context) == case["data"]
    if "link" in case:
        assert registry.link(value, case_context) == case["link"]


@pytest.mark.parametrize(("table", "language", "head", "case"), FIND)
def test_it_finds(table: str, language: str, head: dict[str, Any], case: dict[str, Any]) -> None:
    case_context = context(head, language)
    value = registry.parse(case["raw"], case_context)
    assert value.problem is None
    comparator, text = split_comparator(case["ask"])
    if "problem" in case:
        with pytest.raises(InvalidQueryValue) as caught:
            registry.build_condition(comparator, text, case_context)
        assert caught.value.code == case["problem"]
        assert SENTENCES[caught.value.code] % caught.value.params
        return
    assert matches(registry.build_condition(comparator, text, case_context), value) is case["holds"]


def test_every_user_datatype_has_cases() -> None:
    covered = {head["datatype"] for _, _, head, _ in cases("read")}
    assert {datatype.id for datatype in registry.USER_TYPES} - covered == {"_kind"}
    assert sum(1 for _ in cases("read")) + sum(1 for _ in cases("find")) >= 250


CODES = re.compile(r"(?:problem|InvalidQueryValue|NotADate|NotANumber)\(\s*\"([a-z_]+)\"")
NAMED = re.compile(r"\"([a-z]+_[a-z_]+)\"")


def test_each_problem_has_a_message_and_each_message_is_used() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(datatypes.__file__).parent.glob("*.py"))
    assert set(CODES.findall(sources)) <= set(SENTENCES) | {"kind_unknown"}
    assert set(PROBLEMS) <= set(NAMED.findall(sources))
    assert set(SMW_KEYS) <= set(SENTENCES)


def test_messages_shorten_long_values() -> None:
    for head in (head for _, head in tables()):
        value = registry.parse("\n" + "x" * 50_000 + "\n", context(head, "fr"))
        if value.problem is not None:
            assert all(len(words) <= 500 for words in value.problem.params.values())
