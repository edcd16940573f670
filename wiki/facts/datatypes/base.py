"""What a datatype is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from wiki.facts.value_conditions import ValueCondition
from wiki.facts.values import Context, Value

COMPARATORS = ("", ">", "<", ">>", "<<", "!", "~", "!~")
"""As the tree of a question writes them: `""` equal, `>` and `<` with the end, `>>` and `<<` without.

`≥ ≤ like: nlike: in: not: phrase:` are rewritten by the parser of questions.
"""


class InvalidQueryValue(Exception):
    """A value in a question cannot be read, or not compared so: a code of `problems.PROBLEMS` and its parameters."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def comparator_error(comparator: str, type_name: str) -> InvalidQueryValue:
    """The refusal of a comparator that a datatype does not know."""
    return InvalidQueryValue("value_comparator", comparator=comparator or "=", type=type_name)


_PREFIXES = (
    (">>", ">>"), ("<<", "<<"), ("!~", "!~"), ("≥", ">"), ("≤", "<"), (">", ">"), ("<", "<"), ("!", "!"), ("~", "~"),
    ("nlike:", "!~"), ("like:", "~"),
)  # fmt: skip
_WITHIN = {"in:": "~", "phrase:": "~", "not:": "!~"}


def split_comparator(text: str) -> tuple[str, str]:
    """The comparator before a value and the value, as questions write them: one of `COMPARATORS`, `""` for none."""
    text = text.strip()
    for prefix, comparator in _PREFIXES:
        if text.startswith(prefix):
            return comparator, text[len(prefix) :].strip()
    for prefix, comparator in _WITHIN.items():
        if text.startswith(prefix):
            return comparator, f"*{text[len(prefix) :].strip()}*"
    return "", text


class Datatype(Protocol):
    """How values of one kind are read, compared and shown."""

    @property
    def id(self) -> str:
        """SMW's: `_txt`, `_num`, …"""

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """By language, the name first, then what else `Has type` may call it."""

    def parse(self, raw: str, context: Context) -> Value:
        """The value of some written words. Never raises; bounded time."""

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """The condition `comparator text`. Raises ValueRefused."""

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """The value in plain words of the context's language; `form` as in `?P#form`.

        With form "" what is shown reads back as an equal value.
        """

    def data(self, value: Value, context: Context) -> object:
        """The value as SMW's API gives it in JSON."""

    def link(self, value: Value, context: Context) -> str:
        """The outside address to which the shown value links, or "" (pages are linked by whoever shows them)."""
