"""Opening hours: OpenStreetMap's syntax (wiki.openstreetmap.org, «Key:opening_hours»), or words in French and English.

«Du mardi au vendredi 9h-12h et 14h-18h30, samedi 10h-13h» is `Tu-Fr 09:00-12:00,14:00-18:30; Sa 10:00-13:00`. What no
rule covers is closed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from opening_hours import OpeningHours, State, validate

from wiki.facts.datatypes.languages import LANGUAGES
from wiki.facts.datatypes.texts import Text
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value
from wiki.text.problems import Problem
from wiki.text.titles import fold

OPENING_HOURS = "_oh"
"""Id of the datatype."""
HOURS_LIMIT = 500
"""Maximum number of characters of opening hours."""
APPOINTMENT = '"sur rendez-vous"'
"""What OpenStreetMap's syntax has beside hours by appointment: a text of one's own."""
HORIZON = timedelta(days=370)
"""How far ahead the next opening is looked for."""
_STATES = {State.OPEN: True, State.CLOSED: False, State.UNKNOWN: None}
_CODES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAYS = {
    name[:length]: code
    for language in LANGUAGES.values()
    for full, code in zip(language.weekdays, _CODES, strict=True)
    for name in [fold(full)]
    for length in {len(name), 3}
} | {"tues": "Tu", "thurs": "Th", "thur": "Th", "merc": "We", "vend": "Fr", "jeud": "Th"}  # fmt: skip
_GROUPS = {
    "tous les jours": "Mo-Su", "7j/7": "Mo-Su", "7 jours sur 7": "Mo-Su", "every day": "Mo-Su", "daily": "Mo-Su",
    "en semaine": "Mo-Fr", "jours ouvres": "Mo-Fr", "weekdays": "Mo-Fr", "week-end": "Sa-Su", "weekend": "Sa-Su",
    "le week-end": "Sa-Su", "jours feries": "PH", "public holidays": "PH", "vacances scolaires": "SH",
}  # fmt: skip
_TUESDAY = re.compile(r"\bMar \d{1,2}[:h]")
"""The French abbreviation of Tuesday before an hour, which would be the month of March in OpenStreetMap's syntax."""
_DAY_SPAN = re.compile(r"\b(Mo|Tu|We|Th|Fr|Sa|Su)(?:-(Mo|Tu|We|Th|Fr|Sa|Su))?\b")
_WORDS = re.compile(
    r"(?P<group>" + "|".join(sorted(map(re.escape, _GROUPS), key=len, reverse=True)) + r")"
    r"|(?P<always>24 ?h(?:eures)? ?(?:/|sur) ?24(?: ?h)?|24/7)"
    r"|(?P<closed>fermee?s?|closed|off)"
    r"|(?P<appointment>(?:uniquement )?sur (?:rendez-vous|rdv)|by appointment)"
    r"|(?P<noon>midi|noon)|(?P<midnight>minuit|midnight)"
    r"|(?P<time>(?P<hour>\d{1,2})(?: ?(?:h(?:eures?|rs?)?|[:.]) ?(?P<minute>\d{2})?)? ?(?P<half>[ap]\.?m\.?)?)(?![\w:])"
    r"|(?P<day>[a-z]+(?:'[a-z]+)?)\.?"
    r"|(?P<dash>[-–—])|(?P<sign>[,;:&/+\n()])",
)
_RANGE_WORDS = frozenset({"au", "a", "to", "jusqu'a", "until", "till"})
_OPEN_WORDS = frozenset({"ouvert", "ouverte", "open"})
_FILL_WORDS = frozenset({"et", "and", "les", "des", "the", "from", "puis", "ainsi", "que"})
_SHORT_WORDS = re.compile(r"\b(?:de|du|le|d'|l'|on|at)(?:\s+|(?<='))")


class NoOpeningHours(ValueError):
    """A text that names no opening hours."""


@dataclass(slots=True)
class _Rules:
    """Rules that are read word by word: days, then the hours of these days."""

    done: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    hours: list[str] = field(default_factory=list)
    start: str = ""
    """The beginning of a period whose end is not read yet."""
    is_range: bool = False
    is_closed: bool = False
    """Whether the days that follow are closed (`fermé le lundi`)."""

    def add_day(self, code: str) -> None:
        """Add a day, or the end of a range of days."""
        if self.hours or self.start:
            self.finish()
        if self.is_range and self.days and "-" not in self.days[-1]:
            self.days[-1] += f"-{code}"
        else:
            self.days.append(code)
        self.is_range = False

    def add_time(self, time: str) -> None:
        """Add the beginning or the end of a period. Raises NoOpeningHours where it is unclear which days are closed."""
        if self.is_closed and self.days:
            raise NoOpeningHours
        if self.start:
            self.hours.append(f"{self.start}-{time}")
        self.start, self.is_range = "" if self.start else time, False

    def appointment(self) -> None:
        """Let the days or hours before be by appointment; without any, all days that have no hours of their own."""
        if self.hours:
            self.finish(f"{','.join(self.hours)} {APPOINTMENT}")
        elif self.days and not self.is_closed:
            self.finish(f"unknown {APPOINTMENT}")
        else:
            self.finish()
            self.done.insert(0, f"24/7 unknown {APPOINTMENT}")

    def end_of_closed(self) -> None:
        """End the days that are closed, at a semicolon or the word “open”."""
        if self.is_closed and self.days:
            self.finish()

    def finish(self, what: str = "") -> None:
        """End a rule: with its hours, or with what is instead of them. Raises NoOpeningHours if an end is missing."""
        what = what or ("off" if self.is_closed and self.days else "")
        if self.start or not (self.hours or what or not self.days):
            raise NoOpeningHours
        if hours := what or ",".join(self.hours):
            self.done.append(" ".join(filter(None, [",".join(self.days), hours])))
        self.days, self.hours, self.is_closed = [], [], False

    def close(self) -> None:
        """Let the days before be closed, if they have no hours, or else the days that follow."""
        if self.days and not self.hours:
            self.finish("off")
        else:
            self.finish()
            self.is_closed = True


