"""What a declaration allows: listed values, ranges, a pattern.

Patterns run in RE2, which takes time in proportion to the text whatever the pattern: no pattern of an author can hang
a save. What RE2 does not know (references back, looking around) is refused when the pattern is declared.
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
"""Characters of a pattern, and of the text it is held against."""
MEMORY = 1 << 21
"""Bytes that one pattern may take."""
VALUES_SHOWN = 12
"""How many allowed values a sentence names."""
_RANGE = re.compile(r"(.+?)\s*\.\.\.?\s*(.+)", re.DOTALL)

Parse = Callable[[str, Context], Value]


@lru_cache(maxsize=200)
def _compiled(pattern: str) -> tuple[Any, str]:
    """The pattern, or None and why it cannot be read."""
    if len(pattern) > PATTERN_LIMIT:
        return None, f"> {PATTERN_LIMIT}"
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern, options), ""
    except re2.error as refusal:
        reason = refusal.args[0] if refusal.args else ""
        return None, reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def pattern_problem(pattern: str) -> Problem | None:
    """Why a pattern cannot be used, or None. For the page that declares it."""
    _, reason = _compiled(pattern)
    return problem("pattern_unreadable", pattern=pattern[:60], reason=reason[:100]) if reason else None


def check_allowed(value: Value, context: Context, parse: Parse) -> Value:
    """The value, with a problem where its declaration does not allow it."""
    declaration = context.declaration
    if value.problem is not None:
        return value
    name = declaration.label(context.language)
    if declaration.allowed and not _is_allowed(value, context, parse):
        allowed = ", ".join(declaration.allowed[:VALUES_SHOWN]) + (
            ", …" if len(declaration.allowed) > VALUES_SHOWN else ""
        )
        found = problem("value_not_allowed", value.raw, property=name, allowed=allowed[:400])
        return replace(value, problem=found)
    if declaration.pattern and not _has_form(value, declaration.pattern):
        found = problem("value_pattern", value.raw, property=name, pattern=declaration.pattern[:100])
        return replace(value, problem=found)
    return value


def _has_form(value: Value, pattern: str) -> bool:
    """Whether the pattern is found in the words of a value; one that cannot be read holds nobody up."""
    compiled, _ = _compiled(pattern)
    return compiled is None or compiled.search(value.raw.strip()[:PATTERN_TEXT]) is not None


def _is_allowed(value: Value, context: Context, parse: Parse) -> bool:
    """Whether one of the allowed values is this one, or a range of them holds it."""
    words = value.raw.strip()
    if any(words == allowed.strip() for allowed in context.declaration.allowed):
        return True
    bare = replace(context, declaration=_without_rules(context.declaration))
    return any(_holds(allowed.strip(), value, bare, parse) for allowed in context.declaration.allowed)


def _holds(allowed: str, value: Value, context: Context, parse: Parse) -> bool:
    if value.number is not None and value.datatype != "_boo":
        found = _RANGE.fullmatch(allowed[:200])
        if found:
            low, high = (parse(end, context) for end in found.groups())
            if low.number is not None and high.number is not None:
                return low.number <= value.number <= (high.number if high.number_end is None else high.number_end)
        if allowed[:1] in ("<", ">"):
            limit = parse(allowed[1:].lstrip("="), context).number
            return limit is not None and (value.number >= limit if allowed[0] == ">" else value.number <= limit)
    return parse(allowed, context).canonical_value == value.canonical_value


def _without_rules(declaration: Declaration) -> Declaration:
    return replace(declaration, allowed=(), pattern="")
