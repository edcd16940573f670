"""The values that pages state in their front matter, by the properties of a table, and texts with other ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wiki.exchange.table_import.import_fields import BODY, ImportField
from wiki.facts.datatypes.separators import divide_values
from wiki.facts.property_declarations import declaration_of, load_properties
from wiki.forms.form_lookup import property_key
from wiki.text.frontmatter.entry_editing import with_values
from wiki.text.frontmatter.frontmatter_reader import FrontMatterEntry, parse_front_matter
from wiki.text.frontmatter.yaml_values import FrontMatterValue
from wiki.text.titles import fold


@dataclass(frozen=True, slots=True)
class PageValues:
    """Reads and writes the fields of texts; redirected names of properties are followed."""

    fields: Mapping[str, ImportField]
    keys: Mapping[str, str]
    """By key as written in a text, the key of the property that it means."""

    @classmethod
    def readers_for(cls, texts: Iterable[str], fields: Mapping[str, ImportField]) -> PageValues:
        """Return the reader for some texts: one or two queries for all of them."""
        written = {entry.key for text in texts for entry in parse_front_matter(text).data}
        keys = {name: property_key(name) for name in written}
        properties = load_properties(set(keys.values())) if keys else {}
        return cls(fields, {name: declaration_of(key, properties).key for name, key in keys.items()})

    def of_text(self, text: str) -> dict[str, list[str] | None]:
        """Return the values of each field, and the text below; None for what no cell can show, like a mapping."""
        front = parse_front_matter(text)
        found: dict[str, list[str] | None] = {key: [] for key in self.fields}
        for entry in front.data:
            key = self.keys.get(entry.key, property_key(entry.key))
            if key in self.fields:
                found[key] = _together(found[key], entry.value, self.fields[key].declaration.separator)
        body = front.body.strip()
        found[BODY] = [body] if body else []
        return found

    def with_values(self, text: str, values: Mapping[str, Sequence[str]]) -> str:
        """Return a text with other values; all else of it stays byte for byte. Raises UnwritableValue."""
        front = parse_front_matter(text)
        changes: dict[str, FrontMatterValue | None] = {}
        for key, one in self.fields.items():
            if key not in values:
                continue
            names = [entry.key for entry in front.data if self._means(entry, key)] or [one.field.property]
            changes.update({name: None for name in names[1:] if fold(name) != fold(names[0])})
            new = list(values[key])
            changes[names[0]] = new[0] if len(new) == 1 else list[FrontMatterValue](new)
        body = front.body
        if BODY in values:
            body = "".join(f"{paragraph}\n" for paragraph in values[BODY])
        return with_values(front.raw, changes) + body if front.raw else with_values("", changes) + body

    def _means(self, entry: FrontMatterEntry, key: str) -> bool:
        return self.keys.get(entry.key, property_key(entry.key)) == key


def _together(known: list[str] | None, value: FrontMatterValue, separator: str) -> list[str] | None:
    """Return the values of entries of one property together; None if one of them is no text."""
    values = value if isinstance(value, list) else [value]
    if known is None or any(not isinstance(one, str) for one in values):
        return None
    texts = [text for one in values for text in divide_values(str(one), separator)]
    return [*known, *(text for text in texts if text)]
