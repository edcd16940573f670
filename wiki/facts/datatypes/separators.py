"""Separators of values in one text («café, wifi, atelier»), which properties declare."""

from __future__ import annotations

import re

from wiki.facts.datatypes.texts import Text
from wiki.facts.value_problems import problem
from wiki.text.problems import Problem

SEPARATOR_LENGTH = 5
"""Maximum number of characters of a separator."""
_SEPARATOR = re.compile(rf"[^\w\s\[\]{{}}\\]{{1,{SEPARATOR_LENGTH}}}")
_LINK = r"\[\[[^\[\]\n]*\]\]"


def is_separator(text: str) -> bool:
    """Return whether a text may separate values: one to five signs, no letters, digits, brackets or blanks."""
    return _SEPARATOR.fullmatch(text.strip()) is not None


def divide(text: str, separator: str) -> list[str]:
    """Return the values in a text, trimmed, without empty ones. A separator within `[[…]]` is part of the value."""
    parts = re.split(f"({_LINK})|{re.escape(separator)}", text)
    values = [parts[0]]
    for link, following in zip(parts[1::2], parts[2::2], strict=True):
        if link is None:
            values.append(following)
        else:
            values[-1] += link + following
    return [value.strip() for value in values if value.strip()]


def divide_values(text: str, separator: str) -> list[str]:
    """Return the values in a text of a property that declares this separator; the text itself without one."""
    return (divide(text, separator) if separator else []) or [text]


class SeparatorDatatype(Text):
    """A text that `is_separator` accepts."""

    def find_problem(self, text: str) -> Problem | None:
        """Return why `text` cannot separate values, or None."""
        if is_separator(text):
            return None
        return super().find_problem(text) or problem("separator_unusable", text, length=str(SEPARATOR_LENGTH))
