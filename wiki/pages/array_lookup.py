"""Long lists in one parameter: no limit of how many, and a short statement to parse."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, F, Func, Q


class _Among(Func):
    """Whether an expression is one of many values."""

    output_field = BooleanField()

    def __init__(self, expression: Any, values: list[Any]) -> None:
        super().__init__(expression)
        self.values = values

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> Any:
        """SQLite reads the list as JSON."""
        sql, params = compiler.compile(self.source_expressions[0])
        return f"{sql} IN (SELECT value FROM json_each(%s))", [*params, json.dumps(self.values)]  # noqa: S608  of Django's own making

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """PostgreSQL reads it as an array."""
        sql, params = compiler.compile(self.source_expressions[0])
        return f"{sql} = ANY(%s)", [*params, self.values]


def column_in(column: str, values: Iterable[str] | Iterable[int]) -> Q:
    """The condition that a column has one of the values."""
    found = sorted(set(values))  # type: ignore[type-var]
    return Q(_Among(F(column), found)) if found else Q(pk__in=[])
