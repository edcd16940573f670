"""The updater of facts: writes the statements of versions as facts with lifetimes, and applies property pages.

One query loads the current facts, one the properties; then come inserts, and one update for removed facts. The same
code serves a single edit, an import of thousands of versions, and a rebuild from the whole history.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import F

from wiki.facts import fact_columns, property_declarations, property_pages
from wiki.facts.fact_changes import FactChanges
from wiki.facts.fact_lifetimes import FactHistory
from wiki.facts.fact_rows import ROWS, get_or_create_properties, write_lifetimes
from wiki.facts.models import Fact, Property
from wiki.facts.special_properties import SPECIAL
from wiki.facts.value_lists import divide_statements
from wiki.facts.values import Value
from wiki.facts.version_statements import VersionStatements, statements_of
from wiki.pages.writing.derived_data import Inputs, ParsedVersion, VersionState
from wiki.text.markup.parser_process import run_side_by_side

SNAPSHOT_FIELDS = (
    "page_id", "subject__fragment", "property__key", "raw", "position", "added_in", "removed_in", "added_at",
    "removed_at", "part_of__raw", "whole__fragment",
)  # fmt: skip
"""What identifies and dates a fact in a snapshot; row ids are left out, since a rebuild may change them."""


class FactUpdater:
    """Maintains the rows of `Fact`, `Subject` and `Property`."""

    name = "facts"
    revision = 6
    requires = ()
    provides = FactChanges

    def prepare(self, versions: Sequence[ParsedVersion]) -> list[list[VersionStatements]]:
        """Return the statements of each new version of each page; an empty list for a page without new versions."""
        if all(isinstance(version.steps, list) for version in versions):
            return run_side_by_side(lambda version: list(statements_of(version)), versions)
        return [list(statements_of(version)) for version in versions]  # a stored history is read from the database

    def write(
        self, versions: Sequence[ParsedVersion], prepared: Sequence[list[VersionStatements]],
        moment: datetime | None, inputs: Inputs,
    ) -> FactChanges:  # fmt: skip
        """Add, continue and end facts; then apply the declarations of property pages."""
        changes = FactChanges()
        pages = [(version, statements) for version, statements in zip(versions, prepared, strict=True) if statements]
        if not pages:
            return changes
        properties = get_or_create_properties(
            {key for _, statements in pages for one in statements for _, key, _ in one.facts},
            {key: title for _, statements in pages for one in statements for key, title in one.names.items()},
        )
        divide_statements([one for _, statements in pages for one in statements], properties)
        current = _load_current([version for version, _ in pages], changes)
        histories = []
        for version, statements in pages:
            history = FactHistory(version, moment, changes.of(version.page.pk))
            history.load_current(current.get(version.page.pk, ()))
            history.apply_versions(statements, _value_parser(properties))
            histories.append(history)
        write_lifetimes(histories, properties)
        _update_page_values([version for version, _ in pages], changes)
        for history in histories:
            property_pages.apply_property_page(history)
        return changes

    def describe(self, page: int) -> list[str]:
        """Return the current facts of a page that its authors wrote, and which of them mean nothing."""
        facts = Fact.objects.filter(page=page, removed_in=None, part_of=None).select_related("property")
        authored = (fact for fact in facts if not (special := SPECIAL.get(fact.property.key)) or not special.automatic)
        return [f"{fact.property.title}: {fact.raw}{' (?)' if fact.problem else ''}" for fact in authored]

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Return all facts by page, subject, property, raw value and lifetime, and the property declarations."""
        rows = Fact.objects.values_list(*SNAPSHOT_FIELDS, *fact_columns.COLUMNS)
        facts = sorted(tuple(map(str, row)) for row in rows.iterator(chunk_size=2000))
        properties = Property.objects.exclude(datatype="", declared={}, redirects_to=None)
        declarations = sorted(
            tuple(map(str, row))
            for row in properties.values_list("key", "title", "datatype", "declared", "redirects_to__key")
        )
        return [*declarations, *facts]


def _value_parser(properties: dict[str, Property]) -> Any:
    """Return a function (property key, raw value, version) -> value, which parses equal values once.

    It uses the current declarations. Text, author and date of the version are left out of the cache key.
    """

    @lru_cache(maxsize=10_000)
    def parse_cached(key: str, raw: str, version: VersionState) -> Value:
        return fact_columns.parse_value(raw, version, property_declarations.declaration_of(key, properties))

    def parse(key: str, raw: str, version: VersionState) -> Value:
        return parse_cached(
            key,
            raw,
            VersionState(
                "", version.full_title, version.is_place, version.language, "", None, version.has_place_prefix
            ),
        )

    return parse


def _load_current(versions: Sequence[ParsedVersion], changes: FactChanges) -> dict[int, list[Fact]]:
    """Return the current facts by page, for pages whose history continues.

    The facts of pages whose history is rebuilt from the first version are deleted, and noted in `changes`.
    """
    rebuilt = [version.page.pk for version in versions if version.follows == 0]
    for start in range(0, len(rebuilt), ROWS):
        old_facts = Fact.objects.filter(page_id__in=rebuilt[start : start + ROWS])
        keys = list(old_facts.values_list("page_id", "pk", "property__key"))
        for page, pk, key in keys:
            changes.of(page).rows += [] if key in SPECIAL else [pk]
        if keys:
            old_facts.delete()
    current: dict[int, list[Fact]] = {}
    pks = [version.page.pk for version in versions if version.follows]
    for start in range(0, len(pks), ROWS):
        facts = Fact.objects.filter(page_id__in=pks[start : start + ROWS], removed_in=None, part_of=None)
        for fact in facts.select_related("subject", "property__redirects_to"):
            current.setdefault(fact.page_id, []).append(fact)
    return current


def _update_page_values(versions: Sequence[ParsedVersion], changes: FactChanges) -> None:
    """Point page values to the page in their own place when it comes to exist, to the root level when it is gone."""
    added, removed = set(), set()
    for version in versions:
        old_key, new_key = version.old_public_key, version.public_key
        if old_key != new_key:
            added |= {new_key} - {None}
            removed |= {old_key} - {None}
    for keys, column in ((added, "place_key"), (removed - added, "root_key")):
        place_keys = sorted(key for key in keys if key and ":" in key)
        for start in range(0, len(place_keys), ROWS):
            changes.of(versions[0].page.pk).values |= _set_canonical_values(place_keys[start : start + ROWS], column)


def _set_canonical_values(keys: Sequence[str], column: str) -> set[tuple[int, str, str]]:
    """Set the canonical value of page values with one of these place keys from `column`.

    Return the changed values as triples.
    """
    facts = Fact.objects.filter(place_key__in=keys)
    before = set(facts.filter(removed_in=None).values_list("page", "property__key", "place_key", "root_key"))
    facts.update(canonical_value=F(column))
    return {(page, key, value) for page, key, place_key, root_key in before for value in (place_key, root_key)}
