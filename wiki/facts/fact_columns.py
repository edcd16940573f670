"""Typed columns of facts, computed from the raw value and the declaration of its property today."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from wiki.facts.datatypes import registry
from wiki.facts.models import Fact
from wiki.facts.values import Context, Declaration, Value
from wiki.pages.rendering import link_table
from wiki.pages.writing.derived_data import VersionState

COLUMNS = (
    "language", "datatype", "canonical_value", "folded_text", "number", "number_end", "lat", "lon", "lang", "root_key",
    "place_key", "problem", "note",
)  # fmt: skip
"""The typed columns of `Fact`: they follow from its raw value, its page, and its property's current declaration."""


def parse_value(raw: str, version: VersionState, declaration: Declaration) -> Value:
    """Return the value of `raw`, parsed with the language, title and place of a version."""
    return registry.parse(raw, Context(version.language, declaration, version.full_title, version.place_title))


def existing_place_keys(values: Iterable[Value]) -> set[str]:
    """Return the `place_key`s among page values that are title keys of pages now.

    Costs one query per 500 keys, none without such keys.
    """
    keys = {key for value in values for key in (value.place_key, *(part.place_key for _, part in value.parts)) if key}
    return link_table.existing_keys(keys) if keys else set()


def typed_columns(value: Value, language: str, existing: Collection[str]) -> dict[str, Any]:
    """Return the typed columns of a value, by name.

    `canonical_value` is the `place_key` of a page value where it is in `existing`, else the key at root level.
    """
    problem = value.problem
    place_key = "" if "#" in value.place_key else value.place_key  # parts of pages are looked up at root level only
    return {
        "language": language,
        "datatype": value.datatype,
        "canonical_value": place_key if place_key in existing else value.canonical_value,
        "folded_text": value.folded_text,
        "number": value.number,
        "number_end": value.number_end,
        "lat": value.lat,
        "lon": value.lon,
        "lang": value.lang,
        "root_key": value.canonical_value if place_key else "",
        "place_key": place_key,
        "problem": {"code": problem.code, "params": dict(problem.params)} if problem else None,
        "note": value.note,
    }


def assign_columns(fact: Fact, columns: Mapping[str, Any]) -> bool:
    """Assign the columns that differ to a fact, without saving; return whether any differed."""
    differing = {name: value for name, value in columns.items() if getattr(fact, name) != value}
    for name, value in differing.items():
        setattr(fact, name, value)
    return bool(differing)
