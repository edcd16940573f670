"""Quantity: a number with a declared unit; Temperature: the same with units that everybody knows."""

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
"""Characters that a number with its unit may have."""
DIGITS = 12
"""Significant digits kept where a number was converted: the rest is the error of the division."""

_SUFFIXED = re.compile(rf"({NUMBER})(.*)", re.DOTALL)
_PREFIXED = re.compile(rf"([^0-9.,+-][^0-9]{{0,60}}?) *({NUMBER})")
_JOINTS = re.compile(r"[\s^]+")


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit: `(n + zero) / factor` is in the main unit."""

    names: tuple[str, ...]
    factor: float
    zero: float = 0.0

    def to_main(self, number: float) -> float:
        """From this unit to the main one."""
        return (number + self.zero) / self.factor

    def from_main(self, number: float) -> float:
        """From the main unit to this one."""
        digits = numbers.DIGITS if self.factor == 1 and not self.zero else DIGITS
        return float(f"{number * self.factor - self.zero:.{digits}g}")


@lru_cache(maxsize=500)
def scales_of(units: tuple[Unit, ...]) -> tuple[Scale, ...]:
    """The scales of declared units that can be converted; the main unit first."""
    return tuple(
        Scale(unit.names, unit.factor)
        for unit in units
        if unit.names and math.isfinite(unit.factor) and unit.factor != 0 and math.isfinite(1 / unit.factor)
    )


def _spelling(unit: str) -> str:
    """A unit without the differences of writing that mean nothing: `m ^2` and `m²` are one."""
    return _JOINTS.sub("", unicodedata.normalize("NFKC", unit))


@lru_cache(maxsize=500)
def _by_name(scales: tuple[Scale, ...]) -> tuple[Mapping[str, Scale], Mapping[str, Scale | None]]:
    """Scales by spelling, and by folded spelling (None where two different ones are spelled so)."""
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
    """The scale of a unit, its case as written or, where only one is meant, any."""
    exact, folded = _by_name(scales)
    spelling = _spelling(unit[:QUANTITY_LIMIT])
    return exact.get(spelling) or folded.get(fold(spelling))


def split_unit(text: str) -> tuple[str, str]:
    """Number and unit of `12 km` or `€ 12`, as written; ("", text) where there is no number."""
    text = text[:QUANTITY_LIMIT].translate(SPACES).strip()
    found = _SUFFIXED.fullmatch(text)
    if found:
        return found[1], found[2].strip()
    found = _PREFIXED.fullmatch(text)
    return (found[2], found[1].strip()) if found else ("", text)


def read_unit(text: str, language: str) -> Unit | None:
    """The unit that `1000 m, metre` declares: that many make one main unit; None where it cannot be read.

    The first unit may stand before its number (`€ 1, EUR`).
    """
    words, names = split_unit(text)
    if not words and "," in text:
        head, _, others = text.partition(",")
        words, first = split_unit(head)
        names = f"{first},{others}"
    try:
        factor = read_number(words, language).number
    except NotANumber:
        return None
    spelled = tuple(name.strip() for name in names.split(",") if name.strip())
    return Unit(factor, spelled) if factor > 0 and spelled else None


class Quantity:
    """`number` is in the main unit, `word` the same rounded to fifteen digits."""

    id = "_qty"
    names: dict[str, tuple[str, ...]] = {"en": ("Quantity",), "fr": ("Quantité",)}

    def scales(self, declaration: Declaration) -> tuple[Scale, ...]:
        """The units of a property, the main one first."""
        return scales_of(declaration.units)

    def read(self, raw: str, context: Context) -> tuple[float, Scale, bool]:
        """The number in the main unit, the unit as written, whether it was ambiguous. Raises ValueRefused."""
        scales = self.scales(context.declaration)
        if not raw.strip():
            raise InvalidQueryValue("value_empty")
        if not scales:
            raise InvalidQueryValue("units_missing", property=context.declaration.title)
        words, unit = split_unit(raw)
        try:
            read = read_number(words, context.language)
        except NotANumber as refusal:
            raise InvalidQueryValue(refusal.code) from None
        scale = find_scale(unit, scales) if unit else scales[0]
        if scale is None or len(raw.strip()) > QUANTITY_LIMIT:
            title = context.declaration.title or self.names[context.name_language][0]
            raise InvalidQueryValue("unit_unknown", unit=unit[:60], property=title, known=_listed(scales))
        number = scale.to_main(read.number)
        if not math.isfinite(number):
            raise InvalidQueryValue("number_infinite")
        return number, scale, read.ambiguous

    def parse(self, raw: str, context: Context) -> Value:
        """A number with a unit before or behind it; without one the main unit is meant."""
        try:
            number, _, ambiguous = self.read(raw, context)
        except InvalidQueryValue as refusal:
            return Value(self.id, raw, problem=self._problem(raw, refusal))
        word = numbers.canonical_number(float(f"{number:.{numbers.DIGITS}g}"))
        return Value(self.id, raw, word, word, number, note="ambiguous" if ambiguous else "")

    def _problem(self, raw: str, refusal: InvalidQueryValue) -> Problem:
        return problem(refusal.code, raw, **refusal.params)

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """As numbers in the main unit."""
        text = text.strip().strip("*")
        try:
            number, _, _ = self.read(text, context)
        except InvalidQueryValue as refusal:
            found = self._problem(text, refusal)
            raise InvalidQueryValue(found.code, **found.params) from None
        return numbers.number_condition(comparator, number, self.names[context.name_language][0], numbers.CONVERTED)

    def convert_for_display(self, value: Value, context: Context, unit: str = "") -> tuple[float, str] | None:
        """Number and unit in which a value is shown: the one asked for, the declared one, or as written."""
        scales = self.scales(context.declaration)
        if value.number is None or not scales:
            return None
        for wanted in (unit, *context.declaration.display_units[:1], split_unit(value.raw)[1]):
            scale = find_scale(wanted, scales) if wanted else None
            if scale is not None:
                return scale.from_main(value.number), self.unit_spelling(wanted, scale)
        return scales[0].from_main(value.number), scales[0].names[0]

    def unit_spelling(self, wanted: str, scale: Scale) -> str:
        """How a unit is written: the declared spelling of what was asked for."""
        return next((name for name in scale.names if _spelling(name) == _spelling(wanted)), scale.names[0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Number and unit; forms: a unit to convert to, `-` plain, `-n`, `-u`, `-p2`, `@en`."""
        asked = parse_number_format(form)
        shown = self.convert_for_display(value, context, asked.unit)
        if shown is None:
            return value.raw
        number, unit = shown
        if asked.unit_only:
            return unit
        if asked.plain:
            return f"{numbers.canonical_number(number)} {unit}"
        places = asked.places if asked.places is not None else context.declaration.precision
        words = numbers.show_number(number, asked.language or context.language, places)
        return words if asked.number_only else f"{words}\u00a0{unit}"

    def data(self, value: Value, context: Context) -> object:
        """Number and unit as shown."""
        shown = self.convert_for_display(value, context)
        return (
            {"value": json_number(shown[0]), "unit": shown[1]}
            if shown
            else {"value": json_number(value.number), "unit": ""}
        )

    def link(self, value: Value, context: Context) -> str:
        """Nowhere."""
        return ""


def _listed(scales: Sequence[Scale]) -> str:
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
        """Kelvin and the other three."""
        return self.SCALES

    def unit_spelling(self, wanted: str, scale: Scale) -> str:
        """By its sign, however it was written."""
        return scale.names[0]
