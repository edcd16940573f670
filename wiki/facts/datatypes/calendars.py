"""Julian day numbers of dates in the Gregorian and the Julian calendar.

Years are historical: 1 BC is -1, and there is no year 0. The formulas are those of Claus Tøndering's Calendar FAQ,
section 2.16; floor division of unbounded integers makes them hold for any year.
"""

from __future__ import annotations

GREGORIAN, JULIAN = 1, 2
"""SMW's numbers for the calendars."""
REFORM = (1582, 10, 5)
"""A date from this day on is Gregorian unless it says otherwise; an earlier date is Julian."""
DAY = 86_400
"""Seconds."""


def to_astronomical_year(year: int) -> int:
    """Convert a historical year to a year with a year 0, which is 1 BC."""
    return year if year > 0 else year + 1


def to_historical_year(year: int) -> int:
    """Convert a year with a year 0 to a historical year."""
    return year if year > 0 else year - 1


def day_number(calendar: int, year: int, month: int, day: int) -> int:
    """Return the Julian day number of the noon of a date."""
    counted = to_astronomical_year(year)
    early = (14 - month) // 12
    y, m = counted + 4800 - early, month + 12 * early - 3
    days = day + (153 * m + 2) // 5 + 365 * y + y // 4
    return days - y // 100 + y // 400 - 32045 if calendar == GREGORIAN else days - 32083


def date_of(calendar: int, number: int) -> tuple[int, int, int]:
    """Return (historical year, month, day) of a Julian day number."""
    c, century = number + 32082, 0
    if calendar == GREGORIAN:
        a = number + 32044
        century = (4 * a + 3) // 146097
        c = a - 146097 * century // 4
    year = (4 * c + 3) // 1461
    rest = c - 1461 * year // 4
    m = (5 * rest + 2) // 153
    day, month = rest - (153 * m + 2) // 5 + 1, m + 3 - 12 * (m // 10)
    return to_historical_year(100 * century + year - 4800 + m // 10), month, day


def is_leap(calendar: int, year: int) -> bool:
    """Return whether a year has 366 days."""
    counted = to_astronomical_year(year)
    return counted % 4 == 0 and (calendar == JULIAN or counted % 100 != 0 or counted % 400 == 0)


def days_in(calendar: int, year: int, month: int) -> int:
    """Return the number of days in a month."""
    return 29 if month == 2 and is_leap(calendar, year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def next_year(year: int) -> int:
    """Return the next historical year; 1 follows -1."""
    return 1 if year == -1 else year + 1
