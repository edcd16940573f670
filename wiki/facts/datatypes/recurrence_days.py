"""The days on which something recurs, computed by dateutil within a fixed window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from wiki.facts.datatypes.recurrence_rules import DAILY, MONTHLY, WEEKLY, YEARLY, Recurrence

WINDOW_YEARS = 10
"""How many years ahead the next date is looked for: eight lie between some 29ths of February."""


def next_start(recurrence: Recurrence, after: datetime) -> datetime | None:
    """Return when it begins next, at or after a local time; None if not within the window, or on unknown days.

    Without a time of day it begins at midnight.
    """
    clock = recurrence.time or time()
    first = after.date() if clock >= after.time() else after.date() + timedelta(days=1)
    day = next(occurrence_days(recurrence, first), None)
    return datetime.combine(day, clock) if day is not None else None


def has_ended(recurrence: Recurrence, today: date) -> bool:
    """Return whether its last day is before a day."""
    last = _last_day(recurrence, today.year)
    return last is not None and last < today


def occurrence_days(recurrence: Recurrence, first: date) -> Iterator[date]:
    """Yield the days from `first` on, in order, within the window of years. Nothing if the days are unknown."""
    if not recurrence.names_days:
        return
    begin = max(recurrence.start or first, first)
    end = begin.year + WINDOW_YEARS
    last = _last_day(recurrence, end) or date.max
    for day in _days_of_years(recurrence, begin.year, end):
        if day > last:
            return
        if day >= begin:
            yield day


def _last_day(recurrence: Recurrence, end: int) -> date | None:
    """Return the last day, also that of a count; None where there is none, or a count goes on after the year `end`."""
    if recurrence.count is None or recurrence.start is None:
        return recurrence.until
    start = recurrence.start
    days = (day for day in _days_of_years(recurrence, start.year, end) if day >= start)
    return next(islice(days, recurrence.count - 1, None), None)


def _days_of_years(recurrence: Recurrence, begin: int, end: int) -> Iterator[date]:
    """Yield the days of a rule from the year `begin` to the year `end`."""
    for year in range(begin, end + 1):
        yield from _days_of_year(recurrence, year)


def _days_of_year(recurrence: Recurrence, year: int) -> Iterator[date]:
    """Yield the days of a rule within a year, whatever its start, count and end."""
    start, interval = recurrence.start or date(year, 1, 1), recurrence.interval
    if recurrence.freq == YEARLY:
        if (year - start.year) % interval == 0:
            yield from _days_of_period(recurrence, YEARLY, date(year, 1, 1))
    elif recurrence.freq == MONTHLY:
        for month in recurrence.months or range(1, 13):
            if ((year - start.year) * 12 + month - start.month) % interval == 0:
                yield from _days_of_period(recurrence, MONTHLY, date(year, month, 1))
    else:
        # The days of every interval, of which those in other weeks, or between the steps of days, are left out.
        length = 7 if recurrence.freq == WEEKLY else 1
        origin = start - timedelta(days=(start.weekday() - recurrence.week_start) % length)
        for day in _days_of_period(recurrence, YEARLY, date(year, 1, 1)):
            if (day - origin).days // length % interval == 0:
                yield day


def _days_of_period(recurrence: Recurrence, freq: str, begin: date) -> Iterator[date]:
    """Yield the days of a rule within the one year or month that begins with a day.

    dateutil looks for a rule that never holds until the year 9999. With a step beyond it, it ends after one period.
    """
    from dateutil import rrule  # 50 ms to import, and needed by few requests

    weekdays = [rrule.weekday(weekday, number or None) for number, weekday in recurrence.days]
    if recurrence.freq == DAILY and not (weekdays or recurrence.month_days):
        weekdays = [rrule.weekday(weekday) for weekday in range(7)]
    options: dict[str, Any] = {
        "bymonth": recurrence.months, "byweekno": recurrence.weeks, "byyearday": recurrence.year_days,
        "bymonthday": recurrence.month_days, "byweekday": weekdays, "bysetpos": recurrence.positions,
    }  # fmt: skip
    found = rrule.rrule(
        rrule.YEARLY if freq == YEARLY else rrule.MONTHLY,
        datetime.combine(begin, time()),
        interval=MAXYEAR * 12,
        wkst=recurrence.week_start,
        **{name: value for name, value in options.items() if value},
    )
    yield from (moment.date() for moment in found)
