"""SPDX licence expressions as a small tree: `A`, `A OR B`, `A AND (B OR C)`.

Grammar: SPDX specification 2.3, annex D, parsed by the library `license-expression`. The library is
untyped and leaks undocumented exceptions; this module hides both. The operators `WITH` and `+` are
for software and are not supported (`GPL-3.0-or-later` has an id of its own).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from license_expression import ExpressionError, LicenseSymbol, Licensing

EXPRESSION_LIMIT = 255
"""Longest expression accepted, in characters; expressions also come from archives of strangers."""

_LEAKED_ERRORS = (IndexError, TypeError, AttributeError, AssertionError)
# The library raises these on nonsense such as "MIT ( OR" (found by feeding it random tokens).


@dataclass(frozen=True, slots=True)
class SimpleExpression:
    """One licence, by its id as the catalogue spells it."""

    id: str


@dataclass(frozen=True, slots=True)
class CompoundExpression:
    """Two or more parts: with "OR" the reader chooses one, with "AND" all apply. Parts are sorted."""

    operator: Literal["OR", "AND"]
    parts: tuple[SimpleExpression | CompoundExpression, ...]


LicenseExpression = SimpleExpression | CompoundExpression


class ExpressionParser:
    """Parser of expressions over a fixed set of licence ids; ids match in any letter case."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._licensing = Licensing([LicenseSymbol(license_id) for license_id in ids])

    def parse(self, expression: str) -> LicenseExpression:
        """Return the simplified tree; raise ValueError for bad syntax, unknown ids or too long an expression."""
        if not expression.strip() or len(expression) > EXPRESSION_LIMIT:
            raise ValueError("an expression is missing, or too long")
        try:
            found = self._licensing.parse(expression, validate=True, strict=True).simplify()
        except (ExpressionError, *_LEAKED_ERRORS) as problem:
            raise ValueError(str(problem)) from problem
        return self._tree(found)

    def _tree(self, node: Any) -> LicenseExpression:
        if isinstance(node, LicenseSymbol):
            return SimpleExpression(str(node.key))
        operator: Literal["OR", "AND"] = "OR" if isinstance(node, self._licensing.OR) else "AND"
        parts = (self._tree(part) for part in node.args)
        return CompoundExpression(
            operator, tuple(sorted(parts, key=lambda part: (isinstance(part, CompoundExpression), to_spdx(part))))
        )


def iter_license_ids(tree: LicenseExpression) -> Iterator[str]:
    """Yield the licence ids in a tree, from left to right, repeated ids included."""
    if isinstance(tree, SimpleExpression):
        yield tree.id
        return
    for part in tree.parts:
        yield from iter_license_ids(part)


def to_spdx(tree: LicenseExpression) -> str:
    """Return the tree as an SPDX expression, the same for equal trees."""
    if isinstance(tree, SimpleExpression):
        return tree.id
    parts = (to_spdx(part) if isinstance(part, SimpleExpression) else f"({to_spdx(part)})" for part in tree.parts)
    return f" {tree.operator} ".join(parts)
