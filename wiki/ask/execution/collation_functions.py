"""SQL expressions that set the collation of a text or use an index on it.

Facts are compared byte by byte on both databases, while titles are stored in the default collation of PostgreSQL.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func

from wiki.facts.models import FOLDED_PREFIX


class BytewiseCollation(Func):
    """An expression in the bytewise collation of facts; SQLite has no other one."""

    template = "%(expressions)s"
    arity = 1
    collation = "C"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Add the COLLATE clause."""
        return self.as_sql(compiler, connection, template=f'(%(expressions)s) COLLATE "{self.collation}"', **context)


class TitleCollation(BytewiseCollation):
    """An expression in the collation of titles, so that their index can be used."""

    collation = "default"


class FoldedTextPrefix(Func):
    """The indexed prefix of `folded_text`. Its length is a literal in the SQL: SQLite uses the index only then."""

    function = "SUBSTR"
    template = f"%(function)s(%(expressions)s, 1, {FOLDED_PREFIX})"
    arity = 1

    def __init__(self) -> None:
        super().__init__(F("folded_text"))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Write SUBSTRING, as the definition of the index does."""
        return self.as_sql(compiler, connection, function="SUBSTRING", **context)
