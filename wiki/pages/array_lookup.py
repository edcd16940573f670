"""Filter by a long list of values passed as one SQL parameter: no limit on their number, and short SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, F, Func, Q


class _ColumnIn(Func):
    """Boolean expression: the column has one of the values."""

    output_field = BooleanField()

    def __init__(self, expression: Any, values: list[Any]) -> None:
        super().__init__(expression)
        self.values = values

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> Any:
        """Pass the list to SQLite as JSON."""
        sql, params = compiler.compile(self.source_expressions[0])
        return f"{sql} IN (SELECT value FROM json_each(%s))", [*params, json.dumps(self.values)]  # noqa: S608  compiled by Django

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Pass the list to PostgreSQL as an array."""
        sql, params = compiler.compile(self.source_expressions[0])
        return f"{sql} = ANY(%s)", [*params, self.values]


def column_in(column: str, values: Iterable[str] | Iterable[int]) -> Q:
    """Return the condition that `column` has one of `values`; no row matches an empty list."""
    distinct = sorted(set(values))  # type: ignore[type-var]
    return Q(_ColumnIn(F(column), distinct)) if distinct else Q(pk__in=[])
