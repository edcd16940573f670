"""Tests on a value (`facts.matching`) as conditions on rows of facts."""

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
"""The facts of a record's field, by its property's key."""

_PIECES = re.compile(r"\\[*?\\]|\*+|\?|[^*?\\]+|\\")
LAST_CHARACTER = "\U0010ffff"


class LikeWithEscape(TrueOrFalse):
    """`expression LIKE pattern`, with the backslash before a sign that is meant itself."""

    lookup_name = "shape"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """The same on both databases; SQLite's folding of ASCII does not matter to folded words."""
        left, values = self.process_lhs(compiler, connection)
        right, more = self.process_rhs(compiler, connection)
        return f"{left} LIKE {right} ESCAPE '\\'", [*values, *more]


def is_like(column: Any, pattern: str) -> Q:
    """The condition that folded words have the shape of `pattern` (`*` and `?`)."""
    return Q(LikeWithEscape(column, Value(to_like_pattern(pattern))))


def fact_condition(test: ValueCondition, field: FieldFacts) -> Q:
    """The condition on `Fact` that says the same as `matching.matches(test, value)`."""
    if isinstance(test, EqualTo):
        return Q(word=test.values[0]) if len(test.values) == 1 else Q(word__in=test.values)
    if isinstance(test, InRange):
        return _between(test)
    if isinstance(test, MatchesWildcard):
        return _like(test.pattern)
    if isinstance(test, WithinDistance):
        return is_within_circle(test)
    if isinstance(test, FieldsMatch):
        found = Q(whole__isnull=False)
        for key, inner in test.conditions:
            found &= Q(whole__in=field(key).filter(fact_condition(inner, field)).values("subject"))
        return found
    if isinstance(test, InLanguage):
        words = fact_condition(test.condition, field) if test.condition is not None else Q()
        return Q(lang=test.lang) & words
    return ~fact_condition(test.condition, field)


def _between(test: InRange) -> Q:
    found = Q(**{f"{test.column}__isnull": False})
    if test.low is not None:
        found &= Q(**{f"{test.column}__{'gt' if test.low_open else 'gte'}": test.low})
        if isinstance(test.low, str):
            found &= Q(GreaterThanOrEqual(FoldedTextPrefix(), test.low[:FOLDED_PREFIX]))
    if test.high is not None:
        found &= Q(**{f"{test.column}__{'lt' if test.high_open else 'lte'}": test.high})
    return found


def _like(pattern: str) -> Q:
    """A pattern as SQL's LIKE, and the range in which its plain beginning lies."""
    start = literal_prefix(pattern)[:FOLDED_PREFIX]
    shape = is_like(F("folded_text"), pattern)
    if not start:
        return shape
    return (
        Q(GreaterThanOrEqual(FoldedTextPrefix(), start))
        & Q(LessThan(FoldedTextPrefix(), start + LAST_CHARACTER))
        & shape
    )


def to_like_pattern(pattern: str) -> str:
    """`*` and `?` as SQL's LIKE writes them, all else escaped; runs of `*` are one."""
    return "".join(_piece(part) for part in _PIECES.findall(pattern))


def _piece(part: str) -> str:
    if part[0] == "*":
        return "%"
    if part == "?":
        return "_"
    plain = part[1:] if len(part) == 2 and part[0] == "\\" and part[1] in "*?\\" else part
    return re.sub(r"([\\%_])", r"\\\1", plain)


def literal_prefix(pattern: str) -> str:
    """What comes before the first wildcard."""
    found = []
    for part in _PIECES.findall(pattern):
        if part[0] == "*" or part == "?":
            break
        found.append(part[1:] if len(part) == 2 and part[0] == "\\" and part[1] in "*?\\" else part)
    return "".join(found)
