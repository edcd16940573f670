"""A date with its precision and calendar, and its canonical form."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wiki.facts.datatypes import calendars
from wiki.facts.datatypes.calendars import DAY, GREGORIAN, JULIAN, REFORM

YEAR, MONTH, DATE, HOUR, MINUTE, SECOND, FRACTION = 1, 2, 3, 4, 5, 6, 7
"""Precisions: how many parts are known."""
MILLI = 1000


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date in the site's time zone. Unknown parts have their earliest value; `millis` counts from midnight."""

    calendar: int
    year: int
    month: int = 1
    day: int = 1
    millis: int = 0
    precision: int = DATE

    @property
    def number(self) -> int:
        """The Julian day number of its day."""
        return calendars.day_number(self.calendar, self.year, self.month, self.day)

    @property
    def start(self) -> float:
        """The Julian day on which it begins."""
        return self.number - 0.5 + self.millis / (DAY * MILLI)

    @property
    def end(self) -> float:
        """The Julian day on which the interval of its precision ends."""
        if self.precision == YEAR:
            return replace(self, year=calendars.next_year(self.year)).start
        if self.precision == MONTH:
            if self.month == 12:
                return replace(self, year=calendars.next_year(self.year), month=1).start
            return replace(self, month=self.month + 1).start
        length = {DATE: DAY * MILLI, HOUR: 3600 * MILLI, MINUTE: 60 * MILLI, SECOND: MILLI, FRACTION: 1}
        return self.number - 0.5 + (self.millis + length[self.precision]) / (DAY * MILLI)

    @property
    def time(self) -> tuple[int, int, int, int]:
        """Hour, minute, second, milliseconds."""
        seconds, millis = divmod(self.millis, MILLI)
        minutes, second = divmod(seconds, 60)
        return (*divmod(minutes, 60), second, millis)

    @property
    def canonical_value(self) -> str:
        """SMW's serialization, up to the precision: `1/2021/3/12/14/30`."""
        hour, minute, second, millis = self.time
        parts = [self.year, self.month, self.day, hour, minute, second][: self.precision]
        fraction = f".{millis:03}" if self.precision == FRACTION else ""
        return "/".join(str(part) for part in (self.calendar, *parts)) + fraction

    def add_minutes(self, minutes: int) -> PartialDate:
        """Return the date that many minutes later; earlier for negative numbers."""
        days, millis = divmod(self.millis + minutes * 60 * MILLI, DAY * MILLI)
        if not days:
            return replace(self, millis=millis)
        year, month, day = calendars.date_of(self.calendar, self.number + days)
        return replace(self, year=year, month=month, day=day, millis=millis)

    def in_calendar(self, calendar: int) -> PartialDate:
        """Return the same day in another calendar; a year or month without a day is not converted."""
        if calendar == self.calendar:
            return self
        if self.precision < DATE:
            return replace(self, calendar=calendar)
        year, month, day = calendars.date_of(calendar, self.number)
        return replace(self, calendar=calendar, year=year, month=month, day=day)


def usual_calendar(year: int, month: int = 12, day: int = 31) -> int:
    """Return the calendar of a date that names none: Gregorian since 15 October 1582."""
    return GREGORIAN if (year, month, day) >= REFORM else JULIAN


def from_julian_day(julian_day: float) -> PartialDate:
    """Return the date of a Julian day: to the day at midnight, else to the second."""
    millis_all = round((julian_day + 0.5) * DAY) * MILLI
    number, millis = divmod(millis_all, DAY * MILLI)
    calendar = usual_calendar(*calendars.date_of(JULIAN, number))
    year, month, day = calendars.date_of(calendar, number)
    return PartialDate(calendar, year, month, day, millis, SECOND if millis else DATE)


def parse_canonical_date(canonical: str) -> PartialDate:
    """Return the date of a canonical form. Raises ValueError."""
    head, *rest = canonical.split("/")
    numbers = [int(part) for part in rest[:5]]
    millis = 0
    if len(rest) > 3:
        millis = numbers[3] * 3600 * MILLI + (numbers[4] * 60 * MILLI if len(rest) > 4 else 0)
        millis += round(float(rest[5]) * MILLI) if len(rest) > 5 else 0
    year, month, day = [*numbers[:3], 1, 1][:3]
    precision = len(rest) + (1 if "." in canonical else 0)
    return PartialDate(int(head), year, month, day, millis, precision)
