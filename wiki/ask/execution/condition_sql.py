"""Translates value conditions (`facts.value_conditions`) to Q objects on `Fact`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db.models import F, Lookup, Q, QuerySet, Value
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from wiki.ask.execution.collation_functions import FoldedTextPrefix
from wiki.ask.execution.geo_circles import is_within_circle
from wiki.facts.models import FOLDED_PREFIX, Fact
from wiki.facts.value_conditions import (
    EqualTo,
    FieldsMatch,
    InLanguage,
    InRange,
    MatchesWildcard,
    ValueCondition,
    WithinDistance,
)

if TYPE_CHECKING:
    TrueOrFalse = Lookup[bool]
else:
    TrueOrFalse = Lookup

FieldFacts = Callable[[str], QuerySet[Fact]]
"""Returns the facts of a record field, by the key of its property."""

_PATTERN_PARTS = re.compile(r"\\[*?\\]|\*+|\?|[^*?\\]+|\\")
LAST_CHARACTER = "\U0010ffff"


class LikeWithEscape(TrueOrFalse):
    r"""`expression LIKE pattern ESCAPE '\\'`."""

    lookup_name = "shape"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Write the same SQL for both databases; SQLite's LIKE ignores ASCII case, but folded text has none."""
        left, values = self.process_lhs(compiler, connection)
        right, more = self.process_rhs(compiler, connection)
        return f"{left} LIKE {right} ESCAPE '\\'", [*values, *more]


def is_like(column: Any, pattern: str) -> Q:
    """Return a Q: folded text matches `pattern` with the wildcards `*` and `?`."""
    return Q(LikeWithEscape(column, Value(to_like_pattern(pattern))))


def fact_condition(condition: ValueCondition, field_facts: FieldFacts, column: str = "canonical_value") -> Q:
    """Return the Q on `Fact` that is equivalent to `value_conditions.matches(condition, value)`.

    `column` has the canonical values.
    """
    if isinstance(condition, EqualTo):
        return (
            Q(**{column: condition.values[0]})
            if len(condition.values) == 1
            else Q(**{f"{column}__in": condition.values})
        )
    if isinstance(condition, InRange):
        return _range_condition(condition)
    if isinstance(condition, MatchesWildcard):
        return _wildcard_condition(condition.pattern)
    if isinstance(condition, WithinDistance):
        return is_within_circle(condition)
    if isinstance(condition, FieldsMatch):
        found = Q(whole__isnull=False)
        for key, field_condition in condition.conditions:
            found &= Q(
                whole__in=field_facts(key)
                .filter(fact_condition(field_condition, field_facts, column))
                .values("subject")
            )
        return found
    if isinstance(condition, InLanguage):
        inner_condition = fact_condition(condition.condition, field_facts) if condition.condition is not None else Q()
        return Q(lang=condition.lang) & inner_condition
    return ~fact_condition(condition.condition, field_facts, column)


def _range_condition(interval: InRange) -> Q:
    found = Q(**{f"{interval.column}__isnull": False})
    if interval.low is not None:
        found &= Q(**{f"{interval.column}__{'gt' if interval.low_open else 'gte'}": interval.low})
        if isinstance(interval.low, str):
            found &= Q(GreaterThanOrEqual(FoldedTextPrefix(), interval.low[:FOLDED_PREFIX]))
    if interval.high is not None:
        found &= Q(**{f"{interval.column}__{'lt' if interval.high_open else 'lte'}": interval.high})
    return found


def _wildcard_condition(pattern: str) -> Q:
    """Match a wildcard pattern by LIKE, within the index range of its literal prefix."""
    start = literal_prefix(pattern)[:FOLDED_PREFIX]
    matches = is_like(F("folded_text"), pattern)
    if not start:
        return matches
    return (
        Q(GreaterThanOrEqual(FoldedTextPrefix(), start))
        & Q(LessThan(FoldedTextPrefix(), start + LAST_CHARACTER))
        & matches
    )


def to_like_pattern(pattern: str) -> str:
    """Translate `*` and `?` to LIKE wildcards and escape all else; consecutive `*` become one."""
    return "".join(_like_part(part) for part in _PATTERN_PARTS.findall(pattern))


def _like_part(part: str) -> str:
    if part[0] == "*":
        return "%"
    if part == "?":
        return "_"
    plain = part[1:] if len(part) == 2 and part[0] == "\\" and part[1] in "*?\\" else part
    return re.sub(r"([\\%_])", r"\\\1", plain)


def literal_prefix(pattern: str) -> str:
    """Return the part of a pattern before its first wildcard."""
    found = []
    for part in _PATTERN_PARTS.findall(pattern):
        if part[0] == "*" or part == "?":
            break
        found.append(part[1:] if len(part) == 2 and part[0] == "\\" and part[1] in "*?\\" else part)
    return "".join(found)
