"""Conditions on one value, as data: a datatype returns them for `>5` or `~Saint*`.

The query compiler turns them into SQL; `matches` evaluates them in plain Python, and the tests check that both agree.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from wiki.facts.values import Value

EARTH_RADIUS = 6_371_008.8
"""Metres; the mean radius of the IUGG."""


@dataclass(frozen=True, slots=True)
class EqualTo:
    """`canonical_value` is one of `values`."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InRange:
    """A column lies in an interval.

    None leaves an end open; `low_open` and `high_open` exclude the end itself.
    """

    column: Literal["number", "folded_text"]
    low: float | str | None = None
    high: float | str | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class MatchesWildcard:
    r"""`folded_text` matches a pattern.

    In the pattern, `*` is any characters, `?` one character, and `\\` before either makes it literal.
    """

    pattern: str


@dataclass(frozen=True, slots=True)
class WithinDistance:
    """Coordinates lie in a circle on the sphere."""

    lat: float
    lon: float
    metres: float


@dataclass(frozen=True, slots=True)
class FieldsMatch:
    """Fields of a record match conditions, given by property key."""

    conditions: tuple[tuple[str, ValueCondition], ...]


@dataclass(frozen=True, slots=True)
class InLanguage:
    """A monolingual text is in a language, and matches `condition` (None: any text)."""

    lang: str
    condition: ValueCondition | None = None


@dataclass(frozen=True, slots=True)
class NotMatching:
    """A value exists that does not match `condition` (SMW's `!` and `!~` are existential)."""

    condition: ValueCondition


ValueCondition = EqualTo | InRange | MatchesWildcard | WithinDistance | FieldsMatch | InLanguage | NotMatching


def distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the metres between two points on the sphere (haversine formula)."""
    lat_a, lat_b = math.radians(lat), math.radians(other_lat)
    haversine = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(haversine)))


@lru_cache(maxsize=512)
def wildcard_regex(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a `MatchesWildcard` pattern, without catastrophic backtracking.

    What stands between two `*` is matched as early as possible, in an atomic group: if the rest fails then, no later
    position would succeed. So matching takes at most the product of the two lengths.
    """
    pieces = [""]
    for part in re.findall(r"\\[*?\\]|\*+|\?|[^*?\\]+|\\", pattern):
        if part[0] == "*":
            pieces.append("")
        else:
            pieces[-1] += "." if part == "?" else re.escape(_unescape(part))
    if len(pieces) == 1:
        return re.compile(pieces[0], re.DOTALL)
    first, *middle, last = pieces
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + f".*{last}", re.DOTALL)


def _unescape(part: str) -> str:
    """Return one piece of a pattern without its escaping backslash."""
    return part[1:] if len(part) == 2 and part[0] == "\\" else part


def matches(condition: ValueCondition, value: Value) -> bool:
    """Return whether a usable value matches a condition."""
    if isinstance(condition, EqualTo):
        return value.canonical_value in condition.values
    if isinstance(condition, InRange):
        return _is_in_range(condition, value)
    if isinstance(condition, MatchesWildcard):
        return wildcard_regex(condition.pattern).fullmatch(value.folded_text) is not None
    if isinstance(condition, WithinDistance):
        return (
            value.lat is not None
            and value.lon is not None
            and distance(condition.lat, condition.lon, value.lat, value.lon) <= condition.metres
        )
    if isinstance(condition, FieldsMatch):
        return all(
            any(own == key and matches(inner, part) for own, part in value.parts) for key, inner in condition.conditions
        )
    if isinstance(condition, InLanguage):
        return value.lang == condition.lang and (condition.condition is None or matches(condition.condition, value))
    return not matches(condition.condition, value)


def _is_in_range(condition: InRange, value: Value) -> bool:
    """Return whether a value lies in a range; False where it has no such column."""
    own: float | str | None = value.number if condition.column == "number" else value.folded_text
    if own is None:
        return False
    if condition.low is not None and (own < condition.low or (condition.low_open and own == condition.low)):  # type: ignore[operator]
        return False
    return not (
        condition.high is not None and (own > condition.high or (condition.high_open and own == condition.high))  # type: ignore[operator]
    )
