"""Text columns that are compared and sorted byte by byte in every database, whatever its locale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

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
