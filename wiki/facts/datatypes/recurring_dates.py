"""Recurring dates: words in French and English (`tous les mardis de 18h à 20h`), or rules of RFC 5545."""

from __future__ import annotations

from functools import lru_cache

from wiki.facts.datatypes.recurrence_rules import RECURRENCE_LIMIT, NotRecurring, Recurrence, is_rule, read_rule
from wiki.facts.datatypes.recurrence_words import read_words
from wiki.facts.datatypes.texts import normalize_text, parsed_equality, text_condition
from wiki.facts.value_conditions import ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import CANONICAL_LIMIT, Context, Value
from wiki.text.titles import fold

RECURRING_DATE = "_rrule"
"""Id of the datatype."""


@lru_cache(maxsize=5_000)
def read_recurrence(text: str, language: str) -> Recurrence:
    """Read a recurring date; the language decides which part of `1/2/2027` is the month. Raises NotRecurring."""
    if not text:
        raise NotRecurring("value_empty")
    if len(text) > RECURRENCE_LIMIT:
        raise NotRecurring("value_too_long", limit=str(RECURRENCE_LIMIT))
    found = read_rule(text) if is_rule(text) else read_words(text, language)
    if len(found.canonical_value) > CANONICAL_LIMIT:
        raise NotRecurring("value_too_long", limit=str(RECURRENCE_LIMIT))
    return found


class RecurringDate:
    """`canonical_value` is the rule in RFC 5545's form, `folded_text` the words."""

    id = RECURRING_DATE
    names = {
        "en": ("Recurring date", "Recurring event", "Recurrence"),
        "fr": ("Date récurrente", "Événement récurrent", "Récurrence"),
    }

    def parse(self, raw: str, context: Context) -> Value:
        """Parse words or a rule."""
        text = normalize_text(raw[: RECURRENCE_LIMIT * 10])
        try:
            found = read_recurrence(text, context.name_language)
        except NotRecurring as error:
            return Value(self.id, raw, problem=problem(error.code, raw, **error.params))
        return Value(self.id, raw, found.canonical_value, fold(text))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return a condition: equality of the rule, wildcards on the words. Raises InvalidQueryValue."""
        equal = parsed_equality(self, comparator, text, context)
        return text_condition(comparator, equal, normalize_text(text), self.names[context.name_language][0])

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the words as written; the rule for the form `-`."""
        return value.canonical_value if form == "-" else normalize_text(value.raw)

    def data(self, value: Value, context: Context) -> object:
        """Return the words and the rule."""
        return {"text": normalize_text(value.raw), "rule": value.canonical_value}

    def link(self, value: Value, context: Context) -> str:
        """Return ""."""
        return ""
