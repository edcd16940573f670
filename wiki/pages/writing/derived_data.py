"""Data that is derived from the texts of versions, and the registry of its updaters.

The writer parses a text once (`ParsedVersion`), lets every updater prepare outside any lock, and
calls `write` inside the transaction. `rebuild` runs the same updaters, in the same batches. Packages
of higher layers (facts, passages, search) register theirs in `wiki/apps.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, runtime_checkable

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Max

from wiki.pages.models import Kind, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.text import titles
from wiki.text.markup.markdown_parser import Parsed
from wiki.text.problems import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VersionState:
    """State of a page in one version, for updaters that process the history of a page."""

    text: str | None
    full_title: str
    is_place: bool
    language: str
    author: str
    date: datetime | None
    """Time of writing as claimed by the author; None for the time of the transaction."""

    @property
    def place_title(self) -> str:
        """Title of the place in which titles are looked up first: the page itself, or its place; "" for none."""
        if self.is_place:
            return self.full_title
        return self.full_title.partition(":")[0] if self.has_place_prefix else ""

    has_place_prefix: bool = False
    """Whether the title begins with the name of a place."""
    source: tuple[int, int] | None = None
    """Primary key and version number of another page from which this version was made, as by a fork."""
    in_changeset: bool = False
    """Whether the version belongs to a changeset."""


@dataclass(frozen=True, slots=True)
class ParsedVersion:
    """The parsed latest text of a page, and the new versions up to it: the input of all updaters.

    It is complete before the transaction begins and immutable; only `page` may be unsaved until `write`.
    """

    page: WikiPage
    fields: PageFields
    text: str | None
    parsed: Parsed
    kind: Kind | None
    columns: Mapping[str, Any]
    """Columns of the page row that follow from the text."""
    problems: Sequence[Problem]
    """Problems of the text, found by the parser and by checks that depend on the wiki."""
    number: int = 0
    """Version number of the text."""
    follows: int = 0
    """The version after which `steps` begin; 0 for the whole history, which then replaces the stored rows."""
    steps: Iterable[VersionState] = ()
    """The versions after `follows`, up to the parsed one; each updater may iterate over them."""
    since: datetime | None = None
    """The latest claimed time of the versions up to `follows`."""

    @property
    def is_hidden(self) -> bool:
        """Whether only some may read the page."""
        return self.fields.hidden_with is not None

    @property
    def public_key(self) -> str | None:
        """The title key by which everybody will find the page; None if it is deleted or hidden."""
        return None if self.text is None or self.is_hidden else titles.key_of(self.fields.full_title)

    @property
    def old_public_key(self) -> str | None:
        """The title key by which everybody found the page until now; None for a new page."""
        return self.page.public_key if self.follows else None


@dataclass(slots=True)
class MonotonicTimes:
    """Makes the claimed times of the versions of a page non-decreasing, since imports may have wrong clocks."""

    previous: datetime | None
    """Result for the previous version."""
    now: datetime | None
    """Time of the transaction; None when data is rebuilt from history."""

    def next(self, date: datetime | None) -> datetime:
        """Return the time of the next version, claimed as `date`: not before the previous one, nor in the future."""
        at = date or self.now
        if at is None:
            raise RuntimeError("A version without a claimed time needs the time of the transaction")
        at = min(at, self.now) if self.now else at
        self.previous = max(at, self.previous) if self.previous else at
        return self.previous


def latest_time(page: WikiPage, dated: bool) -> datetime | None:
    """Return the latest claimed time of the stored versions of a page, None if there are none.

    It is queried only if the new versions have claimed times (`dated`); else the time of the last version will do.
    """
    if not page.version or not dated:
        return page.edited_at if page.version else None
    found: datetime | None = page.versions.aggregate(latest=Max("claimed_at"))["latest"]
    return found


class DerivedDataUpdater(Protocol):
    """Updater of one kind of data derived from the texts and fields of pages.

    An updater declares the outputs of other updaters that it needs in `requires`. They are checked at registration, so
    that updaters cannot be registered in a wrong order.
    """

    @property
    def name(self) -> str:
        """Name of the derived data, unique among updaters."""

    @property
    def revision(self) -> int:
        """Number of the rules: incremented when the same text gives other rows, which are then made again."""

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
        """Return all derived rows by natural keys, sorted. A rebuild must not change them."""


class UpdaterWithoutRows:
    """Base of updaters that derive no rows: they note or invalidate what follows from a write."""

    revision = 1
    provides = None

    def prepare(self, versions: Sequence[ParsedVersion]) -> list[None]:
        """Prepare nothing."""
        return [None for _ in versions]

    def snapshot(self) -> list[tuple[Any, ...]]:
        """Return no rows: nothing is derived."""
        return []


@runtime_checkable
class DescribesPages(Protocol):
    """An updater whose rows authors notice: facts and links."""

    def describe(self, page: int) -> Collection[str]:
        """Return the current rows of the page with this primary key, each as a line for people."""


class Inputs:
    """The outputs that an updater requires, by their types."""

    def __init__(self, outputs: Mapping[type[Any], Any]) -> None:
        self._outputs = outputs

    def get(self, kind: type[T]) -> T:
        """Return the output of type `kind`. Raises KeyError unless the updater declares it in `requires`."""
        output: T = self._outputs[kind]
        return output


UPDATERS: list[DerivedDataUpdater] = []


def register(updater: DerivedDataUpdater) -> None:
    """Add an updater, once per name; updaters run in the order of registration.

    Raises ImproperlyConfigured if no registered updater provides an output that it requires, or if another updater
    provides the same type of output.
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
