"""Text compared byte by byte on every database, although titles are kept in the database's own collation."""

from __future__ import annotations

from typing import Any

from django.db.models import Func
from django.db.models.functions import Substr

FOLD_START = 40
"""Characters of `Fact.fold` that its index knows."""


class InBytes(Func):
    """An expression whose collation is that of facts; SQLite has no other."""

    template = "%(expressions)s"
    arity = 1
    collation = "C"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """With the collation said."""
        return self.as_sql(compiler, connection, template=f'(%(expressions)s) COLLATE "{self.collation}"', **context)


class AsTitle(InBytes):
    """An expression whose collation is that of titles, so that their index serves."""

    collation = "default"


def start_of_fold() -> Substr:
    """The indexed beginning of a fact's folded words."""
    return Substr("fold", 1, FOLD_START)
