"""What follows from a text: the registry of derivers.

The writer reads a text once (`Reading`), lets every deriver prepare outside any lock, and
calls `write` inside the transaction. `rebuild` runs the same ones, in the same batches. Rooms
upstairs (facts, passages, search) register theirs in `wiki/apps.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Max

from wiki.pages.models import Kind, WikiPage
from wiki.pages.page_fields import Fields
from wiki.text.markup.markdown_parser import Parsed
from wiki.text.problems import Problem


@dataclass(frozen=True, slots=True)
class Step:
    """One version as those derivers see it that follow a page through its history."""

    text: str | None
    full_title: str
    is_place: bool
    language: str
    author: str
    date: datetime | None
    """When its author says it was made; None for the moment of writing."""

    @property
    def home(self) -> str:
        """The place whose pages titles are looked for first: the page itself, or the one it lives in."""
        if self.is_place:
            return self.full_title
        return self.full_title.partition(":")[0] if self.place_is_named else ""

    place_is_named: bool = False
    """Whether the title begins with the name of a place."""
    source: tuple[int, int] | None = None
    """Key and version number of the other page that this version declares to come from: a fork, a renamed file."""
    in_batch: bool = False
    """Whether it was made in one act with others."""


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
    follows: int = 0
    """The version after which `steps` begin; 0 for the whole history, which then replaces what is there."""
    steps: Iterable[Step] = ()
    """The versions after `follows`, the one that is read last; each deriver may go through them."""
    since: datetime | None = None
    """The latest claimed time up to version `follows`."""
    moment: datetime | None = None
    """The moment of writing, known inside the transaction."""
    changed: set[tuple[int, str, str]] = field(default_factory=set)
    """(page number, property key, word) of the facts that this write began, ended or read anew; "*" for any word."""
    declared: set[str] = field(default_factory=set)
    """Keys of the properties that declare something else now; both are filled by the deriver of facts."""
    facts: list[int] = field(default_factory=list)
    """Keys of the facts that this write began or dropped, those that the wiki itself states left out."""
    passages: list[int] = field(default_factory=list)
    """Keys of the passages that this write began, changed or dropped; filled by their deriver."""


@dataclass(slots=True)
class Clock:
    """Claimed times of the versions of one page, made non-decreasing: imports bring odd clocks."""

    floor: datetime | None
    """The time of the version before."""
    now: datetime | None

    @classmethod
    def of(cls, item: Reading) -> Clock:
        """The clock of the versions that are written; inside the transaction."""
        return cls(item.since, item.moment)

    def tell(self, date: datetime | None) -> datetime:
        """The time of the next version, whose author says `date`: not before the one before it, nor in the future."""
        at = date or self.now
        if at is None:
            raise RuntimeError("The moment of writing is known inside the transaction only")
        at = min(at, self.now) if self.now else at
        self.floor = max(at, self.floor) if self.floor else at
        return self.floor


def latest_time(page: WikiPage, dated: bool) -> datetime | None:
    """The latest claimed time of a page's versions so far; looked for where new ones are `dated` by their authors."""
    if not page.version or not dated:
        return page.edited_at if page.version else None
    found: datetime | None = page.versions.aggregate(latest=Max("claimed_at"))["latest"]
    return found


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
