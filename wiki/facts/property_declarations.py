"""What property pages declare: stored as JSON in `Property.declared`, loaded as `Declaration`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.monolingual import split_language
from wiki.facts.datatypes.numbers import Number
from wiki.facts.datatypes.quantities import read_unit
from wiki.facts.datatypes.registry import find_datatype_id
from wiki.facts.datatypes.separators import is_separator
from wiki.facts.models import Property
from wiki.facts.special_properties import SPECIAL, key_of_property, property_title
from wiki.facts.values import Context, Declaration, Unit
from wiki.text.titles import TitleProblem

ROWS = 500
"""Keys per query."""
DEPTH = 2
"""How deep fields of records are resolved: a record cannot be a field of a record."""


def properties_named(keys: Collection[str]) -> QuerySet[Property]:
    """Return the properties with these keys, and those that redirect to them."""
    return Property.objects.filter(Q(key__in=keys) | Q(redirects_to__key__in=keys))


def property_keys_by_row(keys: Collection[str]) -> dict[int, str]:
    """Return by primary key which of these keys a property redirects to, or else has. One query."""
    rows = properties_named(keys).values_list("pk", "key", "redirects_to__key")
    return {pk: target if target in keys else key for pk, key, target in rows}


def declarations_for(keys: Iterable[str]) -> dict[str, Declaration]:
    """Return the current declarations of properties by key; a redirected property has that of its target.

    One query for the properties, one more where records have fields.
    """
    needed = set(keys)
    rows = load_properties(needed)
    return {key: declaration_of(key, rows) for key in needed}


def load_properties(keys: Iterable[str], *, with_synonyms: bool = False) -> dict[str, Property]:
    """Return rows of `Property` by key: of `keys`, of the properties they redirect to, and of the fields of records.

    `with_synonyms`, also of the properties that redirect to one of them.
    """
    properties: dict[str, Property] = {}
    missing = set(keys)
    for _ in range(DEPTH):
        for start in range(0, len(missing), ROWS):
            chunk = sorted(missing)[start : start + ROWS]
            named = properties_named(chunk) if with_synonyms else Property.objects.filter(key__in=chunk)
            for row in named.select_related("redirects_to"):
                properties[row.key] = row
                if row.redirects_to is not None:
                    properties.setdefault(row.redirects_to.key, row.redirects_to)
        fields = {field for row in properties.values() for field in row.declared.get("fields", ())}
        missing = fields - properties.keys()
        if not missing:
            break
    return properties


def declaration_of(key: str, rows: Mapping[str, Property], depth: int = DEPTH) -> Declaration:
    """Return the declaration of one property, from rows that `load_properties` returned."""
    special = SPECIAL.get(key)
    if special is not None:
        return Declaration(key, property_title(key), special.datatype)
    row = rows.get(key)
    if row is None:
        return Declaration(key, key)
    if row.redirects_to is not None:
        row = rows.get(row.redirects_to.key, row.redirects_to)
    declared = row.declared
    fields = tuple(declaration_of(field, rows, depth - 1) for field in declared.get("fields", ())) if depth else ()
    return Declaration(
        row.key, row.title, row.datatype,
        allowed=tuple(declared.get("allowed", ())),
        pattern=declared.get("pattern", ""),
        units=tuple(Unit(factor, tuple(names)) for factor, names in declared.get("units", ())),
        display_units=tuple(declared.get("display_units", ())),
        precision=declared.get("precision"),
        unique=declared.get("unique", False),
        separator=declared.get("separator", ""),
        parents=tuple(declared.get("parents", ())),
        fields=fields,
        formatter=declared.get("formatter", ""),
        equivalent=tuple(declared.get("equivalent", ())),
        labels=declared.get("labels", {}),
        descriptions=declared.get("descriptions", {}),
    )  # fmt: skip


def property_and_synonym_ids(key: str) -> list[int]:
    """Return the primary keys of the property with this key and of the properties that redirect to it."""
    return list(Property.objects.filter(Q(key=key) | Q(redirects_to__key=key)).values_list("pk", flat=True))


def parse_declaration(
    statements: Sequence[tuple[str, str]], language: str, listed: Sequence[str] = ()
) -> tuple[str, dict[str, Any]]:
    """Return the datatype and the declaration (as stored) that a property page states by (key, value) pairs.

    `listed` are the allowed values of the lists that it names.
    """
    values: dict[str, list[str]] = {}
    for key, value in statements:
        values.setdefault(key, []).append(value)
    declared = {
        "allowed": [*values.get("_PVAL", []), *listed],
        "pattern": (values.get("_PVAP") or [""])[0],
        "units": parse_units(values.get("_CONV", []), language),
        "display_units": [
            unit.strip() for value in values.get("_UNIT", []) for unit in value.split(",") if unit.strip()
        ],
        "precision": _decimals(values.get("_PREC", []), language),
        "unique": any(
            value.strip().lower() in ("1", "true", "yes", "vrai", "oui") for value in values.get("_PVUC", [])
        ),
        "separator": next((value.strip() for value in values.get("_SEP", []) if is_separator(value)), ""),
        "parents": _keys(values.get("_SUBP", [])),
        "fields": _keys(field for value in values.get("_LIST", []) for field in value.split(";")),
        "formatter": (values.get("_PEFU") or [""])[0],
        "equivalent": values.get("_URI", []),
        "labels": _by_language(values.get("_PPLB", []), language),
        "descriptions": _by_language(values.get("_PDESC", []), language),
    }
    type_name = values.get("_TYPE", [""])[0]
    return find_datatype_id(type_name) or "", {
        key: value for key, value in declared.items() if value not in ("", [], {}, None, False)
    }


def parse_units(values: Iterable[str], language: str) -> list[tuple[float, list[str]]]:
    """Parse `1 km, kilomètre` and `1000 m` into (factor, names), the main unit first. Unreadable units are left out."""
    units = [unit for unit in (read_unit(value, language) for value in values) if unit is not None]
    return sorted(((unit.factor, list(unit.names)) for unit in units), key=lambda one: one[0] != 1)


def _decimals(values: Sequence[str], language: str) -> int | None:
    """Return the first value as a number of decimals, 0 to 15; None for none or any other number."""
    number = Number().parse(values[0], Context(language)).number if values else None
    return int(number) if number is not None and 0 <= number <= 15 else None


def _keys(names: Iterable[str]) -> list[str]:
    """Return the keys of properties by name. Impossible titles are left out."""
    found = []
    for name in names:
        try:
            found.append(key_of_property(name))
        except TitleProblem:
            continue
    return found


def _by_language(values: Iterable[str], language: str) -> dict[str, str]:
    """Return monolingual texts by language; a text without a language is in the language of the page."""
    found: dict[str, str] = {}
    for value in values:
        try:
            text, code = split_language(value)
        except InvalidQueryValue:
            text, code = value, ""
        found.setdefault((code or language)[:2], text)
    return found
