"""Rules of repetition as RFC 5545 writes them (section 3.3.10): reads them, and writes their canonical form.

Read are a rule with or without its name, and `DTSTART`, `DTEND` and `DURATION` before or after it. Times are local.
What is finer than daily is refused: a value has one time of day at most.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

RECURRENCE_LIMIT = 200
"""Maximum number of characters of a recurring date."""
COUNT_LIMIT, INTERVAL_LIMIT, DURATION_LIMIT = 1000, 1000, timedelta(days=31)
"""How many times, in steps of how many periods, and how long something happens at most."""
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years in which a repetition may begin and end."""
DAILY, WEEKLY, MONTHLY, YEARLY = "DAILY", "WEEKLY", "MONTHLY", "YEARLY"
_TOO_FINE = ("SECONDLY", "MINUTELY", "HOURLY")
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
EVERY_DAY = tuple((0, weekday) for weekday in range(7))
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""How many days each month has at most."""
_RULE = re.compile(r"\b(?:RRULE|DTSTART|FREQ)\b", re.IGNORECASE)
_SPACES = re.compile(r"\s*([;,=:])\s*")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?")
_DURATION = re.compile(r"P(?:(\d{1,2})W|(?:(\d{1,2})D)?(?:T(?=\d)(?:(\d{1,3})H)?(?:(\d{1,4})M)?)?)")


class NotRecurring(ValueError):
    """A text names no recurring date; `code` is the code of the problem, `params` its parameters."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def _bad_part(part: str) -> NotRecurring:
    return NotRecurring("recurrence_part", part=part[:40])


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule of repetition, with the day, the time of day and the duration that are known."""

    freq: str
    interval: int = 1
    months: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    days: tuple[tuple[int, int], ...] = ()
    """Days of the week from Monday (0), each after its number within the month or year; 0 for all of them."""
    positions: tuple[int, ...] = ()
    week_start: int = 0
    count: int | None = None
    until: date | None = None
    """The last day on which it may happen."""
    start: date | None = None
    time: time | None = None
    duration: timedelta | None = None

    @property
    def names_days(self) -> bool:
        """Whether it is known on which days it happens: every second week is not without a start."""
        has_days = self.freq == DAILY or bool(self.days or self.month_days or self.year_days)
        return has_days and (self.interval == 1 or self.start is not None)

    def rule(self, *, last: str = "", has_time: bool = False) -> str:
        """Return the rule without its name, with its time of day if `has_time`; `last` stands for the last day."""
        parts: dict[str, object] = {"FREQ": self.freq}
        if self.interval > 1:
            parts["INTERVAL"] = self.interval
        if self.until is not None:
            parts["UNTIL"] = last or _write_moment(self.until, self.time if self.start else None)
        if self.count is not None:
            parts["COUNT"] = self.count
        for name, numbers in (
            ("BYMONTH", self.months), ("BYWEEKNO", self.weeks), ("BYYEARDAY", self.year_days),
            ("BYMONTHDAY", self.month_days), ("BYSETPOS", self.positions),
        ):  # fmt: skip
            if numbers:
                parts[name] = ",".join(map(str, numbers))
        if self.days:
            parts["BYDAY"] = ",".join(f"{number or ''}{CODES[weekday]}" for number, weekday in self.days)
        if self.time is not None and has_time:
            parts |= {"BYHOUR": self.time.hour, "BYMINUTE": self.time.minute}
        if self.week_start:
            parts["WKST"] = CODES[self.week_start]
        return ";".join(f"{name}={value}" for name, value in parts.items())

    @property
    def canonical_value(self) -> str:
        """The whole in one line: the start if it is known, the rule, the duration."""
        start = f"DTSTART:{_write_moment(self.start, self.time)} " if self.start else ""
        duration = f" DURATION:{write_duration(self.duration)}" if self.duration else ""
        return f"{start}RRULE:{self.rule(has_time=self.start is None)}{duration}"


def is_rule(text: str) -> bool:
    """Return whether a text is meant as a rule of RFC 5545."""
    return _RULE.search(text) is not None


def read_rule(text: str) -> Recurrence:
    """Read a rule of RFC 5545 with its start and duration. Raises NotRecurring."""
    fields: dict[str, tuple[str, str]] = {}
    for line in _SPACES.sub(r"\1", text.strip()).upper().split():
        name, parameters, value = _split_line(line)
        if name in fields or name not in ("RRULE", "DTSTART", "DTEND", "DURATION"):
            raise _bad_part(name)
        fields[name] = parameters, value
    if not fields.get("RRULE", ("", ""))[1]:
        raise NotRecurring("recurrence_unreadable")
    start, own_time = _read_local(*fields["DTSTART"]) if "DTSTART" in fields else (None, None)
    duration = _read_duration(fields["DURATION"][1]) if "DURATION" in fields else None
    if "DTEND" in fields:
        end, end_time = _read_local(*fields["DTEND"])
        if start is None or duration or (end_time is None) != (own_time is None):
            raise _bad_part("DTEND")
        duration = datetime.combine(end, end_time or time()) - datetime.combine(start, own_time or time())
    return check(_read_parts(fields["RRULE"][1], start, own_time, duration))


def _split_line(line: str) -> tuple[str, str, str]:
    """Return name, parameters and value of a line; a rule may stand without its name."""
    if line.startswith("FREQ="):
        return "RRULE", "", line
    head, _, value = line.partition(":")
    name, _, parameters = head.partition(";")
    return name, parameters, value


def _read_parts(text: str, start: date | None, own_time: time | None, duration: timedelta | None) -> Recurrence:
    """Read the parts of a rule. Raises NotRecurring."""
    parts: dict[str, str] = {}
    for part in text.strip(";").split(";"):
        name, _, value = part.partition("=")
        if name in parts or not value:
            raise _bad_part(name)
        parts[name] = value
    freq = parts.pop("FREQ", "")
    if freq in _TOO_FINE:
        raise NotRecurring("recurrence_too_fine")
    if freq not in (DAILY, WEEKLY, MONTHLY, YEARLY):
        raise _bad_part("FREQ")
    found = Recurrence(freq, start=start, time=_read_time(parts, own_time), duration=duration)
    for name, value in parts.items():
        if name == "UNTIL":
            found = replace(found, until=_read_until(value, found.time))
        elif name in _READERS and freq in _READERS[name][0]:
            _, attribute, read = _READERS[name]
            found = replace(found, **{attribute: read(value, name)})
        else:
            raise _bad_part(name)
    return found


def check(recurrence: Recurrence) -> Recurrence:
    """Return a rule with the days that follow from its start, in its simplest form. Raises NotRecurring."""
    found, start = recurrence, recurrence.start
    for name, number, limit in (("INTERVAL", found.interval, INTERVAL_LIMIT), ("COUNT", found.count, COUNT_LIMIT)):
        if number is not None and not 1 <= number <= limit:
            raise NotRecurring("recurrence_limit", part=f"{name}={number}"[:40], limit=str(limit))
    if found.count is not None and (found.until or not start):
        raise NotRecurring("recurrence_start" if not start else "recurrence_part", part="COUNT")
    numbered = [number for number, _ in found.days if number]
    most = 5 if found.freq == MONTHLY or found.months else 53
    if numbered and (
        len(numbered) < len(found.days)
        or found.freq not in (MONTHLY, YEARLY)
        or found.weeks
        or max(map(abs, numbered)) > most
    ):
        raise _bad_part("BYDAY")
    if found.positions and not (found.days or found.month_days or found.year_days):
        raise _bad_part("BYSETPOS")
    if found.duration is not None and not timedelta() < found.duration <= DURATION_LIMIT:
        raise _bad_part("DURATION")
    if found.duration is not None and found.time is None and found.duration % timedelta(days=1):
        raise _bad_part("DURATION")
    if start and found.until and found.until < start:
        raise NotRecurring("recurrence_never")
    if found.months and found.month_days:
        longest = max(_LONGEST[month - 1] for month in found.months)
        if all(abs(day) > longest for day in found.month_days):
            raise NotRecurring("recurrence_never")
    return _simplify(_with_days_of_start(found))


def _with_days_of_start(found: Recurrence) -> Recurrence:
    """Return a rule that names no days with those of its start, as RFC 5545 wants."""
    start = found.start
    if start is None or found.days or found.month_days or found.year_days or found.freq == DAILY:
        return found
    if found.freq == WEEKLY or found.weeks:
        return replace(found, days=((0, start.weekday()),))
    months = found.months if found.freq == MONTHLY else found.months or (start.month,)
    return replace(found, months=months, month_days=(start.day,))


def _simplify(found: Recurrence) -> Recurrence:
    """Return the one form of rules that mean the same."""
    if found.freq == DAILY and found.interval == 1 and found.days and not found.month_days:
        found = replace(found, freq=WEEKLY)
    if found.freq == WEEKLY and found.interval == 1 and found.days == EVERY_DAY:
        found = replace(found, freq=DAILY, days=())
    if found.freq == MONTHLY and found.interval == 1 and found.months and not found.positions:
        found = replace(found, freq=YEARLY)
    if not (found.weeks or (found.freq == WEEKLY and found.interval > 1)):
        found = replace(found, week_start=0)
    return found


def _read_numbers(most: int, least: int = -1) -> Callable[[str, str], tuple[int, ...]]:
    """Return a function that reads numbers up to `most`, negative ones too unless `least` is 1."""

    def read(value: str, name: str) -> tuple[int, ...]:
        if not re.fullmatch(r"[+-]?\d{1,3}(?:,[+-]?\d{1,3})*", value):
            raise _bad_part(name)
        numbers = {int(number) for number in value.split(",")}
        if not all(1 <= abs(number) <= most and (number > 0 or least < 0) for number in numbers):
            raise _bad_part(name)
        return tuple(sorted(numbers))

    return read


def _read_number(value: str, name: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", value):
        raise _bad_part(name)
    return int(value)


def _read_days(value: str, name: str) -> tuple[tuple[int, int], ...]:
    days = set()
    for part in value.split(","):
        match = _DAY.fullmatch(part)
        if match is None or (match[1] and not int(match[1])):
            raise _bad_part(name)
        days.add((int(match[1] or 0), CODES.index(match[2])))
    return tuple(sorted(days))


def _read_week_start(value: str, name: str) -> int:
    if value not in CODES:
        raise _bad_part(name)
    return CODES.index(value)


_ALL = (DAILY, WEEKLY, MONTHLY, YEARLY)
_READERS: Mapping[str, tuple[tuple[str, ...], str, Callable[[str, str], Any]]] = {
    "INTERVAL": (_ALL, "interval", _read_number),
    "COUNT": (_ALL, "count", _read_number),
    "WKST": (_ALL, "week_start", _read_week_start),
    "BYMONTH": (_ALL, "months", _read_numbers(12, 1)),
    "BYDAY": (_ALL, "days", _read_days),
    "BYMONTHDAY": ((DAILY, MONTHLY, YEARLY), "month_days", _read_numbers(31)),
    "BYYEARDAY": ((YEARLY,), "year_days", _read_numbers(366)),
    "BYWEEKNO": ((YEARLY,), "weeks", _read_numbers(53)),
    "BYSETPOS": ((MONTHLY, YEARLY), "positions", _read_numbers(366)),
}
"""The frequencies with which a part may stand, its attribute, and what reads it."""


def _read_time(parts: dict[str, str], own_time: time | None) -> time | None:
    """Take the time of day out of the parts of a rule: that of the start, if it names none. Raises NotRecurring."""
    values = [parts.pop(name, "") for name in ("BYHOUR", "BYMINUTE", "BYSECOND")]
    if not any(values):
        return own_time
    if any("," in value for value in values):
        raise NotRecurring("recurrence_times")
    if not all(re.fullmatch(r"\d{0,2}", value) for value in values) or (own_time is None and not values[0]):
        raise _bad_part("BYHOUR")
    given = own_time or time()
    hour, minute, second = (
        int(value) if value else own
        for value, own in zip(values, (given.hour, given.minute, given.second), strict=True)
    )
    try:
        return time(hour, minute, second)
    except ValueError as error:
        raise _bad_part("BYHOUR") from error


def _read_local(parameters: str, value: str) -> tuple[date, time | None]:
    """Return day and time of a moment in the wiki's time zone. Raises NotRecurring."""
    zone = str(timezone.get_default_timezone())
    if parameters not in ("", "VALUE=DATE", "VALUE=DATE-TIME", f"TZID={zone.upper()}") or (
        value.endswith("Z") and zone != "UTC"
    ):
        raise NotRecurring("recurrence_zone", zone=zone)
    moment, has_time = _read_moment(value)
    return moment.date(), moment.time() if has_time else None


