"""Lives into rows of `Fact`, `Subject` and `Property`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wiki.facts import fact_columns, property_declarations
from wiki.facts.fact_lifetimes import FactHistory, FactLifetime
from wiki.facts.models import Fact, Property, Subject
from wiki.facts.special_properties import SPECIAL, property_title
from wiki.facts.values import Value
from wiki.text import titles

ROWS = 500
AUTOMATIC = ("_MDAT", "_CDAT", "_NEWP", "_LEDT", "_MIME", "_MEDIA")


def get_or_create_properties(keys: Iterable[str]) -> dict[str, Property]:
    """Rows of properties by key, with those that records or other names lead to; made where they are missing."""
    wanted = {*keys, *AUTOMATIC}
    rows = property_declarations.load_properties(wanted)
    missing = sorted(key for key in wanted if key not in rows)
    if missing:
        Property.objects.bulk_create(
            [Property(key=key, title=property_title(key), datatype=_special_type(key)) for key in missing],
            ignore_conflicts=True,
        )
        rows = property_declarations.load_properties(wanted)
    return rows


def _special_type(key: str) -> str:
    special = SPECIAL.get(key)
    return special.datatype if special else ""


def write_lifetimes(every: Sequence[FactHistory], properties: dict[str, Property]) -> None:
    """Rows for all lives of some pages."""
    existing = fact_columns.existing_place_keys(life.value for lives in every for life in lives.lifetimes)
    touched: list[Fact] = []
    ended: dict[tuple[Any, Any], list[Fact]] = {}
    new: list[tuple[Fact, FactLifetime]] = []
    subjects = _subjects(every)
    for lives in every:
        page = lives.parsed.page.pk
        for life in lives.lifetimes:
            held = fact_columns.typed_columns(life.value, life.language, existing)
            fragment, key, raw = life.identity
            if life.fact is None:
                fact = Fact(
                    subject=subjects[page, fragment], page_id=page, property=properties[key], position=life.position,
                    raw=raw, added_in=life.added_in, added_at=life.added_at, removed_in=life.removed_in, removed_at=life.removed_at, **held,
                )  # fmt: skip
                new.append((fact, life))
                lives.changes.values |= _words(fact, life, properties)
                continue
            before = _words(life.fact, life, properties)
            if life.removed_in is not None:
                ended.setdefault((life.removed_in, life.removed_at), []).append(life.fact)
                lives.changes.values |= before
            elif fact_columns.assign_columns(life.fact, held | {"position": life.position}):
                touched.append(life.fact)
                lives.changes.values |= before | _words(life.fact, life, properties)
        lives.changes.values |= _changed_subobjects(lives)
    _end(ended)
    if touched:
        Fact.objects.bulk_update(touched, [*fact_columns.COLUMNS, "position"], batch_size=100)
    _insert(new, properties, existing)
    changes = {lives.parsed.page.pk: lives.changes for lives in every}
    for fact, life in new:
        if life.identity[1] not in SPECIAL:
            changes[fact.page_id].rows.append(fact.pk)


def _changed_subobjects(lives: FactHistory) -> set[tuple[int, str, str]]:
    """The subobjects that a write makes or removes, as changes of `Has subobject`.

    A subobject exists while its page states facts about it, whether or not `Has subobject` is stated too.
    """
    before = {life.identity[0] for life in lives.lifetimes if life.fact is not None}
    after = {life.identity[0] for life in lives.current.values()}
    key, page = titles.key_of(lives.parsed.fields.full_title), lives.parsed.page.pk
    return {(page, "_SOBJ", f"{key}#{fragment}") for fragment in before ^ after if fragment}


def _words(fact: Fact, life: FactLifetime, properties: dict[str, Property]) -> set[tuple[int, str, str]]:
    """What changes with a fact: its value, and any value of the fields of a record."""
    key = life.identity[1]
    row = properties.get(key) or fact.property
    fields = (row.redirects_to or row).declared.get("fields", ()) if fact.whole_id or life.value.parts else ()
    names = {key, row.redirects_to.key} if row.redirects_to else {key}
    return {(fact.page_id, name, fact.canonical_value) for name in names} | {
        (fact.page_id, field, "*") for field in fields
    }


def _end(ended: dict[tuple[Any, Any], list[Fact]]) -> None:
    """Facts and their parts, ended in their versions."""
    for (removed_in, removed_at), facts in ended.items():
        for start in range(0, len(facts), ROWS):
            some = facts[start : start + ROWS]
            Fact.objects.filter(pk__in=[fact.pk for fact in some]).update(removed_in=removed_in, removed_at=removed_at)
            if records := [fact.pk for fact in some if fact.whole_id is not None]:
                Fact.objects.filter(part_of__in=records).update(removed_in=removed_in, removed_at=removed_at)


def _subjects(every: Sequence[FactHistory]) -> dict[tuple[int, str], Subject]:
    """The subjects that new facts are about: pages, subobjects, and records; made where they are missing."""
    wanted, found = set(), {}
    for lives in every:
        page = lives.parsed.page.pk
        for life in lives.lifetimes:
            if life.fact is not None:
                found[page, life.identity[0]] = life.fact.subject
            else:
                wanted.add((page, life.identity[0]))
                if life.value.parts:
                    wanted.add((page, life.value.canonical_value))
    return found | get_or_create_subjects(wanted - found.keys())


def get_or_create_subjects(wanted: set[tuple[int, str]]) -> dict[tuple[int, str], Subject]:
    """Subjects by page and fragment; made where they are missing."""
    if not wanted:
        return {}
    Subject.objects.bulk_create(
        [Subject(page_id=page, fragment=fragment) for page, fragment in sorted(wanted)],
        ignore_conflicts=True,
        batch_size=ROWS,
    )
    pks, found = sorted({page for page, _ in wanted}), {}
    for start in range(0, len(pks), ROWS):
        for row in Subject.objects.filter(page_id__in=pks[start : start + ROWS]):
            found[row.page_id, row.fragment] = row
    return found


def _insert(new: Sequence[tuple[Fact, FactLifetime]], properties: dict[str, Property], existing: set[str]) -> None:
    """New facts, and the parts of those that are records."""
    records = [(fact, life.value) for fact, life in new if life.value.parts]
    wholes = get_or_create_subjects({(fact.page_id, value.canonical_value) for fact, value in records})
    for fact, value in records:
        fact.whole = wholes[fact.page_id, value.canonical_value]
    Fact.objects.bulk_create([fact for fact, _ in new], batch_size=ROWS)
    insert_record_fields(records, properties, existing)


def insert_record_fields(
    records: Sequence[tuple[Fact, Value]], properties: dict[str, Property], existing: set[str]
) -> None:
    """The fields of records as facts of the record's own subject, with its life."""
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
