"""Recurring dates: the days that they name, as dateutil computes them, in bounded time."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from wiki.facts.datatypes import recurrence_days, registry
from wiki.facts.datatypes.recurrence_days import WINDOW_YEARS, has_ended, next_start, occurrence_days
from wiki.facts.datatypes.recurrence_rules import RECURRENCE_LIMIT, Recurrence, read_rule
from wiki.facts.datatypes.recurring_dates import read_recurrence
from wiki.facts.values import Context, Declaration

MONDAY = datetime(2026, 11, 30, 12, 0)
FRENCH = Context("fr", Declaration("P", "P", "_rrule"))
BOUND = 0.5
"""Seconds; the slowest case takes a tenth of it on the developers' machine."""


def next_dates(text: str, count: int = 3) -> list[str]:
    """Return the first days of a recurring date from 30 November 2026 on."""
    days = occurrence_days(read_recurrence(text, "fr"), MONDAY.date())
    return [day.isoformat() for day in islice(days, count)]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("tous les mardis", ["2026-12-01", "2026-12-08", "2026-12-15"]),
        ("tous les jours", ["2026-11-30", "2026-12-01", "2026-12-02"]),
        ("le premier samedi du mois", ["2026-12-05", "2027-01-02", "2027-02-06"]),
        ("les 1er et 3e jeudis du mois", ["2026-12-03", "2026-12-17", "2027-01-07"]),
        ("le dernier jour du mois", ["2026-11-30", "2026-12-31", "2027-01-31"]),
        ("le 31 de chaque mois", ["2026-12-31", "2027-01-31", "2027-03-31"]),
        ("chaque année le 29 février", ["2028-02-29", "2032-02-29", "2036-02-29"]),
        ("le premier samedi de juin", ["2027-06-05", "2028-06-03", "2029-06-02"]),
        ("tous les mardis jusqu'au 8 décembre 2026", ["2026-12-01", "2026-12-08"]),
        ("tous les mardis jusqu'au 24 novembre 2026", []),
        ("tous les mardis à partir du 5 janvier 2027", ["2027-01-05", "2027-01-12", "2027-01-19"]),
        ("un mardi sur deux à partir du 4 janvier 2026", ["2026-12-08", "2026-12-22", "2027-01-05"]),
        ("tous les 3 jours à partir du 29 novembre 2026", ["2026-12-02", "2026-12-05", "2026-12-08"]),
        ("tous les mardis, 49 fois à partir du 6 janvier 2026", ["2026-12-01", "2026-12-08"]),
        ("le mardi des semaines paires", ["2026-12-08", "2026-12-22", "2027-01-12"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["2026-11-30", "2026-12-31", "2027-01-29"]),
        ("DTSTART:20260106 RRULE:FREQ=MONTHLY;INTERVAL=2", ["2027-01-06", "2027-03-06", "2027-05-06"]),
        ("DTSTART:20260106 RRULE:FREQ=YEARLY;INTERVAL=3", ["2029-01-06", "2032-01-06", "2035-01-06"]),
        ("DTSTART:20260105 RRULE:FREQ=YEARLY;BYWEEKNO=1", ["2027-01-04", "2028-01-03", "2029-01-01"]),
        ("un mardi sur deux", []),
        ("tous les 15 jours", []),
        ("FREQ=WEEKLY", []),
        ("FREQ=YEARLY;BYMONTH=6", []),
        ("FREQ=YEARLY;BYWEEKNO=20", []),
    ],
)
def test_it_names_days(text: str, days: list[str]) -> None:
    assert next_dates(text) == days


def test_odd_weeks_are_those_of_the_calendar() -> None:
    days = list(occurrence_days(read_recurrence("le mercredi des semaines impaires", "fr"), date(2026, 1, 1)))
    wednesdays = (date(2026, 1, 7) + timedelta(weeks=week) for week in range(-1, 600))
    expected = [day for day in wednesdays if day.isocalendar().week % 2 and date(2026, 1, 1) <= day <= days[-1]]
    assert days == expected
    assert len(days) > 250


