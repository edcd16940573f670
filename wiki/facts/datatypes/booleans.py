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


class Boolean:
    """`word` is `1` or `0`, `number` the same."""

    id = "_boo"
    names = {"en": ("Boolean",), "fr": ("Booléen",)}

    def parse(self, raw: str, context: Context) -> Value:
        """1, 0, or a word of either language: no word of one means the contrary in the other."""
        truth = TRUTH_VALUES.get(fold(raw[:20]).strip())
        if truth is None:
            return Value(self.id, raw, problem=problem("boolean_unreadable" if raw.strip() else "value_empty", raw))
        word = "1" if truth else "0"
        return Value(self.id, raw, word, word, float(truth))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Equal or not."""
        value = self.parse(text, context)
        if value.problem is not None:
            raise InvalidQueryValue(value.problem.code, **value.problem.params)
        if comparator not in ("", "!"):
            raise comparator_error(comparator, self.names[context.name_language][0])
        same = EqualTo((value.canonical_value,))
        return same if not comparator else NotMatching(same)

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The word of the language; forms `-`, `num`, `tick`, `x`, `LOCL`, or two words as `yes,no`."""
        truth = value.canonical_value == "1"
        form = form.strip()
        if form.lower() in DISPLAY_FORMS:
            return DISPLAY_FORMS[form.lower()][not truth]
        yes, comma, no = form.partition(",")
        if comma:
            return yes.strip() if truth else no.strip()
        language = language_of(form[5:] if form.upper().startswith("LOCL@") else context.language)
        return language.true[0] if truth else language.false[0]

    def data(self, value: Value, context: Context) -> object:
        """`t` or `f`, as SMW."""
        return "t" if value.canonical_value == "1" else "f"

    def link(self, value: Value, context: Context) -> str:
        """Nowhere."""
        return ""


DISPLAY_FORMS = {"-": ("true", "false"), "num": ("1", "0"), "tick": ("✓", "✗"), "x": ("X", "")}
"""How yes and no are shown in each form."""
