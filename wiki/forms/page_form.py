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

from wiki.facts.datatypes import registry
from wiki.facts.datatypes.separators import divide_values
from wiki.facts.property_declarations import declaration_of, load_properties
from wiki.facts.special_properties import key_of_property
from wiki.facts.value_problems import message_for
from wiki.facts.values import Context, Declaration, Unit
from wiki.forms import field_inputs
from wiki.forms.bound_fields import BoundField, BoundRow, BoundSection
from wiki.forms.form_definition import STEWARDS, FormDefinition, FormField, FormSection
from wiki.forms.form_lookup import all_fields, property_key
from wiki.forms.step_fields import StepsField, take_steps
from wiki.text.frontmatter.entry_editing import UnwritableValue, with_values
from wiki.text.frontmatter.frontmatter_reader import FrontMatterEntry, parse_front_matter
from wiki.text.frontmatter.yaml_values import FrontMatterValue
from wiki.text.titles import TitleProblem, fold

ROWS_LIMIT = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
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
        values = [value for entry in entries for value in _as_list(entry.value)]
        if one.fields:
            if any(not isinstance(value, dict) for value in values):
                return None
            bound.old_rows = list(values)
            bound.rows = [
                self._row(bound, number, value) for number, value in enumerate(values) if isinstance(value, dict)
            ]
            return bound
        if any(not isinstance(value, str) for value in values):
            return None
        texts = [text for value in values for text in divide_values(str(value), bound.declaration.separator)]
        bound.old_values = [text for text in texts if text]
        bound.values = [field_inputs.shown_value(one, text) for text in bound.old_values]
        return bound

    def _row(self, group: BoundField, number: int, old: Mapping[str, FrontMatterValue]) -> BoundRow:
        """Return a row of a group with the values of a mapping."""
        row = BoundRow(number, [], old)
        names = _FieldNames(f"{group.name}-{number}")
        by_key = {property_key(key): (key, value) for key, value in old.items()}
        for inner in group.field.fields:
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

    def empty_row(self, group: BoundField, number: int) -> BoundRow:
        """Return a row of a group without values."""
        return self._row(group, number, {})

    @property
    def groups(self) -> Iterator[BoundField]:
        """The fields that are groups."""
        return (one for one in self.fields if one.input.id == "group")

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
            elif one.input.id == "group":
                self._fill_group(one, data)
            else:
                one.values = _sent_values(one, data)
                self._check(one)
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
                self._check(inner)
        if len(numbers) > ROWS_LIMIT:
            group.errors.append(gettext("At most %(limit)s rows can be entered here.") % {"limit": ROWS_LIMIT})

    def _check(self, one: BoundField) -> None:
        """Add an error for each value that was changed and cannot be what it should be."""
        old = {field_inputs.shown_value(one.field, text) for text in one.old_values}
        context = Context(self.page_language, one.declaration)
        for value in one.values:
            if value in old:
                continue
            problem = registry.parse(field_inputs.written_value(one.field, value), context).problem
            if problem is not None:
                one.errors.append(message_for(problem))
            elif one.input.control in ("choice", "choices") and value not in (
                *one.field.choices,
                *one.declaration.allowed,
            ):
                one.errors.append(gettext("“%(value)s” is none of the choices.") % {"value": value[:100]})

    def new_text(self, body: str) -> str:
        """Return the text with what was entered, and another body. A value that cannot be written is an error."""
        front = parse_front_matter(self.text).raw
        for steps in self.steps_fields:
            body = steps.with_steps(body, self.page_language)
        changes = [(one, _changes_of(one)) for one in self.properties]
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


def _changes_of(one: BoundField) -> dict[str, FrontMatterValue | None]:
    """Return the changes of the front matter that a field makes: none if what it shows was not changed."""
    value = _group_value(one) if one.input.id == "group" else _new_values(one)
    if value is None:
        return {}
    key = one.keys[0] if one.keys else one.field.property
    others: dict[str, FrontMatterValue | None] = {other: None for other in one.keys[1:] if fold(other) != fold(key)}
    return {**others, key: value}


def _new_values(one: BoundField) -> FrontMatterValue | None:
    """Return what a field states now; None if that is what it stated before."""
    shown = {field_inputs.shown_value(one.field, text): text for text in reversed(one.old_values)}
    if one.values == [field_inputs.shown_value(one.field, text) for text in one.old_values]:
        return None
    written: list[FrontMatterValue] = [
        shown[value] if value in shown else field_inputs.written_value(one.field, value) for value in one.values
    ]
    return written[0] if len(written) == 1 else written


def _group_value(group: BoundField) -> FrontMatterValue | None:
    """Return the rows of a group; None if they are what they were. Rows without any value are left out."""
    rows: list[FrontMatterValue] = []
    for row in group.rows:
        values = dict(row.old)
        for inner in row.fields:
            changed = _new_values(inner)
            if changed is not None:
                values[inner.keys[0] if inner.keys else inner.field.property] = changed
        if any(values.values()):
            rows.append({key: value for key, value in values.items() if value or row.old.get(key) == value})
    return None if rows == group.old_rows else rows


def _sent_values(one: BoundField, data: QueryDict) -> list[str]:
    """Return the values of a field that were sent, without empty ones and control characters."""
    sent = (_CONTROL.sub("", text.replace("\r\n", "\n")).strip() for text in data.getlist(one.name))
    return list(dict.fromkeys(text for text in sent if text))


def _as_list(value: FrontMatterValue) -> Sequence[FrontMatterValue]:
    return value if isinstance(value, list) else [value]


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
    entries = parse_front_matter(text).data
    keys = {entry.key: property_key(entry.key) for entry in entries}
    properties = load_properties(set(keys.values()))
    found: dict[str, list[FrontMatterEntry]] = {}
    for entry in entries:
        found.setdefault(declaration_of(keys[entry.key], properties).key, []).append(entry)
    return found


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


def declaration_for(one: FormField, declarations: Mapping[str, Declaration]) -> Declaration:
    """Return the declaration of a field's property; with the datatype of its input where it declares none."""
    declaration = declarations.get(property_key(one.property), Declaration(one.property, one.property))
    if declaration.datatype:
        return declaration
    return Declaration(
        declaration.key, declaration.title, default_datatype(one),
        labels=declaration.labels, separator=declaration.separator, allowed=declaration.allowed,
        units=(Unit(1.0, (one.unit,)),) if one.unit else (),
    )  # fmt: skip


def default_datatype(one: FormField) -> str:
    """Return the datatype that a field's property has where no page declares it; "" for none."""
    datatype = field_inputs.input_of(one).datatype
    return "_qty" if datatype == "_num" and one.unit else datatype
