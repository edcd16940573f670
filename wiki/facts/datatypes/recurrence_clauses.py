"""The clauses of recurring dates in words that say from when to when: first and last day, time of day, duration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta

from wiki.facts.datatypes.date_parser import read_date
from wiki.facts.datatypes.languages import MONTHS, WEEKDAYS
from wiki.facts.datatypes.local_time import ORDINAL_OF_DAY_0
from wiki.facts.datatypes.partial_dates import PartialDate, from_julian_day
from wiki.facts.datatypes.recurrence_rules import FIRST_YEAR, LAST_YEAR, NotRecurring
from wiki.facts.datatypes.times_of_day import NotADate

CUT = " | "
"""What stands in the text for a piece that was taken out: words around it are not side by side."""


def any_of(words: list[str]) -> str:
    """Return the pattern of one of these words, the longest first."""
    return f"(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})"


MONTH_NUMBERS = {name: number for name, number in MONTHS.items() if name != "mar"}
"""Months by folded name; `mar` is the French abbreviation of Tuesday here."""
MONTH = rf"{any_of(list(MONTH_NUMBERS))}\b\.?"
_WEEKDAY = rf"{any_of(list(WEEKDAYS))}\b\.?,? "
_YEAR = r",? \d{4}(?!\d)"
_NTH = r"\d{1,2}(?:er|e|st|nd|rd|th)?\b"
DATE = (
    rf"(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}|(?:{_WEEKDAY})?"
    rf"(?:{_NTH} (?:of |de )?{MONTH}(?:{_YEAR})?|{MONTH} {_NTH}(?:{_YEAR})?|{MONTH}{_YEAR}))(?!\w)"
)
_ARTICLE = r"(?:le |la |l'|the )?"
_PERIOD = re.compile(
    rf"\b(?:du|de|d'|from|entre|between) ?{_ARTICLE}({DATE}) (?:au|a|to|until|et|and|-) {_ARTICLE}({DATE})"
)
_START = re.compile(
    r"\b(?:a partir (?:du|de|d')|a compter (?:du|de|d')|des|depuis|from|since|starting(?: on| from| in)?|as of"
    rf"|beginning(?: on| in)?|debutant) ?{_ARTICLE}({DATE})"
)
_END = re.compile(rf"\b(?:jusqu'(?:au|a|en)|until|till|up to|through) {_ARTICLE}(?:fin |end of )?({DATE})")

CLOCK = (
    r"(?:(?<!\w)(?:\d{1,2} ?(?:h(?:eures?)?(?: ?\d\d)?|:\d\d(?: ?[ap]\.?m\b\.?)?|[ap]\.?m\b\.?)"
    r"|(?<!apres-)midi|minuit|noon|midnight)(?!\w))"
)
_TIMES = re.compile(
    rf"(?:\b(?:de|from) ({CLOCK}|\d{{1,2}}) ?(?:-|a|to|until|till|jusqu'a) ?({CLOCK})"
    rf"|\b(?:entre|between) ({CLOCK}|\d{{1,2}}) (?:et|and) ({CLOCK})"
    rf"|({CLOCK}|(?<!\w)\d{{1,2}}(?= ?-)) ?(?:-|a|to|until|till|jusqu'a) ?({CLOCK}))"
)
_TIME = re.compile(rf"(?:\b(?:a|at|vers|des|de|from) |@ ?)?({CLOCK})")
_CLOCK_PARTS = re.compile(r"(\d{1,2})(?: ?(?:h(?:eures?)?|:) ?(\d\d)?)?(?: ?([ap])\.?m\.?)?")
_NAMED_TIMES = {"midi": 12, "noon": 12, "minuit": 24, "midnight": 24}
_DURATION = re.compile(
    r"(?:\b(?:pendant|durant|duree(?: de)?|for)|, ?duree ?:?) (?:(\d{1,2}|une|an|one|deux|two|trois|three) ?"
    r"(?:h|heures?|hours?)\b(?: ?(\d\d)\b)?|(\d{1,3}) ?min(?:ute)?s?\b)"
)
_END_OF_DAY = 24 * 60
_AMOUNTS = {"une": 1, "an": 1, "one": 1, "deux": 2, "two": 2, "trois": 3, "three": 3}
_DAY_PARTS = re.compile(
    r"\b(?:(?:in|au) )?(?:the |le |la )?(matin|morning|apres-midi|afternoon|soir|soiree|evening)s?\b"
)
_HOURS_OF_PARTS = {"m": range(4, 13), "a": range(12, 19), "s": range(17, 24), "e": range(17, 24)}
"""The hours at which the parts of a day begin, by the first letter of their name."""


@dataclass(slots=True)
class WordsLeft:
    """The words of a text that are not read yet."""

    text: str

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take the first match out of the text, and return it; None if there is none."""
        match = pattern.search(self.text)
        if match is not None:
            self.text = f"{self.text[: match.start()]}{CUT}{self.text[match.end() :]}"
        return match

    def take_all(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        """Take all matches out of the text, and return them."""
        found = list(pattern.finditer(self.text))
        self.text = pattern.sub(CUT, self.text)
        return found


def take_bounds(words: WordsLeft, language: str) -> tuple[date | None, date | None]:
    """Take the first and the last day out of a text. Raises NotRecurring for what is no date."""
    if match := words.take(_PERIOD):
        end = _read_day(match[2], language)
        has_year = re.search(r"\d{4}", match[1]) is not None
        start = _read_day(match[1] if has_year else f"{match[1]} {_day_of(end).year}", language)
        first, last = _day_of(start), _last_day_of(end)
        if first > last and not has_year:
            first = _day_of(_read_day(f"{match[1]} {last.year - 1}", language))
        return first, last
    start_match, end_match = words.take(_START), words.take(_END)
    return (
        _day_of(_read_day(start_match[1], language)) if start_match else None,
        _last_day_of(_read_day(end_match[1], language)) if end_match else None,
    )


def _read_day(text: str, language: str) -> PartialDate:
    """Read a day or a month with its year. Raises NotRecurring."""
    try:
        moment = read_date(text, language).moment
    except NotADate as error:
        raise NotRecurring(error.code) from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise NotRecurring("date_year")
    return moment


def _day_of(moment: PartialDate) -> date:
    return date.fromordinal(moment.number - ORDINAL_OF_DAY_0)


def _last_day_of(moment: PartialDate) -> date:
    return _day_of(from_julian_day(moment.end - 1))


def take_times(words: WordsLeft) -> tuple[time | None, timedelta | None]:
    """Take the time of day and the duration out of a text. Raises NotRecurring for several or impossible times."""
    duration = _take_duration(words)
    begin, end = None, None
    if match := words.take(_TIMES):
        first, last = (clock for clock in match.groups() if clock)
        begin, end = _read_times(first, last)
    elif match := words.take(_TIME):
        begin = _read_clock(match[1])
    if begin == _END_OF_DAY:
        begin = 0
    if re.search(CLOCK, words.text):
        raise NotRecurring("recurrence_times")
    if end is not None and begin is not None:
        if duration is not None:
            raise NotRecurring("recurrence_unreadable")
        duration = timedelta(minutes=(end - begin) if end > begin else (end - begin + 24 * 60))
    if duration is not None and begin is None:
        raise NotRecurring("recurrence_unreadable")
    for match in words.take_all(_DAY_PARTS):
        if begin is None or begin // 60 not in _HOURS_OF_PARTS[match[1][0]]:
            raise NotRecurring("recurrence_unreadable")
    return (time(begin // 60 % 24, begin % 60) if begin is not None else None), duration


def _take_duration(words: WordsLeft) -> timedelta | None:
    match = words.take(_DURATION)
    if match is None:
        return None
    hours = _AMOUNTS.get(match[1]) or int(match[1]) if match[1] else 0
    return timedelta(hours=hours, minutes=int(match[2] or match[3] or 0))


def _read_times(first: str, last: str) -> tuple[int, int]:
    """Return the minutes of the day of two times; the first is in the half of the day of the second, if it can be."""
    end = _read_clock(last, is_end=True)
    half = re.search(r"[ap](?=\.?m)", last)
    if half is None or re.search(r"[aphm]", first):
        return _read_clock(first), end
    begin = _read_clock(f"{first} {half[0]}m")
    return (begin, end) if begin < end else (_read_clock(f"{first} {'a' if half[0] == 'p' else 'p'}m"), end)


def _read_clock(text: str, *, is_end: bool = False) -> int:
    """Return the minute of the day of a time; midnight ends the day, as does 24h if `is_end`. Raises NotRecurring."""
    if text in _NAMED_TIMES:
        return _NAMED_TIMES[text] * 60
    match = _CLOCK_PARTS.fullmatch(text.strip())
    if match is None:
        raise NotRecurring("date_hour")
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            raise NotRecurring("date_hour")
        hour = hour % 12 + (12 if match[3] == "p" else 0)
    if hour > 24 - (not is_end) or minute > 59 or (hour == 24 and minute):
        raise NotRecurring("date_hour")
    return hour * 60 + minute
