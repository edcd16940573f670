"""Parsing a shown value gives an equal value, whatever the value, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wiki.facts.datatypes import calendars, registry
from wiki.facts.value_conditions import matches
from wiki.facts.values import Context, Declaration, Unit, Value

LANGUAGES = st.sampled_from(["fr", "en"])
FLOATS = st.floats(-1e307, 1e307)
SIZES = st.floats(min_value=-1e12, max_value=1e12).filter(lambda number: not 0 < abs(number) < 1e-200)
UNITS = (Unit(1, ("km²", "km2")), Unit(1e6, ("m²",)), Unit(100, ("ha",)), Unit(0.386102159, ("mi²",)), Unit(3, ("€",)))
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=300)
HOURS = st.integers(0, 23)
SIXTY = st.integers(0, 59)


def context_of(datatype: str, language: str, **declared: object) -> Context:
    return Context(language, Declaration("P", "P", datatype, **declared), "Lyon:Accueil", "Lyon")  # type: ignore[arg-type]


def check_roundtrip(value: Value, context: Context) -> None:
    """Check that parsing the shown value gives an equal value, and that a query for it finds the value."""
    assert value.problem is None, value
    shown = registry.show(value, context)
    again = registry.parse(shown, context)
    assert again.problem is None, shown
    for name in ("canonical_value", "number", "number_end", "lat", "lon"):
        own, other = getattr(value, name), getattr(again, name)
        if isinstance(own, float) and name.startswith("number"):
            assert other == pytest.approx(own, rel=1e-9, abs=1e-300), shown
        elif value.datatype not in ("_num", "_qty", "_tem"):
            assert other == own, shown
    assert (again.lang, again.place_key, again.folded_text if not value.number else "") == (
        value.lang, value.place_key, value.folded_text if not value.number else "",
    ), shown  # fmt: skip
    assert [(key, part.canonical_value) for key, part in again.parts] == [
        (key, part.canonical_value) for key, part in value.parts
    ]
    assert matches(registry.build_condition("", shown, context), value), shown
    assert not matches(registry.build_condition("!", shown, context), value), shown


@given(FLOATS, LANGUAGES)
def test_numbers(number: float, language: str) -> None:
    context = context_of("_num", language)
    value = registry.parse(repr(number), context)
    assert value.number == number
    check_roundtrip(value, context)


@given(SIZES, st.sampled_from(["km²", "m²", "ha", "mi²", "€", ""]), st.sampled_from(["", "ha", "mi²"]), LANGUAGES)
def test_quantities(number: float, unit: str, display: str, language: str) -> None:
    context = context_of("_qty", language, units=UNITS, display_units=(display,) if display else ())
    check_roundtrip(registry.parse(f"{number!r} {unit}", context), context)


@given(st.floats(min_value=-273, max_value=1e9), st.sampled_from(["K", "°C", "°F", "°R"]), LANGUAGES)
def test_temperatures(number: float, unit: str, language: str) -> None:
    context = context_of("_tem", language)
    value = registry.parse(f"{number!r} {unit}", context)
    assume(value.number is not None and abs(value.number) > 1)
    check_roundtrip(value, context)


@st.composite
def dates(draw: st.DrawFn) -> str:
    """Draw a date of any precision, age and calendar, as people write it."""
    year = draw(st.integers(-9999, 99999).filter(bool) | st.integers(1, 120) | st.integers(1570, 1600))
    calendar = draw(st.sampled_from([calendars.GREGORIAN, calendars.JULIAN, 0]))
    era = " BC" if year < 0 else " AD"
    calendar_suffix = ("", " GR", " JL")[calendar]
    precision = draw(st.integers(1, 7))
    if precision == 1:
        return f"{abs(year)}{era}{calendar_suffix}"
    month = draw(st.integers(1, 12))
    name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month - 1]
    if precision == 2:
        return f"{name} {abs(year)}{era}{calendar_suffix}"
    day = draw(st.integers(1, 28))
    text = f"{day} {name} {abs(year)}{era}{calendar_suffix}"
    if precision == 3:
        return text
    if precision == 4:
        return f"{text} {draw(HOURS)} h"
    clock = f"{draw(HOURS)}:{draw(SIXTY):02}" + (f":{draw(SIXTY):02}" if precision > 5 else "")
    fraction = f".{draw(st.integers(0, 999)):03}" if precision == 7 else ""
    return f"{text} {clock}{fraction}" + draw(st.sampled_from(["", " +02:00", " EST", "Z"]))


@given(dates(), LANGUAGES)
def test_dates(text: str, language: str) -> None:
    context = context_of("_dat", language)
    value = registry.parse(text, context)
    check_roundtrip(value, context)
    assert value.number is not None
    assert value.number_end is not None
    assert value.number < value.number_end


@given(st.integers(-2_000_000, 5_000_000), st.sampled_from([calendars.GREGORIAN, calendars.JULIAN]))
def test_day_numbers_and_dates_convert_both_ways(number: int, calendar: int) -> None:
    year, month, day = calendars.date_of(calendar, number)
    assert calendars.day_number(calendar, year, month, day) == number
    assert 1 <= month <= 12
    assert 1 <= day <= calendars.days_in(calendar, year, month)


@given(
    st.floats(-90, 90, allow_nan=False), st.floats(-180, 180, allow_nan=False), LANGUAGES,
    st.sampled_from(["", "dms", "dm", "-"]),
)  # fmt: skip
def test_coordinates(lat: float, lon: float, language: str, form: str) -> None:
    context = context_of("_geo", language)
    value = registry.parse(f"{lat:.8f}, {lon:.8f}", context)
    check_roundtrip(value, context)
    again = registry.parse(registry.show(value, context, form), context)
    assert again.lat == pytest.approx(value.lat, abs=1e-5)
    assert again.lon == pytest.approx(value.lon, abs=1e-5)


@given(TEXTS, LANGUAGES, st.sampled_from(["_txt", "_cod", "_keyw", "_eid", "_wpg", "_uri", "_mlt_rec", ""]))
def test_texts(text: str, language: str, datatype: str) -> None:
    context = context_of(datatype, language)
    value = registry.parse(text if datatype != "_mlt_rec" else f"{text}@oc", context)
    assume(value.problem is None)
    check_roundtrip(value, context)


@given(st.sampled_from(["1", "0", "vrai", "no", "oui"]), LANGUAGES)
def test_booleans(text: str, language: str) -> None:
    check_roundtrip(registry.parse(text, context_of("_boo", language)), context_of("_boo", language))


@given(st.from_regex(r"https?://[a-z]{1,9}\.[a-z]{2,5}(/[^\s<>\"`{}|\\^]{0,9}){0,2}", fullmatch=True), LANGUAGES)
def test_urls(text: str, language: str) -> None:
    value = registry.parse(text, context_of("_uri", language))
    assume(value.problem is None)
    check_roundtrip(value, context_of("_uri", language))


@given(st.from_regex(r"0[1-7][0-9]{8}|\+(1|32|41|44|49|221)[2-9][0-9]{7,9}", fullmatch=True), LANGUAGES)
def test_telephone_numbers(text: str, language: str) -> None:
    value = registry.parse(text, context_of("_tel", language))
    assume(value.problem is None)
    check_roundtrip(value, context_of("_tel", language))


@given(st.emails(), LANGUAGES)
def test_email_addresses(text: str, language: str) -> None:
    value = registry.parse(text, context_of("_ema", language))
    assume(value.problem is None)
    check_roundtrip(value, context_of("_ema", language))


FIELDS = (Declaration("A", "A", "_txt"), Declaration("B", "B", "_num"), Declaration("C", "C", "_dat"))


@given(TEXTS | st.just("?"), SIZES | st.none(), dates() | st.none(), LANGUAGES)
def test_records(words: str, number: float | None, date: str | None, language: str) -> None:
    context = context_of("_rec", language, fields=FIELDS)
    text = words.replace(";", "\\;")
    value = registry.parse(f"{text}; {'' if number is None else repr(number)}; {date or '?'}", context)
    assume(value.problem is None)
    shown = registry.show(value, context)
    again = registry.parse(shown, context)
    assert [(key, part.number or part.canonical_value) for key, part in again.parts] == [
        (key, pytest.approx(part.number) if part.number else part.canonical_value) for key, part in value.parts
    ]
