"""Formats dates as texts, and in the forms of `?P#…`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.conf import settings

from wiki.facts.datatypes import calendars
from wiki.facts.datatypes.calendars import GREGORIAN, JULIAN
from wiki.facts.datatypes.languages import language_of
from wiki.facts.datatypes.local_time import utc_offset, zone_name
from wiki.facts.datatypes.numbers import canonical_number
from wiki.facts.datatypes.partial_dates import (
    DATE,
    FRACTION,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    YEAR,
    PartialDate,
    usual_calendar,
)


def format_date(moment: PartialDate, language: str) -> str:
    """Return a date in a language, with its precision; parsing the result gives the same date."""
    words = language_of(language)
    parts = []
    if moment.precision >= DATE:
        parts.append("1er" if moment.day == 1 and language.startswith("fr") else str(moment.day))
    if moment.precision >= MONTH:
        parts.append(words.months[moment.month - 1])
    parts.append(_year(moment, language))
    if moment.precision > DATE:
        parts.append(format_time(moment, language))
    month_and_day = (moment.month, moment.day)[: max(moment.precision - YEAR, 0)]
    if moment.calendar != usual_calendar(moment.year, *month_and_day):
        parts.append("GR" if moment.calendar == GREGORIAN else "JL")
    return " ".join(parts)


def _year(moment: PartialDate, language: str) -> str:
    words = language_of(language)
    if moment.year < 0:
        return f"{-moment.year} {words.before}"
    return str(moment.year) if moment.year > 99 or moment.precision == YEAR else f"{moment.year} {words.after}"


def format_time(moment: PartialDate, language: str) -> str:
    """Return the time of day with its precision."""
    hour, minute, second, millis = moment.time
    if moment.precision == HOUR:
        return f"{hour} h" if language.startswith("fr") else f"{hour % 12 or 12} {'pm' if hour > 11 else 'am'}"
    text = f"{hour}:{minute:02}"
    text += f":{second:02}" if moment.precision >= SECOND else ""
    return text + (f".{millis:03}" if moment.precision == FRACTION else "")


def format_iso(moment: PartialDate, *, whole: bool = False) -> str:
    """Return ISO 8601 with historical years; `whole` adds the month and day that are not known."""
    year = f"{'-' if moment.year < 0 else ''}{abs(moment.year):04}"
    if moment.precision == YEAR and not whole:
        return year
    if moment.precision == MONTH and not whole:
        return f"{year}-{moment.month:02}"
    date = f"{year}-{moment.month:02}-{moment.day:02}"
    if moment.precision <= DATE:
        return date
    hour, minute, second, millis = moment.time
    if moment.precision <= MINUTE and not whole:
        return f"{date}T{hour:02}:{minute:02}"
    fraction = f".{millis:03}" if moment.precision == FRACTION else ""
    return f"{date}T{hour:02}:{minute:02}:{second:02}{fraction}"


def unix_time(moment: PartialDate) -> int:
    """Return the seconds since 1970; of a day without time, as in SMW, those of its midnight in UTC."""
    seconds = (moment.number - 2_440_588) * calendars.DAY + moment.millis // 1000
    return seconds - utc_offset(moment) * 60 if moment.precision > DATE else seconds


def _offset(moment: PartialDate, colon: str = ":") -> str:
    """Return how far the site's time zone is ahead of UTC at a time, as `+01:00`."""
    minutes = utc_offset(moment)
    hours, minutes_left = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{colon}{minutes_left:02}"


