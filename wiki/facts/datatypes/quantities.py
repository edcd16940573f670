"""Quantity: a number with a declared unit; Temperature: a quantity with built-in units."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from wiki.facts.datatypes import numbers
from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.numbers import NUMBER, SPACES, NotANumber, json_number, parse_number_format, read_number
from wiki.facts.value_conditions import ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Declaration, Unit, Value
from wiki.text.problems import Problem
from wiki.text.titles import fold

QUANTITY_LIMIT = 500
"""Maximum number of characters in a number with its unit."""
DIGITS = 12
"""Significant digits of a converted number; the rest is the rounding error of the conversion."""

_SUFFIXED = re.compile(rf"({NUMBER})(.*)", re.DOTALL)
_PREFIXED = re.compile(rf"([^0-9.,+-][^0-9]{{0,60}}?) *({NUMBER})")
_INSIGNIFICANT = re.compile(r"[\s^]+")


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit: `(n + zero) / factor` is in the main unit."""

    names: tuple[str, ...]
    factor: float
    zero: float = 0.0

    def to_main(self, number: float) -> float:
        """Convert from this unit to the main one."""
        return (number + self.zero) / self.factor

    def from_main(self, number: float) -> float:
        """Convert from the main unit to this one."""
        digits = numbers.DIGITS if self.factor == 1 and not self.zero else DIGITS
        return float(f"{number * self.factor - self.zero:.{digits}g}")


@lru_cache(maxsize=500)
def scales_of(units: tuple[Unit, ...]) -> tuple[Scale, ...]:
    """Return the scales of declared units that can be converted; the main unit first."""
    return tuple(
        Scale(unit.names, unit.factor)
        for unit in units
        if unit.names and math.isfinite(unit.factor) and unit.factor != 0 and math.isfinite(1 / unit.factor)
    )


def _spelling(unit: str) -> str:
    """Return a unit without insignificant differences of spelling: `m ^2` and `m²` are the same."""
    return _INSIGNIFICANT.sub("", unicodedata.normalize("NFKC", unit))


@lru_cache(maxsize=500)
def _by_name(scales: tuple[Scale, ...]) -> tuple[Mapping[str, Scale], Mapping[str, Scale | None]]:
    """Return scales by spelling, and by folded spelling (None where it is ambiguous)."""
    exact: dict[str, Scale] = {}
    folded: dict[str, Scale | None] = {}
    for scale in scales:
        for name in scale.names:
            spelling = _spelling(name)
            exact.setdefault(spelling, scale)
            other = folded.setdefault(fold(spelling), scale)
            if other is not None and (other.factor, other.zero) != (scale.factor, scale.zero):
                folded[fold(spelling)] = None
    return exact, folded


def find_scale(unit: str, scales: tuple[Scale, ...]) -> Scale | None:
    """Return the scale of a unit by its exact spelling, or else by its folded spelling if that is unambiguous."""
    exact, folded = _by_name(scales)
    spelling = _spelling(unit[:QUANTITY_LIMIT])
    return exact.get(spelling) or folded.get(fold(spelling))


def split_unit(text: str) -> tuple[str, str]:
    """Return number and unit of `12 km` or `€ 12`, as written; ("", text) if there is no number."""
    text = text[:QUANTITY_LIMIT].translate(SPACES).strip()
    match = _SUFFIXED.fullmatch(text)
    if match:
        return match[1], match[2].strip()
    match = _PREFIXED.fullmatch(text)
    return (match[2], match[1].strip()) if match else ("", text)


def read_unit(text: str, language: str) -> Unit | None:
    """Parse a unit as declared, such as `1000 m, metre`: that many make one main unit. Return None if it is unreadable.

    The first unit may stand before its number (`€ 1, EUR`).
    """
    number, names = split_unit(text)
    if not number and "," in text:
        head, _, others = text.partition(",")
        number, first = split_unit(head)
        names = f"{first},{others}"
    try:
        factor = read_number(number, language).number
    except NotANumber:
        return None
    unit_names = tuple(name.strip() for name in names.split(",") if name.strip())
    return Unit(factor, unit_names) if factor > 0 and unit_names else None


