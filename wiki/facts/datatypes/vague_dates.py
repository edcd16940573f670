"""Dates that people know in part: `printemps 2024`, `vers 1990`, `depuis 2016`, `2016-2018`, `T1 2024`, `années 1990`.

Each is an interval, written in EDTF (ISO 8601-2:2019, annex A) as its canonical form. The known end of an open interval
is its place among other dates. Winter begins in the year that names it; a third of a year or month is its beginning,
its middle or its end. The library `edtf` is not used: it refuses open intervals, and its winter ends with December.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wiki.facts.datatypes import partial_dates
from wiki.facts.datatypes.calendars import days_in
from wiki.facts.datatypes.date_parser import DATE_LIMIT, fold_date, read_date
from wiki.facts.datatypes.partial_dates import DATE, MONTH, YEAR, PartialDate
from wiki.facts.datatypes.times_of_day import NotADate

FIRST_CLEAR_YEAR = 100
"""Smaller numbers in an interval are no years: `3/4`."""
PREFIX = "edtf:"
"""Begins the canonical form of a vague date."""
_SEASONS = {
    "printemps": 1, "spring": 1, "ete": 2, "summer": 2, "automne": 3, "autumn": 3, "fall": 3, "hiver": 4, "winter": 4,
}  # fmt: skip
_PARTS = {
    "debut": 0, "early": 0, "beginning of": 0, "mi": 1, "milieu": 1, "mid": 1, "middle of": 1, "fin": 2, "late": 2,
    "end of": 2,
}  # fmt: skip
_ROMAN = {"i": 1, "v": 5, "x": 10}
_SEASON = re.compile(rf"(?:au |a l'|en |l'|le |in )?({'|'.join(_SEASONS)}) (?:de |of )?(\d{{4}})(?:[-/](\d{{2,4}}))?")
_QUARTER = re.compile(
    r"(?:(?:le |the )?(?:[tq]([1-4])|([1-4])(?:er|e|eme|st|nd|rd|th)? (?:trimestre|quarter))(?: de| of)? (\d{4})"
    r"|(\d{4})[- ]?[tq]([1-4]))"
)
_HALF = re.compile(r"(?:le )?(?:s([12])|([12])(?:er|e|eme)? semestre)(?: de)? (\d{4})")
_PART = re.compile(rf"({'|'.join(_PARTS)})[ -](?:de |du |d'|le mois de )?(.+)")
_ABOUT = re.compile(
    r"(?:vers|environ|autour de|circa|ca\.?|c\.|about|around|approximately|~|courant) ?(.+)|(.+?) ?(?:environ|[~?%])"
)
_SINCE = re.compile(r"(?:depuis|a partir d[eu]|des|since|from)(?: le| la| l'an)? (.+)|(.+)/(?:\.\.)?")
_AFTER = re.compile(r"(?:apres|after)(?: le)? (.+)")
_UNTIL = re.compile(r"(?:jusqu'(?:a|en|au|aux)|until|till|up to)(?: le)? (.+)|\.\./(.+)")
_BEFORE = re.compile(r"(?:avant|before)(?: le)? (.+)")
_DECADE = re.compile(r"(?:les )?annees (\d{2}|\d{3}0)|(?:the )?(\d{3}0)s|(\d{3})x")
_CENTURY = re.compile(
    r"(?:(x{0,3}(?:ix|iv|v?i{0,3}))|(\d{1,2})) ?(?:er|e|eme|st|nd|rd|th)? (?:siecle|century)|(\d{2})xx"
)
_SEPARATOR = re.compile(r" ?[-–—/] ?| (?:a|au|et|and|to|jusqu'a|jusqu'au|jusqu'en) ")
_FROM = re.compile(r"(?:de |du |d'|entre |from |between )")
_FIRST_WORD = re.compile(r"\S+ +")


@dataclass(frozen=True, slots=True)
class VagueDate:
    """An interval of Julian days, and how EDTF writes it."""

    edtf: str
    start: float
    end: float


def read_vague_date(text: str, language: str) -> VagueDate | None:
    """Return the interval that a text names; None for other texts."""
    if len(text) > DATE_LIMIT:
        return None
    folded = fold_date(text)
    for read in _READERS:
        try:
            found = read(folded, language)
        except (NotADate, ValueError, OverflowError):
            continue
        if found is not None:
            return found
    return None


def _months(year: int, first: int, count: int, edtf: str) -> VagueDate:
    """Return `count` months of a year, from the month `first`; months after December are of the next year."""
    last_year, last = divmod(year * 12 + first + count - 2, 12)
    return VagueDate(edtf, _month(year, first).start, _month(last_year, last + 1).end)


def _month(year: int, month: int) -> PartialDate:
    if not year:
        raise NotADate("date_year")
    return PartialDate(partial_dates.usual_calendar(year, month), year, month, precision=MONTH)


def _season(text: str, language: str) -> VagueDate | None:
    match = _SEASON.fullmatch(text)
    if match is None:
        literal = re.fullmatch(r"(\d{4})-2([1-4])", text)
        year, number = (int(literal[1]), int(literal[2])) if literal else (0, 0)
    else:
        year, number = int(match[2]), _SEASONS[match[1]]
        if match[3] and (number != 4 or not str(year + 1).endswith(match[3])):
            return None
    return _months(year, number * 3, 3, f"{year:04}-2{number}") if number else None


def _quarter_or_half(text: str, language: str) -> VagueDate | None:
    if match := _QUARTER.fullmatch(text):
        number, year = int(match[1] or match[2] or match[5]), int(match[3] or match[4])
        return _months(year, number * 3 - 2, 3, f"{year:04}-{32 + number}")
    if match := _HALF.fullmatch(text):
        number, year = int(match[1] or match[2]), int(match[3])
        return _months(year, number * 6 - 5, 6, f"{year:04}-{39 + number}")
    return None


def _part(text: str, language: str) -> VagueDate | None:
    """Read the beginning, middle or end of a year or month."""
    match = _PART.fullmatch(text)
    if match is None:
        return None
    date, third = read_date(match[2], language).moment, _PARTS[match[1]]
    if date.precision == YEAR:
        first = third * 4 + 1
        return _months(date.year, first, 4, f"{_iso(date)}-{first:02}/{_iso(date)}-{first + 3:02}")
    if date.precision != MONTH:
        return None
    last = days_in(date.calendar, date.year, date.month) if third == 2 else third * 10 + 10
    first_day, last_day = (PartialDate(date.calendar, date.year, date.month, day) for day in (third * 10 + 1, last))
    return VagueDate(f"{_iso(first_day)}/{_iso(last_day)}", first_day.start, last_day.end)


def _about(text: str, language: str) -> VagueDate | None:
    match = _ABOUT.fullmatch(text)
    if match is None:
        return None
    inner = match[1] or match[2]
    for read in (_season, _quarter_or_half, _part, _decade_or_century):
        if found := read(inner, language):
            return found
    date = read_date(inner, language).moment
    return VagueDate(f"{_iso(date)}~", date.start, date.end)


def _open_interval(text: str, language: str) -> VagueDate | None:
    if match := _SINCE.fullmatch(text):
        date = read_date(match[1] or match[2], language).moment
        return VagueDate(f"{_iso(date)}/..", date.start, date.end)
    if match := _UNTIL.fullmatch(text):
        date = read_date(match[1] or match[2], language).moment
        return VagueDate(f"../{_iso(date)}", date.start, date.end)
    if match := _AFTER.fullmatch(text):
        end = read_date(match[1], language).moment.end
        return VagueDate(f"{_iso(partial_dates.from_julian_day(end))}/..", end, end + 1)
    if match := _BEFORE.fullmatch(text):
        start = read_date(match[1], language).moment.start
        return VagueDate(f"../{_iso(partial_dates.from_julian_day(start - 1))}", start - 1, start)
    return None


def _decade_or_century(text: str, language: str) -> VagueDate | None:
    if match := _DECADE.fullmatch(text):
        digits = (match[1] or match[2] or f"{match[3]}0").rjust(4, "0")
        year = int(digits) + (0 if not match[1] or len(match[1]) > 2 else 2000 if int(digits) < 20 else 1900)
        if not year:
            return None
        return _years(year // 10 * 10, 10, f"{year // 10:03}X")
    if match := _CENTURY.fullmatch(text):
        number = int(match[3]) + 1 if match[3] else int(match[2]) if match[2] else _roman(match[1] or "")
        return _years((number - 1) * 100, 100, f"{number - 1:02}XX") if 1 < number <= 40 else None
    return None


def _years(first: int, count: int, edtf: str) -> VagueDate:
    return VagueDate(edtf, _month(first, 1).start, _month(first + count - 1, 12).end)


def _roman(digits: str) -> int:
    """Return the number of Roman digits up to X."""
    values = [_ROMAN[digit] for digit in digits]
    return sum(-one if one < max(values[index:]) else one for index, one in enumerate(values))


def _interval(text: str, language: str) -> VagueDate | None:
    """Read two dates; the first may leave out what both have in common (`3-5 mars 2024`), the second the century."""
    text = _FROM.sub("", text, count=1) if _FROM.match(text) else text
    for match in _SEPARATOR.finditer(text):
        for left, right in _ends(text[: match.start()].strip(), text[match.end() :].strip()):
            try:
                first, last = read_date(left, language).moment, read_date(right, language).moment
            except NotADate:
                continue
            is_clear = min(abs(first.year), abs(last.year)) >= FIRST_CLEAR_YEAR
            if is_clear and first.start < last.start and first.precision == last.precision:
                return VagueDate(f"{_iso(first)}/{_iso(last)}", first.start, last.end)
    return None


def _ends(left: str, right: str) -> Iterator[tuple[str, str]]:
    """Yield what the texts on both sides of a separator may be short for."""
    if re.fullmatch(r"\d{4}", left) and re.fullmatch(r"\d{2}", right):
        yield left, left[:2] + right
    if left and right:
        yield left, right
        for rest in dict.fromkeys((_FIRST_WORD.sub("", right, count=1), right.rpartition(" ")[2])):
            yield f"{left} {rest}", right


def _iso(date: PartialDate) -> str:
    """Return a date in ISO 8601, up to its precision of a day."""
    year = date.year + (date.year < 0)  # there is a year 0, which is 1 BC
    parts = (f"{'-' if year < 0 else ''}{abs(year):04}", f"{date.month:02}", f"{date.day:02}")
    return "-".join(parts[: min(date.precision, DATE)])


_READERS: tuple[Callable[[str, str], VagueDate | None], ...] = (
    _season, _quarter_or_half, _decade_or_century, _open_interval, _interval, _part, _about,
)  # fmt: skip
