"""Text compared byte by byte on every database, although titles are kept in the database's own collation."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func

from wiki.facts.models import FOLDED_PREFIX


class BytewiseCollation(Func):
    """An expression whose collation is that of facts; SQLite has no other."""

    template = "%(expressions)s"
    arity = 1
    collation = "C"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """With the collation said."""
        return self.as_sql(compiler, connection, template=f'(%(expressions)s) COLLATE "{self.collation}"', **context)


class TitleCollation(BytewiseCollation):
    """An expression whose collation is that of titles, so that their index serves."""

    collation = "default"


class FoldedTextPrefix(Func):
    """The indexed beginning of a fact's folded words, with its numbers in the statement: SQLite asks for that."""

    function = "SUBSTR"
    template = f"%(function)s(%(expressions)s, 1, {FOLDED_PREFIX})"
    arity = 1

    def __init__(self) -> None:
        super().__init__(F("folded_text"))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """As its index writes it."""
        return self.as_sql(compiler, connection, function="SUBSTRING", **context)
