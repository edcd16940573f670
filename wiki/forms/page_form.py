"""The fields of a form filled with the facts and steps of a text, and the text with what was entered.

Only entries of the front matter whose values were changed are written (`entry_editing`); all else of a text stays byte
for byte. What the form does not know, and what it cannot show (a mapping where a text is expected), is listed as it is
written, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext

from wiki.facts.datatypes.separators import divide_values
from wiki.facts.property_declarations import declaration_of, load_properties
from wiki.facts.special_properties import key_of_property
from wiki.facts.values import Declaration
from wiki.forms import field_inputs
from wiki.forms.bound_fields import BoundField, BoundRow, BoundSection
from wiki.forms.field_values import (
    as_list,
    bind_values,
    changes_of,
    check_values,
    clean_values,
    declaration_for,
    entries_by_property,
    keys_stated_by,
    new_values,
)
from wiki.forms.form_definition import STEWARDS, FormDefinition, FormField, FormSection
from wiki.forms.form_lookup import all_fields, property_key
from wiki.forms.step_fields import StepsField, take_steps
from wiki.text.frontmatter.entry_editing import UnwritableValue, with_values
from wiki.text.frontmatter.frontmatter_reader import FrontMatterEntry, parse_front_matter
from wiki.text.frontmatter.yaml_values import FrontMatterValue
from wiki.text.statements import detailed_value
from wiki.text.titles import TitleProblem, fold

ROWS_LIMIT = 200
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class OtherFact:
    """A key of the front matter that the form has no field for, and its values as text."""

    key: str
    text: str


class PageForm:
    """The fields of a form with the facts of a text; `fill` enters what a person sent."""

    def __init__(
        self, definition: FormDefinition, text: str, language: str, page_language: str, *, is_steward: bool = True
    ) -> None:
        """`language` is that of the reader; fields for stewards are left out unless `is_steward`."""
        self.text = text
        self.language = language
        self.page_language = page_language
        self._declarations = declarations_of(definition)
        entries = _entries_by_property(text)
        names = _FieldNames("fact")
        self.sections: list[BoundSection] = []
        known: set[str] = set()
        for section in definition.sections:
            fields: list[BoundField] = []
            for one in section.fields:
                if field_inputs.is_steps(one):
                    is_shown = one.audience != STEWARDS or is_steward
                    fields += [StepsField(one, names.of(one.property), language)] if is_shown else []
                    continue
                key = self._key(one)
                bound = self._bind(one, names.of(one.property), entries.get(key, []))
                if bound is None or key in known:
                    continue
                known.add(key)
                if one.audience != STEWARDS or is_steward:
                    fields.append(bound)
            self._add(section, fields)
        self.body = take_steps(list(self.fields), parse_front_matter(text).body)
        """The text below the fields, without the steps that are rows."""
        self.other_facts = [
            OtherFact(entry.key, _as_text(entry.value))
            for key, group in entries.items() if key not in known and key != "_KIND"
            for entry in group
        ]  # fmt: skip

    def _add(self, section: FormSection, fields: list[BoundField]) -> None:
        if fields:
            self.sections.append(BoundSection(section.label(self.language), fields))

    def _key(self, one: FormField) -> str:
        key = property_key(one.property)
        return self._declarations[key].key if key in self._declarations else key

    @property
    def fields(self) -> Iterator[BoundField]:
        """All fields in order."""
        return (one for section in self.sections for one in section.fields)

    @property
    def properties(self) -> Iterator[BoundField]:
        """All fields but those of steps."""
        return (one for one in self.fields if not isinstance(one, StepsField))

    @property
    def is_valid(self) -> bool:
        """Whether no field has an error."""
        return not any(one.errors or one.has_row_errors for one in self.fields)

    @property
    def filled_fields(self) -> Iterator[FormField]:
        """The properties that have values, and those with values within groups."""
        for one in self.properties:
            filled = [inner.field for row in one.rows for inner in row.fields if inner.values]
            if one.values or filled:
                yield from (one.field, *filled)

    @property
    def wrong_fields(self) -> list[BoundField]:
        """The fields with errors, those within groups too."""
        inner = [one for field in self.fields for row in field.rows for one in row.fields]
        return [one for one in [*self.fields, *inner] if one.errors]

    # --- From the text
    def _bind(self, one: FormField, name: str, entries: Sequence[FrontMatterEntry]) -> BoundField | None:
        """Return a field with the values of the entries; None if they are none that its input can show."""
        bound = BoundField(one, name, self.language, keys=[entry.key for entry in entries])
        bound.declaration = declaration_for(one, self._declarations)
        values = [value for entry in entries for value in as_list(entry.value)]
        if one.fields:
            plain = field_inputs.has_details(one)
            if any(not isinstance(value, dict | str) or (isinstance(value, str) and not plain) for value in values):
                return None
            bound.old_rows = [part for value in values for part in _divided(value, bound.declaration.separator)]
            bound.rows = [
                self._row(bound, number, value if isinstance(value, dict) else {bound.own_key: value})
                for number, value in enumerate(bound.old_rows)
            ]
            return bound
        return bound if bind_values(bound, entries) else None

    def _row(self, group: BoundField, number: int, old: Mapping[str, FrontMatterValue]) -> BoundRow:
        """Return a row of a group with the values of a mapping."""
        row = BoundRow(number, [], old)
        names = _FieldNames(f"{group.name}-{number}")
        by_key = {property_key(key): (key, value) for key, value in old.items()}
        for inner in self._row_fields(group):
            if field_inputs.is_steps(inner):  # steps are no part of a fact
                continue
            bound = BoundField(inner, names.of(inner.property), self.language)
            bound.declaration = declaration_for(inner, self._declarations)
            key, value = by_key.get(property_key(inner.property), ("", ""))
            if isinstance(value, str):
                bound.keys = [key] if key else []
                bound.old_values = [value] if value else []
                bound.values = [field_inputs.shown_value(inner, text) for text in bound.old_values]
                row.fields.append(bound)
        return row

    def _row_fields(self, group: BoundField) -> Sequence[FormField]:
        """Return the fields of a row of a group; the value itself stands before its details."""
        if not field_inputs.has_details(group.field):
            return group.field.fields
        value = FormField(group.own_key, "text", {self.language: gettext("What")})
        return (value, *group.field.fields)

    def empty_row(self, group: BoundField, number: int) -> BoundRow:
        """Return a row of a group without values."""
        return self._row(group, number, {})

    @property
    def groups(self) -> Iterator[BoundField]:
        """The fields that are groups."""
        return (one for one in self.fields if one.has_rows)

    @property
    def steps_fields(self) -> Iterator[StepsField]:
        """The fields of steps."""
        return (one for one in self.fields if isinstance(one, StepsField))

    def add_empty_rows(self) -> None:
        """Add an empty row to each group and to steps, for what may be entered."""
        for steps in self.steps_fields:
            steps.add_empty_row()
        for group in self.groups:
            number = max((row.number for row in group.rows), default=-1) + 1
            group.rows.append(self.empty_row(group, number))

    # --- From what was sent
    def fill(self, data: QueryDict) -> None:
        """Enter what was sent, and check what was changed."""
        for one in self.fields:
            if isinstance(one, StepsField):
                one.fill(data)
            elif one.has_rows:
                self._fill_group(one, data)
            else:
                one.values = _sent_values(one, data)
                check_values(one, self.page_language)
            if one.field.is_required and not one.values and all(row.is_empty for row in one.rows):
                one.errors.append(gettext("This field is required."))

    def _fill_group(self, group: BoundField, data: QueryDict) -> None:
        """Enter the rows that were sent, in their order; a row that was not sent is gone."""
        old = {row.number: row for row in group.rows}
        pattern = re.compile(rf"{re.escape(group.name)}-(\d{{1,4}})-")
        numbers = dict.fromkeys(int(match[1]) for name in data if (match := pattern.match(name)))
        group.rows = [old.get(number) or self.empty_row(group, number) for number in list(numbers)[:ROWS_LIMIT]]
        for row in group.rows:
            for inner in row.fields:
                inner.values = _sent_values(inner, data)
                check_values(inner, self.page_language)
            if field_inputs.has_details(group.field) and _lacks_value(row):
                row.fields[0].errors.append(gettext("This field is required."))
        if len(numbers) > ROWS_LIMIT:
            group.errors.append(gettext("At most %(limit)s rows can be entered here.") % {"limit": ROWS_LIMIT})

    def new_text(self, body: str) -> str:
        """Return the text with what was entered, and another body. A value that cannot be written is an error."""
        front = parse_front_matter(self.text).raw
        for steps in self.steps_fields:
            body = steps.with_steps(body, self.page_language)
        changes = [(one, changes_of(one, _new_value(one))) for one in self.properties]
        try:
            return with_values(front, {key: value for _, change in changes for key, value in change.items()}) + body
        except UnwritableValue:
            pass
        for one, change in changes:
            try:
                front = with_values(front, change)
            except UnwritableValue:
                one.errors.append(gettext("This cannot be written as a fact: leave out unusual signs."))
        return front + body


def _new_value(one: BoundField) -> FrontMatterValue | None:
    """Return what a field states now; None if that is what it stated before."""
    return _group_value(one) if one.has_rows else new_values(one)


def _group_value(group: BoundField) -> FrontMatterValue | None:
    """Return the rows of a group; None if they are what they were. Rows without any value are left out."""
    rows: list[FrontMatterValue] = []
    for row in group.rows:
        values = dict(row.old)
        for inner in row.fields:
            changed = new_values(inner)
            if changed is not None:
                values[inner.own_key] = changed
        if values == row.old and row.number < len(group.old_rows):
            rows.append(group.old_rows[row.number])
        elif any(values.values()):
            kept = {key: value for key, value in values.items() if value or row.old.get(key) == value}
            rows.append(_without_details(group, kept))
    if rows == group.old_rows:
        return None
    return rows[0] if len(rows) == 1 and isinstance(rows[0], str) else rows


def _without_details(group: BoundField, row: dict[str, FrontMatterValue]) -> FrontMatterValue:
    """Return a row as it is written: a text of which there are no details is a plain value."""
    value = detailed_value(group.own_key, row)
    return value if field_inputs.has_details(group.field) and value and len(row) == 1 else row


def _lacks_value(row: BoundRow) -> bool:
    """Return whether details were entered for nothing: a row of the text that was so is left alone."""
    return not row.is_empty and not row.fields[0].values and (not row.old or bool(row.fields[0].old_values))


def _divided(value: FrontMatterValue, separator: str) -> Sequence[FrontMatterValue]:
    """Return the values in a text of a property that declares a separator; any other value as it is."""
    return [text for text in divide_values(value, separator) if text] if isinstance(value, str) else [value]


def _sent_values(one: BoundField, data: QueryDict) -> list[str]:
    """Return the values of a field that were sent, without empty ones and control characters."""
    return clean_values(data.getlist(one.name))


def _as_text(value: FrontMatterValue) -> str:
    """Return a value for reading."""
    if isinstance(value, dict):
        return " · ".join(f"{key}: {_as_text(inner)}" for key, inner in value.items())
    return ", ".join(map(_as_text, value)) if isinstance(value, list) else value


class _FieldNames:
    """Gives each field a name that no other has."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._used: set[str] = set()

    def of(self, property_name: str) -> str:
        """Return the name of the inputs of a property."""
        name = base = f"{self._prefix}-{_NOT_IN_NAMES.sub('-', fold(property_name)).strip('-')}"
        number = 1
        while name in self._used:
            number += 1
            name = f"{base}_{number}"
        self._used.add(name)
        return name


def _entries_by_property(text: str) -> dict[str, list[FrontMatterEntry]]:
    """Return the entries of the front matter of a text by the key of their property, redirects followed."""
    return entries_by_property(parse_front_matter(text).data, load_properties(keys_stated_by(text)))


def declarations_of(definition: FormDefinition) -> dict[str, Declaration]:
    """Return the declarations of the properties of a form by key."""
    keys = set()
    for one in all_fields(definition):
        try:
            keys.add(key_of_property(one.property))
        except TitleProblem:
            continue
    properties = load_properties(keys)
    return {key: declaration_of(key, properties) for key in keys}
