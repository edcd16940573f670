"""Lifetimes of the facts of one page, computed version by version from the facts that are current."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from wiki.facts import version_statements
from wiki.facts.fact_changes import PageFactChanges
from wiki.facts.models import Fact
from wiki.facts.values import Value
from wiki.facts.version_statements import Identity, VersionStatements
from wiki.pages.writing.derived_data import MonotonicTimes, ParsedVersion, VersionState

BUILTIN_POSITION = 1_000_000
"""Position of the first builtin statement: after all statements of authors."""
ParseValue = Callable[[str, str, VersionState], Value]
"""Parses a value: (property key, raw value, version) -> value."""


@dataclass(slots=True)
class FactLifetime:
    """A fact, from the version that added it to the one that removed it."""

    identity: Identity
    added_in: int
    added_at: datetime
    position: int
    value: Value
    language: str
    fact: Fact | None = None
    """Its row, if it was stored before this write."""
    removed_in: int | None = None
    removed_at: datetime | None = None


@dataclass(slots=True)
class FactHistory:
    """The lifetimes of the facts of one page that a write adds, continues or ends."""

    parsed: ParsedVersion
    moment: datetime | None
    """The time of the write; None when data is rebuilt from history."""
    changes: PageFactChanges
    current: dict[Identity, FactLifetime] = field(default_factory=dict)
    removed: list[FactLifetime] = field(default_factory=list)
    last_statements: VersionStatements | None = None

    def load_current(self, current_facts: Iterable[Fact]) -> None:
        """Start with the facts that are current in the database."""
        for fact in current_facts:
            identity = (fact.subject.fragment, fact.property.key, fact.raw)
            value, language = fact.value(), fact.language
            self.current[identity] = FactLifetime(
                identity, fact.added_in, fact.added_at, fact.position, value, language, fact
            )

    def apply_versions(self, versions: Iterable[VersionStatements], parse: ParseValue) -> None:
        """Add, continue and remove facts as each version of `versions` states them.

        A fact whose text may mean another value by the title, place or language of a version is another fact, whatever
        the declarations are today.
        """
        before = self._stored_state()
        number, times = self.parsed.follows, MonotonicTimes(self.parsed.since, self.moment)
        for statements in versions:
            number += 1
            at = times.next(statements.version.date)
            positions = dict(statements.facts)
            builtin = version_statements.builtin_statements(statements.version, number, self.parsed.page.created_at, at)
            for position, identity in enumerate(builtin, start=BUILTIN_POSITION):
                positions.setdefault(identity, position)
            if before is not None:
                self._remove_read_otherwise(before, statements.version, number, at)
            self._remove_missing(positions, number, at)
            self._add_or_continue(positions, number, at, statements.version, parse)
            self.last_statements, before = statements, statements.version

    def _stored_state(self) -> VersionState | None:
        """Return the state of the page in its last stored version, without its text; None for the whole history."""
        page = self.parsed.page
        if not self.parsed.follows:
            return None
        return VersionState("", page.full_title, page.is_place, page.language, "", None, page.place_id is not None)

    def _remove_read_otherwise(self, before: VersionState, version: VersionState, number: int, at: datetime) -> None:
        """End the facts whose values may be others in a version than in the one before: `#part` names the page."""
        is_all = (before.place_title, before.language) != (version.place_title, version.language)
        if not is_all and before.full_title == version.full_title:
            return
        for identity in list(self.current):
            if is_all or "#" in identity[2]:
                self._remove(identity, number, at)

    def _remove_missing(self, positions: dict[Identity, int], number: int, at: datetime) -> None:
        for identity in [identity for identity in self.current if identity not in positions]:
            self._remove(identity, number, at)

    def _remove(self, identity: Identity, number: int, at: datetime) -> None:
        """End one fact."""
        lifetime = self.current.pop(identity)
        lifetime.removed_in, lifetime.removed_at = number, at
        self.removed.append(lifetime)

    def _add_or_continue(
        self, positions: dict[Identity, int], number: int, at: datetime, version: VersionState, parse: ParseValue
    ) -> None:
        for identity, position in positions.items():
            value, lifetime = parse(identity[1], identity[2], version), self.current.get(identity)
            if lifetime is None:
                self.current[identity] = FactLifetime(identity, number, at, position, value, version.language)
            else:
                lifetime.position, lifetime.value, lifetime.language = position, value, version.language

    @property
    def lifetimes(self) -> list[FactLifetime]:
        """All lifetimes: the removed facts in the order of removal, then the current ones."""
        return [*self.removed, *self.current.values()]
