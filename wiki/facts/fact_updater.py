"""The deriver of facts: what versions say becomes rows with lives, and property pages declare.

One query for the facts alive, one for the properties; then inserts, and one update for the ended. The same code
writes one edit, an import of thousands of versions, and the rebuilding from the whole history.
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
from wiki.facts.values import Value
from wiki.facts.version_statements import VersionStatements, statements_of
from wiki.pages.writing.derived_data import Inputs, ParsedVersion, VersionState
from wiki.text import titles

SNAPSHOT_FIELDS = (
    "page_id", "subject__fragment", "property__key", "raw", "position", "added_in", "removed_in", "added_at", "removed_at",
    "part_of__raw", "whole__fragment",
)  # fmt: skip


class FactUpdater:
    """The rows of `Fact`, `Subject` and `Property`."""

    name = "facts"
    requires = ()
    provides = FactChanges

    def prepare(self, readings: Sequence[ParsedVersion]) -> list[list[VersionStatements]]:
        """What each version of each page says; nothing for a reading without steps."""
        return [list(statements_of(item)) for item in readings]

    def write(
        self, readings: Sequence[ParsedVersion], prepared: Sequence[list[VersionStatements]],
        moment: datetime | None, inputs: Inputs,
    ) -> FactChanges:  # fmt: skip
        """Add, continue and end facts; then apply the declarations of property pages."""
        changes = FactChanges()
        pages = [(item, versions) for item, versions in zip(readings, prepared, strict=True) if versions]
        if not pages:
            return changes
        properties = get_or_create_properties(
            {key for _, versions in pages for said in versions for _, key, _ in said.facts}
        )
        alive = _alive([item for item, _ in pages], changes)
        every = []
        for item, versions in pages:
            lives = FactHistory(item, moment, changes.of(item.page.pk))
            lives.load_current(alive.get(item.page.pk, ()))
            lives.apply_versions(versions, _reader(properties))
            every.append(lives)
        write_lifetimes(every, properties)
        _tell_titles([item for item, _ in pages], changes)
        for lives in every:
            property_pages.apply_property_page(lives)
        return changes

    def snapshot(self) -> list[tuple[Any, ...]]:
        """All facts by page, subject, property, words and life; and what used or declared properties mean."""
        rows = Fact.objects.values_list(*SNAPSHOT_FIELDS, *fact_columns.COLUMNS)
        facts = sorted(tuple(map(str, row)) for row in rows.iterator(chunk_size=2000))
        of = Property.objects.exclude(datatype="", declared={}, redirects_to=None)
        meant = sorted(
            tuple(map(str, row)) for row in of.values_list("key", "title", "datatype", "declared", "redirects_to__key")
        )
        return [*meant, *facts]


def _reader(properties: dict[str, Property]) -> Any:
    """Reads values by what the properties declare now; equal words once."""

    @lru_cache(maxsize=10_000)
    def read(key: str, raw: str, step: VersionState) -> Value:
        return fact_columns.parse_value(raw, step, property_declarations.declaration_of(key, properties))

    def of(key: str, raw: str, step: VersionState) -> Value:
        return read(
            key, raw, VersionState("", step.full_title, step.is_place, step.language, "", None, step.place_is_named)
        )

    return of


def _alive(readings: Sequence[ParsedVersion], changes: FactChanges) -> dict[int, list[Fact]]:
    """The facts alive of pages whose history goes on; the facts of those that begin anew are dropped."""
    anew = [item.page.pk for item in readings if item.follows == 0]
    for start in range(0, len(anew), ROWS):
        dropped = Fact.objects.filter(page_id__in=anew[start : start + ROWS])
        keys = list(dropped.values_list("page_id", "pk", "property__key"))
        for page, pk, key in keys:
            changes.of(page).rows += [] if key in SPECIAL else [pk]
        if keys:
            dropped.delete()
    found: dict[int, list[Fact]] = {}
    pks = [item.page.pk for item in readings if item.follows]
    for start in range(0, len(pks), ROWS):
        facts = Fact.objects.filter(page_id__in=pks[start : start + ROWS], removed_in=None, part_of=None)
        for fact in facts.select_related("subject", "property__redirects_to"):
            found.setdefault(fact.page_id, []).append(fact)
    return found


def _tell_titles(readings: Sequence[ParsedVersion], changes: FactChanges) -> None:
    """Page values mean the page in their own place as soon as it is there, and the commons' when it is gone."""
    came, gone = set(), set()
    for item in readings:
        was = item.page.title_key if item.follows else None
        fields = item.fields
        full = fields.full_title
        now = None if item.text is None else titles.key_of(full)
        if was != now:
            came |= {now} - {None}
            gone |= {was} - {None}
    for keys, column in ((came, "place_key"), (gone - came, "root_key")):
        some = sorted(key for key in keys if key and ":" in key)
        for start in range(0, len(some), ROWS):
            changes.of(readings[0].page.pk).values |= _point(some[start : start + ROWS], column)


def _point(keys: Sequence[str], column: str) -> set[tuple[int, str, str]]:
    """Let page values with those near keys mean what `column` holds; what changes by that."""
    facts = Fact.objects.filter(place_key__in=keys)
    said = set(facts.filter(removed_in=None).values_list("page", "property__key", "place_key", "root_key"))
    facts.update(canonical_value=F(column))
    return {(page, key, word) for page, key, near, far in said for word in (near, far)}
