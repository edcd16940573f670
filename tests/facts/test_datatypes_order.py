"""Comparators agree with the order of numbers, days and folded texts, whatever the values."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from wiki.facts.datatypes import registry
from wiki.facts.value_conditions import matches
from wiki.facts.values import Context, Declaration, Unit, Value
from wiki.text.titles import fold

LENGTH = Declaration("P", "P", "_qty", units=(Unit(1, ("km",)), Unit(1000, ("m",)), Unit(100_000, ("cm",))))


def holds(comparator: str, text: str, value: Value, context: Context) -> bool:
    return matches(registry.build_condition(comparator, text, context), value)


WHOLE = st.integers(-(10**10), 10**10)
NEIGHBOURS = st.tuples(WHOLE, WHOLE) | st.tuples(WHOLE, st.integers(-2, 2)).map(lambda pair: (pair[0], sum(pair)))


@given(NEIGHBOURS, st.sampled_from(["km", "m", "cm"]))
def test_it_orders_numbers_and_lengths(pair: tuple[int, int], unit: str) -> None:
    own, other_number = pair
    for context, pattern in (
        (Context("fr", Declaration("P", "P", "_num")), "{}"),
        (Context("fr", LENGTH), f"{{}} {unit}"),
    ):
        value, other = registry.parse(pattern.format(own), context), pattern.format(other_number)
        assert holds("", other, value, context) is (own == other_number)
        assert holds("!", other, value, context) is (own != other_number)
        assert holds(">", other, value, context) is (own >= other_number)
        assert holds("<", other, value, context) is (own <= other_number)
        assert holds(">>", other, value, context) is (own > other_number)
        assert holds("<<", other, value, context) is (own < other_number)
        assert holds("~", other, value, context) is (min(0, other_number) <= own <= max(0, other_number))


DAYS = st.dates(date(1600, 1, 1), date(2400, 1, 1))


@given(DAYS, st.one_of(DAYS, st.integers(-40, 40)), st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d"]))
def test_it_orders_days_by_the_precision_of_the_query(own: date, other: date | int, precision: str) -> None:
    other_day = own + timedelta(other) if isinstance(other, int) else other
    context = Context("en", Declaration("P", "P", "_dat"))
    value = registry.parse(own.isoformat(), context)
    own_text, other_text, text = own.strftime(precision), other_day.strftime(precision), other_day.strftime(precision)
    assert holds("", text, value, context) is (own_text == other_text)
    assert holds("~", text, value, context) is (own_text == other_text)
    assert holds("!", text, value, context) is (own_text != other_text)
    assert holds(">", text, value, context) is (own_text >= other_text)
    assert holds("<", text, value, context) is (own_text <= other_text)
    assert holds(">>", text, value, context) is (own_text > other_text)
    assert holds("<<", text, value, context) is (own_text < other_text)


@given(DAYS)
def test_it_counts_gregorian_days_as_python_does(day: date) -> None:
    value = registry.parse(day.isoformat(), Context("en", Declaration("P", "P", "_dat")))
    assert value.number == day.toordinal() + 1_721_424.5


TEXTS = st.text(st.sampled_from("aàbBéz 0œ-"), min_size=1, max_size=5)


@given(TEXTS, TEXTS)
def test_it_orders_texts_without_case_and_accents(own: str, other: str) -> None:
    context = Context("fr", Declaration("P", "P", "_txt"))
    assume(own.strip() and other.strip())
    value, own_folded, other_folded = registry.parse(own, context), fold(own.strip()), fold(other.strip())
    assert holds("", other, value, context) is (own.strip() == other.strip())
    assert holds(">", other, value, context) is (own_folded >= other_folded)
    assert holds("<<", other, value, context) is (own_folded < other_folded)
    assert holds("~", f"*{other.strip()}*", value, context) is (other_folded in own_folded)
