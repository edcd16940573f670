"""Reads recurring dates in French and English words: `tous les mardis de 18h à 20h`, `first Saturday of the month`.

What has a meaning is taken out of the text, piece by piece; only words without one may remain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from wiki.facts.datatypes.date_parser import fold_date
from wiki.facts.datatypes.languages import LANGUAGES
from wiki.facts.datatypes.recurrence_clauses import (
    CUT,
    MONTH,
    MONTH_NUMBERS,
    WordsLeft,
    any_of,
    take_bounds,
    take_times,
)
from wiki.facts.datatypes.recurrence_days import occurrence_days
from wiki.facts.datatypes.recurrence_rules import (
    DAILY,
    EVERY_DAY,
    MONTHLY,
    WEEKLY,
    YEARLY,
    NotRecurring,
    Recurrence,
    check,
)
from wiki.text.titles import fold

_DAYS = {
    name: number
    for language in LANGUAGES.values()
    for names in (language.weekdays, language.short_weekdays)
    for number, full in enumerate(names)
    for name in (fold(full).rstrip("."), f"{fold(full).rstrip('.')}s")
} | {"tues": 1, "thur": 3, "thurs": 3}  # fmt: skip
_DAY = rf"\b{any_of(list(_DAYS))}\b\.?"
_NUMBERS = {
    "un": 1, "une": 1, "one": 1, "deux": 2, "two": 2, "trois": 3, "three": 3, "quatre": 4, "four": 4, "cinq": 5,
    "five": 5, "six": 6, "sept": 7, "seven": 7, "huit": 8, "eight": 8, "dix": 10, "ten": 10, "quinze": 15,
    "other": 2, "second": 2, "third": 3, "fourth": 4,
}  # fmt: skip
_NUMBER = rf"(?:\d{{1,4}}(?:nd|rd|th)?|{any_of(list(_NUMBERS))})\b"
_ORDINALS = {
    "premier": 1, "premiere": 1, "first": 1, "deuxieme": 2, "second": 2, "seconde": 2, "troisieme": 3, "third": 3,
    "quatrieme": 4, "fourth": 4, "cinquieme": 5, "fifth": 5, "dernier": -1, "derniere": -1, "last": -1,
    "avant-dernier": -2, "avant-derniere": -2,
}  # fmt: skip
_ORDINAL = rf"(?:\b\d{{1,2}}(?:er|re|e|eme|st|nd|rd|th)|\b(?<!-){any_of(list(_ORDINALS))})s?\b"
_DAY_OF_MONTH = rf"(?:{_ORDINAL}|\b\d{{1,2}}\b)"
_AND = r"(?: ?(?:,|/|&|\bet\b|\band\b) ?(?:(?:le|les|the|du|on|de|en)\b ?)?)"


def _list_of(item: str) -> str:
    return rf"{item}(?:{_AND}{item})*"


_SIGNS = str.maketrans({"’": "'", "–": "-", "—": "-"})
_UNITS = {
    "jour": DAILY, "day": DAILY, "semaine": WEEKLY, "week": WEEKLY, "mois": MONTHLY, "month": MONTHLY, "an": YEARLY,
    "annee": YEARLY, "year": YEARLY,
}  # fmt: skip
_UNIT = rf"\b(?:{'|'.join(_UNITS)})s?\b"
_TOO_FINE = re.compile(
    rf"\b(?:(?:toutes les|chaque|every|each)(?: {_NUMBER})? (?:heure|minute|seconde|hour|minute|second)s?\b(?! {_DAY})"
    r"|hourly|(?:fois|times) (?:par|a|per) (?:jour|day)|twice (?:a|per) day|twice daily)"
)
_COUNT = re.compile(rf"\b(?:pendant |for )?({_NUMBER}) (?:fois|times|seances|sessions)\b(?! (?:par|a|per)\b)")
_PARITY = re.compile(
    r"\b(?:(?:des|les|en|aux|de|la|on|in) )*(?:semaines? (im)?paires?|(odd|even)(?:-numbered)? weeks)\b"
)
_EXCEPT = re.compile(
    r"\b(?:sauf|hors|hormis|excepte|except|but not)(?: (?:en|le|les|on|in|au mois de|d'))* ?"
    rf"({_list_of(_DAY)}|{_list_of(MONTH)})"
)
_EVERY_NUMBER = re.compile(
    rf"\b(?:(tous les|toutes les)|every) ({_NUMBER}) ({_UNIT}|{_DAY})(?!,? (?:of|du|de chaque)\b)(?!{_AND}{_ORDINAL})"
)
_ONE_OF = re.compile(rf"\b(?:une?|le|1) ({_UNIT}|{_DAY})(?: sur | ?/ ?)({_NUMBER})")
_FREQUENCIES = (
    (YEARLY, 1, (
        r"(?:de )?chaque annee", "tous les ans", "par an", r"annuel(?:le)?(?:ment)?", r"(?:of )?(?:every|each) year",
        "yearly", "annually",
    )),
    (MONTHLY, 3, (
        r"(?:de )?chaque trimestre", "tous les trimestres", r"trimestriel(?:le)?(?:ment)?", "every quarter",
        "quarterly",
    )),
    (MONTHLY, 6, (r"(?:de )?chaque semestre", "tous les semestres")),
    (MONTHLY, 1, (
        "du mois", r"(?:de )?chaque mois", "tous les mois", r"(?:une fois )?par mois", r"mensuel(?:le)?(?:ment)?",
        r"of (?:the|each|every) month", r"(?:every|each) month", r"once (?:a|per) month", "monthly",
    )),
    (WEEKLY, 2, ("toutes les quinzaines", "chaque quinzaine", "every fortnight", "fortnightly")),
    (WEEKLY, 1, (
        "chaque semaine", "toutes les semaines", r"(?:une fois )?par semaine", r"hebdomadaire(?:ment)?",
        r"(?:every|each) week", r"once (?:a|per) week", "weekly",
    )),
    (DAILY, 1, (
        "tous les jours", "chaque jour", r"quotidien(?:ne)?(?:ment)?", "7j/7", "7 jours sur 7", "du lundi au dimanche",
        r"(?:every|each) day", "daily",
    )),
)  # fmt: skip
_FREQUENCY_PATTERNS = [
    (freq, step, re.compile(rf"\b(?:{'|'.join(phrases)})(?!\w)")) for freq, step, phrases in _FREQUENCIES
]
_MONTH_SPAN = re.compile(rf"\b(?:de |d'|du mois de |from )({MONTH}) (?:a|au mois de|to|until|through) ({MONTH})(?! \d)")
_MONTH_LIST = re.compile(
    rf"(?<!\d )\b(?:(?:au |du |de )?mois (?:de |d')|de |d'|en |in |of |every |chaque )({_list_of(MONTH)})(?!,? \d)"
)
_DATES = re.compile(rf"({_list_of(_DAY_OF_MONTH)}) (?:de |d'|of )?({MONTH})|({MONTH}) (?:the )?({_DAY_OF_MONTH})")
_NUMBERED_DAYS = re.compile(rf"({_list_of(_ORDINAL)}) ({_list_of(_DAY)})")
_LAST_DAY = re.compile(rf"({_ORDINAL}) (?:jour|day)\b")
_MONTH_DAYS = re.compile(_list_of(_DAY_OF_MONTH))
_GROUPS = (
    (range(5), r"en semaine|(?:les )?jours (?:ouvres|de semaine)|(?:every |on )?weekdays?"),
    (range(6), r"(?:les )?jours ouvrables"),
    (range(5, 7), r"(?:le |les |tous les )?week-?ends?|(?:every |on |at )?weekends?"),
)
_GROUP_PATTERNS = [(days, re.compile(rf"\b(?:{words})\b")) for days, words in _GROUPS]
_DAY_SPAN = re.compile(rf"({_DAY}) ?(?:au|a|to|-|–|through|thru) ?({_DAY})")
_ONE_DAY = re.compile(_DAY)
_EVERY = re.compile(r"\b(?:tous|toutes|chaque|every|each)\b")
_FILL_WORDS = re.compile(
    r"(?:\b(?:le|la|les|the|on|of|de|du|des|et|and|en|tous|toutes|chaque|every|each|puis)\b|[ld]'|[\s|,;:.()])*"
)


@dataclass(slots=True)
class _Pattern:
    """What words say of the days, before it becomes a rule."""

    freq: str = ""
    interval: int = 1
    days: set[tuple[int, int]] = field(default_factory=set)
    month_days: set[int] = field(default_factory=set)
    months: set[int] = field(default_factory=set)
    weeks: tuple[int, ...] = ()
    without_days: set[int] = field(default_factory=set)
    without_months: set[int] = field(default_factory=set)

    def set_frequency(self, freq: str, interval: int = 1) -> None:
        """Set how often it happens. Raises NotRecurring for a second one, unless it is the month or year in general."""
        if self.freq and self.interval > 1 and interval == 1 and freq in (MONTHLY, YEARLY) and self.freq == freq:
            return
        if self.freq and (self.freq, self.interval) != (freq, interval):
            raise NotRecurring("recurrence_unreadable")
        self.freq, self.interval = freq, interval


def read_words(text: str, language: str) -> Recurrence:
    """Read a recurring date in words. Raises NotRecurring."""
    folded = fold_date(text.translate(_SIGNS))
    words, pattern = WordsLeft(folded), _Pattern()
    if _TOO_FINE.search(words.text):
        raise NotRecurring("recurrence_too_fine")
    _take_months(words, pattern)
    start, until = take_bounds(words, language)
    count = words.take(_COUNT)
    duration_words = take_times(words)
    has_every = _EVERY.search(words.text) is not None
    _take_frequency(words, pattern)
    _take_days(words, pattern, has_every=has_every or bool(pattern.freq))
    if not _FILL_WORDS.fullmatch(words.text):
        raise NotRecurring("recurrence_unreadable")
    found = replace(
        _build(pattern), count=_number_of(count[1]) if count else None, until=until, start=start,
        time=duration_words[0], duration=duration_words[1],
    )  # fmt: skip
    return _begin_at_first_day(found)


def _begin_at_first_day(found: Recurrence) -> Recurrence:
    """Let a rule begin on its first day after the start that is stated: each second Tuesday counts from that one."""
    checked = check(found)
    if found.start is None:
        return checked
    first = next(occurrence_days(replace(checked, interval=1, count=None), found.start), None)
    if first is None:
        raise NotRecurring("recurrence_never")
    return replace(checked, start=first)


def _number_of(word: str) -> int:
    return _NUMBERS.get(word) or int(re.sub(r"\D", "", word))


def _ordinals_in(text: str) -> set[int]:
    return {
        _ORDINALS.get(word) or _ORDINALS.get(word.removesuffix("s")) or int(re.sub(r"\D", "", word))
        for word in re.findall(_DAY_OF_MONTH, text)
    }


def _days_in(text: str) -> list[int]:
    return [_DAYS[name.rstrip(".")] for name in re.findall(_DAY, text)]


def _months_in(text: str) -> set[int]:
    return {MONTH_NUMBERS[name.rstrip(".")] for name in re.findall(MONTH, text)}


def _span(first: int, last: int, size: int) -> list[int]:
    """Return the numbers from `first` to `last` in a cycle."""
    return [(first + step) % size for step in range((last - first) % size + 1)]


def _take_months(words: WordsLeft, pattern: _Pattern) -> None:
    """Take spans of months and exceptions out of a text, which could be read as dates without a year."""
    for match in words.take_all(_EXCEPT):
        if re.match(MONTH, match[1]):
            pattern.without_months |= _months_in(match[1])
        else:
            pattern.without_days |= set(_days_in(match[1]))
    for match in words.take_all(_MONTH_SPAN):
        (first,), (last,) = _months_in(match[1]), _months_in(match[2])
        pattern.months |= {month + 1 for month in _span(first - 1, last - 1, 12)}


def _take_frequency(words: WordsLeft, pattern: _Pattern) -> None:
    """Take out of a text how often it happens, and in which weeks and months. Raises NotRecurring."""
    if match := words.take(_PARITY):
        pattern.weeks = tuple(range(1, 54, 2) if match[1] or match[2] == "odd" else range(2, 54, 2))
    for one_of, match in ((True, words.take(_ONE_OF)), (False, words.take(_EVERY_NUMBER))):
        if match is None:
            continue
        unit, number = (match[1], _number_of(match[2])) if one_of else (match[3], _number_of(match[2]))
        if unit.rstrip(".") in _DAYS:
            pattern.set_frequency(WEEKLY, number)
            words.text += CUT + unit
        elif match[1] == "tous les" and unit == "jours" and number in (8, 15):  # how French counts weeks
            pattern.set_frequency(WEEKLY, number // 7)
        else:
            pattern.set_frequency(_UNITS.get(unit) or _UNITS[unit.removesuffix("s")], number)
    for freq, step, phrase in _FREQUENCY_PATTERNS:
        if words.take(phrase):
            pattern.set_frequency(freq, step)


def _take_days(words: WordsLeft, pattern: _Pattern, *, has_every: bool) -> None:
    """Take the days of the year, of the month and of the week out of a text. Raises NotRecurring."""
    _take_dates(words, pattern, has_every=has_every)
    for match in words.take_all(_MONTH_LIST):
        pattern.months |= _months_in(match[1])
    numbered = words.take_all(_NUMBERED_DAYS)
    for match in numbered:
        pattern.days |= {(number, day) for number in _ordinals_in(match[1]) for day in _days_in(match[2])}
    if numbered and not (has_every or pattern.months):
        raise NotRecurring("recurrence_unreadable")
    if numbered and not pattern.freq:
        pattern.freq = MONTHLY
    if pattern.freq == MONTHLY and not numbered:
        for match in (*words.take_all(_LAST_DAY), *words.take_all(_MONTH_DAYS)):
            pattern.month_days |= _ordinals_in(match[0])
    _take_weekdays(words, pattern)


def _take_dates(words: WordsLeft, pattern: _Pattern, *, has_every: bool) -> None:
    """Take days with the names of their months. Raises NotRecurring where no one rule has all of them."""
    dates = [(match[1] or match[4], match[2] or match[3]) for match in words.take_all(_DATES)]
    if not dates:
        return
    months, days = {month for _, name in dates for month in _months_in(name)}, [_ordinals_in(one) for one, _ in dates]
    if not has_every or (len(months) > 1 and any(one != days[0] for one in days)):
        raise NotRecurring("recurrence_unreadable")
    pattern.months |= months
    pattern.month_days |= set().union(*days)
    pattern.set_frequency(YEARLY, pattern.interval)


def _take_weekdays(words: WordsLeft, pattern: _Pattern) -> None:
    """Take spans and single days of the week out of a text."""
    for days, group in _GROUP_PATTERNS:
        if words.take(group):
            pattern.days |= {(0, day) for day in days}
    for match in words.take_all(_DAY_SPAN):
        pattern.days |= {(0, day) for day in _span(_days_in(match[1])[0], _days_in(match[2])[0], 7)}
    for match in words.take_all(_ONE_DAY):
        pattern.days.add((0, _DAYS[match[0].rstrip(".")]))


def _build(pattern: _Pattern) -> Recurrence:
    """Return the rule of what was read. Raises NotRecurring if it is no whole, or contradicts itself."""
    days, months, freq, interval = pattern.days, pattern.months, pattern.freq, pattern.interval
    numbered = any(number for number, _ in days)
    if pattern.without_months:
        months = (months or set(range(1, 13))) - pattern.without_months
    if pattern.without_days:
        days = (days or set(EVERY_DAY)) - {(0, day) for day in pattern.without_days}
        if not days or numbered or freq not in ("", DAILY) or interval > 1:
            raise NotRecurring("recurrence_unreadable")
        freq = WEEKLY
    if not freq and days:
        freq = WEEKLY
    if pattern.weeks:
        if freq != WEEKLY or interval > 1 or not days:
            raise NotRecurring("recurrence_unreadable")
        freq = YEARLY
    allowed = {
        DAILY: not days and not pattern.month_days, WEEKLY: not numbered and not pattern.month_days,
        MONTHLY: not days or (numbered and not pattern.month_days),
        YEARLY: bool(pattern.weeks) or not days or numbered,
    }  # fmt: skip
    if not allowed.get(freq, False) or (pattern.without_months and not months):
        raise NotRecurring("recurrence_unreadable")
    if any(abs(number) > 5 for number, _ in days):
        raise NotRecurring("recurrence_never")
    if any(abs(day) > 31 or not day for day in pattern.month_days):
        raise NotRecurring("date_month")
    return Recurrence(
        freq, interval, _sorted(months), pattern.weeks, (), _sorted(pattern.month_days), tuple(sorted(days))
    )


def _sorted(numbers: Sequence[int] | set[int]) -> tuple[int, ...]:
    return tuple(sorted(numbers))
