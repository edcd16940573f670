"""The deriver of facts: what versions say becomes rows with lives, and property pages declare.

One query for the facts alive, one for the properties; then inserts, and one update for the ended. The same code
writes one edit, an import of thousands of versions, and the rebuilding from the whole history.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db.models import F

from wiki.facts import fact_columns, property_declarations, property_pages
from wiki.facts.fact_lifetimes import Lives
from wiki.facts.fact_rows import ROWS, rows_of, write_lives
from wiki.facts.models import Fact, Property
from wiki.facts.special_properties import SPECIAL
from wiki.facts.values import Value
from wiki.facts.version_statements import Said, said_by
from wiki.pages.writing.derived_data import Reading, Step
from wiki.text import titles

NATURAL = (
    "page_id", "subject__fragment", "property__key", "raw", "position", "born", "died", "born_at", "died_at",
    "part_of__raw", "whole__fragment",
)  # fmt: skip


class FactDeriver:
    """The rows of `Fact`, `Subject` and `Property`."""

    name = "facts"

    def prepare(self, readings: Sequence[Reading]) -> list[list[Said]]:
        """What each version of each page says; nothing for a reading without steps."""
        return [list(said_by(item)) for item in readings]

    def write(self, readings: Sequence[Reading], prepared: Sequence[list[Said]]) -> None:
        """Begin, go on with and end facts; then let property pages declare."""
        pages = [(item, versions) for item, versions in zip(readings, prepared, strict=True) if versions]
        if not pages:
            return
        properties = rows_of({key for _, versions in pages for said in versions for _, key, _ in said.facts})
        alive = _alive([item for item, _ in pages])
        every = []
        for item, versions in pages:
            lives = Lives(item)
            lives.go_on_from(alive.get(item.page.pk, ()))
            lives.fold(versions, _reader(properties))
            every.append(lives)
        write_lives(every, properties)
        _tell_titles([item for item, _ in pages])
        for lives in every:
            property_pages.declare(lives)

    def snapshot(self) -> list[tuple[Any, ...]]:
        """All facts by page, subject, property, words and life; and what used or declared properties mean."""
        rows = Fact.objects.values_list(*NATURAL, *fact_columns.COLUMNS)
        facts = sorted(tuple(map(str, row)) for row in rows.iterator(chunk_size=2000))
        of = Property.objects.exclude(datatype="", declared={}, leads_to=None)
        meant = sorted(
            tuple(map(str, row)) for row in of.values_list("key", "title", "datatype", "declared", "leads_to__key")
        )
        return [*meant, *facts]


def _reader(properties: dict[str, Property]) -> Any:
    """Reads values by what the properties declare now; equal words once."""

    @lru_cache(maxsize=10_000)
    def read(key: str, raw: str, step: Step) -> Value:
        return fact_columns.read(raw, step, property_declarations.declaration_of(key, properties))

    def of(key: str, raw: str, step: Step) -> Value:
        return read(key, raw, Step("", step.full_title, step.is_place, step.language, "", None, step.place_is_named))

    return of


def _alive(readings: Sequence[Reading]) -> dict[int, list[Fact]]:
    """The facts alive of pages whose history goes on; the facts of those that begin anew are dropped."""
    anew = {item.page.pk: item for item in readings if item.follows == 0}
    for start in range(0, len(anew), ROWS):
        dropped = Fact.objects.filter(page_id__in=list(anew)[start : start + ROWS])
        keys = list(dropped.values_list("page_id", "pk", "property__key"))
        for page, pk, key in keys:
            anew[page].facts += [] if key in SPECIAL else [pk]
        if keys:
            dropped.delete()
    found: dict[int, list[Fact]] = {}
    pks = [item.page.pk for item in readings if item.follows]
    for start in range(0, len(pks), ROWS):
        facts = Fact.objects.filter(page_id__in=pks[start : start + ROWS], died=None, part_of=None)
        for fact in facts.select_related("subject", "property__leads_to"):
            found.setdefault(fact.page_id, []).append(fact)
    return found


def _tell_titles(readings: Sequence[Reading]) -> None:
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
    for keys, column in ((came, "near_key"), (gone - came, "far_key")):
        some = sorted(key for key in keys if key and ":" in key)
        for start in range(0, len(some), ROWS):
            readings[0].changed |= _point(some[start : start + ROWS], column)


def _point(keys: Sequence[str], column: str) -> set[tuple[int, str, str]]:
    """Let page values with those near keys mean what `column` holds; what changes by that."""
    facts = Fact.objects.filter(near_key__in=keys)
    said = set(facts.filter(died=None).values_list("page", "property__key", "near_key", "far_key"))
    facts.update(word=F(column))
    return {(page, key, word) for page, key, near, far in said for word in (near, far)}
