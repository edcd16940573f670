"""Dates as people write them, in English and French, with or without time, era and calendar."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from wiki.facts.datatypes import calendars, partial_dates
from wiki.facts.datatypes.calendars import GREGORIAN, JULIAN
from wiki.facts.datatypes.languages import MONTHS, WEEKDAYS, language_of
from wiki.facts.datatypes.partial_dates import DATE, MONTH, YEAR, PartialDate
from wiki.facts.datatypes.times_of_day import NotADate, ParsedTime, extract_time
from wiki.text.titles import fold

DATE_LIMIT = 120
"""Characters that a date may have."""
PREHISTORIC = -9999
"""Before this year a date is only a year."""
MJD = 2_400_000.5
"""Where modified Julian days begin."""

LAST_DAY = 1e9
"""The last Julian day that can be given as such."""

_TIMESTAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
_ISO = re.compile(r"([+-]?\d{4,9})-(\d\d)(?:-(\d\d))?(?:[t ]+(.+)|(z))?")
_JULIAN_DAY = re.compile(r"(?:(m?)jd ?([+-]?\d{1,12}(?:[.,]\d{1,12})?)|([+-]?\d{1,12}(?:[.,]\d{1,12})?) ?(m?)jd)")
_CJK = re.compile(r"(\d{1,9})年(?:(\d{1,2})月(?:(\d{1,2})日)?)?(?:(\d{1,2})時(?:(\d{1,2})分(?:(\d{1,2})秒)?)?)?")
_BEFORE = re.compile(
    r"\b(?:b\.?c\.?e?\.?|av(?:ant)?\.? ?j(?:esus)?\.?[- ]?c(?:hrist)?\.?|avant notre ere|avant l'ere commune)(?!\w)"
)
_AFTER = re.compile(r"\b(?:a\.?d\.?|c\.?e\.?|ap(?:r(?:es)?)?\.? ?j(?:esus)?\.?[- ]?c(?:hrist)?\.?|de notre ere)(?!\w)")
_CALENDAR = re.compile(r"\(?\b(?:(gr(?:egorian|egorien)?)|(jl|julian|julien|os))\b\)?")
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|er|re|e|eme)\b")
_WEEKDAY = re.compile(r"([a-z]+)\.?(,)?\s+(?=\S)")
_TOKEN = re.compile(r"-?\d+|[^\W\d_]+\.?|[^\w\s]|_")
_FILLING = {"le", "the", "of", "de", "du", "en", "in", "on"}
_BETWEEN = {",", "/", ".", "-"}


@dataclass(frozen=True, slots=True)
class ParsedDate:
    """A moment and whether another reading was possible."""

    moment: PartialDate
    ambiguous: bool = False


def read_date(text: str, language: str) -> ParsedDate:
    """The moment that `text` writes. Raises NotADate with the code of a problem."""
    if not text.strip():
        raise NotADate("value_empty")
    if len(text) > DATE_LIMIT:
        raise NotADate("date_unreadable")
    folded = " ".join(fold(unicodedata.normalize("NFKC", text).replace("−", "-")).split())
    return _exact(folded) or _spoken(folded, language)


def _exact(text: str) -> ParsedDate | None:
    """A form that means one thing everywhere, or None."""
    found = _TIMESTAMP.fullmatch(text) or _CJK.fullmatch(text)
    if found:
        year, month, day, *time = (int(part) if part else None for part in found.groups())
        return ParsedDate(_dated(year or 0, month, day, _clock(time)))
    found = _ISO.fullmatch(text)
    if found:
        rest, clock = extract_time(found[4]) if found[4] else ("", None)
        if not rest:
            return ParsedDate(_dated(int(found[1]), int(found[2]), int(found[3]) if found[3] else None, clock))
    found = _JULIAN_DAY.fullmatch(text)
    if found:
        modified, words = (found[1], found[2]) if found[2] else (found[4], found[3])
        number = float(words.replace(",", ".")) + (MJD if modified else 0)
        if not 0 <= number <= LAST_DAY:
            raise NotADate("date_julian_day")
        return ParsedDate(partial_dates.from_julian_day(number))
    return None


def _clock(time: list[int | None]) -> ParsedTime | None:
    """Hour, minute and second, of which the last may not be known."""
    known = [part for part in time if part is not None]
    hour, minute, second = [*known, 0, 0, 0][:3]
    return ParsedTime(hour, minute, second, DATE + len(known)) if known else None


def _spoken(text: str, language: str) -> ParsedDate:
    """A date in words and numbers."""
    text, clock = extract_time(text)
    before, text = _taken(_BEFORE, text)
    after, text = _taken(_AFTER, text) if not before else (None, text)
    named, text = _taken(_CALENDAR, text)
    calendar = 0 if named is None else GREGORIAN if named[1] else JULIAN
    text = _ORDINAL.sub(r"\1", text).strip()
    weekday = _WEEKDAY.match(text)
    if (
        weekday
        and weekday[1] in WEEKDAYS
        and (weekday[2] or weekday[1] not in MONTHS or _names_month(text[weekday.end() :]))
    ):
        text = text[weekday.end() :]
    year, month, day, ambiguous = _arranged(_parts(text), language, before is not None or after is not None)
    if before:
        year = -abs(year)
    return ParsedDate(_dated(year, month, day, clock, calendar), ambiguous)


def _names_month(text: str) -> bool:
    return any(token.rstrip(".") in MONTHS for token in _TOKEN.findall(text))


def _taken(pattern: re.Pattern[str], text: str) -> tuple[re.Match[str] | None, str]:
    """The first match and the text without it."""
    found = pattern.search(text)
    return (found, f"{text[: found.start()]} {text[found.end() :]}".strip()) if found else (None, text)


def _parts(text: str) -> list[tuple[str, int, int]]:
    """The parts of a date in order: `month` or `number`, its value, how many digits it has."""
    parts: list[tuple[str, int, int]] = []
    for token in _TOKEN.findall(text.strip(" ,.")):
        word = token.rstrip(".")
        if word in MONTHS:
            parts.append(("month", MONTHS[word], 0))
        elif token.lstrip("-").isdecimal():
            first = not parts and token.startswith("-")
            digits = token.lstrip("-")
            parts.append(("number", -int(digits) if first else int(digits), len(digits)))
        elif token not in _BETWEEN and word not in _FILLING:
            raise NotADate("date_unreadable")
    if len(parts) > 3 or not parts:
        raise NotADate("date_unreadable")
    return parts


def _arranged(parts: list[tuple[str, int, int]], language: str, era: bool) -> tuple[int, int | None, int | None, bool]:
    """Year, month, day of the parts, and whether another order was possible."""
    month = [i for i, part in enumerate(parts) if part[0] == "month"]
    numbers = [part for part in parts if part[0] == "number"]
    if len(month) > 1 or not numbers or any(part[2] > 9 for part in numbers):
        raise NotADate("date_unreadable")
    if len(parts) == 1:
        return numbers[0][1], None, None, False
    years = [part for part in numbers if part[2] > 2 or part[1] > 31 or part[1] < 0]
    if len(numbers) == 1 and month:
        if not years and not era:
            raise NotADate("date_year")
        return numbers[0][1], parts[month[0]][1], None, False
    if month:
        return _with_month_name(numbers, years, parts[month[0]][1], era)
    if len(numbers) == 2:
        first, second = numbers
        if first in years and first[2] > 2 and second not in years:
            return first[1], second[1], None, False
        if second in years and (second[2] > 2 or era) and first not in years:
            return second[1], first[1], None, False
        raise NotADate("date_year")
    return _in_numbers(numbers, language, era)


def _with_month_name(
    numbers: list[tuple[str, int, int]], years: list[tuple[str, int, int]], month: int, era: bool
) -> tuple[int, int, int, bool]:
    """Day and year about the name of a month."""
    clear = [part for part in numbers if part[2] > 2 or part[1] < 0]
    if len(clear) == 1:
        year = clear[0]
    elif era and len(years) <= 1 and not clear:
        year = years[0] if years else numbers[-1]
    else:
        raise NotADate("date_year")
    day = next(part for part in numbers if part is not year)
    return year[1], month, day[1], False


def _in_numbers(numbers: list[tuple[str, int, int]], language: str, era: bool) -> tuple[int, int, int, bool]:
    """Three numbers: the year is the one with more digits, first or last; day and month go by the language."""
    first, second, third = numbers
    if first[2] > 2 or first[1] < 0:
        return first[1], second[1], third[1], False
    if third[2] <= 2 and not era:
        raise NotADate("date_year")
    one, two = first[1], second[1]
    if one > 12 or two > 12:
        return (third[1], two, one, False) if one > 12 else (third[1], one, two, False)
    day, month = (one, two) if language_of(language).day_first else (two, one)
    return third[1], month, day, one != two


def _dated(
    year: int, month: int | None, day: int | None, clock: ParsedTime | None = None, calendar: int = 0
) -> PartialDate:
    """The moment of checked parts, in UTC."""
    if year == 0:
        raise NotADate("date_year")
    if year < PREHISTORIC and (month is not None or clock is not None):
        raise NotADate("date_prehistoric")
    if month is not None and not 1 <= month <= 12:
        raise NotADate("date_month")
    calendar = calendar or partial_dates.usual_calendar(year, *((month, day or 31) if month else ()))
    if day is not None and not 1 <= day <= calendars.days_in(calendar, year, month or 1):
        raise NotADate("date_month")
    precision = YEAR if month is None else MONTH if day is None else DATE
    moment = PartialDate(calendar, year, month or 1, day or 1, 0, precision)
    if clock is None:
        return moment
    if precision != DATE:
        raise NotADate("date_hour")
    return replace(moment, millis=clock.millis, precision=clock.precision).add_minutes(-clock.offset)
