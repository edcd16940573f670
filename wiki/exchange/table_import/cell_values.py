"""From cells to values of fields: numbers with decimal commas, choices by their labels, several values in a cell."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from wiki.exchange.table_import.import_fields import ImportField
from wiki.facts.datatypes import registry
from wiki.facts.value_problems import message_for
from wiki.facts.values import Context, Value
from wiki.forms import field_inputs
from wiki.text.titles import fold

VALUES_LIMIT = 100
"""Values of one cell at most."""
SHOWN_LIMIT = 100
"""Characters of a cell that messages quote."""
NUMERIC = frozenset({"_num", "_qty", "_mon", "_tem", "_geo"})
_LEADING_NUMBER = re.compile(r"\s*[-+]?[\d\s.,'\u00a0\u202f]*\d")
_GROUPS = re.compile(r"(?<=\d)[ '’\u00a0\u202f](?=\d{3})")
_DECIMAL_COMMA = re.compile(r"[-+]?(?:\d*,(?!\d{3}(?:\D|\Z))\d+|0,\d+|\d{1,3}(?:\.\d{3})+,\d+)")
_DECIMAL_POINT = re.compile(r"[-+]?(?:\d*\.(?!\d{3}(?:\D|\Z))\d+|0\.\d+|\d{1,3}(?:,\d{3})+\.\d+)")
_LIST_SIGNS = re.compile(r"\n|;|\|")
_ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#ERROR!", "Err:502"})
_FOUR_DIGITS = re.compile(r"\d{4}")
_DEPARTMENT_CODES = ("postal-code", "insee-code")


@dataclass(frozen=True, slots=True)
class ReadCell:
    """The values of a cell, as they are written into a page, and why others cannot be."""

    values: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    note: str = ""
    """What was changed when it was read, as a sentence."""


def find_decimal_sign(cells: Iterable[str]) -> str:
    """Return `,` or `.`: the sign before decimals in a column; "" where the cells do not show it."""
    found = Counter[str]()
    for cell in cells:
        if not _LEADING_NUMBER.match(cell):
            continue
        text = _GROUPS.sub("", cell.strip())
        found[","] += bool(_DECIMAL_COMMA.match(text))
        found["."] += bool(_DECIMAL_POINT.match(text))
    return max(found, key=lambda sign: found[sign]) if any(found.values()) else ""


def with_decimal_point(text: str, sign: str) -> str:
    """Return a text that begins with a number of a column with decimal commas, with a point and without groups."""
    match = _LEADING_NUMBER.match(text) if sign == "," else None
    if match is None or match[0].count(",") != 1:
        return text
    whole, _, decimals = match[0].strip().partition(",")
    return re.sub(r"[\s.'\u00a0\u202f]", "", whole) + "." + decimals + text[match.end() :]


@dataclass(slots=True)
class CellReader:
    """Reads the cells of one column for a field."""

    field: ImportField
    language: str
    """That of the pages that are created."""
    unit: str = ""
    """The unit in the name of the column."""
    decimal: str = ""
    _known: dict[str, ReadCell] = dataclasses.field(default_factory=dict)
    """What was read before: columns repeat their cells."""

    def read(self, cell: str) -> ReadCell:
        """Return the values of a cell. Never raises."""
        found = self._known.get(cell)
        if found is None:
            found = self._read(cell) if cell else ReadCell()
            if len(self._known) < 10_000:
                self._known[cell] = found
        return found

    def _read(self, cell: str) -> ReadCell:
        if cell in _ERRORS:
            return ReadCell((), (gettext("This is the error of a formula: correct it in the spreadsheet."),))
        values: list[str] = []
        problems: list[str] = []
        notes = ""
        for text in self._texts(cell)[:VALUES_LIMIT]:
            written = self._written(text)
            if written != text and self.field.input in _DEPARTMENT_CODES:
                notes = gettext("Read as %(value)s: spreadsheets leave out the zero at the beginning.") % {
                    "value": written
                }
            problem = self.problem_of(written)
            if problem:
                problems.append(problem)
            elif written not in values:
                values.append(written)
        return ReadCell(tuple(values), tuple(problems), notes)

    def _texts(self, cell: str) -> list[str]:
        """Return the values of a cell as they stand there."""
        if not self.field.has_several:
            return [cell if self.field.input == "long-text" else cell.replace("\n", " ")]
        texts = [text.strip() for text in _LIST_SIGNS.split(cell)]
        if len(texts) == 1 and "," in cell:
            parts = [part.strip() for part in cell.split(",")]
            if self.field.choices and all(self._choice(part) in self.field.choices for part in parts):
                texts = parts
        return [text for text in texts if text]

    def _written(self, text: str) -> str:
        """Return how a value is written into a page."""
        datatype = self.field.declaration.datatype
        if self.field.choices:
            text = self._choice(text)
        if datatype in NUMERIC and datatype != "_geo":
            text = with_decimal_point(text, self.decimal)
            if self.unit and not re.search(r"[^\d\s.,'+\-\u00a0\u202f]", text):
                with_unit = f"{text} {self.unit}"
                if not registry.parse(with_unit, self._context).problem:
                    return with_unit
        if self.field.input in _DEPARTMENT_CODES and _FOUR_DIGITS.fullmatch(text):
            text = f"0{text}"
        return field_inputs.written_value(self.field.field, text)

    def _choice(self, text: str) -> str:
        """Return the choice with a name or a label, whatever its case and accents; else the text as it is."""
        wanted = fold(" ".join(text.split()))
        one = self.field.field
        for choice in self.field.choices:
            labels = [one.label_of_choice(choice, language) for language in one.choice_labels]
            if wanted in [fold(name) for name in (choice, *labels)]:
                return choice
        return text

    @property
    def _context(self) -> Context:
        return Context(self.language, self.field.declaration)

    def problem_of(self, text: str) -> str:
        """Return why a value cannot be written, and how to correct it, as a sentence; "" if it can."""
        problem = registry.parse(text, self._context).problem
        if problem is not None:
            return message_for(problem)
        if self.field.choices and text not in self.field.choices:
            return gettext("“%(value)s” is none of the choices.") % {"value": text[:SHOWN_LIMIT]}
        return ""


def identities(values: Sequence[str], one: ImportField, language: str) -> list[tuple[object, ...]]:
    """Return what the equality of values is decided by: their meaning, whatever their spelling."""
    context = Context(language, one.declaration)
    return sorted((_identity(registry.parse(value, context), value) for value in values), key=repr)


def _identity(value: Value, raw: str) -> tuple[object, ...]:
    if not value.is_usable:
        return ("text", " ".join(raw.split()))
    if value.datatype == "_geo" and value.lat is not None and value.lon is not None:
        return ("_geo", round(value.lat, 6), round(value.lon, 6))
    if value.datatype in NUMERIC and value.number is not None:
        return (value.datatype, float(f"{value.number:.12g}"))
    return (value.datatype, " ".join(value.canonical_value.split()))
