"""What follows from a text: the registry of derivers.

The writer reads a text once (`Reading`), lets every deriver prepare outside any lock, and
calls `write` inside the transaction. `rebuild` runs the same ones, in the same batches. Rooms
upstairs (facts, passages, search) register theirs in `wiki/apps.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from wiki.pages.models import Kind, WikiPage
from wiki.text.markdown import Parsed
from wiki.text.problems import Problem


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a page and of each version: all that is not in the text."""

    namespace: int
    place: WikiPage | None
    title: str
    is_place: bool
    license: str
    language: str

    @classmethod
    def of(cls, page: WikiPage) -> Fields:
        """The fields as `page` has them now."""
        return cls(page.namespace, page.place, page.title, page.is_place, page.license, page.language)


@dataclass(slots=True)
class Reading:
    """What the latest text of a page says. `page` may be unsaved until `write`."""

    page: WikiPage
    fields: Fields
    text: str | None
    parsed: Parsed
    kind: Kind | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    """Columns of the page row that follow from the text."""
    problems: list[Problem] = field(default_factory=list)
    """What is wrong in the text: as the parser saw it, and as the house sees it."""
    number: int = 0
    """The version number, known inside the transaction."""


class Deriver(Protocol):
    """Something that follows from the current text and fields of pages."""

    name: str

    def prepare(self, readings: Sequence[Reading]) -> list[Any]:
        """One prepared value per reading. May query; outside the transaction."""

    def write(self, readings: Sequence[Reading], prepared: Sequence[Any]) -> None:
        """Write what was prepared; inside the transaction; the pages have keys by now."""

    def snapshot(self) -> list[tuple[Any, ...]]:
        """All derived rows by natural keys, sorted: what `rebuild` has to give again."""


DERIVERS: list[Deriver] = []


def register(deriver: Deriver) -> None:
    """Add a deriver (once per name); its order is the order of writing."""
    if all(known.name != deriver.name for known in DERIVERS):
        DERIVERS.append(deriver)


@dataclass(slots=True)
class Derivation:
    """The readings of one write, with what each deriver prepared."""

    readings: Sequence[Reading]
    prepared: list[tuple[Deriver, list[Any]]]

    @classmethod
    def prepare(cls, readings: Sequence[Reading]) -> Derivation:
        """Let every deriver prepare; outside the transaction."""
        return cls(readings, [(deriver, deriver.prepare(readings)) for deriver in DERIVERS])

    def write(self) -> None:
        """Let every deriver write; inside the transaction."""
        for deriver, values in self.prepared:
            deriver.write(self.readings, values)
