"""The values of one field: read from the front matter of a text, checked, and written as changes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext

from wiki.facts.datatypes import registry
from wiki.facts.datatypes.separators import divide_values
from wiki.facts.models import Property
from wiki.facts.property_declarations import declaration_of
from wiki.facts.value_problems import message_for
from wiki.facts.values import Context, Declaration, Unit
from wiki.forms import field_inputs
from wiki.forms.bound_fields import BoundField
from wiki.forms.form_definition import FormField
from wiki.forms.form_lookup import property_key
from wiki.text.frontmatter.frontmatter_reader import FrontMatterEntry, parse_front_matter
from wiki.text.frontmatter.yaml_values import FrontMatterValue
from wiki.text.titles import fold

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def keys_stated_by(text: str) -> set[str]:
    """Return the keys of the properties that the front matter of a text states, as written."""
    return {property_key(entry.key) for entry in parse_front_matter(text).data}


def entries_by_property(
    entries: Iterable[FrontMatterEntry], properties: Mapping[str, Property]
) -> dict[str, list[FrontMatterEntry]]:
    """Return the entries of the front matter of a text by the key of their property, redirects followed.

    `properties` are the rows of `keys_stated_by` the text, from `load_properties`.
    """
    found: dict[str, list[FrontMatterEntry]] = {}
    for entry in entries:
        found.setdefault(declaration_of(property_key(entry.key), properties).key, []).append(entry)
    return found


def bind_values(bound: BoundField, entries: Sequence[FrontMatterEntry]) -> bool:
    """Put the values of entries into a field that is no group; return False if its input cannot show them."""
    values = [value for entry in entries for value in as_list(entry.value)]
    if any(not isinstance(value, str) for value in values):
        return False
    texts = [text for value in values for text in divide_values(str(value), bound.declaration.separator)]
    bound.keys = [entry.key for entry in entries]
    bound.old_values = [text for text in texts if text]
    bound.values = [field_inputs.shown_value(bound.field, text) for text in bound.old_values]
    return True


def clean_values(texts: Iterable[str]) -> list[str]:
    """Return values as they were sent, without repeated and empty ones and control characters."""
    cleaned = (_CONTROL.sub("", text.replace("\r\n", "\n")).strip() for text in texts)
    return list(dict.fromkeys(text for text in cleaned if text))


def check_values(one: BoundField, page_language: str) -> None:
    """Add an error for each value that was changed and cannot be what it should be."""
    old = {field_inputs.shown_value(one.field, text) for text in one.old_values}
    context = Context(page_language, one.declaration)
    for value in one.values:
        if value in old:
            continue
        problem = registry.parse(field_inputs.written_value(one.field, value), context).problem
        if problem is not None:
            one.errors.append(message_for(problem))
        elif one.input.control in ("choice", "choices") and value not in (*one.field.choices, *one.declaration.allowed):
            one.errors.append(gettext("“%(value)s” is none of the choices.") % {"value": value[:100]})


def new_values(one: BoundField) -> FrontMatterValue | None:
    """Return what a field states now; None if that is what it stated before."""
    shown = {field_inputs.shown_value(one.field, text): text for text in reversed(one.old_values)}
    if one.values == [field_inputs.shown_value(one.field, text) for text in one.old_values]:
        return None
    written: list[FrontMatterValue] = [
        shown[value] if value in shown else field_inputs.written_value(one.field, value) for value in one.values
    ]
    return written[0] if len(written) == 1 else written


def changes_of(one: BoundField, value: FrontMatterValue | None) -> dict[str, FrontMatterValue | None]:
    """Return the changes of the front matter with which a field states `value`; none for None."""
    if value is None:
        return {}
    key = one.own_key
    others: dict[str, FrontMatterValue | None] = {other: None for other in one.keys[1:] if fold(other) != fold(key)}
    return {**others, key: value}


def as_list(value: FrontMatterValue) -> Sequence[FrontMatterValue]:
    """Return the values of an entry, which may be a single one."""
    return value if isinstance(value, list) else [value]


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
