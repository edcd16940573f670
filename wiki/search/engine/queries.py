"""Query classes beside those of modelsearch: prefixes of words, and subqueries in some fields only."""

from __future__ import annotations

from collections.abc import Sequence

from modelsearch.query import SearchQuery


class Prefix(SearchQuery):
    """Words that begin with the last word of `query_string`, together with its other words."""

    def __init__(self, query_string: str) -> None:
        self.query_string = query_string

    def __repr__(self) -> str:
        return f"<Prefix {self.query_string!r}>"


class InFields(SearchQuery):
    """A query that searches some fields only."""

    def __init__(self, subquery: SearchQuery, fields: Sequence[str]) -> None:
        self.subquery = subquery
        self.fields = list(fields)

    def __repr__(self) -> str:
        return f"<Within {self.fields!r} {self.subquery!r}>"
