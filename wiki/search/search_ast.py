"""What a reader's words ask for, as a tree: nothing else ever sees what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a compound, in any of its forms."""

    text: str
    start: int = 0
    end: int = 0
    """Where it stands in what was typed."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """These words as they are, one after the other."""

    text: str


@dataclass(frozen=True, slots=True)
class PrefixTerm:
    """A word that begins so."""

    text: str


@dataclass(frozen=True, slots=True)
class FuzzyTerm:
    """A word that may differ by a letter or two."""

    text: str


@dataclass(frozen=True, slots=True)
class InTitle:
    """A part of which every word has to stand in the title."""

    part: Node


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """A condition on the page itself: `field` is one of FIELDS in `fields`, `value` as typed."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class AndNode:
    """All the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class OrNode:
    """At least one of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class NotNode:
    """Not the part."""

    part: Node


Leaf = Term | Phrase | PrefixTerm | FuzzyTerm
Node = Leaf | InTitle | FieldFilter | AndNode | OrNode | NotNode


@dataclass(frozen=True, slots=True)
class QueryWarning:
    """Something of a query that was not understood, and ignored; `notes` says it in words."""

    code: str
    text: str = ""


def positive_terms(node: Node | None) -> Iterator[Leaf]:
    """The words that a page is found by; those that must not be there left out."""
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
