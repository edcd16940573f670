"""The triples of all pages that anonymous readers may read, in an Oxigraph store below `TRIPLES_ROOT`.

Only the worker opens the store itself, in `store`. It publishes snapshots (hard links, so that they cost little), and
queries read the newest of these: files that nobody writes to.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from pyoxigraph import NamedNode
    from pyoxigraph import Store as OxigraphStore
    from rdflib import Graph

logger = logging.getLogger(__name__)
REVISION = 1
"""Incremented when the same facts give other triples; stores are then made anew."""
KEPT_SNAPSHOTS = 2
"""The newest, and the one before it, which a query may be about to open."""


def root() -> Path:
    """Return the folder of the store and its snapshots."""
    return Path(settings.TRIPLES_ROOT)


def newest_snapshot() -> Path | None:
    """Return the folder that queries read; None before the worker has published one."""
    found = _snapshots()
    return found[-1] if found else None


def _snapshots() -> list[Path]:
    """Return the published snapshots, oldest first."""
    folder = root() / "snapshots"
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return [folder / name for name in sorted((name for name in names if name.isdecimal()), key=int)]


def expected_stamp() -> str:
    """Return what the file `stamp` says of a store that this code made, at this address."""
    return f"{REVISION} {settings.BASE_ADDRESS}"


def graph_name(pk: int) -> NamedNode:
    """Return the name of the graph with the triples of a page: it stays when the page is renamed."""
    from pyoxigraph import NamedNode

    return NamedNode(f"urn:wiki:page:{pk}")


class TripleStore:
    """The store, for the worker alone."""

    def __init__(self) -> None:
        self._store: OxigraphStore | None = None

    # --- State
    @property
    def _stamp(self) -> Path:
        return root() / "stamp"

    @property
    def _unpublished(self) -> Path:
        return root() / "unpublished"

    def is_current(self) -> bool:
        """Whether there is a store that this code made, or is making."""
        return self._read_stamp().removeprefix("making ") == expected_stamp() and (root() / "store").is_dir()

    def is_being_made(self) -> bool:
        """Whether the store is made anew and not complete yet."""
        return self._read_stamp().startswith("making ")

    def has_unpublished_changes(self) -> bool:
        """Whether the store has changes that no snapshot has."""
        return self._unpublished.exists()

    def _read_stamp(self) -> str:
        try:
            return self._stamp.read_text(encoding="utf-8")
        except OSError:
            return ""

    # --- Writing
    def start_anew(self) -> None:
        """Delete the store, but no snapshot."""
        self._store = None
        root().mkdir(parents=True, exist_ok=True)
        shutil.rmtree(root() / "store", ignore_errors=True)
        self._stamp.write_text(f"making {expected_stamp()}", encoding="utf-8")
        self._unpublished.touch()
        self._open()

    def replace(self, graphs: Iterable[tuple[int, Graph]]) -> None:
        """Replace the triples of pages, given by primary key. Raises OSError."""
        from pyoxigraph import RdfFormat

        store = self._open()
        self._unpublished.touch()
        for pk, graph in graphs:
            name = graph_name(pk)
            store.remove_graph(name)
            if len(graph):
                store.load(graph.serialize(format="nt", encoding="utf-8"), RdfFormat.N_TRIPLES, to_graph=name)
        store.flush()

    def publish(self) -> None:
        """Make the current state what queries read, and delete older snapshots. Raises OSError."""
        folder, last = root() / "snapshots", newest_snapshot()
        folder.mkdir(parents=True, exist_ok=True)
        number = int(last.name) + 1 if last else 1
        new = folder / f"{number}.new"
        shutil.rmtree(new, ignore_errors=True)
        self._open().backup(str(new))
        new.rename(folder / str(number))
        self._stamp.write_text(expected_stamp(), encoding="utf-8")
        self._unpublished.unlink(missing_ok=True)
        for old in _snapshots()[:-KEPT_SNAPSHOTS]:
            shutil.rmtree(old, ignore_errors=True)

    def close(self) -> None:
        """Close the store, so that another worker may open it."""
        self._store = None

    def is_readable(self) -> bool:
        """Open the store; return whether it can be read. Raises OSError if another process has it open."""
        try:
            self._open()
        except (OSError, RuntimeError, ValueError) as error:
            if "lock" in str(error).lower():
                raise
            logger.exception("The triple store is damaged: it is made anew")
            return False
        return True

    def _open(self) -> OxigraphStore:
        """Open the store once."""
        from pyoxigraph import Store

        if self._store is None:
            self._store = Store(str(root() / "store"))
        return self._store