def _read_until(value: str, own_time: time | None) -> date:
    """Return the last day on which something at `own_time` may happen. Raises NotRecurring."""
    moment, has_time = _read_moment(value)
    if has_time and (own_time or time()) > moment.time():
        return moment.date() - timedelta(days=1)
    return moment.date()


def _read_moment(value: str) -> tuple[datetime, bool]:
    """Return a moment as local time, and whether it has a time of day. Raises NotRecurring."""
    match = _MOMENT.fullmatch(value)
    try:
        if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
            raise _bad_part(value)
        moment = datetime(*(int(part or 0) for part in match.groups()[:6]))  # type: ignore[arg-type]
    except ValueError as error:
        raise _bad_part(value) from error
    if match[7]:
        moment = moment.replace(tzinfo=UTC).astimezone(timezone.get_default_timezone()).replace(tzinfo=None)
    return moment, match[4] is not None


def _read_duration(value: str) -> timedelta:
    match = _DURATION.fullmatch(value)
    if match is None or not any(match.groups()):
        raise _bad_part("DURATION")
    weeks, days, hours, minutes = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)


def write_duration(duration: timedelta) -> str:
    """Return a duration as RFC 5545 writes it."""
    minutes = duration.seconds // 60
    parts = [f"{minutes // 60}H" if minutes >= 60 else "", f"{minutes % 60}M" if minutes % 60 else ""]
    return f"P{f'{duration.days}D' if duration.days else ''}{'T' if minutes else ''}{''.join(parts)}"


def _write_moment(day: date, clock: time | None) -> str:
    return f"{day:%Y%m%d}" + (f"T{clock:%H%M%S}" if clock is not None else "")
