"""What property pages declare: kept as JSON beside each property, read as `Declaration`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q

from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.monolingual import split_language as divided_language
from wiki.facts.datatypes.numbers import Number
from wiki.facts.datatypes.quantities import read_unit
from wiki.facts.datatypes.registry import find_datatype_id
from wiki.facts.models import Property
from wiki.facts.special_properties import SPECIAL, key_of_property, property_title
from wiki.facts.values import Context, Declaration, Unit
from wiki.text.titles import TitleProblem

ROWS = 500
DEPTH = 2
"""How deep fields of records are resolved: a record is no field of a record."""


def declarations_for(keys: Iterable[str]) -> dict[str, Declaration]:
    """What the properties of those keys declare today, by key; one that leads elsewhere is that other one.

    One query for the properties, one more where records have fields.
    """
    wanted = set(keys)
    rows = load_properties(wanted)
    return {key: declaration_of(key, rows) for key in wanted}


def load_properties(keys: Iterable[str]) -> dict[str, Property]:
    """Rows of `Property` by key: those asked for, those they lead to, and the fields of records."""
    found: dict[str, Property] = {}
    missing = set(keys)
    for _ in range(DEPTH):
        for start in range(0, len(missing), ROWS):
            some = sorted(missing)[start : start + ROWS]
            for row in Property.objects.filter(key__in=some).select_related("redirects_to"):
                found[row.key] = row
                if row.redirects_to is not None:
                    found.setdefault(row.redirects_to.key, row.redirects_to)
        fields = {field for row in found.values() for field in row.declared.get("fields", ())}
        missing = fields - found.keys()
        if not missing:
            break
    return found


def declaration_of(key: str, rows: Mapping[str, Property], depth: int = DEPTH) -> Declaration:
    """The declaration of one property from rows that `rows_for` gave."""
    special = SPECIAL.get(key)
    if special is not None:
        return Declaration(key, property_title(key), special.datatype)
    row = rows.get(key)
    if row is None:
        return Declaration(key, key)
    if row.redirects_to is not None:
        row = rows.get(row.redirects_to.key, row.redirects_to)
    said = row.declared
    fields = tuple(declaration_of(one, rows, depth - 1) for one in said.get("fields", ())) if depth else ()
    return Declaration(
        row.key, row.title, row.datatype,
        allowed=tuple(said.get("allowed", ())),
        pattern=said.get("pattern", ""),
        units=tuple(Unit(factor, tuple(names)) for factor, names in said.get("units", ())),
        display_units=tuple(said.get("display_units", ())),
        precision=said.get("precision"),
        unique=said.get("unique", False),
        parents=tuple(said.get("parents", ())),
        fields=fields,
        formatter=said.get("formatter", ""),
        equivalent=tuple(said.get("equivalent", ())),
        labels=said.get("labels", {}),
        descriptions=said.get("descriptions", {}),
    )  # fmt: skip


def property_and_synonym_ids(key: str) -> list[int]:
    """Rows of `Property` whose facts are those of the property with that key, older names too."""
    return list(Property.objects.filter(Q(key=key) | Q(redirects_to__key=key)).values_list("pk", flat=True))


def parse_declaration(
    statements: Sequence[tuple[str, str]], language: str, listed: Sequence[str] = ()
) -> tuple[str, dict[str, Any]]:
    """Datatype and declaration that a property page's (key, value) statements make, as they are kept.

    `listed` are the allowed values of the lists that it names.
    """
    said: dict[str, list[str]] = {}
    for key, value in statements:
        said.setdefault(key, []).append(value)
    declared = {
        "allowed": [*said.get("_PVAL", []), *listed],
        "pattern": (said.get("_PVAP") or [""])[0],
        "units": parse_units(said.get("_CONV", []), language),
        "display_units": [unit.strip() for value in said.get("_UNIT", []) for unit in value.split(",") if unit.strip()],
        "precision": _whole(said.get("_PREC", []), language),
        "unique": any(value.strip().lower() in ("1", "true", "yes", "vrai", "oui") for value in said.get("_PVUC", [])),
        "parents": _keys(said.get("_SUBP", [])),
        "fields": _keys(field for value in said.get("_LIST", []) for field in value.split(";")),
        "formatter": (said.get("_PEFU") or [""])[0],
        "equivalent": said.get("_URI", []),
        "labels": _by_language(said.get("_PPLB", []), language),
        "descriptions": _by_language(said.get("_PDESC", []), language),
    }
    named = said.get("_TYPE", [""])[0]
    return find_datatype_id(named) or "", {
        key: value for key, value in declared.items() if value not in ("", [], {}, None, False)
    }


def parse_units(values: Iterable[str], language: str) -> list[tuple[float, list[str]]]:
    """`1 km, kilomètre` and `1000 m` as (factor, names), the main unit first; what cannot be read is left out."""
    units = [unit for unit in (read_unit(value, language) for value in values) if unit is not None]
    return sorted(((unit.factor, list(unit.names)) for unit in units), key=lambda one: one[0] != 1)


def _whole(values: Sequence[str], language: str) -> int | None:
    number = Number().parse(values[0], Context(language)).number if values else None
    return int(number) if number is not None and 0 <= number <= 15 else None


def _keys(names: Iterable[str]) -> list[str]:
    """Keys of the properties named; what cannot be a title is left out."""
    found = []
    for name in names:
        try:
            found.append(key_of_property(name))
        except TitleProblem:
            continue
    return found


def _by_language(values: Iterable[str], language: str) -> dict[str, str]:
    """Monolingual texts by language; one without a language is in the page's."""
    found: dict[str, str] = {}
    for value in values:
        try:
            text, code = divided_language(value)
        except InvalidQueryValue:
            text, code = value, ""
        found.setdefault((code or language)[:2], text)
    return found
