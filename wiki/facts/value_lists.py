"""Divides facts whose property declares a separator into one fact for each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wiki.facts import property_declarations
from wiki.facts.datatypes.separators import divide_values
from wiki.facts.models import Property
from wiki.facts.version_statements import Identity, VersionStatements


def divide_statements(versions: Sequence[VersionStatements], properties: Mapping[str, Property]) -> None:
    """Replace the facts whose property declares a separator by one fact for each of their values, in place.

    `properties` are rows that `get_or_create_properties` returned.
    """
    keys = {key for statements in versions for _, key, _ in statements.facts}
    separators = {key: property_declarations.declaration_of(key, properties).separator for key in keys}
    if not any(separators.values()):
        return
    for statements in versions:
        identities: dict[Identity, None] = {}
        for fragment, key, raw in statements.facts:
            values = divide_values(raw, separators[key])
            identities |= dict.fromkeys((fragment, key, value) for value in values)
        statements.facts = {identity: position for position, identity in enumerate(identities)}
