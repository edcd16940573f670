"""The lives of the facts of one page: folded over its versions, from what is alive already."""

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
"""Position of what the wiki says itself: after all that authors say."""
ParseValue = Callable[[str, str, VersionState], Value]
"""Property key, words, version: the value."""


@dataclass(slots=True)
class FactLifetime:
    """A fact from the version in which it was first said to the one in which it was no longer said."""

    identity: Identity
    added_in: int
    added_at: datetime
    position: int
    value: Value
    language: str
    fact: Fact | None = None
    """Its row, where it was alive before this write."""
    removed_in: int | None = None
    removed_at: datetime | None = None


@dataclass(slots=True)
class FactHistory:
    """All lives of one page that a write begins, goes on with or ends."""

    parsed: ParsedVersion
    moment: datetime | None
    """The time of the write; None when data is rebuilt from history."""
    changes: PageFactChanges
    current: dict[Identity, FactLifetime] = field(default_factory=dict)
    removed: list[FactLifetime] = field(default_factory=list)
    last_statements: VersionStatements | None = None

    def load_current(self, facts: Iterable[Fact]) -> None:
        """Begin with the facts that are alive in the database."""
        for fact in facts:
            identity = (fact.subject.fragment, fact.property.key, fact.raw)
            value, language = fact.value(), fact.language
            self.current[identity] = FactLifetime(
                identity, fact.added_in, fact.added_at, fact.position, value, language, fact
            )

    def apply_versions(self, versions: Iterable[VersionStatements], read: ParseValue) -> None:
        """Let each version begin and end facts."""
        number, clock = self.parsed.follows, MonotonicTimes(self.parsed.since, self.moment)
        for said in versions:
            number += 1
            at = clock.next(said.version.date)
            wanted = dict(said.facts)
            own = version_statements.builtin_statements(said.version, number, self.parsed.page.created_at, at)
            for position, identity in enumerate(own, start=BUILTIN_POSITION):
                wanted.setdefault(identity, position)
            self._end(wanted, number, at)
            self._begin(wanted, number, at, said.version, read)
            self.last_statements = said

    def _end(self, wanted: dict[Identity, int], number: int, at: datetime) -> None:
        for identity in [identity for identity in self.current if identity not in wanted]:
            life = self.current.pop(identity)
            life.removed_in, life.removed_at = number, at
            self.removed.append(life)

    def _begin(
        self, wanted: dict[Identity, int], number: int, at: datetime, step: VersionState, read: ParseValue
    ) -> None:
        for identity, position in wanted.items():
            value, life = read(identity[1], identity[2], step), self.current.get(identity)
            if life is None:
                self.current[identity] = FactLifetime(identity, number, at, position, value, step.language)
            else:
                life.position, life.value, life.language = position, value, step.language

    @property
    def lifetimes(self) -> list[FactLifetime]:
        """Ended ones first, in the order in which they ended."""
        return [*self.removed, *self.current.values()]
