"""Record: several values in the order of declared fields; Reference: a value with where it comes from."""

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
"""Characters that a record may have."""
HASH = 32
"""Hexadecimal digits of a record's word."""
_SEMICOLON = re.compile(r"((?:[^;\\]|\\.|\\\Z)*)(?:;|\Z)", re.DOTALL)


class FieldHandler(Protocol):
    """What a record asks of the registry: reading, testing and showing a field."""

    def parse(self, raw: str, context: Context) -> Value:
        """The value of a field."""

    def build_condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """The condition on a field."""

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """A field in words."""

    def data(self, value: Value, context: Context) -> object:
        """A field in JSON."""

    def link(self, value: Value, context: Context) -> str:
        """Where a field links."""


def split_values(text: str) -> list[str]:
    """The values between semicolons; `\\;` is one in a value."""
    parts, at = [], 0
    while at <= len(text):
        found = _SEMICOLON.match(text, at)
        if found is None:
            break
        parts.append(found[1].replace("\\;", ";").strip())
        if found.end() >= len(text):
            if text[at : found.end()].endswith(";") and not found[0].endswith("\\;"):
                parts.append("")
            break
        at = found.end()
    return parts


def field_context(context: Context, declaration: Declaration) -> Context:
    """The context of a field."""
    return replace(context, declaration=declaration)


class Record:
    """`parts` are the values of its fields, `word` a hash of them: the fragment of the record within its page."""

    def __init__(self, id_: str, names: dict[str, tuple[str, ...]], registry: FieldHandler) -> None:
        self.id, self.names, self.registry = id_, names, registry

    def parse(self, raw: str, context: Context) -> Value:
        """`a; b; ?; d`: an empty value or `?` leaves a field out."""
        try:
            fields = self._fields(raw, context)
        except InvalidQueryValue as refusal:
            return Value(self.id, raw, problem=problem(refusal.code, raw, **refusal.params))
        parts: list[tuple[str, Value]] = []
        for field, words in fields:
            value = self.registry.parse(words, field_context(context, field))
            if value.problem is not None:
                return Value(self.id, raw, problem=value.problem)
            parts.append((field.key, value))
        said = "\x00".join(f"{key}\x01{part.canonical_value}\x01{part.lang}" for key, part in parts)
        word = "_" + hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:HASH]
        note = "ambiguous" if any(part.note for _, part in parts) else ""
        return Value(self.id, raw, word, fold(normalize_text(raw)), parts=tuple(parts), note=note)

    def _fields(self, raw: str, context: Context) -> list[tuple[Declaration, str]]:
        """The fields that are said, each with its words. Raises ValueRefused."""
        declared = context.declaration.fields
        title = context.declaration.title or self.names[context.name_language][0]
        if not declared:
            raise InvalidQueryValue("record_fields", property=title)
        if len(raw) > RECORD_LIMIT:
            raise InvalidQueryValue("value_too_long", limit=str(RECORD_LIMIT))
        words = split_values(normalize_text(raw))
        while words and words[-1] in ("", "?"):
            words.pop()
        if len(words) > len(declared):
            names = ", ".join(field.label(context.language) for field in declared)
            raise InvalidQueryValue("record_too_many", property=title, fields=names)
        said = [(field, one) for field, one in zip(declared, words, strict=False) if one not in ("", "?")]
        if not said:
            raise InvalidQueryValue("value_empty")
        return said

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """`~a*; ?; >3`: a condition for each field that is said; a comparator before all is that of the first."""
        try:
            fields = self._fields(text, context)
        except InvalidQueryValue as refusal:
            found = problem(refusal.code, text, **refusal.params)
            raise InvalidQueryValue(found.code, **found.params) from None
        tests = []
        for field, words in fields:
            own, rest = split_comparator(words)
            if comparator and field is context.declaration.fields[0]:
                own, rest = comparator, words
            if rest != "+":
                tests.append((field.key, self.registry.build_condition(own, rest, field_context(context, field))))
        return FieldsMatch(tuple(tests))

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The values between semicolons, `?` for those left out; with `-` as written."""
        if form == "-" or not value.parts:
            return normalize_text(value.raw)
        said = dict(value.parts)
        shown = []
        for field in context.declaration.fields:
            part = said.get(field.key)
            words = self.registry.show(part, field_context(context, field)) if part else "?"
            shown.append(words.replace(";", "\\;"))
        while shown and shown[-1] == "?":
            shown.pop()
        return "; ".join(shown)

    def data(self, value: Value, context: Context) -> object:
        """Each field with its label, key, type and values, as SMW."""
        declared = {field.key: field for field in context.declaration.fields}
        told = {}
        for key, part in value.parts:
            inner = field_context(context, declared.get(key, Declaration(key, key, part.datatype)))
            label = inner.declaration.label(context.language)
            item = [self.registry.data(part, inner)]
            told[label] = {"label": label, "key": key, "typeid": part.datatype, "item": item}
        return told

    def link(self, value: Value, context: Context) -> str:
        """Nowhere; of a reference, where its value links."""
        return ""


class ReferenceDatatype(Record):
    """A record whose first field is the value, and the others say where it comes from."""

    def link(self, value: Value, context: Context) -> str:
        """Where the value links."""
        if not value.parts or not context.declaration.fields or value.parts[0][0] != context.declaration.fields[0].key:
            return ""
        return self.registry.link(value.parts[0][1], field_context(context, context.declaration.fields[0]))
