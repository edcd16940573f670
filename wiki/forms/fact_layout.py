"""How the form of a page's kind lays out its facts: order, sections, labels, and which of them are pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wiki.forms.field_inputs import has_details, input_of
from wiki.forms.form_definition import FormField, FormSection
from wiki.forms.form_lookup import all_fields, form_of_kind, property_key
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader, WikiPage


@dataclass(frozen=True, slots=True)
class FactLayout:
    """The fields of a form by the keys of their properties, in order."""

    title_key: str = ""
    """Title key of the page of the form, whether it exists or not; "" where no form lays out the facts."""
    fields: Mapping[str, FormField] = field(default_factory=dict)
    sections: Mapping[str, FormSection] = field(default_factory=dict)
    """The section of each field, by the same keys."""

    def section(self, key: str, language: str) -> str:
        """Return the title of the section that a property stands in; "" for none."""
        return self.sections[key].label(language) if key in self.sections else ""

    def position(self, key: str) -> int:
        """Return the place of a property in the order; those without a field come last."""
        return list(self.fields).index(key) if key in self.fields else len(self.fields)

    def label(self, key: str, language: str) -> str:
        """Return what the form calls a property in a language; "" if it has no name for it."""
        return self.fields[key].labels.get(language, "") if key in self.fields else ""

    def has_details(self, key: str) -> bool:
        """Return whether the values of a property may have details: facts of subobjects that have the value too."""
        return key in self.fields and has_details(self.fields[key])

    def is_picture(self, key: str) -> bool:
        """Return whether the values of a property are pictures."""
        return key in self.fields and input_of(self.fields[key]).id == "picture"


def layout_of(page: WikiPage | None, user: Reader) -> FactLayout:
    """Return the layout of the facts of a page. Two queries at most; none for an article."""
    if page is None or page.kind is None or page.kind.key == "article":
        return FactLayout()
    source = form_of_kind(page.kind.key, user)
    if source is None:
        return FactLayout(titles.key_or_empty(f"Form:{page.kind.key}"))
    inner = [one for group in source.definition.fields for one in group.fields]
    fields: dict[str, FormField] = {}
    for one in (*all_fields(source.definition), *inner):
        fields.setdefault(property_key(one.property), one)
    sections = {property_key(one.property): section for section in source.definition.sections for one in section.fields}
    return FactLayout(titles.key_or_empty(source.title), fields, sections)
