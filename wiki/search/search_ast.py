"""Abstract syntax tree of a search query. All later steps work on this tree and never on the text of the query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a compound, matched in any of its forms (by stem)."""

    text: str
    start: int = 0
    end: int = 0
    """Position in the query text, as offsets; 0 and 0 if unknown."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words matched exactly, one directly after the other."""

    text: str


@dataclass(frozen=True, slots=True)
class PrefixTerm:
    """Words that begin with `text`."""

    text: str


@dataclass(frozen=True, slots=True)
class FuzzyTerm:
    """Words that differ from `text` by one or two letters at most."""

    text: str


@dataclass(frozen=True, slots=True)
class InTitle:
    """A node of which all terms are searched for in the title only."""

    part: Node


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """A condition on a field of the page: `field` is a key of `query_fields.FIELD_NAMES`, `value` as typed."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class AndNode:
    """A conjunction: all parts match."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class OrNode:
    """A disjunction: at least one part matches."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class NotNode:
    """A negation: the part does not match."""

    part: Node


Leaf = Term | Phrase | PrefixTerm | FuzzyTerm
Node = Leaf | InTitle | FieldFilter | AndNode | OrNode | NotNode


@dataclass(frozen=True, slots=True)
class QueryWarning:
    """A part of a query that was ignored; `query_warnings` has the messages by `code`."""

    code: str
    text: str = ""


def positive_terms(node: Node | None) -> Iterator[Leaf]:
    """Iterate over the terms of a tree, without negated ones."""
    match node:
        case Term() | Phrase() | PrefixTerm() | FuzzyTerm():
            yield node
        case InTitle(part):
            yield from positive_terms(part)
        case AndNode(parts) | OrNode(parts):
            for part in parts:
                yield from positive_terms(part)
        case _:
            return
