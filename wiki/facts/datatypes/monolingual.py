"""Monolingual text: words with the language that they are in."""

from __future__ import annotations

import re

from wiki.facts.datatypes.base import InvalidQueryValue
from wiki.facts.datatypes.texts import canonical_text, normalize_text, text_condition
from wiki.facts.value_conditions import EqualTo, InLanguage, NotMatching, ValueCondition
from wiki.facts.value_problems import problem
from wiki.facts.values import Context, Value
from wiki.text.titles import fold

_CODE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,2}", re.IGNORECASE)
CODE_LIMIT = 16
"""Characters of a code."""


def split_language(text: str) -> tuple[str, str]:
    """Words and language code of `text@en` or `text (en)`; the code is "" where there is none. Raises ValueRefused."""
    text = normalize_text(text)
    words, at, code = text.rpartition("@")
    if at and _is_code(code):
        return words.strip(), code.strip().lower()
    if text.endswith(")"):
        words, _, last = text[:-1].rpartition("(")
        if words and _is_code(last):
            return words.strip(), last.strip().lower()
    if at and code.strip() and len(code) <= CODE_LIMIT and " " not in code.strip() and "." not in code:
        raise InvalidQueryValue("language_invalid", language=code.strip())
    return text, ""


def _is_code(code: str) -> bool:
    code = code.strip()
    return len(code) <= CODE_LIMIT and _CODE.fullmatch(code) is not None


class MonolingualText:
    """`word` and `fold` as Text, `lang` the code of the language in small letters."""

    id = "_mlt_rec"
    names = {"en": ("Monolingual text",), "fr": ("Texte monolingue", "Texte en une langue")}

    def parse(self, raw: str, context: Context) -> Value:
        """`text@en`."""
        try:
            words, code = split_language(raw)
            if not words:
                raise InvalidQueryValue("value_empty")
            if not code:
                raise InvalidQueryValue("language_missing")
        except InvalidQueryValue as refusal:
            return Value(self.id, raw, problem=problem(refusal.code, raw, **refusal.params))
        return Value(self.id, raw, canonical_text(words), fold(words), lang=code)

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """As Text; `@en` behind it asks for that language, and alone for any words in it."""
        words, code = split_language(text)
        if not words and not code:
            raise InvalidQueryValue("value_empty")
        negated = comparator.startswith("!")
        if words in ("", "+", "*"):
            test: ValueCondition | None = None
        else:
            positive = comparator.removeprefix("!")
            test = text_condition(
                positive, EqualTo((canonical_text(words),)), words, self.names[context.name_language][0]
            )
        if code:
            whole: ValueCondition = InLanguage(code, test)
        elif test is not None:
            whole = test
        else:
            raise InvalidQueryValue("language_missing", value=text[:60])
        return NotMatching(whole) if negated else whole

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The words and their language in brackets; with `-` the words alone."""
        words = _words(value)
        return words if form == "-" else f"{words} ({value.lang})"

    def data(self, value: Value, context: Context) -> object:
        """Text and language code, as SMW's record of them."""
        return {
            "Text": {"label": "Text", "key": "_TEXT", "typeid": "_txt", "item": [_words(value)]},
            "Language code": {"label": "Language code", "key": "_LCODE", "typeid": "__lcode", "item": [value.lang]},
        }

    def link(self, value: Value, context: Context) -> str:
        """Nowhere."""
        return ""


def _words(value: Value) -> str:
    try:
        return split_language(value.raw)[0]
    except InvalidQueryValue:
        return value.raw
