"""Geographic coordinates: a point on Earth, and circles around a point."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from wiki.facts.datatypes.base import InvalidQueryValue, comparator_error
from wiki.facts.datatypes.languages import language_of
from wiki.facts.datatypes.numbers import SPACES, NotANumber, read_number
from wiki.facts.datatypes.quantities import split_unit
from wiki.facts.value_conditions import EqualTo, NotMatching, ValueCondition, WithinDistance
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value
from wiki.text.titles import fold

COORDINATES_LIMIT = 150
"""Maximum number of characters in coordinates."""
DECIMALS = 6
"""Decimals of a degree that are stored: a tenth of a metre."""
METRES: Mapping[str, float] = {
    "m": 1, "metre": 1, "metres": 1, "meter": 1, "meters": 1, "km": 1000, "kilometre": 1000, "kilometres": 1000,
    "kilometer": 1000, "kilometers": 1000, "mi": 1609.344, "mile": 1609.344, "miles": 1609.344, "nm": 1852, "nmi": 1852,
    "nautical mile": 1852, "nautical miles": 1852, "mille marin": 1852, "milles marins": 1852, "ft": 0.3048,
    "feet": 0.3048, "foot": 0.3048, "pied": 0.3048, "pieds": 0.3048, "yd": 0.9144, "yard": 0.9144, "yards": 0.9144,
}  # fmt: skip
"""Metres of a unit of distance, by its folded name."""

_LETTERS: Mapping[str, tuple[str, int]] = {
    "n": ("lat", 1), "nord": ("lat", 1), "north": ("lat", 1), "s": ("lat", -1), "sud": ("lat", -1),
    "south": ("lat", -1), "e": ("lon", 1), "est": ("lon", 1), "east": ("lon", 1), "w": ("lon", -1),
    "west": ("lon", -1), "o": ("lon", -1), "ouest": ("lon", -1),
}  # fmt: skip
_LETTER = "nord|north|sud|south|ouest|west|est|east|[nsewo]"
_ANGLE = re.compile(
    rf"(?:({_LETTER})\.? ?)?([+-]?) ?(\d{{1,3}}(?:[.,]\d{{1,20}})?)(?: ?[°º]"
    rf"(?: ?(\d{{1,2}}(?:[.,]\d{{1,20}})?) ?'(?: ?(\d{{1,2}}(?:[.,]\d{{1,20}})?) ?(?:\"|''))?)?)?(?: ?({_LETTER}))?"
)
_CHARACTERS = str.maketrans({"′": "'", "’": "'", "‘": "'", "″": '"', "”": '"', "“": '"', "−": "-"})
_GEO_URI = re.compile(r"geo:(-?[\d.]+),(-?[\d.]+)(?:,-?[\d.]+)?(?:;\S*)?", re.IGNORECASE)
_POINT = re.compile(r"POINT ?\( ?(-?[\d.]+) +(-?[\d.]+) ?\)", re.IGNORECASE)
_CIRCLE = re.compile(r"(.*?)\(([^()]*)\)\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Angle:
    """Degrees, and the axis (`lat` or `lon`) if a letter names it."""

    degrees: float
    axis: str = ""


def _parse_angle(text: str) -> Angle | None:
    """Parse an angle in degrees, degrees and minutes, or with seconds; None if it is not an angle."""
    found = _ANGLE.fullmatch(text.strip())
    if found is None or (found[1] and found[6]):
        return None
    degrees, minutes, seconds = (float((part or "0").replace(",", ".")) for part in (found[3], found[4], found[5]))
    if minutes >= 60 or seconds >= 60:
        return None
    axis, sign = _LETTERS[found[1] or found[6]] if found[1] or found[6] else ("", 1)
    size = (degrees + minutes / 60 + seconds / 3600) * sign
    return Angle(-size if found[2] == "-" else size, axis)


def read_coordinates(text: str) -> tuple[float, float]:
    """Return latitude and longitude. Raises InvalidQueryValue if there is no interpretation, or more than one.

    `geo:lat,lon` (RFC 5870) and `POINT(lon lat)` (well-known text) are read too.
    """
    if not text.strip():
        raise InvalidQueryValue("value_empty")
    if len(text) > COORDINATES_LIMIT:
        raise InvalidQueryValue("coordinates_unreadable")
    text = " ".join(fold(text.translate(SPACES).translate(_CHARACTERS)).translate(_CHARACTERS).split())
    text = _GEO_URI.sub(r"\1; \2", text) if _GEO_URI.fullmatch(text) else text
    text = _POINT.sub(r"\2; \1", text) if _POINT.fullmatch(text) else text
    found: set[tuple[float, float]] = set()
    for at in [text.index(";")] if text.count(";") == 1 else _split_positions(text):
        first, second = _parse_angle(text[:at].rstrip(" ,;")), _parse_angle(text[at:].lstrip(" ,;"))
        if first is None or second is None or (first.axis and first.axis == second.axis):
            continue
        if first.axis == "lon" or second.axis == "lat":
            first, second = second, first
        found.add((first.degrees, second.degrees))
    if len(found) != 1:
        raise InvalidQueryValue("coordinates_unreadable")
    latitude, longitude = found.pop()
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise InvalidQueryValue("coordinates_range")
    return round(latitude, DECIMALS) + 0.0, round(longitude, DECIMALS) + 0.0


def _split_positions(text: str) -> list[int]:
    """Return the positions where one angle may end and the next begin: at a space, a comma, or after a letter."""
    return [
        at for at in range(1, len(text)) if text[at] in " ,;" or (text[at - 1].isalpha() and not text[at].isalpha())
    ]


def read_distance(text: str, language: str) -> float:
    """Return the metres of a distance such as `10 km`. Raises InvalidQueryValue."""
    number, unit = split_unit(text)
    factor = METRES.get(fold(unit)) if unit else 1
    try:
        metres = read_number(number, language).number * (factor or 0)
    except NotANumber:
        metres = 0
    if metres <= 0:
        raise InvalidQueryValue("distance_unreadable", value=text.strip()[:60], known="m, km, mi, nmi, ft, yd")
    return metres


class Coordinates:
    """`lat` and `lon` in degrees; `canonical_value` is both, with six decimals at most."""

    id = "_geo"
    names = {
        "en": ("Geographic coordinates", "Geographic coordinate", "Coordinates"),
        "fr": ("Coordonnées géographiques", "Coordonnées"),
    }

    def parse(self, raw: str, context: Context) -> Value:
        """Parse decimal degrees, or degrees with minutes and seconds, by sign or by letter."""
        try:
            latitude, longitude = read_coordinates(raw)
        except InvalidQueryValue as error:
            return Value(self.id, raw, problem=problem(error.code, raw))
        canonical = f"{_format_decimal(latitude)},{_format_decimal(longitude)}"
        return Value(self.id, raw, canonical, canonical, lat=latitude, lon=longitude)

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return the condition for the point itself, or for the circle of `point (10 km)`. Raises InvalidQueryValue."""
        if comparator not in ("", "!", "~", "!~"):
            raise comparator_error(comparator, self.names[context.name_language][0])
        text = text[: COORDINATES_LIMIT * 2].strip().strip("*")
        circle = _CIRCLE.fullmatch(text)
        value = self.parse(circle[1] if circle else text, context)
        if value.problem is not None or value.lat is None or value.lon is None:
            found = value.problem or problem("coordinates_unreadable", text)
            raise InvalidQueryValue(found.code, **found.params)
        condition: ValueCondition = EqualTo((value.canonical_value,))
        if circle:
            condition = WithinDistance(value.lat, value.lon, read_distance(circle[2], context.language))
        return NotMatching(condition) if comparator.startswith("!") else condition

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return `45.4397° N, 4.3872° E` in the language; forms `-`/`float`, `dd`, `dm`, `dms`."""
        if value.lat is None or value.lon is None:
            return value.raw
        form = form.strip().lower()
        if form in ("-", "float"):
            return f"{_format_decimal(value.lat)}, {_format_decimal(value.lon)}"
        language = language_of(context.language)
        north, east = ("N", "S")[value.lat < 0], ("E", language.west)[value.lon < 0]
        format_angle = {"dms": _format_seconds, "dm": _format_minutes}.get(form, _format_degrees)
        latitude = f"{format_angle(abs(value.lat), language.decimal)}\u00a0{north}"
        return f"{latitude}, {format_angle(abs(value.lon), language.decimal)}\u00a0{east}"

    def data(self, value: Value, context: Context) -> object:
        """Return latitude and longitude."""
        return {"lat": value.lat, "lon": value.lon}

    def link(self, value: Value, context: Context) -> str:
        """Return a `geo:` URI (RFC 5870)."""
        return f"geo:{value.canonical_value}" if value.canonical_value else ""


def _format_decimal(degrees: float) -> str:
    """Return degrees with six decimals at most."""
    return f"{degrees:.{DECIMALS}f}".rstrip("0").rstrip(".") if degrees else "0"


def _format_degrees(degrees: float, decimal_sign: str) -> str:
    return f"{_format_decimal(degrees).replace('.', decimal_sign)}°"


def _format_minutes(degrees: float, decimal_sign: str) -> str:
    whole, rest = divmod(round(degrees * 60, 4), 60)
    return f"{whole:.0f}°\u00a0{rest:g}′".replace(".", decimal_sign)


def _format_seconds(degrees: float, decimal_sign: str) -> str:
    minutes, seconds = divmod(round(degrees * 3600, 2), 60)
    whole, minutes = divmod(minutes, 60)
    return f"{whole:.0f}°\u00a0{minutes:.0f}′\u00a0{seconds:g}″".replace(".", decimal_sign)
