"""Building an index anew, piece by piece, so that it can be left at any moment and gone on with.

The new build grows beside the old one, which is read meanwhile. `building`, a small file, says how far it got; a
process that is killed between a commit and that note writes one piece twice, which changes nothing.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wiki.search.engine import schema
from wiki.search.engine.documents import document_of
from wiki.search.engine.index_directory import write_atomically

if TYPE_CHECKING:
    from wiki.search.engine.backend import WhooshIndex


@dataclass
class _State:
    """How far a build got: the number of its model in the family, and the last key written."""

    build: str
    signature: str
    model: int = 0
    last: Any = None


class IndexBuild:
    """The making of one index. Every step takes the index's lock and may raise IndexBusy."""

    def __init__(self, index: WhooshIndex, patience: float) -> None:
        self.index = index
        self.directory = index.directory
        self.patience = patience
        self.models = schema.indexed_models(index.root)

    def restart(self) -> None:
        """Begin from nothing, whatever was built before."""
        with self.directory.write_lock(self.patience):
            self._begin()

    def step(self, size: int) -> int:
        """Write the next `size` objects; 0 once all are written and the new index has taken its place."""
        with self.directory.write_lock(self.patience):
            state = self._state() or self._begin()
            while state.model < len(self.models):
                model: Any = self.models[state.model]
                rows = model.get_indexed_objects().order_by("pk")
                rows = rows if state.last is None else rows.filter(pk__gt=state.last)
                if some := list(rows[:size]):
                    documents = [document_of(one) for one in some]
                    build = self.directory.folder / state.build
                    self.index.commit(documents, [one.pk for one in some], build)
                    state.last = some[-1].pk if schema.is_numeric(model) else str(some[-1].pk)
                    self._keep(state)
                    return len(some)
                state.model, state.last = state.model + 1, None
            self.directory.activate_build(self.directory.folder / state.build)
            self._file.unlink(missing_ok=True)
            return 0

    @property
    def _file(self) -> Path:
        return self.directory.folder / "building"

    def _begin(self) -> _State:
        state = _State(self.directory.create_build(schema.schema_of(self.index.root)).name, self.directory.signature)
        self._keep(state)
        return state

    def _keep(self, state: _State) -> None:
        write_atomically(self._file, json.dumps(asdict(state)))

    def _state(self) -> _State | None:
        """How far the build got that was begun; None when there is none to go on with."""
        with contextlib.suppress(OSError, ValueError, TypeError):
            state = _State(**json.loads(self._file.read_text(encoding="utf-8")))
            if state.signature == self.directory.signature and (self.directory.folder / state.build).is_dir():
                return state
        return None
