"""The interface of datatypes, and the comparators of queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from wiki.facts.value_conditions import ValueCondition
from wiki.facts.values import Context, Value

COMPARATORS = ("", ">", "<", ">>", "<<", "!", "~", "!~")
"""As in the query AST: `""` equal, `>` and `<` with the end included, `>>` and `<<` without.

The query parser rewrites `≥ ≤ like: nlike: in: not: phrase:`.
"""


class InvalidQueryValue(Exception):
    """A value in a query cannot be parsed, or not be compared in this way.

    `code` is a key of `value_problems.PROBLEMS`, `params` its parameters.
    """

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def comparator_error(comparator: str, type_name: str) -> InvalidQueryValue:
    """Return the error for a comparator that a datatype does not support."""
    return InvalidQueryValue("value_comparator", comparator=comparator or "=", type=type_name)


_PREFIXES = (
    (">>", ">>"), ("<<", "<<"), ("!~", "!~"), ("≥", ">"), ("≤", "<"), (">", ">"), ("<", "<"), ("!", "!"), ("~", "~"),
    ("nlike:", "!~"), ("like:", "~"),
)  # fmt: skip
_WITHIN = {"in:": "~", "phrase:": "~", "not:": "!~"}


def split_comparator(text: str) -> tuple[str, str]:
    """Split the comparator from the value after it, as queries write them.

    The comparator is one of `COMPARATORS`: `""` for none.
    """
    text = text.strip()
    for prefix, comparator in _PREFIXES:
        if text.startswith(prefix):
            return comparator, text[len(prefix) :].strip()
    for prefix, comparator in _WITHIN.items():
        if text.startswith(prefix):
            return comparator, f"*{text[len(prefix) :].strip()}*"
    return "", text


class Datatype(Protocol):
    """Parses, compares and shows values of one type."""

    @property
    def id(self) -> str:
        """SMW's id, such as `_txt` or `_num`."""

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Names by language: the usual name first, then others that `Has type` accepts."""

    def parse(self, raw: str, context: Context) -> Value:
        """Return the value of a text. Never raises; takes bounded time."""

    def condition(self, comparator: str, text: str, context: Context) -> ValueCondition:
        """Return the condition `comparator text`. Raises InvalidQueryValue."""

    def show(self, value: Value, context: Context, form: str = "") -> str:
        """Return the value as plain text in the context's language; `form` as in `?P#form`.

        With form "", parsing the result gives an equal value.
        """

    def data(self, value: Value, context: Context) -> object:
        """Return the value as SMW's API gives it in JSON."""

    def link(self, value: Value, context: Context) -> str:
        """Return the external URL to which the shown value links, or "". Links to pages are made by the caller."""
