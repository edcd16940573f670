"""Writes lifetimes of facts as rows of `Fact`, `Subject` and `Property`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from wiki.facts import fact_columns, property_declarations
from wiki.facts.fact_lifetimes import FactHistory, FactLifetime
from wiki.facts.models import Fact, Property, Subject
from wiki.facts.special_properties import SPECIAL, property_title
from wiki.facts.values import Value
from wiki.text import titles

ROWS = 500
"""Rows per query or insert."""
NO_NAMES: Mapping[str, str] = MappingProxyType({})
AUTOMATIC = ("_MDAT", "_CDAT", "_NEWP", "_LEDT", "_MIME", "_MEDIA")
"""Keys of the properties of builtin statements."""


def get_or_create_properties(keys: Iterable[str], names: Mapping[str, str] = NO_NAMES) -> dict[str, Property]:
    """Return the rows of properties by key, with those they redirect to and the fields of records.

    The rows for builtin statements are always among them. Missing rows are created, with the titles
    in `names` where these are written otherwise than the keys.
    """
    needed = {*keys, *AUTOMATIC}
    rows = property_declarations.load_properties(needed)
    missing = sorted(key for key in needed if key not in rows)
    if missing:
        Property.objects.bulk_create(
            [
                Property(key=key, title=property_title(key, names.get(key, "")), datatype=_special_type(key))
                for key in missing
            ],
            ignore_conflicts=True,
        )
        rows = property_declarations.load_properties(needed)
    return rows


def _special_type(key: str) -> str:
    special = SPECIAL.get(key)
    return special.datatype if special else ""


def write_lifetimes(histories: Sequence[FactHistory], properties: dict[str, Property]) -> None:
    """Insert, update and end the rows of lifetimes inside the transaction of the write, and note what changed."""
    existing = fact_columns.existing_place_keys(
        lifetime.value for history in histories for lifetime in history.lifetimes
    )
    updated: list[Fact] = []
    removed: dict[tuple[Any, Any], list[Fact]] = {}
    new: list[tuple[Fact, FactLifetime]] = []
    subjects = _subjects_of(histories)
    for history in histories:
        page = history.parsed.page.pk
        for lifetime in history.lifetimes:
            columns = fact_columns.typed_columns(lifetime.value, lifetime.language, existing)
            fragment, key, raw = lifetime.identity
            if lifetime.fact is None:
                fact = Fact(
                    subject=subjects[page, fragment], page_id=page, property=properties[key],
                    position=lifetime.position, raw=raw, added_in=lifetime.added_in, added_at=lifetime.added_at,
                    removed_in=lifetime.removed_in, removed_at=lifetime.removed_at, **columns,
                )  # fmt: skip
                new.append((fact, lifetime))
                history.changes.values |= _changed_values(fact, lifetime, properties)
                continue
            before = _changed_values(lifetime.fact, lifetime, properties)
            if lifetime.removed_in is not None:
                removed.setdefault((lifetime.removed_in, lifetime.removed_at), []).append(lifetime.fact)
                history.changes.values |= before
            elif fact_columns.assign_columns(lifetime.fact, columns | {"position": lifetime.position}):
                updated.append(lifetime.fact)
                history.changes.values |= before | _changed_values(lifetime.fact, lifetime, properties)
        history.changes.values |= _changed_subobjects(history)
    _mark_removed(removed)
    if updated:
        Fact.objects.bulk_update(updated, [*fact_columns.COLUMNS, "position"], batch_size=100)
    _insert(new, properties, existing)
    changes = {history.parsed.page.pk: history.changes for history in histories}
    for fact, lifetime in new:
        if lifetime.identity[1] not in SPECIAL:
            changes[fact.page_id].rows.append(fact.pk)


def _changed_subobjects(history: FactHistory) -> set[tuple[int, str, str]]:
    """Return the subobjects that a write adds or removes, as changes of `Has subobject`.

    A subobject exists while its page states facts about it, whether or not `Has subobject` is stated too.
    """
    before = {lifetime.identity[0] for lifetime in history.lifetimes if lifetime.fact is not None}
    after = {lifetime.identity[0] for lifetime in history.current.values()}
    key, page = titles.key_of(history.parsed.fields.full_title), history.parsed.page.pk
    return {(page, "_SOBJ", f"{key}#{fragment}") for fragment in before ^ after if fragment}


def _changed_values(fact: Fact, lifetime: FactLifetime, properties: dict[str, Property]) -> set[tuple[int, str, str]]:
    """Return the (page, property key, value) triples that change with a fact; "*": any value of a record field."""
    key = lifetime.identity[1]
    row = properties.get(key) or fact.property
    fields = (row.redirects_to or row).declared.get("fields", ()) if fact.whole_id or lifetime.value.parts else ()
    names = {key, row.redirects_to.key} if row.redirects_to else {key}
    return {(fact.page_id, name, fact.canonical_value) for name in names} | {
        (fact.page_id, field, "*") for field in fields
    }


def _mark_removed(removed: dict[tuple[Any, Any], list[Fact]]) -> None:
    """Set the version and time of removal of facts, and of the field values of records.

    `removed` holds facts by (version, time).
    """
    for (removed_in, removed_at), facts in removed.items():
        for start in range(0, len(facts), ROWS):
            chunk = facts[start : start + ROWS]
            Fact.objects.filter(pk__in=[fact.pk for fact in chunk]).update(removed_in=removed_in, removed_at=removed_at)
            if records := [fact.pk for fact in chunk if fact.whole_id is not None]:
                Fact.objects.filter(part_of__in=records).update(removed_in=removed_in, removed_at=removed_at)


def _subjects_of(histories: Sequence[FactHistory]) -> dict[tuple[int, str], Subject]:
    """Return the subjects of all lifetimes by (page, fragment): pages, subobjects and new records.

    Missing rows are created.
    """
    missing, found = set(), {}
    for history in histories:
        page = history.parsed.page.pk
        for lifetime in history.lifetimes:
            if lifetime.fact is not None:
                found[page, lifetime.identity[0]] = lifetime.fact.subject
            else:
                missing.add((page, lifetime.identity[0]))
                if lifetime.value.parts:
                    missing.add((page, lifetime.value.canonical_value))
    return found | get_or_create_subjects(missing - found.keys())


def get_or_create_subjects(keys: set[tuple[int, str]]) -> dict[tuple[int, str], Subject]:
    """Return the rows of subjects by (page, fragment). Missing rows are created."""
    if not keys:
        return {}
    Subject.objects.bulk_create(
        [Subject(page_id=page, fragment=fragment) for page, fragment in sorted(keys)],
        ignore_conflicts=True,
        batch_size=ROWS,
    )
    pks, found = sorted({page for page, _ in keys}), {}
    for start in range(0, len(pks), ROWS):
        for row in Subject.objects.filter(page_id__in=pks[start : start + ROWS]):
            found[row.page_id, row.fragment] = row
    return found


def _insert(new: Sequence[tuple[Fact, FactLifetime]], properties: dict[str, Property], existing: set[str]) -> None:
    """Insert new facts, and the field values of those that are records."""
    records = [(fact, lifetime.value) for fact, lifetime in new if lifetime.value.parts]
    subjects = get_or_create_subjects({(fact.page_id, value.canonical_value) for fact, value in records})
    for fact, value in records:
        fact.whole = subjects[fact.page_id, value.canonical_value]
    Fact.objects.bulk_create([fact for fact, _ in new], batch_size=ROWS)
    insert_record_fields(records, properties, existing)


def insert_record_fields(
    records: Sequence[tuple[Fact, Value]], properties: dict[str, Property], existing: set[str]
) -> None:
    """Insert the field values of records as facts of the record's own subject, with its lifetime."""
    parts = []
    for fact, value in records:
        for position, (key, part) in enumerate(value.parts):
            row = properties.get(key) or get_or_create_properties([key])[key]
            parts.append(
                Fact(
                    subject=fact.whole,
                    page_id=fact.page_id,
                    property=row,
                    position=position,
                    raw=part.raw,
                    part_of=fact,
                    added_in=fact.added_in,
                    added_at=fact.added_at,
                    removed_in=fact.removed_in,
                    removed_at=fact.removed_at,
                    **fact_columns.typed_columns(part, fact.language, existing),
                )
            )
    Fact.objects.bulk_create(parts, batch_size=ROWS)
