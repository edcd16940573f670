"""Date: a day, month, year or time, of any age, with its precision and calendar."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from wiki.facts.datatypes import date_formatter
from wiki.facts.datatypes.base import InvalidQueryValue, comparator_error
from wiki.facts.datatypes.date_parser import read_date
from wiki.facts.datatypes.partial_dates import HOUR, MINUTE, PartialDate, parse_canonical_date
from wiki.facts.datatypes.relative_dates import resolve_relative_date
from wiki.facts.datatypes.times_of_day import NotADate
from wiki.facts.datatypes.vague_dates import PREFIX, read_vague_date
from wiki.facts.value_conditions import InRange, NotMatching, ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value


class Date:
    """`number` is the Julian day on which the date begins, `number_end` that on which it ends.

    `canonical_value` is SMW's serialization, or that of a vague date (`vague_dates`).
    """

    id = "_dat"
    names = {"en": ("Date",), "fr": ("Date",)}

    def parse(self, raw: str, context: Context) -> Value:
        """Parse a date in English or French; the language decides which part of `1/2/2008` is the month."""
        try:
            parsed = read_date(raw, context.language)
        except NotADate as error:
            if vague := read_vague_date(raw, context.language):
                canonical = PREFIX + vague.edtf
                return Value(self.id, raw, canonical, canonical, vague.start, vague.end)
            return Value(self.id, raw, problem=problem(error.code, raw))
        moment = parsed.moment
        note = "ambiguous" if parsed.ambiguous else ""
        return Value(self.id, raw, moment.canonical_value, moment.canonical_value, moment.start, moment.end, note=note)

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return a condition on the interval of the date's precision.

        `::2001` and `~2001` are in that year, `>>2001` is after it; `~18:00` is any time of that hour. Days may be
        relative (`today`, `-7 days`). Raises InvalidQueryValue.
        """
        text = text.strip().strip("*")
        value = self.parse(resolve_relative_date(text, timezone.localdate()) or text, context)
        if value.problem is not None:
            raise InvalidQueryValue(value.problem.code, **value.problem.params)
        start, end = value.number, value.number_end
        moment = self.moment(value)
        if comparator in ("~", "!~") and moment and moment.precision == MINUTE and moment.time[1] == 0:
            end = replace(moment, precision=HOUR).end
        if comparator in ("", "~"):
            return InRange("number", start, end, high_open=True)
        if comparator in ("!", "!~"):
            return NotMatching(InRange("number", start, end, high_open=True))
        if comparator in (">", ">>"):
            return InRange("number", low=start if comparator == ">" else end)
        if comparator in ("<", "<<"):
            return InRange("number", high=end if comparator == "<" else start, high_open=True)
        raise comparator_error(comparator, self.names[context.name_language][0])

    def moment(self, value: Value) -> PartialDate | None:
        """Return the date of a value; None where it could not be parsed, or is vague."""
        try:
            return parse_canonical_date(value.canonical_value)
        except ValueError:
            return None

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the date in the language; forms `ISO`, `-`, `ISO-P`, `JD`, `GR`, `JL`, `-F[php]`, `LOCL@fr`."""
        moment = self.moment(value)
        return value.raw if moment is None else date_formatter.format_as(moment, form, context.language)

    def data(self, value: Value, context: Context) -> object:
        """Return the seconds since 1970, and SMW's serialization."""
        moment = self.moment(value)
        return {"timestamp": str(date_formatter.unix_time(moment)) if moment else "", "raw": value.canonical_value}

    def link(self, value: Value, context: Context) -> str:
        """Return ""."""
        return ""
