"""Checks values against their declaration: listed values, ranges, a pattern.

Patterns run in RE2, whose time is proportional to the text whatever the pattern: no pattern of an author can block a
save. What RE2 does not support (backreferences, lookaround) is refused when the pattern is declared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import re2

from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Declaration, Value
from wiki.text.problems import Problem

PATTERN_LIMIT, PATTERN_TEXT = 1_000, 10_000
"""Characters of a pattern, and of the text that it is matched against."""
MEMORY = 1 << 21
"""Maximum number of bytes for one compiled pattern."""
VALUES_SHOWN = 12
"""How many allowed values a message names."""
_RANGE = re.compile(r"(.+?)\s*\.\.\.?\s*(.+)", re.DOTALL)

Parse = Callable[[str, Context], Value]


@lru_cache(maxsize=200)
def _compile(pattern: str) -> tuple[Any, str]:
    """Return the compiled pattern and ""; or None and the reason why it is invalid."""
    if len(pattern) > PATTERN_LIMIT:
        return None, f"> {PATTERN_LIMIT}"
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern, options), ""
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        return None, reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def pattern_problem(pattern: str) -> Problem | None:
    """Return why a pattern cannot be used, for the page that declares it; None for a valid pattern."""
    _, reason = _compile(pattern)
    return problem("pattern_unreadable", pattern=pattern[:60], reason=reason[:100]) if reason else None


def check_allowed(value: Value, context: Context, parse: Parse) -> Value:
    """Return the value, with a problem if its declaration does not allow it."""
    declaration = context.declaration
    if value.problem is not None:
        return value
    name = declaration.label(context.language)
    if declaration.allowed and not _is_allowed(value, context, parse):
        allowed = ", ".join(declaration.allowed[:VALUES_SHOWN]) + (
            ", …" if len(declaration.allowed) > VALUES_SHOWN else ""
        )
        found_problem = problem("value_not_allowed", value.raw, property=name, allowed=allowed[:400])
        return replace(value, problem=found_problem)
    if declaration.pattern and not _matches_pattern(value, declaration.pattern):
        found_problem = problem("value_pattern", value.raw, property=name, pattern=declaration.pattern[:100])
        return replace(value, problem=found_problem)
    return value


def _matches_pattern(value: Value, pattern: str) -> bool:
    """Return whether the pattern is found in a value. An invalid pattern allows all values."""
    compiled, _ = _compile(pattern)
    return compiled is None or compiled.search(value.raw.strip()[:PATTERN_TEXT]) is not None


def _is_allowed(value: Value, context: Context, parse: Parse) -> bool:
    """Return whether one of the allowed values is equal to this value, or one of the allowed ranges contains it."""
    raw = value.raw.strip()
    if any(raw == allowed.strip() for allowed in context.declaration.allowed):
        return True
    unrestricted = replace(context, declaration=_without_rules(context.declaration))
    return any(_covers(allowed.strip(), value, unrestricted, parse) for allowed in context.declaration.allowed)


def _covers(allowed: str, value: Value, context: Context, parse: Parse) -> bool:
    """Return whether one entry of the allowed values, a value or a range, covers the value."""
    if value.number is not None and value.datatype != "_boo":
        match = _RANGE.fullmatch(allowed[:200])
        if match:
            low, high = (parse(end, context) for end in match.groups())
            if low.number is not None and high.number is not None:
                return low.number <= value.number <= (high.number if high.number_end is None else high.number_end)
        if allowed[:1] in ("<", ">"):
            limit = parse(allowed[1:].lstrip("="), context).number
            return limit is not None and (value.number >= limit if allowed[0] == ">" else value.number <= limit)
    return parse(allowed, context).canonical_value == value.canonical_value


def _without_rules(declaration: Declaration) -> Declaration:
    """Return the declaration without allowed values and pattern."""
    return replace(declaration, allowed=(), pattern="")
