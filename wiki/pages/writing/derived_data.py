"""Data that is derived from the texts of versions, and the registry of its updaters.

The writer parses a text once (`ParsedVersion`), lets every updater prepare outside any lock, and
calls `write` inside the transaction. `rebuild` runs the same updaters, in the same batches. Packages
of higher layers (facts, passages, search) register theirs in `wiki/apps.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Max

from wiki.pages.models import Kind, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.text.markup.markdown_parser import Parsed
from wiki.text.problems import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VersionState:
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
    in_changeset: bool = False
    """Whether it was made in one act with others."""


@dataclass(frozen=True, slots=True)
class ParsedVersion:
    """What the latest text of a page says, and the versions that led to it: the input of all updaters.

    It is complete before the transaction begins and never changes; only `page` may still be unsaved until `write`.
    """

    page: WikiPage
    fields: PageFields
    text: str | None
    parsed: Parsed
    kind: Kind | None
    columns: Mapping[str, Any]
    """Columns of the page row that follow from the text."""
    problems: Sequence[Problem]
    """What is wrong in the text: found by the parser, then by the checks of the wiki."""
    number: int = 0
    """The version number that the text has, or gets when it is written."""
    follows: int = 0
    """The version after which `steps` begin; 0 for the whole history, which then replaces the stored rows."""
    steps: Iterable[VersionState] = ()
    """The versions after `follows`, up to the parsed one; each updater may iterate over them."""
    since: datetime | None = None
    """The latest claimed time up to version `follows`."""


@dataclass(slots=True)
class MonotonicTimes:
    """Claimed times of the versions of one page, made non-decreasing: imports bring odd clocks."""

    floor: datetime | None
    """The time of the version before."""
    now: datetime | None

    def next(self, date: datetime | None) -> datetime:
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


class DerivedDataUpdater(Protocol):
    """Something that follows from the current text and fields of pages.

    What an updater needs of others is said by `requires` and checked at registration, so that the order in which they
    are registered cannot be wrong.
    """

    @property
    def name(self) -> str:
        """Name of the derived data, unique among updaters."""

    @property
    def requires(self) -> Sequence[type[Any]]:
        """Types of the outputs of other updaters that `write` reads from its `inputs`."""

    @property
    def provides(self) -> type[Any] | None:
        """Type of the output that `write` returns for updaters registered later; None if it returns nothing."""

    def prepare(self, versions: Sequence[ParsedVersion]) -> list[Any]:
        """Return one prepared value per version. May query; runs outside the transaction."""

    def write(
        self, versions: Sequence[ParsedVersion], prepared: Sequence[Any], moment: datetime | None, inputs: Inputs
    ) -> Any:
        """Write what was prepared, inside the transaction; the pages have primary keys by now.

        `moment` is the time of the write (None when data is rebuilt from history).
        """

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Return all derived rows by natural keys, sorted: a rebuild has to give the same."""


class Inputs:
    """The outputs that an updater requires, by their types."""

    def __init__(self, outputs: Mapping[type[Any], Any]) -> None:
        self._outputs = outputs

    def get(self, kind: type[T]) -> T:
        """Return the output of that type. Raises KeyError if the updater does not declare that it requires it."""
        output: T = self._outputs[kind]
        return output


UPDATERS: list[DerivedDataUpdater] = []


def register(updater: DerivedDataUpdater) -> None:
    """Add an updater, once per name; updaters run in the order of registration.

    Raises ImproperlyConfigured where nothing registered before provides what the updater requires, or where something
    provides the same type already.
    """
    if any(known.name == updater.name for known in UPDATERS):
        return
    provided = {known.provides for known in UPDATERS}
    missing = [kind.__name__ for kind in updater.requires if kind not in provided]
    if missing:
        raise ImproperlyConfigured(
            f"The updater «{updater.name}» requires {', '.join(missing)}: register what provides it first."
        )
    if updater.provides is not None and updater.provides in provided:
        raise ImproperlyConfigured(f"Two updaters provide {updater.provides.__name__}.")
    UPDATERS.append(updater)


@dataclass(frozen=True, slots=True)
class DerivedDataUpdate:
    """The parsed versions of one write, with what each updater prepared."""

    versions: Sequence[ParsedVersion]
    prepared: Sequence[tuple[DerivedDataUpdater, list[Any]]]

    @classmethod
    def prepare(cls, versions: Sequence[ParsedVersion]) -> DerivedDataUpdate:
        """Let every updater prepare, outside the transaction."""
        return cls(versions, [(updater, updater.prepare(versions)) for updater in UPDATERS])

    def write(self, moment: datetime | None) -> None:
        """Let every updater write, inside the transaction; safe to repeat when the transaction is retried."""
        outputs: dict[type[Any], Any] = {}
        for updater, values in self.prepared:
            inputs = Inputs({kind: outputs[kind] for kind in updater.requires})
            output = updater.write(self.versions, values, moment, inputs)
            if updater.provides is not None:
                outputs[updater.provides] = output
