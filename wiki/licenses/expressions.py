"""SPDX licence expressions as a small tree: `A`, `A OR B`, `A AND (B OR C)`.

Grammar: SPDX specification 2.3, annex D, read by the library `license-expression`, which is
untyped and leaks odd exceptions: both end here. `WITH` and `+` belong to software and are not
known (`GPL-3.0-or-later` has an id of its own).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from license_expression import ExpressionError, LicenseSymbol, Licensing

EXPRESSION_LIMIT = 255
"""Longest expression read, in characters: they come from strangers' archives too."""

_SLIPS = (IndexError, TypeError, AttributeError, AssertionError)
# What the library leaks on nonsense such as "MIT ( OR" (seen by feeding it random tokens).


@dataclass(frozen=True, slots=True)
class SimpleExpression:
    """One licence, by its id as the catalogue spells it."""

    id: str


@dataclass(frozen=True, slots=True)
class CompoundExpression:
    """Two or more parts: "OR", the reader chooses one; "AND", all hold. Parts are in one order."""

    operator: Literal["OR", "AND"]
    parts: tuple[SimpleExpression | CompoundExpression, ...]


LicenseExpression = SimpleExpression | CompoundExpression


class ExpressionParser:
    """Reads expressions over a fixed set of licence ids, in any case of letters."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._licensing = Licensing([LicenseSymbol(license_id) for license_id in ids])

    def parse(self, expression: str) -> LicenseExpression:
        """Return the simplified tree; raise ValueError for nonsense, strange ids, or overlength."""
        if not expression.strip() or len(expression) > EXPRESSION_LIMIT:
            raise ValueError("an expression is missing, or too long")
        try:
            found = self._licensing.parse(expression, validate=True, strict=True).simplify()
        except (ExpressionError, *_SLIPS) as problem:
            raise ValueError(str(problem)) from problem
        return self._tree(found)

    def _tree(self, found: Any) -> LicenseExpression:
        if isinstance(found, LicenseSymbol):
            return SimpleExpression(str(found.key))
        joint: Literal["OR", "AND"] = "OR" if isinstance(found, self._licensing.OR) else "AND"
        parts = (self._tree(part) for part in found.args)
        return CompoundExpression(
            joint, tuple(sorted(parts, key=lambda part: (isinstance(part, CompoundExpression), to_spdx(part))))
        )


def iter_license_ids(tree: LicenseExpression) -> Iterator[str]:
    """Yield the ids in a tree, from left to right, as often as they stand there."""
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
