"""What a write changed in the facts of pages: the output of the fact updater for those that run after it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class PageFactChanges:
    """The changes that writing one page made to facts, whichever pages the facts are on."""

    page: int
    """Primary key of the written page."""
    values: set[tuple[int, str, str]] = field(default_factory=set)
    """(page, property key, canonical value) of facts that were added, removed or parsed again; "*" for any value."""
    declared: set[str] = field(default_factory=set)
    """Keys of the properties whose declaration changed."""
    rows: list[int] = field(default_factory=list)
    """Primary keys of the facts that were added or deleted, without those that the wiki itself states."""


@dataclass(slots=True)
class FactChanges:
    """The changes that one write made to facts, by primary key of the written page."""

    pages: dict[int, PageFactChanges] = field(default_factory=dict)

    def of(self, page: int) -> PageFactChanges:
        """Return the changes of a page, empty at first."""
        return self.pages.setdefault(page, PageFactChanges(page))