PHP_LETTERS: Mapping[str, Callable[[PartialDate, str], str]] = {
    "d": lambda m, _: f"{m.day:02}",
    "j": lambda m, _: str(m.day),
    "D": lambda m, code: _weekday(m, code, short=True),
    "l": lambda m, code: _weekday(m, code),
    "N": lambda m, _: str(m.number % 7 + 1),
    "w": lambda m, _: str((m.number + 1) % 7),
    "z": lambda m, _: str(_day_of_year(m)),
    "W": lambda m, _: f"{_week(m)[1]:02}",
    "o": lambda m, _: str(_week(m)[0]),
    "m": lambda m, _: f"{m.month:02}",
    "n": lambda m, _: str(m.month),
    "M": lambda m, code: language_of(code).short_months[m.month - 1],
    "F": lambda m, code: language_of(code).months[m.month - 1],
    "t": lambda m, _: str(calendars.days_in(m.calendar, m.year, m.month)),
    "L": lambda m, _: str(int(calendars.is_leap(m.calendar, m.year))),
    "Y": lambda m, _: str(m.year),
    "y": lambda m, _: f"{abs(m.year) % 100:02}",
    "a": lambda m, _: "pm" if m.time[0] > 11 else "am",
    "A": lambda m, _: "PM" if m.time[0] > 11 else "AM",
    "g": lambda m, _: str(m.time[0] % 12 or 12),
    "h": lambda m, _: f"{m.time[0] % 12 or 12:02}",
    "G": lambda m, _: str(m.time[0]),
    "H": lambda m, _: f"{m.time[0]:02}",
    "i": lambda m, _: f"{m.time[1]:02}",
    "s": lambda m, _: f"{m.time[2]:02}",
    "e": lambda m, _: settings.TIME_ZONE,
    "T": lambda m, _: zone_name(m),
    "O": lambda m, _: _offset(m, ""),
    "P": lambda m, _: _offset(m),
    "Z": lambda m, _: str(utc_offset(m) * 60),
    "c": lambda m, _: f"{format_iso(m, whole=True)}{'' if m.precision > DATE else 'T00:00:00'}{_offset(m)}",
    "U": lambda m, _: str(unix_time(m)),
}
"""The letters of PHP's `date`, as MediaWiki's `#time` supports them."""

_QUOTED = re.compile(r'"([^"]*)"|\\(.)|xg|x[nN]|.', re.DOTALL)


def format_php(moment: PartialDate, pattern: str, language: str) -> str:
    r"""Return a date by a pattern of PHP letters; `"…"` and `\\` quote literal text."""
    output = []
    for match in _QUOTED.finditer(pattern[:200]):
        literal = match[1] if match[1] is not None else match[2]
        letter = PHP_LETTERS.get("F" if match[0] == "xg" else match[0])
        output.append(literal if literal is not None else letter(moment, language) if letter else match[0])
    return "".join(output)


def _weekday(moment: PartialDate, language: str, *, short: bool = False) -> str:
    words = language_of(language)
    return (words.short_weekdays if short else words.weekdays)[moment.number % 7]


def _day_of_year(moment: PartialDate) -> int:
    return moment.number - calendars.day_number(moment.calendar, moment.year, 1, 1)


def _week(moment: PartialDate) -> tuple[int, int]:
    """Return year and number of the ISO week: those of its Thursday."""
    thursday = moment.number - moment.number % 7 + 3
    year = calendars.date_of(moment.calendar, thursday)[0]
    return year, (thursday - calendars.day_number(moment.calendar, year, 1, 1)) // 7 + 1


def format_as(moment: PartialDate, form: str, language: str) -> str:
    """Return a date in the form of `?P#form`; an unknown form is treated as ""."""
    name, _, rest = form.strip().partition("@")
    name = name.strip().upper()
    if form.strip().startswith("-F[") and form.strip().endswith("]"):
        return format_php(moment, form.strip()[3:-1], language)
    if name in FORMS:
        return FORMS[name](moment)
    if name in ("GR", "JL"):
        return format_date(moment.in_calendar(GREGORIAN if name == "GR" else JULIAN), language)
    if name == "MEDIAWIKI":
        return format_date(moment.in_calendar(GREGORIAN), language)
    text = format_date(moment, rest.strip() or language)
    return f"{text} {zone_name(moment)}" if name in ("LOCL#TZ", "LOCL#TO") and moment.precision > DATE else text


FORMS: Mapping[str, Callable[[PartialDate], str]] = {
    "-": lambda moment: format_iso(moment.in_calendar(GREGORIAN), whole=True),
    "ISO": lambda moment: format_iso(moment.in_calendar(GREGORIAN), whole=True),
    "ISO-P": lambda moment: format_iso(moment.in_calendar(GREGORIAN)),
    "JD": lambda moment: canonical_number(moment.start),
    "SORTKEY": lambda moment: canonical_number(moment.start),
}
"""Forms that are the same in every language."""