@pytest.mark.parametrize(
    ("text", "after", "start"),
    [
        ("tous les lundis à 18h", "2026-11-30 12:00", "2026-11-30 18:00"),
        ("tous les lundis à 18h", "2026-11-30 18:00", "2026-11-30 18:00"),
        ("tous les lundis à 18h", "2026-11-30 18:01", "2026-12-07 18:00"),
        ("tous les lundis", "2026-11-30 00:00", "2026-11-30 00:00"),
        ("tous les lundis", "2026-11-30 00:01", "2026-12-07 00:00"),
    ],
)
def test_it_says_when_it_begins_next(text: str, after: str, start: str) -> None:
    found = next_start(read_recurrence(text, "fr"), datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(start)


@pytest.mark.parametrize(
    ("text", "today", "ended"),
    [
        ("tous les mardis jusqu'au 24 novembre 2026", date(2026, 11, 24), False),
        ("tous les mardis jusqu'au 24 novembre 2026", date(2026, 11, 25), True),
        ("tous les mardis, 3 fois à partir du 6 janvier 2026", date(2026, 1, 20), False),
        ("tous les mardis, 3 fois à partir du 6 janvier 2026", date(2026, 1, 21), True),
        ("tous les mardis", date(2199, 1, 1), False),
        ("DTSTART:20200101 RRULE:FREQ=YEARLY;INTERVAL=100;COUNT=2", date(2026, 1, 1), False),
    ],
)
def test_it_knows_when_it_has_ended(text: str, today: date, ended: bool) -> None:
    assert has_ended(read_recurrence(text, "fr"), today) is ended


# --- As dateutil
STARTS = st.dates(date(1995, 1, 1), date(2035, 12, 31))
NUMBERS = st.integers(1, 7)
WEEKDAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=4, unique=True)

ENDS = st.sampled_from(["MO", "SU"])


def _joined(values: list[str] | list[int]) -> str:
    return ",".join(map(str, values))


def _several(most: int) -> st.SearchStrategy[str]:
    numbers = st.integers(1, most) | st.integers(-most, -1)
    return st.lists(numbers, min_size=1, max_size=3, unique=True).map(_joined)


RULES = st.one_of(
    NUMBERS.map("FREQ=DAILY;INTERVAL={}".format),
    st.builds("FREQ=DAILY;BYDAY={};BYMONTH={}".format, WEEKDAYS.map(_joined), st.integers(1, 12)),
    st.builds("FREQ=WEEKLY;INTERVAL={};BYDAY={};WKST={}".format, NUMBERS, WEEKDAYS.map(_joined), ENDS),
    NUMBERS.map("FREQ=WEEKLY;INTERVAL={}".format),
    st.builds("FREQ=MONTHLY;INTERVAL={};BYDAY={}{}".format, NUMBERS, st.sampled_from([1, 4, -1, -4]), ENDS),
    st.builds("FREQ=MONTHLY;INTERVAL={};BYMONTHDAY={}".format, NUMBERS, _several(28)),
    st.builds("FREQ=MONTHLY;BYDAY={};BYSETPOS={}".format, WEEKDAYS.map(_joined), _several(4)),
    st.builds("FREQ=YEARLY;INTERVAL={};BYMONTH={}".format, st.integers(1, 3), st.sampled_from([1, 6, 12])),
    st.builds("FREQ=YEARLY;BYYEARDAY={}".format, _several(365)),
    st.builds("FREQ=YEARLY;BYWEEKNO={};BYDAY={}".format, _several(52), WEEKDAYS.map(_joined)),
    st.builds("FREQ=YEARLY;BYDAY={}MO".format, st.sampled_from([1, -1, 20, 52, -52])),
    st.builds("FREQ=YEARLY;BYDAY={};BYSETPOS={}".format, WEEKDAYS.map(_joined), _several(50)),
)  # fmt: skip


@given(RULES, STARTS, st.sampled_from(["", ";COUNT=5", ";COUNT=40", ";UNTIL=20300615"]))
def test_it_names_the_days_that_dateutil_names(rule: str, start: date, limit: str) -> None:
    if limit.startswith(";UNTIL") and start.year >= 2030:
        limit = ""
    found = read_rule(f"DTSTART:{start:%Y%m%d} RRULE:{rule}{limit}")
    own = [day for day in occurrence_days(found, date(2026, 1, 1)) if day.year < 2035]
    theirs = rrulestr(f"DTSTART:{start:%Y%m%d}T000000\nRRULE:{rule}{limit}")
    first = max(start, date(2026, 1, 1))
    expected = theirs.between(datetime(2025, 12, 31, 23), datetime(2034, 12, 31, 1))
    assert own == [moment.date() for moment in expected if moment.date() >= first]


