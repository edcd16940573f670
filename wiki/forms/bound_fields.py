"""The fields of a form with their values, as the template shows them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from wiki.facts.datatypes import registry
from wiki.facts.values import Context, Declaration
from wiki.forms import field_inputs
from wiki.forms.field_inputs import FieldInput
from wiki.forms.form_definition import FormField
from wiki.text.frontmatter.yaml_values import FrontMatterValue

EMPTY_INPUTS = 1
"""Empty inputs after the values of a field that may have several."""


@dataclass(slots=True)
class BoundField:
    """One field with its values, as the template shows it."""

    field: FormField
    name: str
    """The name of its inputs."""
    language: str
    values: list[str] = dataclasses.field(default_factory=list)
    """What the inputs show."""
    old_values: list[str] = dataclasses.field(default_factory=list)
    """The values of the text, as written."""
    rows: list[BoundRow] = dataclasses.field(default_factory=list)
    """The rows of a group."""
    old_rows: list[FrontMatterValue] = dataclasses.field(default_factory=list)
    """The rows of the text, as written."""
    keys: list[str] = dataclasses.field(default_factory=list)
    """The keys of the text that state it, as written there."""
    errors: list[str] = dataclasses.field(default_factory=list)
    declaration: Declaration = dataclasses.field(default_factory=lambda: Declaration("", ""))

    @property
    def input(self) -> FieldInput:
        """How it is entered."""
        return field_inputs.input_of(self.field)

    @property
    def template(self) -> str:
        """The template of its control."""
        control = "details" if field_inputs.has_details(self.field) else self.input.control
        return f"wiki/forms/controls/{control}.html"

    @property
    def own_key(self) -> str:
        """The key that states it: as the text has it, else the name of the property."""
        return self.keys[0] if self.keys else self.field.property

    @property
    def has_rows(self) -> bool:
        """Whether its values are rows of other fields: a group, or texts with details."""
        return bool(self.field.fields)

    @property
    def label(self) -> str:
        """What the field is called, in the language of the reader."""
        return self.field.label(self.language)

    @property
    def help(self) -> str:
        """What is said below it."""
        return self.field.help(self.language)

    @property
    def id(self) -> str:
        """The id of its first input."""
        return f"id_{self.name}"

    @property
    def has_several(self) -> bool:
        """Whether it has, or may have, several values."""
        return field_inputs.has_several_values(self.field) or len(self.values) > 1

    @property
    def shown(self) -> list[str]:
        """The values of its inputs, with an empty one where another value may be added."""
        return [*self.values, *[""] * EMPTY_INPUTS] if self.has_several or not self.values else self.values

    @property
    def is_wide(self) -> bool:
        """Whether it takes the whole width of the form."""
        return self.has_several or self.input.control in ("area", "picture", "steps") or self.is_scripted

    @property
    def is_scripted(self) -> bool:
        """Whether a script puts more below its input: a map, a table of hours."""
        return "data-input" in self.input.attributes

    @property
    def is_filled(self) -> bool:
        """Whether it has values, or had rows."""
        return bool(self.values or self.old_rows)

    @property
    def has_row_errors(self) -> bool:
        """Whether a field of one of its rows has an error."""
        return any(inner.errors for row in self.rows for inner in row.fields)

    @property
    def attributes(self) -> dict[str, str]:
        """HTML attributes of its inputs."""
        return field_inputs.attributes_for(self.field, self.values[0] if self.values else "")

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Value, label and whether it is chosen, of each choice; what is chosen and is none of them stands last."""
        known = self.field.choices or self.declaration.allowed
        all_choices = [*known, *(value for value in self.values if value not in known)]
        return [
            (choice, self.field.label_of_choice(choice, self.language), choice in self.values) for choice in all_choices
        ]

    @property
    def truths(self) -> list[tuple[str, str, bool]]:
        """Value, label and whether it is chosen, of yes and no; a value is written as it was."""
        written = self.values[0] if self.values else ""
        now = registry.parse(written, Context(self.language, Declaration("", "", "_boo"))).canonical_value
        words = {"1": (gettext("yes"), "1"), "0": (gettext("no"), "0")}
        return [(written if now == key else label, label, now == key) for key, (label, _) in words.items()]


@dataclass(slots=True)
class BoundRow:
    """One row of a group."""

    number: int
    fields: list[BoundField]
    old: Mapping[str, FrontMatterValue] = dataclasses.field(default_factory=dict)
    """The mapping in the text, with what the form does not know."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is entered in it."""
        return not any(one.values for one in self.fields)

    @property
    def details(self) -> list[BoundField]:
        """The fields after the first."""
        return self.fields[1:]

    @property
    def is_open(self) -> bool:
        """Whether its details have values or errors, so that they are shown open."""
        return any(one.values or one.errors for one in self.details)


@dataclass(frozen=True, slots=True)
class BoundSection:
    """A section with its bound fields."""

    label: str
    fields: list[BoundField]

    @property
    def is_open(self) -> bool:
        """Whether it has values or errors, so that it is shown open."""
        return any(one.is_filled or one.errors or one.has_row_errors for one in self.fields)
