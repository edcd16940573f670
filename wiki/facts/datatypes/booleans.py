"""Boolean: yes or no."""

from __future__ import annotations

from wiki.facts.datatypes.base import InvalidQueryValue, comparator_error
from wiki.facts.datatypes.languages import LANGUAGES, language_of
from wiki.facts.value_conditions import EqualTo, NotMatching, ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value
from wiki.text.titles import fold

TRUTH_VALUES = {"1": True, "0": False} | {
    word: truth
    for row in LANGUAGES.values()
    for truth, words in ((True, row.true), (False, row.false))
    for word in words
}
"""True or False by folded word, of all languages."""


class Boolean:
    """`canonical_value` is `1` or `0`, `number` the same."""

    id = "_boo"
    names = {"en": ("Boolean",), "fr": ("Booléen",)}

    def parse(self, raw: str, context: Context) -> Value:
        """Parse 1, 0, or a word of any language: no word for yes in one language means no in another."""
        truth = TRUTH_VALUES.get(fold(raw[:20]).strip())
        if truth is None:
            return Value(self.id, raw, problem=problem("boolean_unreadable" if raw.strip() else "value_empty", raw))
        canonical = "1" if truth else "0"
        return Value(self.id, raw, canonical, canonical, float(truth))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return the condition for `=` or `!`. Raises InvalidQueryValue."""
        value = self.parse(text, context)
        if value.problem is not None:
            raise InvalidQueryValue(value.problem.code, **value.problem.params)
        if comparator not in ("", "!"):
            raise comparator_error(comparator, self.names[context.name_language][0])
        equal = EqualTo((value.canonical_value,))
        return equal if not comparator else NotMatching(equal)

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return yes or no in the language, as written if it is a word of it; or by the form.

        Forms are `-`, `num`, `tick`, `x`, `LOCL`, or two texts as `yes,no`.
        """
        truth = value.canonical_value == "1"
        form = form.strip()
        if form.lower() in DISPLAY_FORMS:
            return DISPLAY_FORMS[form.lower()][not truth]
        yes, comma, no = form.partition(",")
        if comma:
            return yes.strip() if truth else no.strip()
        language = language_of(form[5:] if form.upper().startswith("LOCL@") else context.language)
        words = language.true if truth else language.false
        return written if not form and (written := fold(value.raw.strip())) in words else words[0]

    def data(self, value: Value, context: Context) -> object:
        """Return `t` or `f`, as SMW."""
        return "t" if value.canonical_value == "1" else "f"

    def link(self, value: Value, context: Context) -> str:
        """Return ""."""
        return ""


DISPLAY_FORMS = {"-": ("true", "false"), "num": ("1", "0"), "tick": ("✓", "✗"), "x": ("X", "")}
"""The texts for yes and no in each output form."""
