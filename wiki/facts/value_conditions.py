"""Conditions on one value, as data: what a datatype makes of `>5` or `~Saint*`.

The compiler turns them into SQL; `matches` says the same in plain Python, and the tests hold
both to agree.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from wiki.facts.values import Value

EARTH_RADIUS = 6_371_008.8
"""Metres; the mean radius of IUGG."""


@dataclass(frozen=True, slots=True)
class EqualTo:
    """`word` is one of these."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InRange:
    """A column lies in an interval; None leaves an end open, `low_open`/`high_open` leave out the end itself."""

    column: Literal["number", "folded_text"]
    low: float | str | None = None
    high: float | str | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class MatchesWildcard:
    """`fold` has this shape: `*` any signs, `?` one, `\\` before either for the sign itself."""

    pattern: str


@dataclass(frozen=True, slots=True)
class WithinDistance:
    """Coordinates lie in a circle on the sphere."""

    lat: float
    lon: float
    metres: float


@dataclass(frozen=True, slots=True)
class FieldsMatch:
    """The fields of a record, by property key, hold these tests."""

    conditions: tuple[tuple[str, ValueCondition], ...]


@dataclass(frozen=True, slots=True)
class InLanguage:
    """A monolingual text in a language, whose words hold `test` (None: any)."""

    lang: str
    condition: ValueCondition | None = None


@dataclass(frozen=True, slots=True)
class NotMatching:
    """Some value that does not hold `test` (SMW's `!` and `!~` are existential)."""

    condition: ValueCondition


ValueCondition = EqualTo | InRange | MatchesWildcard | WithinDistance | FieldsMatch | InLanguage | NotMatching


def distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres between two points on the sphere (haversine)."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(half)))


@lru_cache(maxsize=512)
def wildcard_regex(pattern: str) -> re.Pattern[str]:
    """The regular expression of a `Like` pattern, which never goes back behind words that it has found.

    What stands between two `*` is looked for as early as it can be, and kept (an atomic group): if that fails, no later
    place would do better. So matching takes at most the product of the two lengths.
    """
    pieces = [""]
    for part in re.findall(r"\\[*?\\]|\*+|\?|[^*?\\]+|\\", pattern):
        if part[0] == "*":
            pieces.append("")
        else:
            pieces[-1] += "." if part == "?" else re.escape(_plain(part))
    if len(pieces) == 1:
        return re.compile(pieces[0], re.DOTALL)
    first, *middle, last = pieces
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle if piece) + f".*{last}", re.DOTALL)


def _plain(part: str) -> str:
    return part[1:] if len(part) == 2 and part[0] == "\\" else part


def matches(test: ValueCondition, value: Value) -> bool:
    """Whether a usable value holds `test`."""
    if isinstance(test, EqualTo):
        return value.canonical_value in test.values
    if isinstance(test, InRange):
        return _between(test, value)
    if isinstance(test, MatchesWildcard):
        return wildcard_regex(test.pattern).fullmatch(value.folded_text) is not None
    if isinstance(test, WithinDistance):
        return (
            value.lat is not None
            and value.lon is not None
            and distance(test.lat, test.lon, value.lat, value.lon) <= test.metres
        )
    if isinstance(test, FieldsMatch):
        return all(
            any(own == key and matches(inner, part) for own, part in value.parts) for key, inner in test.conditions
        )
    if isinstance(test, InLanguage):
        return value.lang == test.lang and (test.condition is None or matches(test.condition, value))
    return not matches(test.condition, value)


def _between(test: InRange, value: Value) -> bool:
    own: float | str | None = value.number if test.column == "number" else value.folded_text
    if own is None:
        return False
    if test.low is not None and (own < test.low or (test.low_open and own == test.low)):  # type: ignore[operator]
        return False
    return not (
        test.high is not None and (own > test.high or (test.high_open and own == test.high))  # type: ignore[operator]
    )
