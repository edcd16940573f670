"""Text that is compared and sorted byte by byte in every database, whatever its locale: columns and lookups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.lookups import Contains, EndsWith, StartsWith

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
    TextField = models.TextField[str, str]
else:
    CharField, TextField = models.CharField, models.TextField


class Bytewise(CharField):
    """CharField with PostgreSQL's collation "C"; SQLite's default collation is binary already."""

    def db_parameters(self, connection: Any) -> Any:
        """Add the collation to the column type on PostgreSQL."""
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "C"} if connection.vendor == "postgresql" else parameters


class BytewiseText(TextField):
    """TextField with PostgreSQL's collation "C"."""

    def db_parameters(self, connection: Any) -> Any:
        """Add the collation to the column type on PostgreSQL."""
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "C"} if connection.vendor == "postgresql" else parameters


class _CaseSensitivePattern:
    """Makes a pattern lookup of SQLite respect case, as on PostgreSQL.

    Django writes LIKE, which ignores the case of ASCII letters on SQLite and uses no index there; GLOB respects case,
    and finds the beginning of a text by an index.
    """

    wildcards = "{}"

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        """Return SQL and parameters with GLOB; what is compared with another column stays as Django writes it."""
        lookup: Any = self
        if not isinstance(lookup.rhs, str) or lookup.bilateral_transforms:
            return lookup.as_sql(compiler, connection)
        left, parameters = lookup.process_lhs(compiler, connection)
        literal = re.sub(r"[\[*?]", r"[\g<0>]", lookup.rhs)
        return f"{left} GLOB %s", [*parameters, self.wildcards.format(literal)]


class CaseSensitiveStartsWith(_CaseSensitivePattern, StartsWith):
    """`startswith`, with the same result on both databases."""

    wildcards = "{}*"


class CaseSensitiveEndsWith(_CaseSensitivePattern, EndsWith):
    """`endswith`, with the same result on both databases."""

    wildcards = "*{}"


class CaseSensitiveContains(_CaseSensitivePattern, Contains):
    """`contains`, with the same result on both databases."""

    wildcards = "*{}*"


for _lookup in (CaseSensitiveStartsWith, CaseSensitiveEndsWith, CaseSensitiveContains):
    models.CharField.register_lookup(_lookup)
    models.TextField.register_lookup(_lookup)
