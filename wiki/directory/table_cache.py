"""The tables of directories in the memory of this process, brought up to date when something was written.

Each request asks for the state of the wiki (one query). If that is another one, the pages with newer versions are read
again; all of them if the form, the epoch of caches or a declaration of a property has changed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from django.contrib.auth.models import AnonymousUser

from wiki.ask.embedding.result_cache import read_site_state
from wiki.directory.directory_table import DirectoryTable, FacetValues
from wiki.directory.facet_fields import directory_fields
from wiki.directory.table_loader import TableLoader
from wiki.facts.property_declarations import properties_named
from wiki.forms.form_definition import FormDefinition
from wiki.forms.form_lookup import form_of_kind
from wiki.pages.models import PageVersion

PLACE_KIND = "place"
MOST_CHANGES = 2_000
"""Versions after which all pages are read again rather than the changed ones."""


@dataclass(frozen=True, slots=True)
class _TableState:
    """What a table was made of."""

    last_version: int
    """Greatest primary key of versions."""
    epoch: int
    """Counts changes that make no version, also each time when facts were parsed again."""
    open_writes: str
    definition: FormDefinition


@dataclass(slots=True)
class _Entry:
    """The table of a kind."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    table: DirectoryTable | None = None
    state: _TableState | None = None
    properties: tuple[tuple[str, int], ...] = ()
    """Key and revision of the properties of the fields."""
    read_to: int = 0
    """All versions up to this primary key are in the table."""


_entries: dict[str, _Entry] = {}
_entries_lock = threading.Lock()


def clear() -> None:
    """Forget all tables."""
    with _entries_lock:
        _entries.clear()


def table_of(kind_key: str) -> DirectoryTable:
    """Return the table of a kind, as the database is now. Two queries where nothing was written since the last call."""
    with _entries_lock:
        entry = _entries.setdefault(kind_key, _Entry())
    with entry.lock:
        state = _current_state(kind_key)
        if entry.table is None or entry.state != state:
            entry.table = _updated(kind_key, entry, state)
        return entry.table


def _current_state(kind_key: str) -> _TableState:
    source = form_of_kind(kind_key, AnonymousUser())
    definition = source.definition if source is not None else FormDefinition()
    return _TableState(*read_site_state(), definition)


def _updated(kind_key: str, entry: _Entry, state: _TableState) -> DirectoryTable:
    """Return the table of a kind with what was written; `state` was read before the rows are."""
    fields = directory_fields(state.definition, of_places=kind_key == PLACE_KIND)
    properties = tuple(properties_named(fields.keys).order_by("key").values_list("key", "revision"))
    loader = TableLoader(kind_key, fields)
    changed = _changed_pages(entry, state) if properties == entry.properties else None
    table = entry.table
    if table is None or changed is None:
        values = [FacetValues() for _ in fields.facets]
        table = DirectoryTable(fields, values, loader.load(values))
        entry.read_to = 0
    elif changed:
        table = table.replace(changed, loader.load(table.values, changed))
    if not state.open_writes:  # else a version with a smaller key may be committed later
        entry.read_to = state.last_version
    entry.state, entry.properties = state, properties
    return table


def _changed_pages(entry: _Entry, state: _TableState) -> set[int] | None:
    """Return the pages with versions that the table may not have; None if all pages have to be read."""
    old = entry.state
    if old is None or not entry.read_to or (old.epoch, old.definition) != (state.epoch, state.definition):
        return None
    versions = PageVersion.objects.filter(pk__gt=entry.read_to).order_by()
    found = list(versions.values_list("page_id", flat=True)[: MOST_CHANGES + 1])
    return set(found) if len(found) <= MOST_CHANGES else None
