"""What a reader's words ask for, as a tree: nothing else ever sees what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """A word, or a compound, in any of its forms."""

    text: str
    start: int = 0
    end: int = 0
    """Where it stands in what was typed."""


@dataclass(frozen=True, slots=True)
class Exact:
    """These words as they are, one after the other."""

    text: str


@dataclass(frozen=True, slots=True)
class Begins:
    """A word that begins so."""

    text: str


@dataclass(frozen=True, slots=True)
class Like:
    """A word that may differ by a letter or two."""

    text: str


@dataclass(frozen=True, slots=True)
class InTitle:
    """A part of which every word has to stand in the title."""

    part: Node


@dataclass(frozen=True, slots=True)
class Holds:
    """A condition on the page itself: `field` is one of FIELDS in `fields`, `value` as typed."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """All the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """Not the part."""

    part: Node


Leaf = Plain | Exact | Begins | Like
Node = Leaf | InTitle | Holds | AllOf | AnyOf | Without


@dataclass(frozen=True, slots=True)
class Note:
    """Something of a query that was not understood, and ignored; `notes` says it in words."""

    code: str
    text: str = ""


def wanted(node: Node | None) -> Iterator[Leaf]:
    """The words that a page is found by; those that must not be there left out."""
    match node:
        case Plain() | Exact() | Begins() | Like():
            yield node
        case InTitle(part):
            yield from wanted(part)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from wanted(part)
        case _:
            return
