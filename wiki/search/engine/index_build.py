"""Rebuild of an index in steps, which can be interrupted at any time and resumed.

The new build grows beside the old one, which stays in use. The file `building` records the progress; a process that is
killed between a commit and the update of this file repeats one step, which is idempotent.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wiki.search.engine import schema
from wiki.search.engine.documents import RefusedObjects, documents_of
from wiki.search.engine.index_directory import write_atomically

if TYPE_CHECKING:
    from wiki.search.engine.backend import WhooshIndex


@dataclass
class _State:
    """Progress of a build: position of the current model in `indexed_models`, and the last primary key written."""

    build: str
    signature: str
    model: int = 0
    last: Any = None


class IndexBuild:
    """The rebuild of an index. Each method takes the write lock, waiting up to `patience` seconds. Raises IndexBusy."""

    def __init__(self, index: WhooshIndex, patience: float) -> None:
        self.index = index
        self.directory = index.directory
        self.patience = patience
        self.models = schema.indexed_models(index.root)
        self.refused: dict[tuple[str, Any], Exception] = {}
        """Exceptions of the objects that could not be indexed so far, by label of the model and primary key."""

    def restart(self) -> None:
        """Begin a new build, and discard an unfinished one."""
        with self.directory.write_lock(self.patience):
            self._create_state()

    def step(self, size: int) -> int:
        """Write the next `size` objects and return their number; 0 once all are written and the new build is in use."""
        with self.directory.write_lock(self.patience):
            state = self._load_state() or self._create_state()
            while state.model < len(self.models):
                model: Any = self.models[state.model]
                rows = model.get_indexed_objects().order_by("pk")
                rows = rows if state.last is None else rows.filter(pk__gt=state.last)
                if objects := list(rows[:size]):
                    documents, refused = documents_of(objects)
                    build = self.directory.folder / state.build
                    refused |= self._commit(documents, [obj.pk for obj in objects], build)
                    self.refused |= {(schema.label(model), key): error for key, error in refused.items()}
                    state.last = objects[-1].pk if schema.is_numeric(model) else str(objects[-1].pk)
                    self._save(state)
                    return len(objects)
                state.model, state.last = state.model + 1, None
            self.directory.activate_build(self.directory.folder / state.build)
            self._file.unlink(missing_ok=True)
            return 0

    def _commit(self, documents: list[dict[str, Any]], keys: list[Any], build: Path) -> RefusedObjects:
        """Write to the new build; where it cannot be written, forget it, so that the next step begins another one."""
        try:
            return self.index.commit(documents, keys, build)
        except Exception:
            self._file.unlink(missing_ok=True)
            raise

    @property
    def _file(self) -> Path:
        return self.directory.folder / "building"

    def _create_state(self) -> _State:
        state = _State(self.directory.create_build(schema.schema_of(self.index.root)).name, self.directory.signature)
        self._save(state)
        return state

    def _save(self, state: _State) -> None:
        write_atomically(self._file, json.dumps(asdict(state)))

    def _load_state(self) -> _State | None:
        """Load the progress of an unfinished build; None if there is none to resume."""
        with contextlib.suppress(OSError, ValueError, TypeError):
            state = _State(**json.loads(self._file.read_text(encoding="utf-8")))
            if state.signature == self.directory.signature and (self.directory.folder / state.build).is_dir():
                return state
        return None
