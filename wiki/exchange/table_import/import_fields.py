"""What columns of a table can be mapped to: title, identifier and text of a page, and the fields of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wiki.accounts.models import User
from wiki.facts.values import Declaration
from wiki.forms import field_inputs
from wiki.forms.field_values import declaration_for
from wiki.forms.form_definition import STEWARDS, FormField
from wiki.forms.form_lookup import form_of_kind, property_key
from wiki.forms.page_form import declarations_of
from wiki.pages import permissions

if TYPE_CHECKING:
    from wiki.pages.models import Reader

TITLE, IDENTIFIER, BODY = "title", "identifier", "body"
LATITUDE, LONGITUDE = "latitude", "longitude"
COORDINATES = "coordinates"
"""The id of the input whose values are points."""


@dataclass(frozen=True, slots=True)
class ImportField:
    """A field of the kind that columns can be mapped to."""

    key: str
    """The key of its property."""
    field: FormField
    declaration: Declaration

    @property
    def is_point(self) -> bool:
        """Whether its values are points on Earth, which may stand in two columns."""
        return field_inputs.input_of(self.field).id == COORDINATES

    @property
    def input(self) -> str:
        """The id of its input."""
        return field_inputs.input_of(self.field).id

    @property
    def has_several(self) -> bool:
        """Whether a cell may hold several values."""
        return field_inputs.has_several_values(self.field)

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it may have; none for any."""
        is_choice = field_inputs.input_of(self.field).control in ("choice", "choices")
        return (*self.field.choices, *self.declaration.allowed) if is_choice else ()

    def names(self) -> Iterator[str]:
        """Yield all its names: those of the property, and its labels in each language."""
        yield from (self.field.property, self.declaration.title, *self.field.labels.values())
        yield from self.declaration.labels.values()


@dataclass(frozen=True, slots=True)
class Target:
    """What one column is mapped to: TITLE, IDENTIFIER, BODY, or a field, or one of the two numbers of a point."""

    name: str
    key: str = ""
    """The key of the property, for a field."""

    @classmethod
    def parse(cls, text: str) -> Target | None:
        """Return the target that `str` wrote; None for a column that is not imported."""
        name, _, key = text.partition(":")
        return cls(name, key) if name else None

    def __str__(self) -> str:
        return f"{self.name}:{self.key}" if self.key else self.name


FIELD = "field"
"""The name of a target that is a whole field."""


class FieldSet:
    """The fields of a kind that a table can fill in: all but groups and steps."""

    def __init__(self, kind_key: str, user: Reader) -> None:
        """Two queries. A kind without a form has no fields."""
        source = form_of_kind(kind_key, user)
        self.kind_key = kind_key
        self.fields: dict[str, ImportField] = {}
        if source is None:
            return
        declarations = declarations_of(source.definition)
        is_steward = isinstance(user, User) and (user.is_superuser or permissions.is_steward_of_any_place(user))
        for one in map(field_inputs.without_details, source.definition.fields):
            if one.fields or field_inputs.input_of(one).id in ("group", "steps"):
                continue
            if one.audience == STEWARDS and not is_steward:
                continue
            declaration = declaration_for(one, declarations)
            key = declaration.key or property_key(one.property)
            self.fields.setdefault(key, ImportField(key, one, declaration))

    def field_of(self, target: Target | None) -> ImportField | None:
        """Return the field of a target; None for one that is none of this kind."""
        return self.fields.get(target.key) if target is not None and target.key else None

    def is_known(self, text: str) -> bool:
        """Return whether a text is a target of this kind, or "" for a column that is not imported."""
        return text == "" or text in self.targets()

    def targets(self) -> Mapping[str, Target]:
        """Return all targets by their text."""
        found = [Target(TITLE), Target(IDENTIFIER), Target(BODY)]
        for key, one in self.fields.items():
            found.append(Target(FIELD, key))
            if one.is_point:
                found += [Target(LATITUDE, key), Target(LONGITUDE, key)]
        return {str(target): target for target in found}

    def by_input(self, input_id: str) -> ImportField | None:
        """Return the only field with an input; None if there is none, or several."""
        found = [one for one in self.fields.values() if one.input == input_id]
        return found[0] if len(found) == 1 else None