@given(RULES, STARTS | st.none(), st.integers(0, 23), st.sampled_from(["", "PT90M", "P1D", "P1DT30M"]))
def test_the_canonical_form_reads_as_itself(rule: str, start: date | None, hour: int, duration: str) -> None:
    begin = f"DTSTART:{start:%Y%m%d}T{hour:02}3000 " if start else ""
    end = f" DURATION:{duration}" if duration else ""
    found = read_rule(f"{begin}RRULE:{rule}{'' if start else f';BYHOUR={hour}'}{end}")
    assert read_rule(found.canonical_value) == found
    assert read_rule(found.canonical_value).canonical_value == found.canonical_value


# --- Bounds
ENDLESS = (
    "FREQ=YEARLY;BYMONTH=1;BYYEARDAY=200",
    "FREQ=YEARLY;BYWEEKNO=20;BYMONTH=1;BYDAY=MO",
    "FREQ=YEARLY;BYDAY=MO;BYSETPOS=366",
    "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=20",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300",
    "DTSTART:20260201 RRULE:FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
    "DTSTART:20260106 RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=MO",
    "DTSTART:20260106 RRULE:FREQ=WEEKLY;INTERVAL=1000;BYMONTH=2;BYDAY=TU",
    "DTSTART:19000101 RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300;COUNT=1000",
    "DTSTART:19000101 RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=TU;COUNT=1000",
)


@pytest.mark.parametrize("text", ENDLESS)
def test_a_rule_that_never_holds_is_looked_for_in_a_window(text: str) -> None:
    recurrence = read_rule(text)
    began = time.process_time()
    assert next_start(recurrence, MONDAY) is None
    assert not has_ended(recurrence, MONDAY.date())
    assert time.process_time() - began < BOUND


def test_the_window_has_a_fixed_length(monkeypatch: pytest.MonkeyPatch) -> None:
    years = []
    own = recurrence_days._days_of_year

    def days_of_year(recurrence: Recurrence, year: int):  # type: ignore[no-untyped-def]
        years.append(year)
        return own(recurrence, year)

    monkeypatch.setattr(recurrence_days, "_days_of_year", days_of_year)
    assert next_start(read_rule("FREQ=YEARLY;BYMONTH=1;BYYEARDAY=200"), MONDAY) is None
    assert years == list(range(2026, 2026 + WINDOW_YEARS + 1))


def test_a_text_beyond_the_limit_is_not_read() -> None:
    text = "tous les mardis" + " " * (RECURRENCE_LIMIT - 20) + "à 18h"
    assert len(text) == RECURRENCE_LIMIT
    assert registry.parse(text, FRENCH).problem is None
    found = registry.parse(text.replace("à 18h", " à 18h"), FRENCH).problem
    assert found is not None
    assert (found.code, found.params["limit"]) == ("value_too_long", str(RECURRENCE_LIMIT))


def test_a_rule_whose_canonical_form_is_too_long_is_not_read() -> None:
    days = "lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche du mois"
    text = f"les 1er, 2e, 3e, 4e, 5e et dernier {days}"
    assert registry.parse(text, FRENCH).problem is None
    longer = text.replace("dernier", "dernier, avant-dernier") + " du 1/1/2026 au 1/1/2027 de 9h15 à 12h"
    assert len(longer) <= RECURRENCE_LIMIT
    found = registry.parse(longer, FRENCH).problem
    assert found is not None
    assert found.code == "value_too_long"


@pytest.mark.parametrize(
    "piece", ["lundi et ", "1er, ", "de 1h à ", "le 1 ", "janvier ", "BYDAY=MO;", "FREQ=", "sauf ", "1-"]
)
def test_long_lists_are_read_quickly(piece: str) -> None:
    began = time.process_time()
    for prefix in ("tous les ", "FREQ=YEARLY;", "le premier "):
        registry.parse((prefix + piece * RECURRENCE_LIMIT)[:RECURRENCE_LIMIT], FRENCH)
    assert time.process_time() - began < BOUND
