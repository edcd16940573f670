"""The values that pages state in their front matter, by the properties of a table, and texts with other ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wiki.exchange.table_import.import_fields import BODY, ImportField
from wiki.facts.datatypes.separators import divide_values
from wiki.facts.models import Property
from wiki.facts.property_declarations import load_properties
from wiki.forms.field_values import as_list, entries_by_property, keys_stated_by
from wiki.text.frontmatter.entry_editing import with_values
from wiki.text.frontmatter.frontmatter_reader import FrontMatterEntry, parse_front_matter
from wiki.text.frontmatter.yaml_values import FrontMatterValue
from wiki.text.titles import fold


@dataclass(frozen=True, slots=True)
class PageValues:
    """Reads and writes the fields of texts; redirected names of properties are followed."""

    fields: Mapping[str, ImportField]
    properties: Mapping[str, Property]
    """The properties that the texts state, by key."""

    @classmethod
    def readers_for(cls, texts: Iterable[str], fields: Mapping[str, ImportField]) -> PageValues:
        """Return the reader for some texts: one or two queries for all of them."""
        return cls(fields, load_properties({key for text in texts for key in keys_stated_by(text)}))

    def of_text(self, text: str) -> dict[str, list[str] | None]:
        """Return the values of each field, and the text below; None for what no cell can show, like a mapping."""
        front = parse_front_matter(text)
        entries = entries_by_property(front.data, self.properties)
        found: dict[str, list[str] | None] = {
            key: _texts_of(entries.get(key, ()), one.declaration.separator) for key, one in self.fields.items()
        }
        body = front.body.strip()
        found[BODY] = [body] if body else []
        return found

    def with_values(self, text: str, values: Mapping[str, Sequence[str]]) -> str:
        """Return a text with other values; all else of it stays byte for byte. Raises UnwritableValue."""
        front = parse_front_matter(text)
        entries = entries_by_property(front.data, self.properties)
        changes: dict[str, FrontMatterValue | None] = {}
        for key, one in self.fields.items():
            if key not in values:
                continue
            names = [entry.key for entry in entries.get(key, ())] or [one.field.property]
            changes.update({name: None for name in names[1:] if fold(name) != fold(names[0])})
            new = list(values[key])
            changes[names[0]] = new[0] if len(new) == 1 else list[FrontMatterValue](new)
        body = front.body
        if BODY in values:
            body = "".join(f"{paragraph}\n" for paragraph in values[BODY])
        return with_values(front.raw, changes) + body


def _texts_of(entries: Iterable[FrontMatterEntry], separator: str) -> list[str] | None:
    """Return the values of entries of one property together; None if one of them is no text."""
    values = [value for entry in entries for value in as_list(entry.value)]
    if any(not isinstance(value, str) for value in values):
        return None
    return [text for value in values for text in divide_values(str(value), separator) if text]
