"""Monolingual text: a text with its language."""

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
"""Maximum number of characters in a language code."""


def split_language(text: str) -> tuple[str, str]:
    """Split `text@en` or `text (en)` into text and language code; the code is "" if there is none.

    Raises InvalidQueryValue for an invalid code.
    """
    text = normalize_text(text)
    head, at, code = text.rpartition("@")
    if at and _is_code(code):
        return head.strip(), code.strip().lower()
    if text.endswith(")"):
        head, _, last = text[:-1].rpartition("(")
        if head and _is_code(last):
            return head.strip(), last.strip().lower()
    if at and code.strip() and len(code) <= CODE_LIMIT and " " not in code.strip() and "." not in code:
        raise InvalidQueryValue("language_invalid", language=code.strip())
    return text, ""


def _is_code(code: str) -> bool:
    code = code.strip()
    return len(code) <= CODE_LIMIT and _CODE.fullmatch(code) is not None


class MonolingualText:
    """`canonical_value` and `folded_text` as in Text, `lang` the language code in lower case."""

    id = "_mlt_rec"
    names = {"en": ("Monolingual text",), "fr": ("Texte monolingue", "Texte en une langue")}

    def parse(self, raw: str, context: Context) -> Value:
        """Parse `text@en`."""
        try:
            text, code = split_language(raw)
            if not text:
                raise InvalidQueryValue("value_empty")
            if not code:
                raise InvalidQueryValue("language_missing")
        except InvalidQueryValue as error:
            return Value(self.id, raw, problem=problem(error.code, raw, **error.params))
        return Value(self.id, raw, canonical_text(text), fold(text), lang=code)

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return the condition of Text; with `@en` for texts in that language, with `@en` alone for all of them.

        Raises InvalidQueryValue.
        """
        content, code = split_language(text)
        if not content and not code:
            raise InvalidQueryValue("value_empty")
        negated = comparator.startswith("!")
        if content in ("", "+", "*"):
            test: ValueCondition | None = None
        else:
            positive = comparator.removeprefix("!")
            test = text_condition(
                positive, EqualTo((canonical_text(content),)), content, self.names[context.name_language][0]
            )
        if code:
            whole: ValueCondition = InLanguage(code, test)
        elif test is not None:
            whole = test
        else:
            raise InvalidQueryValue("language_missing", value=text[:60])
        return NotMatching(whole) if negated else whole

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the text and its language in parentheses; with `-` the text alone."""
        text = _text_of(value)
        return text if form == "-" else f"{text} ({value.lang})"

    def data(self, value: Value, context: Context) -> object:
        """Return text and language code, as SMW's record of them."""
        return {
            "Text": {"label": "Text", "key": "_TEXT", "typeid": "_txt", "item": [_text_of(value)]},
            "Language code": {"label": "Language code", "key": "_LCODE", "typeid": "__lcode", "item": [value.lang]},
        }

    def link(self, value: Value, context: Context) -> str:
        """Return ""."""
        return ""


def _text_of(value: Value) -> str:
    try:
        return split_language(value.raw)[0]
    except InvalidQueryValue:
        return value.raw
