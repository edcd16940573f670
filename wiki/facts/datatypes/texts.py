"""Text, Code, Keyword: texts that are stored as written."""

from __future__ import annotations

import hashlib
import json
import unicodedata

from wiki.facts.datatypes.base import Datatype, InvalidQueryValue, comparator_error
from wiki.facts.value_conditions import EqualTo, InRange, MatchesWildcard, NotMatching, ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import CANONICAL_LIMIT, Context, Value
from wiki.text.problems import Problem
from wiki.text.titles import fold, unify_spelling

PREFIX_LENGTH = 180
"""Characters of a long text before the hash in its canonical value."""
KEYWORD_ASCII, KEYWORD_WIDE = 150, 85
"""Maximum number of characters in a keyword: in ASCII, and with other characters (as in SMW)."""


def canonical_text(text: str) -> str:
    """Return the text that equality compares: the text itself; beyond 255 characters, its prefix and a hash."""
    if len(text) <= CANONICAL_LIMIT:
        return text
    return text[:PREFIX_LENGTH] + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def normalize_text(raw: str) -> str:
    """Return a text as it is compared: in NFC, without space around it."""
    return unicodedata.normalize("NFC", raw).strip()


def parsed_equality(datatype: Datatype, comparator: str, text: str, context: Context) -> EqualTo:
    """Return the equality with the value of `text`; for comparators that compare no whole value, an empty one.

    Raises InvalidQueryValue.
    """
    if comparator not in ("", "!"):
        return EqualTo(())
    value = datatype.parse(text, context)
    if value.problem is not None:
        raise InvalidQueryValue(value.problem.code, **value.problem.params)
    return EqualTo((value.canonical_value,))


def text_condition(comparator: str, equal: ValueCondition, text: str, name: str) -> ValueCondition:
    """Return the condition on a text: `equal` for equality, order and wildcards on the folded text.

    Raises InvalidQueryValue.
    """
    folded = fold(text)
    if comparator in ("", "!"):
        return equal if not comparator else NotMatching(equal)
    if comparator in ("~", "!~"):
        return MatchesWildcard(folded) if comparator == "~" else NotMatching(MatchesWildcard(folded))
    if comparator in (">", ">>"):
        return InRange("folded_text", low=folded, low_open=comparator == ">>")
    if comparator in ("<", "<<"):
        return InRange("folded_text", high=folded, high_open=comparator == "<<")
    raise comparator_error(comparator, name)


class Text:
    """`canonical_value` is the text or its hash, `folded_text` the whole text folded."""

    def __init__(self, id_: str, names: dict[str, tuple[str, ...]]) -> None:
        self.id, self.names = id_, names

    def parse(self, raw: str, context: Context) -> Value:
        """Parse any text that is not empty."""
        text = normalize_text(raw)
        found = self.find_problem(text)
        if found is not None:
            return Value(self.id, raw, problem=found)
        return Value(self.id, raw, self.canonical_value(text), fold(text))

    def find_problem(self, text: str) -> Problem | None:
        """Return why `text` cannot be a value, or None."""
        return None if text else problem("value_empty")

    def canonical_value(self, text: str) -> str:
        """Return the text that equality compares."""
        return canonical_text(unify_spelling(text))

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return a condition: exact equality, order and wildcards on the folded text. Raises InvalidQueryValue."""
        text = normalize_text(text)
        if not text:
            raise InvalidQueryValue("value_empty")
        return text_condition(
            comparator, EqualTo((self.canonical_value(text),)), text, self.names[context.name_language][0]
        )

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the text as written."""
        return normalize_text(value.raw)

    def data(self, value: Value, context: Context) -> object:
        """Return the text."""
        return normalize_text(value.raw)

    def link(self, value: Value, context: Context) -> str:
        """Return ""."""
        return ""


class Code(Text):
    """A text that is code, equal sign by sign; the form `json` shows JSON with indentation."""

    def canonical_value(self, text: str) -> str:
        """Return the text that equality compares."""
        return canonical_text(text)

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the code; with the form `json` indent JSON."""
        code = normalize_text(value.raw)
        if form != "json" or code[:1] not in "{[":
            return code
        try:
            return json.dumps(json.loads(code), ensure_ascii=False, indent=4)
        except (ValueError, RecursionError):
            return code


class Keyword(Text):
    """A short text that is compared without case and accents."""

    def find_problem(self, text: str) -> Problem | None:
        """Return a problem for an empty text, or one longer than SMW allows."""
        if len(text) > (KEYWORD_ASCII if text.isascii() else KEYWORD_WIDE):
            return problem("keyword_too_long", text, ascii=str(KEYWORD_ASCII), wide=str(KEYWORD_WIDE))
        return super().find_problem(text)

    def canonical_value(self, text: str) -> str:
        """Return the folded text."""
        return canonical_text(fold(unify_spelling(text)))
