"""From words to typed columns: values read by today's declarations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from wiki.facts.datatypes import registry
from wiki.facts.models import Fact
from wiki.facts.values import Context, Declaration, Value
from wiki.pages.rendering import link_table
from wiki.pages.writing.derived_data import VersionState

COLUMNS = ("language", "datatype", "canonical_value", "folded_text", "number", "number_end", "lat", "lon", "lang", "root_key", "place_key",
           "problem", "note")  # fmt: skip
"""The typed columns of a fact: those that follow from its words, its page's fields, and today's declarations."""


def parse_value(raw: str, step: VersionState, declaration: Declaration) -> Value:
    """The value of some words in a version."""
    return registry.parse(raw, Context(step.language, declaration, step.full_title, step.home))


def existing_place_keys(values: Iterable[Value]) -> set[str]:
    """Those near keys of page values that are pages now. One query per 500, none where there are no such values."""
    keys = {key for value in values for key in (value.place_key, *(part.place_key for _, part in value.parts)) if key}
    return link_table.existing_keys(keys) if keys else set()


def typed_columns(value: Value, language: str, existing: Collection[str]) -> dict[str, Any]:
    """The typed columns of a value; a page value means the page in its own place where that is `existing`."""
    problem, place_key = (
        value.problem,
        "" if "#" in value.place_key else value.place_key,
    )  # parts of pages: from the commons
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


def assign_columns(fact: Fact, wanted: Mapping[str, Any]) -> bool:
    """Put `wanted` columns into a fact; whether any differed."""
    differing = {name: value for name, value in wanted.items() if getattr(fact, name) != value}
    for name, value in differing.items():
        setattr(fact, name, value)
    return bool(differing)
