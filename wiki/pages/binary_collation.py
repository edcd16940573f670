"""Columns that every database compares and orders byte by byte, whatever its locale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
    TextField = models.TextField[str, str]
else:
    CharField, TextField = models.CharField, models.TextField


class Bytewise(CharField):
    """Text with PostgreSQL's collation C; SQLite compares so by itself."""

    def db_parameters(self, connection: Any) -> Any:
        """The column's type, with the collation where the database needs it said."""
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "C"} if connection.vendor == "postgresql" else parameters


class BytewiseText(TextField):
    """The same without a limit."""

    def db_parameters(self, connection: Any) -> Any:
        """The column's type, with the collation where the database needs it said."""
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "C"} if connection.vendor == "postgresql" else parameters
