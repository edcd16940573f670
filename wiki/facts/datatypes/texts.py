"""Text, Code, Keyword, External identifier: words that are kept as they are."""

from __future__ import annotations

import hashlib
import json
import unicodedata

from wiki.facts.datatypes.base import InvalidQueryValue, comparator_error
from wiki.facts.value_conditions import EqualTo, InRange, MatchesWildcard, NotMatching, ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import CANONICAL_LIMIT, Context, Value
from wiki.text.problems import Problem
from wiki.text.titles import fold

PREFIX_LENGTH = 180
"""Characters of a long text that its word keeps before the hash."""
KEYWORD_ASCII, KEYWORD_WIDE = 150, 85


def canonical_text(text: str) -> str:
    """What equality compares of a text: itself; of one above 255 characters, its beginning and a hash."""
    if len(text) <= CANONICAL_LIMIT:
        return text
    return text[:PREFIX_LENGTH] + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def normalize_text(raw: str) -> str:
    """A text as it is compared: NFC, without space around it."""
    return unicodedata.normalize("NFC", raw).strip()


def text_condition(comparator: str, same: ValueCondition, text: str, name: str) -> ValueCondition:
    """The condition on the words of a value: `same` for equality, order and wildcards on the folded text."""
    folded = fold(text)
    if comparator in ("", "!"):
        return same if not comparator else NotMatching(same)
    if comparator in ("~", "!~"):
        return MatchesWildcard(folded) if comparator == "~" else NotMatching(MatchesWildcard(folded))
    if comparator in (">", ">>"):
        return InRange("folded_text", low=folded, low_open=comparator == ">>")
    if comparator in ("<", "<<"):
        return InRange("folded_text", high=folded, high_open=comparator == "<<")
    raise comparator_error(comparator, name)


class Text:
    """`word` is the text or its hash, `fold` the whole text folded."""

    def __init__(self, id_: str, names: dict[str, tuple[str, ...]]) -> None:
        self.id, self.names = id_, names

    def parse(self, raw: str, context: Context) -> Value:
        """Any text that is not empty."""
        text = normalize_text(raw)
        wrong = self.find_problem(text)
        if wrong is not None:
            return Value(self.id, raw, problem=wrong)
        return Value(self.id, raw, self.canonical_value(text), fold(text))

    def find_problem(self, text: str) -> Problem | None:
        """Why `text` cannot be a value, or None."""
        return None if text else problem("value_empty")

    def canonical_value(self, text: str) -> str:
        """What equality compares."""
        return canonical_text(text)

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Equality exact, order and wildcards on the folded text."""
        text = normalize_text(text)
        if not text:
            raise InvalidQueryValue("value_empty")
        return text_condition(
            comparator, EqualTo((self.canonical_value(text),)), text, self.names[context.name_language][0]
        )

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The text as written."""
        return normalize_text(value.raw)

    def data(self, value: Value, context: Context) -> object:
        """The text."""
        return normalize_text(value.raw)

    def link(self, value: Value, context: Context) -> str:
        """Nowhere."""
        return ""


class Code(Text):
    """As Text; JSON is laid out when shown, unless `-` is asked."""

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The code; with the form `json` JSON is laid out in lines."""
        code = normalize_text(value.raw)
        if form != "json" or code[:1] not in "{[":
            return code
        try:
            return json.dumps(json.loads(code), ensure_ascii=False, indent=4)
        except (ValueError, RecursionError):
            return code


class Keyword(Text):
    """A short text that is equal whatever its case and accents."""

    def find_problem(self, text: str) -> Problem | None:
        """Empty, or longer than SMW allows."""
        if len(text) > (KEYWORD_ASCII if text.isascii() else KEYWORD_WIDE):
            return problem("keyword_too_long", text, ascii=str(KEYWORD_ASCII), wide=str(KEYWORD_WIDE))
        return super().find_problem(text)

    def canonical_value(self, text: str) -> str:
        """Folded."""
        return canonical_text(fold(text))
