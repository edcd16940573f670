"""Record: several values in the order of declared fields; Reference: a value with its sources."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Protocol

from wiki.facts.datatypes.base import InvalidQueryValue, split_comparator
from wiki.facts.datatypes.texts import normalize_text
from wiki.facts.value_conditions import FieldsMatch, ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Declaration, Value
from wiki.text.titles import fold

RECORD_LIMIT = 20_000
"""Maximum number of characters in a record."""
HASH = 32
"""Hexadecimal digits of a record's canonical value."""
_SEMICOLON = re.compile(r"((?:[^;\\]|\\.|\\\Z)*)(?:;|\Z)", re.DOTALL)


class FieldHandler(Protocol):
    """What a record needs from the registry to parse, compare and show a field."""

    def parse(self, raw: str, context: Context) -> Value:
        """Return the value of a field."""

    def build_condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return the condition on a field."""

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return a field as text."""

    def data(self, value: Value, context: Context) -> object:
        """Return a field for JSON."""

    def link(self, value: Value, context: Context) -> str:
        """Return the URL to which a field links, or ""."""


def split_values(text: str) -> list[str]:
    r"""Return the values between semicolons; `\\;` is a semicolon within a value."""
    parts, at = [], 0
    while at <= len(text):
        match = _SEMICOLON.match(text, at)
        if match is None:
            break
        parts.append(match[1].replace("\\;", ";").strip())
        if match.end() >= len(text):
            if text[at : match.end()].endswith(";") and not match[0].endswith("\\;"):
                parts.append("")
            break
        at = match.end()
    return parts


def field_context(context: Context, declaration: Declaration) -> Context:
    """Return the context of a field."""
    return replace(context, declaration=declaration)


class Record:
    """`parts` are the values of its fields.

    `canonical_value` is a hash of them, and the fragment of the record within its page.
    """

    def __init__(self, id_: str, names: dict[str, tuple[str, ...]], registry: FieldHandler) -> None:
        self.id, self.names, self.registry = id_, names, registry

    def parse(self, raw: str, context: Context) -> Value:
        """Parse `a; b; ?; d`: an empty value or `?` omits a field."""
        try:
            fields = self._fields(raw, context)
        except InvalidQueryValue as error:
            return Value(self.id, raw, problem=problem(error.code, raw, **error.params))
        parts: list[tuple[str, Value]] = []
        for field, text in fields:
            value = self.registry.parse(text, field_context(context, field))
            if value.problem is not None:
                return Value(self.id, raw, problem=value.problem)
            parts.append((field.key, value))
        serialized = "\x00".join(f"{key}\x01{part.canonical_value}\x01{part.lang}" for key, part in parts)
        canonical = "_" + hashlib.sha256(serialized.encode("utf-8", "surrogatepass")).hexdigest()[:HASH]
        note = "ambiguous" if any(part.note for _, part in parts) else ""
        return Value(self.id, raw, canonical, fold(normalize_text(raw)), parts=tuple(parts), note=note)

    def _fields(self, raw: str, context: Context) -> list[tuple[Declaration, str]]:
        """Return the given fields, each with its text. Raises InvalidQueryValue."""
        declared = context.declaration.fields
        title = context.declaration.title or self.names[context.name_language][0]
        if not declared:
            raise InvalidQueryValue("record_fields", property=title)
        if len(raw) > RECORD_LIMIT:
            raise InvalidQueryValue("value_too_long", limit=str(RECORD_LIMIT))
        texts = split_values(normalize_text(raw))
        while texts and texts[-1] in ("", "?"):
            texts.pop()
        if len(texts) > len(declared):
            names = ", ".join(field.label(context.language) for field in declared)
            raise InvalidQueryValue("record_too_many", property=title, fields=names)
        given = [(field, text) for field, text in zip(declared, texts, strict=False) if text not in ("", "?")]
        if not given:
            raise InvalidQueryValue("value_empty")
        return given

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return the condition of `~a*; ?; >3`: one for each given field; `comparator` is that of the first.

        Raises InvalidQueryValue.
        """
        try:
            fields = self._fields(text, context)
        except InvalidQueryValue as error:
            found = problem(error.code, text, **error.params)
            raise InvalidQueryValue(found.code, **found.params) from None
        conditions = []
        for field, field_text in fields:
            field_comparator, rest = split_comparator(field_text)
            if comparator and field is context.declaration.fields[0]:
                field_comparator, rest = comparator, field_text
            if rest != "+":
                conditions.append(
                    (field.key, self.registry.build_condition(field_comparator, rest, field_context(context, field)))
                )
        return FieldsMatch(tuple(conditions))

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the values separated by semicolons, `?` for omitted ones; with `-` the record as written."""
        if form == "-" or not value.parts:
            return normalize_text(value.raw)
        values = dict(value.parts)
        texts = []
        for field in context.declaration.fields:
            part = values.get(field.key)
            field_text = self.registry.show(part, field_context(context, field)) if part else "?"
            texts.append(field_text.replace(";", "\\;"))
        while texts and texts[-1] == "?":
            texts.pop()
        return "; ".join(texts)

    def data(self, value: Value, context: Context) -> object:
        """Return each field with its label, key, type and values, as SMW."""
        declared = {field.key: field for field in context.declaration.fields}
        result = {}
        for key, part in value.parts:
            inner = field_context(context, declared.get(key, Declaration(key, key, part.datatype)))
            label = inner.declaration.label(context.language)
            item = [self.registry.data(part, inner)]
            result[label] = {"label": label, "key": key, "typeid": part.datatype, "item": item}
        return result

    def link(self, value: Value, context: Context) -> str:
        """Return ""."""
        return ""


class ReferenceDatatype(Record):
    """A record whose first field is the value, and whose other fields are its source."""

    def link(self, value: Value, context: Context) -> str:
        """Return the URL to which the first field links, or ""."""
        if not value.parts or not context.declaration.fields or value.parts[0][0] != context.declaration.fields[0].key:
            return ""
        return self.registry.link(value.parts[0][1], field_context(context, context.declaration.fields[0]))
