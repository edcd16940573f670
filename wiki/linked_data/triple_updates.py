"""Fills the outbox of the triple store, in the transaction of each change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from wiki.facts.fact_changes import FactChanges
from wiki.linked_data.models import TripleUpdate
from wiki.pages.writing.derived_data import Inputs, ParsedVersion, UpdaterWithoutRows
from wiki.text import titles

TripleScope = TripleUpdate.TripleScope
ROWS = 500


def enqueue(subject: str, keys: Iterable[object]) -> None:
    """Add rows to the outbox."""
    rows = [TripleUpdate(subject=subject, key=str(key)) for key in keys]
    TripleUpdate.objects.bulk_create(rows, batch_size=ROWS)


def enqueue_parsed_again(pages: set[int]) -> None:
    """Note that facts of these pages were parsed again."""
    enqueue(TripleScope.PAGE, sorted(pages))


def request_new_store() -> None:
    """Let the worker make the store anew; the old one answers meanwhile."""
    TripleUpdate.objects.create(subject=TripleScope.ALL)


class TripleOutboxUpdater(UpdaterWithoutRows):
    """Notes which triples follow from a write: of the written pages, and of others whose facts or names changed."""

    name = "triple outbox"
    requires = (FactChanges,)

    def write(
        self, versions: Sequence[ParsedVersion], prepared: Sequence[None], moment: datetime | None, inputs: Inputs
    ) -> None:
        """Add the rows of a write, with one insert."""
        rows: set[tuple[str, str]] = set()
        for version in versions:
            changes = inputs.get(FactChanges).of(version.page.pk)
            rows.add((TripleScope.PAGE, str(version.page.pk)))
            rows |= {(TripleScope.PAGE, str(page)) for page, _, _ in changes.values}
            rows |= {(TripleScope.PROPERTY, key) for key in changes.declared}
            rows |= {(TripleScope.TITLE, key) for key in _changed_titles(version)}
        TripleUpdate.objects.bulk_create(
            [TripleUpdate(subject=subject, key=key) for subject, key in sorted(rows)], batch_size=ROWS
        )


def _changed_titles(version: ParsedVersion) -> set[str]:
    """Return the title keys by which other pages name this one, if its title is new, gone, or spelled otherwise."""
    before = version.page.full_title if version.follows and version.page.title_key else ""
    after = version.fields.full_title if version.text is not None else ""
    return {titles.key_of(title) for title in (before, after) if title} if before != after else set()
