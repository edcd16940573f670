"""What can be asked beside modelsearch's own vocabulary: beginnings of words, and parts that look in few fields."""

from __future__ import annotations

from collections.abc import Sequence

from modelsearch.query import SearchQuery


class Prefix(SearchQuery):
    """Words that begin so."""

    def __init__(self, query_string: str) -> None:
        self.query_string = query_string

    def __repr__(self) -> str:
        return f"<Prefix {self.query_string!r}>"


class InFields(SearchQuery):
    """A query of which every word is looked for in some fields only."""

    def __init__(self, subquery: SearchQuery, fields: Sequence[str]) -> None:
        self.subquery = subquery
        self.fields = list(fields)

    def __repr__(self) -> str:
        return f"<Within {self.fields!r} {self.subquery!r}>"