class Quantity:
    """`number` is in the main unit; `canonical_value` is the number rounded to fifteen digits."""

    id = "_qty"
    names: dict[str, tuple[str, ...]] = {"en": ("Quantity",), "fr": ("Quantité",)}

    def scales(self, declaration: Declaration) -> tuple[Scale, ...]:
        """Return the units of a property, the main one first."""
        return scales_of(declaration.units)

    def read(self, raw: str, context: Context) -> tuple[float, Scale, bool]:
        """Return the number in the main unit, the unit as written, and whether the number was ambiguous.

        Raises InvalidQueryValue.
        """
        scales = self.scales(context.declaration)
        if not raw.strip():
            raise InvalidQueryValue("value_empty")
        if not scales:
            raise InvalidQueryValue("units_missing", property=context.declaration.title)
        number_text, unit = split_unit(raw)
        try:
            parsed = read_number(number_text, context.language)
        except NotANumber as error:
            raise InvalidQueryValue(error.code) from None
        scale = find_scale(unit, scales) if unit else scales[0]
        if scale is None or len(raw.strip()) > QUANTITY_LIMIT:
            title = context.declaration.title or self.names[context.name_language][0]
            raise InvalidQueryValue("unit_unknown", unit=unit[:60], property=title, known=_unit_names(scales))
        number = scale.to_main(parsed.number)
        if not math.isfinite(number):
            raise InvalidQueryValue("number_infinite")
        return number, scale, parsed.ambiguous

    def parse(self, raw: str, context: Context) -> Value:
        """Parse a number with a unit before or after it; without a unit it is in the main unit."""
        try:
            number, _, ambiguous = self.read(raw, context)
        except InvalidQueryValue as error:
            return Value(self.id, raw, problem=self._problem(raw, error))
        canonical = numbers.canonical_number(float(f"{number:.{numbers.DIGITS}g}"))
        return Value(self.id, raw, canonical, canonical, number, note="ambiguous" if ambiguous else "")

    def _problem(self, raw: str, error: InvalidQueryValue) -> Problem:
        return problem(error.code, raw, **error.params)

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return the condition on the number in the main unit. Raises InvalidQueryValue."""
        text = text.strip().strip("*")
        try:
            number, _, _ = self.read(text, context)
        except InvalidQueryValue as error:
            found = self._problem(text, error)
            raise InvalidQueryValue(found.code, **found.params) from None
        return numbers.number_condition(comparator, number, self.names[context.name_language][0], numbers.CONVERTED)

    def convert_for_display(self, value: Value, context: Context, unit: str = "") -> tuple[float, str] | None:
        """Return number and unit to show; None if there is no number, or no unit is declared.

        The unit is `unit`, or else the declared display unit, the unit as written, or the main one.
        """
        scales = self.scales(context.declaration)
        if value.number is None or not scales:
            return None
        for name in (unit, *context.declaration.display_units[:1], split_unit(value.raw)[1]):
            scale = find_scale(name, scales) if name else None
            if scale is not None:
                return scale.from_main(value.number), self.unit_spelling(name, scale)
        return scales[0].from_main(value.number), scales[0].names[0]

    def unit_spelling(self, written: str, scale: Scale) -> str:
        """Return the declared spelling of a unit."""
        return next((name for name in scale.names if _spelling(name) == _spelling(written)), scale.names[0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return number and unit; forms: a unit to convert to, `-` plain, `-n`, `-u`, `-p2`, `@en`."""
        options = parse_number_format(form)
        converted = self.convert_for_display(value, context, options.unit)
        if converted is None:
            return value.raw
        number, unit = converted
        if options.unit_only:
            return unit
        if options.plain:
            return f"{numbers.canonical_number(number)} {unit}"
        places = options.places if options.places is not None else context.declaration.precision
        number_text = numbers.show_number(number, options.language or context.language, places)
        return number_text if options.number_only else f"{number_text}\u00a0{unit}"

    def data(self, value: Value, context: Context) -> object:
        """Return number and unit as shown."""
        converted = self.convert_for_display(value, context)
        return (
            {"value": json_number(converted[0]), "unit": converted[1]}
            if converted
            else {"value": json_number(value.number), "unit": ""}
        )

    def link(self, value: Value, context: Context) -> str:
        """Return ""."""
        return ""


def _unit_names(scales: Sequence[Scale]) -> str:
    return ", ".join(scale.names[0] for scale in scales[:20])


class Temperature(Quantity):
    """`number` is in kelvins."""

    id = "_tem"
    names = {"en": ("Temperature",), "fr": ("Température",)}
    SCALES = (
        Scale(("K", "kelvin", "kelvins"), 1.0),
        Scale(("°C", "celsius", "centigrade", "degré Celsius", "degrés Celsius", "C"), 1.0, 273.15),
        Scale(("°F", "fahrenheit", "degré Fahrenheit", "degrés Fahrenheit", "F"), 1.8, 459.67),
        Scale(("°R", "rankine", "Ra"), 1.8),
    )

    def scales(self, declaration: Declaration) -> tuple[Scale, ...]:
        """Return Kelvin, Celsius, Fahrenheit and Rankine."""
        return self.SCALES

    def unit_spelling(self, written: str, scale: Scale) -> str:
        """Return the symbol of the unit, however it was written."""
        return scale.names[0]
