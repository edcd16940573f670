"""Parses dates as people write them, in English and French, with or without time, era and calendar."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from wiki.facts.datatypes import calendars, partial_dates
from wiki.facts.datatypes.calendars import GREGORIAN, JULIAN
from wiki.facts.datatypes.languages import MONTHS, WEEKDAYS, language_of
from wiki.facts.datatypes.local_time import to_local
from wiki.facts.datatypes.partial_dates import DATE, MONTH, YEAR, PartialDate
from wiki.facts.datatypes.times_of_day import NotADate, ParsedTime, extract_time
from wiki.text.titles import fold

DATE_LIMIT = 120
"""Maximum number of characters in a date."""
PREHISTORIC = -9999
"""Before this year a date has no month."""
MJD = 2_400_000.5
"""Julian day on which modified Julian days begin."""

LAST_DAY = 1e9
"""The last Julian day that can be given as a Julian day."""

_TIMESTAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
_ISO = re.compile(r"([+-]?\d{4,9})-(\d\d)(?:-(\d\d))?(?:[t ]+(.+)|(z))?")
_HOUR = re.compile(r"\d{1,2}")
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
_FILL_WORDS = {"le", "the", "of", "de", "du", "en", "in", "on"}
_SEPARATORS = {",", "/", ".", "-"}


@dataclass(frozen=True, slots=True)
class ParsedDate:
    """A date, and whether it could be parsed in another way too."""

    moment: PartialDate
    ambiguous: bool = False


def read_date(text: str, language: str) -> ParsedDate:
    """Parse a date. Raises NotADate with the code of a problem."""
    if not text.strip():
        raise NotADate("value_empty")
    if len(text) > DATE_LIMIT:
        raise NotADate("date_unreadable")
    folded = fold_date(text)
    return _parse_exact(folded) or _parse_words(folded, language)


def fold_date(text: str) -> str:
    """Return a text as it is read for dates: without case and accents, with simple blanks and hyphens."""
    return " ".join(fold(unicodedata.normalize("NFKC", text).replace("−", "-")).split())


def _parse_exact(text: str) -> ParsedDate | None:
    """Parse a form that is the same in all languages: timestamp, ISO, Chinese and Japanese, Julian day.

    Return None for others.
    """
    match = _TIMESTAMP.fullmatch(text) or _CJK.fullmatch(text)
    if match:
        year, month, day, *time = (int(part) if part else None for part in match.groups())
        return ParsedDate(_build_date(year or 0, month, day, _time_of(time)))
    match = _ISO.fullmatch(text)
    if match:
        is_hour = match[3] and match[4] and _HOUR.fullmatch(match[4])
        rest, clock = extract_time(f"{match[4]}h" if is_hour else match[4]) if match[4] else ("", None)
        if not rest:
            return ParsedDate(_build_date(int(match[1]), int(match[2]), int(match[3]) if match[3] else None, clock))
    match = _JULIAN_DAY.fullmatch(text)
    if match:
        modified, number_text = (match[1], match[2]) if match[2] else (match[4], match[3])
        number = float(number_text.replace(",", ".")) + (MJD if modified else 0)
        if not 0 <= number <= LAST_DAY:
            raise NotADate("date_julian_day")
        return ParsedDate(partial_dates.from_julian_day(number))
    return None


def _time_of(parts: list[int | None]) -> ParsedTime | None:
    """Return the time of day from hour, minute and second, of which the last may be None; None without an hour."""
    known = [part for part in parts if part is not None]
    hour, minute, second = [*known, 0, 0, 0][:3]
    return ParsedTime(hour, minute, second, DATE + len(known)) if known else None


def _parse_words(text: str, language: str) -> ParsedDate:
    """Parse a date in words and numbers."""
    text, clock = extract_time(text)
    before, text = _extract(_BEFORE, text)
    after, text = _extract(_AFTER, text) if not before else (None, text)
    named, text = _extract(_CALENDAR, text)
    calendar = 0 if named is None else GREGORIAN if named[1] else JULIAN
    text = _ORDINAL.sub(r"\1", text).strip()
    weekday = _WEEKDAY.match(text)
    if (
        weekday
        and weekday[1] in WEEKDAYS
        and (weekday[2] or weekday[1] not in MONTHS or _names_month(text[weekday.end() :]))
    ):
        text = text[weekday.end() :]
    year, month, day, ambiguous = _arrange(_split_parts(text), language, before is not None or after is not None)
    if before:
        year = -abs(year)
    return ParsedDate(_build_date(year, month, day, clock, calendar), ambiguous)


def _names_month(text: str) -> bool:
    """Return whether a text has the name of a month."""
    return any(token.rstrip(".") in MONTHS for token in _TOKEN.findall(text))


def _extract(pattern: re.Pattern[str], text: str) -> tuple[re.Match[str] | None, str]:
    """Return the first match and the text without it."""
    match = pattern.search(text)
    return (match, f"{text[: match.start()]} {text[match.end() :]}".strip()) if match else (None, text)


def _split_parts(text: str) -> list[tuple[str, int, int]]:
    """Return the parts of a date in order, as (`month` or `number`, value, number of digits)."""
    parts: list[tuple[str, int, int]] = []
    for token in _TOKEN.findall(text.strip(" ,.")):
        word = token.rstrip(".")
        if word in MONTHS:
            parts.append(("month", MONTHS[word], 0))
        elif token.lstrip("-").isdecimal():
            first = not parts and token.startswith("-")
            digits = token.lstrip("-")
            parts.append(("number", -int(digits) if first else int(digits), len(digits)))
        elif token not in _SEPARATORS and word not in _FILL_WORDS:
            raise NotADate("date_unreadable")
    if len(parts) > 3 or not parts:
        raise NotADate("date_unreadable")
    return parts


def _arrange(
    parts: list[tuple[str, int, int]], language: str, has_era: bool
) -> tuple[int, int | None, int | None, bool]:
    """Return year, month and day from the parts, and whether another order was possible."""
    month = [i for i, part in enumerate(parts) if part[0] == "month"]
    numbers = [part for part in parts if part[0] == "number"]
    if len(month) > 1 or not numbers or any(part[2] > 9 for part in numbers):
        raise NotADate("date_unreadable")
    if len(parts) == 1:
        return numbers[0][1], None, None, False
    years = [part for part in numbers if part[2] > 2 or part[1] > 31 or part[1] < 0]
    if len(numbers) == 1 and month:
        if not years and not has_era:
            raise NotADate("date_year")
        return numbers[0][1], parts[month[0]][1], None, False
    if month:
        return _with_month_name(numbers, years, parts[month[0]][1], has_era)
    if len(numbers) == 2:
        first, second = numbers
        if first in years and first[2] > 2 and second not in years:
            return first[1], second[1], None, False
        if second in years and (second[2] > 2 or has_era) and first not in years:
            return second[1], first[1], None, False
        raise NotADate("date_year")
    return _arrange_numbers(numbers, language, has_era)


def _with_month_name(
    numbers: list[tuple[str, int, int]], years: list[tuple[str, int, int]], month: int, has_era: bool
) -> tuple[int, int, int, bool]:
    """Return year, month and day from two numbers around the name of a month."""
    clear_years = [part for part in numbers if part[2] > 2 or part[1] < 0]
    if len(clear_years) == 1:
        year = clear_years[0]
    elif has_era and len(years) <= 1 and not clear_years:
        year = years[0] if years else numbers[-1]
    else:
        raise NotADate("date_year")
    day = next(part for part in numbers if part is not year)
    return year[1], month, day[1], False


def _arrange_numbers(numbers: list[tuple[str, int, int]], language: str, has_era: bool) -> tuple[int, int, int, bool]:
    """Interpret three numbers.

    The year is the one with more digits, first or last; the language decides the order of day and month.
    """
    first, second, third = numbers
    if first[2] > 2 or first[1] < 0:
        return first[1], second[1], third[1], False
    if third[2] <= 2 and not has_era:
        raise NotADate("date_year")
    first_value, second_value = first[1], second[1]
    if first_value > 12 or second_value > 12:
        return (
            (third[1], second_value, first_value, False)
            if first_value > 12
            else (third[1], first_value, second_value, False)
        )
    day, month = (first_value, second_value) if language_of(language).day_first else (second_value, first_value)
    return third[1], month, day, first_value != second_value


def _build_date(
    year: int, month: int | None, day: int | None, clock: ParsedTime | None = None, calendar: int = 0
) -> PartialDate:
    """Check the parts, and return the date in the site's time zone. Raises NotADate."""
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
    moment = replace(moment, millis=clock.millis, precision=clock.precision)
    return moment if clock.offset is None else to_local(moment.add_minutes(-clock.offset))
