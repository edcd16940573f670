"""Conditions as rows «property · operator · value», for people who do not write the query language.

What rows can say is a part of the language: a conjunction of comparisons of one property with one value. Each row is
written as one condition (two for “between”), which is parsed again: a value that the parser would read as
something else is refused, since the language has no way to quote signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext

from wiki.ask.language.condition_parser import parse_chain, parse_conditions
from wiki.ask.language.query_ast import (
    AnyValue,
    ChainLink,
    Compare,
    Condition,
    Conjunction,
    HasValue,
    NoValue,
    ValueTest,
    flatten_conjunction,
)
from wiki.ask.language.query_errors import AskProblem, message_for
from wiki.errors import gettext_noop
from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.coordinates import read_coordinates
from wiki.geography.communes import commune_at, commune_by_name

OPERATORS: Mapping[str, str] = {
    "is": gettext_noop("is"),
    "not": gettext_noop("is not"),
    "contains": gettext_noop("contains"),
    "least": gettext_noop("is at least"),
    "most": gettext_noop("is at most"),
    "between": gettext_noop("is between"),
    "near": gettext_noop("is near"),
    "any": gettext_noop("has a value"),
    "none": gettext_noop("has no value"),
}
"""The label of each operator, as a message id."""
MAX_KILOMETRES = 20_000
"""Half of the way round the Earth."""

_WRITTEN = {"is": "", "not": "!", "least": "≥", "most": "≤"}
_COMPARATORS = {"is": "", "not": "!", "least": ">", "most": "<", "contains": "~"}
_OPERATORS_BY_COMPARATOR = {comparator: operator for operator, comparator in _COMPARATORS.items()}
_WITHOUT_VALUE = ("any", "none")
_WITH_SECOND_VALUE = ("between", "near")
_SIGNS = ("[[", "]]", "|", "{{", "}}", "<q>", "</q>")
"""What ends or begins another part of a query, wherever it stands."""
_WILDCARD = re.compile(r"([*?\\])")
_ESCAPED_WILDCARD = re.compile(r"\\([*?\\])")
_KILOMETRES = re.compile(r"\d{1,5}(?:[.,]\d{1,3})?")
_CIRCLE = re.compile(r"([^()]+)\(\s*(\d{1,5}(?:[.,]\d{1,3})?)\s*km\s*\)")


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One condition as a row of the form, as typed."""

    name: str = ""
    """A property, or a chain of them."""
    operator: str = "is"
    value: str = ""
    second_value: str = ""
    """The upper end of “between”, or the kilometres of “near”."""
    problem: str = ""
    """Why the row cannot be written as a condition, in the active language."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.name or self.value or self.second_value)

    @property
    def is_unfinished(self) -> bool:
        """Whether something is still to be typed."""
        is_value_missing = self.operator not in _WITHOUT_VALUE and not self.value
        is_second_missing = self.operator in _WITH_SECOND_VALUE and not self.second_value
        return not self.name or is_value_missing or is_second_missing

    @property
    def has_unused_value(self) -> bool:
        """Whether a value was typed that the operator does not take."""
        is_second_unused = self.operator not in _WITH_SECOND_VALUE and bool(self.second_value)
        return is_second_unused or (self.operator in _WITHOUT_VALUE and bool(self.value))


class _RowProblem(Exception):
    """A row that cannot be written as a condition, with the reason in the active language."""


def write_rows(rows: Iterable[ConditionRow]) -> tuple[str, list[ConditionRow]]:
    """Return the question that the rows ask, and the rows; those with a problem are not in the question."""
    written, checked = [], []
    for row in rows:
        if row.is_empty and row.operator not in _WITHOUT_VALUE:
            continue
        try:
            written.append(_write_row(row))
            checked.append(row)
        except _RowProblem as problem:
            checked.append(replace(row, problem=str(problem)))
    return " ".join(written), checked


def parse_rows(question: str) -> list[ConditionRow] | None:
    """Return the rows that ask a question; None if it has a condition that rows cannot ask, or an error."""
    try:
        condition = parse_conditions(question)
    except AskProblem:
        return None
    parts = flatten_conjunction(condition) if isinstance(condition, Conjunction) else [condition]
    rows: list[ConditionRow] = []
    for part in parts:
        row = _read_condition(part)
        if row is None:
            return None
        before = rows[-1] if rows else None
        if row.operator == "most" and before and before.operator == "least" and before.name == row.name:
            rows[-1] = replace(before, operator="between", second_value=row.value)
        else:
            rows.append(row)
    return rows


# --- Writing --------------------------------------------------------------------------------------
def _write_row(row: ConditionRow) -> str:
    """Return the conditions of a row. Raises _RowProblem."""
    if row.operator not in OPERATORS:
        raise _RowProblem(gettext("“%(operator)s” is no way to compare.") % {"operator": row.operator[:60]})
    _check_fields(row)
    if row.operator == "any":
        return _write_condition(row.name, "+", AnyValue())
    if row.operator == "none":
        return _write_condition(row.name, "!+", NoValue())
    if row.operator == "near":
        circle = _write_circle(row)
        return _write_condition(row.name, circle, Compare("", circle))
    if row.operator == "contains":
        pattern = "*" + _WILDCARD.sub(r"\\\1", row.value) + "*"
        return _write_condition(row.name, f"~{pattern}", Compare("~", pattern))
    if row.operator == "between":
        ends = (("least", row.value), ("most", row.second_value))
        return " ".join(_write_comparison(row.name, operator, value) for operator, value in ends)
    return _write_comparison(row.name, row.operator, row.value)


def _check_fields(row: ConditionRow) -> None:
    """Check that a row has what its operator needs, no more, and no sign of the language. Raises _RowProblem."""
    label = gettext(OPERATORS[row.operator])
    if not row.name:
        raise _RowProblem(gettext("The name of a property is missing."))
    if row.operator in _WITHOUT_VALUE and row.value:
        raise _RowProblem(
            gettext("“%(operator)s” takes no value. Empty it, or compare otherwise.") % {"operator": label}
        )
    if row.operator not in _WITHOUT_VALUE and not row.value:
        raise _RowProblem(gettext("A value is missing."))
    if row.operator in _WITH_SECOND_VALUE and not row.second_value:
        missing = (
            gettext("The kilometres are missing.") if row.operator == "near" else gettext("The upper end is missing.")
        )
        raise _RowProblem(missing)
    if row.operator not in _WITH_SECOND_VALUE and row.second_value:
        raise _RowProblem(
            gettext("“%(operator)s” takes no second value. Empty it, or compare otherwise.") % {"operator": label}
        )
    for sign in _SIGNS:
        if any(sign in text for text in (row.name, row.value, row.second_value)):
            raise _RowProblem(
                gettext("“%(sign)s” has a meaning in questions, so it cannot be searched for. Leave it out.")
                % {"sign": sign}
            )


def _write_circle(row: ConditionRow) -> str:
    """Return the circle of “near” as written in a question. Raises _RowProblem."""
    if not _KILOMETRES.fullmatch(row.second_value):
        raise _RowProblem(gettext("“%(found)s” is no number of kilometres.") % {"found": row.second_value[:60]})
    kilometres = float(row.second_value.replace(",", "."))
    if not 0 < kilometres <= MAX_KILOMETRES:
        raise _RowProblem(gettext("“%(found)s” is no number of kilometres.") % {"found": row.second_value[:60]})
    return f"{_coordinates_near(row.value)} ({kilometres:g} km)"


def _coordinates_near(text: str) -> str:
    """Return the coordinates of a town, or those that are written. Raises _RowProblem."""
    try:
        read_coordinates(text)
    except InvalidQueryValue:
        commune = commune_by_name(text)
        if commune is None or commune.latitude is None or commune.longitude is None:
            message = gettext(
                "“%(town)s” is no town of the table of communes, or several have this name: add the number of the "
                "département, as in Saint-Denis (93)."
            )
            raise _RowProblem(message % {"town": text[:60]}) from None
        return f"{round(commune.latitude, 5)}, {round(commune.longitude, 5)}"
    return text


def _write_comparison(name: str, operator: str, value: str) -> str:
    return _write_condition(name, _WRITTEN[operator] + value, Compare(_COMPARATORS[operator], value))


def _write_condition(name: str, written: str, expected: ValueTest) -> str:
    """Return the condition, if it is parsed as the expected test of this property. Raises _RowProblem."""
    text = f"[[{name}::{written}]]"
    try:
        chain = parse_chain(name)
    except AskProblem as problem:
        raise _RowProblem(message_for(AskProblem(problem.code, problem.params))) from None
    try:
        found: Condition | None = _without_positions(parse_conditions(text))
    except AskProblem:
        found = None
    if found != HasValue(chain, (expected,)):
        raise _RowProblem(
            gettext("In a question this would mean something else. Leave out signs such as > < ~ ! + or ] at an end.")
        )
    return text


def _without_positions(condition: Condition) -> Condition:
    """Return a condition on values with their positions at 0, for comparison."""
    if not isinstance(condition, HasValue):
        return condition
    values = tuple(replace(value, position=0) if isinstance(value, Compare) else value for value in condition.values)
    return replace(condition, values=values)


# --- Reading --------------------------------------------------------------------------------------
def _read_condition(condition: Condition) -> ConditionRow | None:
    """Return the row for one condition; None if there is none, or if it would be written as another condition."""
    if not isinstance(condition, HasValue) or len(condition.values) != 1:
        return None
    row = _read_test(_chain_text(condition.chain), condition.values[0])
    if row is None:
        return None
    try:
        written = _without_positions(parse_conditions(_write_row(row)))
    except _RowProblem:
        return None
    if row.operator == "near" and isinstance(written, HasValue):
        written = replace(written, values=condition.values)
    return row if _without_positions(written) == _without_positions(condition) else None


def _read_test(name: str, test: ValueTest) -> ConditionRow | None:
    """Return the row for a test of one value."""
    if isinstance(test, AnyValue):
        return ConditionRow(name, "any")
    if isinstance(test, NoValue):
        return ConditionRow(name, "none")
    if not isinstance(test, Compare) or test.comparator not in _OPERATORS_BY_COMPARATOR:
        return None
    operator = _OPERATORS_BY_COMPARATOR[test.comparator]
    if operator == "contains":
        return _read_pattern(name, test.text)
    circle = _CIRCLE.fullmatch(test.text) if operator == "is" else None
    if circle:
        return ConditionRow(name, "near", _town_at(circle[1].strip()), circle[2])
    return ConditionRow(name, operator, test.text)


def _read_pattern(name: str, pattern: str) -> ConditionRow | None:
    """Return the row for `*words*`."""
    inner = pattern[1:-1]
    if not (len(pattern) > 2 and pattern.startswith("*") and pattern.endswith("*")):
        return None
    return ConditionRow(name, "contains", _ESCAPED_WILDCARD.sub(r"\1", inner))


def _town_at(coordinates: str) -> str:
    """Return the name of the commune with exactly these coordinates, else the coordinates as written."""
    try:
        commune = commune_at(*read_coordinates(coordinates))
    except InvalidQueryValue:
        return coordinates
    name = f"{commune.name} ({commune.department_code})" if commune else ""
    return name if name and commune_by_name(name) == commune else coordinates


def _chain_text(chain: Sequence[ChainLink]) -> str:
    """Return a property chain as it is written."""
    return ".".join(f"-{link.name}" if link.inverse else link.name for link in chain)
