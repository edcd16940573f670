"""How columns were mapped before: by the same person, else by anyone, for a table with the same names of columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from django.utils import timezone

from wiki.accounts.models import User
from wiki.exchange.models import TableMapping
from wiki.exchange.table_import.column_guesses import guess_targets, name_key
from wiki.exchange.table_import.import_fields import FieldSet


def columns_digest(columns: Sequence[str]) -> str:
    """Return what the mapping of a table is found by: its columns, whatever their order, case and accents."""
    names = sorted(name_key(column) for column in columns)
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def remembered_mapping(columns: Sequence[str], fields: FieldSet, user: User) -> TableMapping | None:
    """Return the last mapping of these columns by the person, else by anyone; None if there is none. One query."""
    found = TableMapping.objects.filter(kind_key=fields.kind_key, columns_digest=columns_digest(columns))
    mappings = list(found.order_by("-used_at")[:20])
    own = [one for one in mappings if one.person_id == user.pk]
    return next(iter([*own, *mappings]), None)


def first_mapping(columns: Sequence[str], fields: FieldSet, user: User) -> tuple[list[str], str]:
    """Return the targets of columns and the name of the data set: as remembered, else as guessed from their names."""
    known = remembered_mapping(columns, fields, user)
    if known is None:
        return guess_targets(columns, fields), ""
    targets = [str(known.mapping.get(name_key(column), "")) for column in columns]
    return [target if fields.is_known(target) else "" for target in targets], known.source


def remember(columns: Sequence[str], mapping: Sequence[str], kind_key: str, source: str, user: User) -> None:
    """Store how a person mapped columns."""
    by_name = {name_key(column): target for column, target in zip(columns, mapping, strict=True)}
    TableMapping.objects.update_or_create(
        person=user, kind_key=kind_key, columns_digest=columns_digest(columns),
        defaults={"mapping": by_name, "source": source, "used_at": timezone.now()},
    )  # fmt: skip