@lru_cache(maxsize=5_000)
def read_opening_hours(text: str) -> str:
    """Return opening hours in OpenStreetMap's syntax. Raises NoOpeningHours."""
    if len(text) > HOURS_LIMIT or not text.strip():
        raise NoOpeningHours
    is_tuesday = _TUESDAY.search(text) is not None
    hours = text.strip() if validate(text.strip()) and not is_tuesday else _from_words(text)
    if not validate(hours):
        raise NoOpeningHours
    return str(OpeningHours(hours))


def _from_words(text: str) -> str:
    """Return opening hours in words as OpenStreetMap's syntax. Raises NoOpeningHours."""
    rules, position = _Rules(), 0
    folded = _SHORT_WORDS.sub("", " ".join(fold(text).replace("\n", " ; ").split()))
    for match in _WORDS.finditer(folded):
        if folded[position : match.start()].strip():
            raise NoOpeningHours
        position = match.end()
        _add_word(rules, match)
    if folded[position:].strip():
        raise NoOpeningHours
    rules.finish()
    if not rules.done:
        raise NoOpeningHours
    return join_rules(rules.done)


def join_rules(rules: Sequence[str]) -> str:
    """Return rules as one text: a later rule adds to the hours before it, unless it closes days or has others."""
    joined, days = "", set[str]()
    for rule in rules:
        own = _days_of(rule)
        is_addition = bool(days & own) and not rule.endswith(("off", "closed"))
        joined += f"{', ' if is_addition else '; '}{rule}" if joined else rule
        days |= own
    return joined


def _days_of(rule: str) -> set[str]:
    """Return the days of the week that a rule names; all of them if it names none."""
    named = set[str]()
    for first, last in _DAY_SPAN.findall(rule):
        start, end = _CODES.index(first), _CODES.index(last or first)
        named |= set(_CODES[start : end + 1] if start <= end else (*_CODES[start:], *_CODES[: end + 1]))
    return named or set(_CODES)


def _add_word(rules: _Rules, match: re.Match[str]) -> None:
    """Add one word to the rules. Raises NoOpeningHours for one that means nothing here."""
    if match["group"]:
        rules.add_day(_GROUPS[match["group"]])
    elif match["closed"]:
        rules.close()
    elif match["appointment"]:
        rules.appointment()
    elif match["sign"] == ";" or match["day"] in _OPEN_WORDS:
        rules.end_of_closed()
    elif match["always"]:
        rules.hours.append("00:00-24:00")
    elif match["noon"] or match["midnight"] or match["time"]:
        rules.add_time(_time(match, has_days=bool(rules.days), is_end=bool(rules.start)))
    elif match["dash"] or match["day"] in _RANGE_WORDS:
        rules.is_range = True
    elif match["day"] and match["day"] not in _FILL_WORDS:
        rules.add_day(_day(match["day"]))


def _day(word: str) -> str:
    """Return the code of a day of the week. Raises NoOpeningHours for another word."""
    code = _DAYS.get(word) or _DAYS.get(word.removesuffix("s"))
    if code is None:
        raise NoOpeningHours
    return code


def _time(match: re.Match[str], *, has_days: bool, is_end: bool) -> str:
    """Return a time of day as `09:30`. Raises NoOpeningHours, also for a number before any day: perhaps a date."""
    if match["noon"] or match["midnight"]:
        return "12:00" if match["noon"] else "24:00" if is_end else "00:00"
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), (match["half"] or "")[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 24 or minute > 59 or (match["time"].isdigit() and not has_days):
        raise NoOpeningHours
    return f"{hour:02}:{minute:02}"


@dataclass(frozen=True, slots=True)
class OpeningState:
    """Whether a place is open at a moment; None where that is not known (by appointment)."""

    is_open: bool | None
    changes_at: datetime | None
    """When that changes; None if it does not within a year."""


def opening_state(hours: str, moment: datetime, country: str = "") -> OpeningState:
    """Return the state at a local time without zone, of hours that `read_opening_hours` returned.

    `country` (ISO 3166-1) has the public and school holidays that rules name; without one, no day is one.
    """
    end = moment + HORIZON
    _, change, state, _ = next(OpeningHours(hours, country=country or None).intervals(moment, end))
    return OpeningState(_STATES[state], change if change < end else None)


class OpeningHoursDatatype(Text):
    """`canonical_value` is OpenStreetMap's syntax; shown as written."""

    def parse(self, raw: str, context: Context) -> Value:
        """Parse OpenStreetMap's syntax, or words."""
        value = super().parse(raw, context)
        if value.problem is not None:
            return value
        return Value(self.id, raw, self.canonical_value(raw), fold(raw.strip()))

    def find_problem(self, text: str) -> Problem | None:
        """Return why `text` names no opening hours, or None."""
        try:
            read_opening_hours(text)
        except NoOpeningHours:
            return super().find_problem(text) or problem("hours_unreadable", text[:100])
        return None

    def canonical_value(self, text: str) -> str:
        """Return the hours in OpenStreetMap's syntax; the text that equality compares for what are none (a query)."""
        try:
            return super().canonical_value(read_opening_hours(text))
        except NoOpeningHours:
            return super().canonical_value(text)
