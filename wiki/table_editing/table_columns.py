"""The columns of an edited table: properties that pages state in their front matter, and others that are only shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from wiki.errors import gettext_noop
from wiki.facts.datatypes.registry import RECORD_DATATYPES
from wiki.facts.models import FIELD_PROPERTIES, Property
from wiki.facts.property_declarations import declaration_of, load_properties
from wiki.facts.special_properties import SPECIAL, key_of_property
from wiki.facts.values import Declaration
from wiki.forms.field_inputs import INPUTS, input_of, is_steps, without_details
from wiki.forms.field_values import declaration_for
from wiki.forms.form_definition import FormField
from wiki.forms.form_lookup import forms_named, property_key
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

COLUMNS_LIMIT = 20
"""Columns of one table at most."""
DEFAULT_COLUMNS = 6
"""Fields of a kind that are columns where none were asked for."""
CHAIN = gettext_noop("Another page states this: change it there.")
CATEGORIES = gettext_noop("Categories stand in the text of the page.")
OF_WIKI = gettext_noop("The wiki states this by itself.")
OF_PAGE = gettext_noop("Kind, displayed title and licence are changed on the page.")
RECORD = gettext_noop("This fact has several fields: change it by the form of the page.")
NO_PROPERTY = gettext_noop("This is not the name of a property.")
TWICE = gettext_noop("Another column has the same fact.")
SHOWN_ONLY = gettext_noop("This column is only shown.")
_DATATYPE_INPUTS = {
    one.datatype: one.id
    for one in reversed(list(INPUTS.values()))
    if one.datatype not in ("", "_txt", "_cod") and one.id not in ("day", "picture")
}
_LARGE = ("area", "picture")
"""Controls that are no columns unless they are asked for."""
_RANGE_SIGNS = ("<", ">", "...")


@dataclass(frozen=True, slots=True)
class WantedColumn:
    """A column that a query or a directory asks for."""

    name: str
    """Of the property."""
    label: str = ""
    why: str = ""
    """Message id: why it is only shown; "" where the property decides."""


@dataclass(slots=True)
class TableColumn:
    """One column."""

    name: str
    label: str
    key: str = ""
    field: FormField | None = None
    """How its cells are entered; None for a column that is only shown."""
    declaration: Declaration = dataclasses.field(default_factory=lambda: Declaration("", ""))
    is_of_form: bool = False
    """Whether a form has the field, so that its property may be declared by it."""
    why: str = ""
    """Message id: why it is only shown."""

    @property
    def note(self) -> str:
        """Why it is only shown, in the language of the reader."""
        return gettext(self.why) if self.why else ""

    @property
    def sent(self) -> str:
        """What the form sends of the column, to find it again."""
        return f"{'-' if self.field is None else '+'}{self.name}"


class KindFields:
    """The fields of some kinds by property, and the declarations of properties; a few queries for all."""

    def __init__(self, kinds: Iterable[str], user: Reader, names: Iterable[str] = ()) -> None:
        """`names` are those of properties of other columns."""
        forms = forms_named(sorted(set(kinds)), user)
        fields = [one for source in forms.values() for one in source.definition.fields if not is_steps(one)]
        self._rows: dict[str, Property] = load_properties(
            {*(property_key(one.property) for one in fields), *map(property_key, names)}
        )
        self.by_key: dict[str, FormField] = {}
        for one in map(without_details, fields):
            self.by_key.setdefault(self.declaration(one.property).key, one)

    def declaration(self, name: str) -> Declaration:
        """Return the declaration of a property by its name, redirects followed."""
        return declaration_of(property_key(name), self._rows)

    def column(self, wanted: WantedColumn, language: str) -> TableColumn:
        """Return a column."""
        declaration = self.declaration(wanted.name)
        field = self.by_key.get(declaration.key)
        label = wanted.label or (field.label(language) if field is not None else declaration.label(language))
        why = wanted.why or _why_not(wanted.name, declaration, field)
        if why:
            return TableColumn(wanted.name, label, why=why)
        chosen = field or _field_for(wanted.name, declaration)
        used = declaration_for(chosen, {property_key(chosen.property): declaration})
        return TableColumn(wanted.name, label, declaration.key, chosen, used, is_of_form=field is not None)

    def columns(self, wanted: Sequence[WantedColumn], language: str) -> list[TableColumn]:
        """Return the columns that were asked for; the first fields of the kinds where none were."""
        if not wanted:
            usable = [
                one for key, one in self.by_key.items()
                if not _why_not(one.property, self._named(key), one) and input_of(one).control not in _LARGE
            ]  # fmt: skip
            wanted = [WantedColumn(one.property) for one in usable[:DEFAULT_COLUMNS]]
        columns: list[TableColumn] = []
        for column in (self.column(one, language) for one in wanted[:COLUMNS_LIMIT]):
            if column.key and any(one.key == column.key for one in columns):
                column = TableColumn(column.name, column.label, why=TWICE)
            columns.append(column)
        return columns

    def further(self, columns: Sequence[TableColumn], language: str) -> list[tuple[str, str]]:
        """Return name and label of the fields that can be added as columns."""
        shown = {column.key for column in columns}
        return [
            (one.property, one.label(language)) for key, one in self.by_key.items()
            if key not in shown and not _why_not(one.property, self._named(key), one)
        ]  # fmt: skip

    def _named(self, key: str) -> Declaration:
        return declaration_of(key, self._rows)


def _why_not(name: str, declaration: Declaration, field: FormField | None) -> str:
    """Return the message id why a property has no cells; "" if it has."""
    try:
        key = key_of_property(name)
    except TitleProblem:
        return NO_PROPERTY
    if {key, declaration.key} & FIELD_PROPERTIES or "_KIND" in (key, declaration.key):
        return OF_PAGE
    if key.startswith("_") or key in SPECIAL or declaration.key in SPECIAL:
        return CATEGORIES if key == "_INST" else OF_WIKI
    if declaration.datatype in RECORD_DATATYPES or declaration.fields or (field is not None and field.fields):
        return RECORD
    return ""


def _field_for(name: str, declaration: Declaration) -> FormField:
    """Return a field for a property that no form has: its input follows from the declaration."""
    allowed = declaration.allowed
    has_choices = bool(allowed) and not any(sign in value for value in allowed for sign in _RANGE_SIGNS)
    kind = "choice" if has_choices else _DATATYPE_INPUTS.get(declaration.datatype, "text")
    return FormField(name, kind, is_repeated=bool(declaration.separator))


def columns_sent(sent: Sequence[str]) -> list[WantedColumn]:
    """Return the columns that a form sent, as `TableColumn.sent` has them."""
    texts = [text.replace("\x00", "")[:201] for text in sent[:COLUMNS_LIMIT]]
    return [WantedColumn(text[1:], why="" if text[0] == "+" else SHOWN_ONLY) for text in texts if text[1:].strip()]
