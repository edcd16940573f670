"""Where an index lies on disk, who may write to it, and how readers come by it.

A directory is the folder of one index. It holds numbered builds, each a Whoosh index of its own, and `current`, a file
that names the build that is read. A new build is made beside the old one and takes its place by one rename of
`current`. Writers hold a lock of the operating system, which a process that is killed lets go of; Whoosh commits by one
rename too, so that a build is always whole. Whoever finds a build damaged leaves a note, `damaged`; a new one follows.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whoosh import index as whoosh_index
from whoosh.codec.whoosh3 import W3Codec
from whoosh.fields import Schema
from whoosh.searching import Searcher

logger = logging.getLogger(__name__)
POOL_SIZE = 8
"""Readers kept open for each index."""
ATTEMPTS = 5
"""Times that a reader tries to open what a writer is changing."""
DAMAGE_ERRORS = (Exception,)
"""Whoosh reads bytes as it finds them: of damaged ones come errors of nearly every kind, its own and struct.error."""
PROGRAMMING_ERRORS = (TypeError, AttributeError, NameError, RecursionError)
"""More likely our own than the disk's: no query may have the whole index built again by way of them."""


class IndexMissing(Exception):
    """There is no index yet, or it was built for other fields: it has to be built."""


class IndexDamaged(Exception):
    """The index cannot be read. Whoever met this has left a note of it."""


class IndexBusy(Exception):
    """Another process is writing, and went on for longer than one was ready to wait."""


class IndexDirectory:
    """The folder of one index; `signature` says what it has to be built for."""

    def __init__(self, folder: Path, signature: str) -> None:
        self.folder = folder
        self.signature = signature

    # --- What is there ----------------------------------------------------------------------------
    @property
    def build(self) -> Path:
        """The build that is read. Raises IndexMissing."""
        try:
            said = json.loads((self.folder / "current").read_text(encoding="utf-8"))
            name, signature = said["build"], said["signature"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexMissing(str(error)) from error
        if signature != self.signature:
            raise IndexMissing("built for other fields")
        return self.folder / str(name)

    @property
    def damage(self) -> str:
        """What was found damaged in the build that is read; empty when nothing was."""
        try:
            said = (self.folder / "damaged").read_text(encoding="utf-8")
            return said.partition("\n")[2] if said.partition("\n")[0] == self.build.name else ""
        except (OSError, UnicodeDecodeError, IndexMissing):
            return ""

    @property
    def is_usable(self) -> bool:
        """Whether there is an index of the right form in which nobody has found damage."""
        with contextlib.suppress(IndexMissing):
            return self.build.is_dir() and not self.damage
        return False

    def record_damage(self, error: BaseException) -> IndexDamaged:
        """Leave a note that the build cannot be read, say so to the administrator once, and return what to raise."""
        sentence = f"{type(error).__name__}: {error}"
        with contextlib.suppress(OSError, IndexMissing):
            if not self.damage:
                logger.error("The search index %s is damaged and will be built again (%s)", self.folder, sentence)
            write_atomically(self.folder / "damaged", f"{self.build.name}\n{sentence}")
        return IndexDamaged(sentence)

    # --- Reading ----------------------------------------------------------------------------------
    @contextmanager
    def searcher(self) -> Iterator[Searcher]:
        """A reader of the index as it was committed last, for one thread. Raises IndexMissing and IndexDamaged.

        What goes wrong within counts as damage, and is noted, unless it is a mistake of the caller's.
        """
        opened = self._opened()
        try:
            yield opened.searcher
        except (IndexMissing, IndexDamaged, NotImplementedError):
            raise
        except PROGRAMMING_ERRORS as error:
            logger.exception("A search failed")
            raise IndexDamaged(f"{type(error).__name__}: {error}") from error
        except DAMAGE_ERRORS as error:
            raise self.record_damage(error) from error
        else:
            _keep(self.folder, opened)

    def _opened(self) -> _Opened:
        pool = _POOLS.setdefault(self.folder, deque(maxlen=POOL_SIZE))
        for attempt in range(ATTEMPTS):
            build, generation = self.build, -1
            try:
                generation = _generation(build)
                with contextlib.suppress(IndexError):  # another thread may take the last one
                    while True:
                        kept = pool.pop()
                        if (kept.build, kept.generation) == (build, generation):
                            return kept
                        kept.searcher.close()
                return _Opened(build, generation, whoosh_index.open_dir(str(build)).searcher())
            except DAMAGE_ERRORS as error:
                # A writer may have taken files away between the reading of their names and their opening.
                if attempt == ATTEMPTS - 1 or not self._has_moved(build, generation):
                    raise self.record_damage(error) from error
        raise AssertionError  # the last attempt returns or raises

    def _has_moved(self, build: Path, generation: int) -> bool:
        """Whether there is something newer than what could not be opened."""
        with contextlib.suppress(OSError, ValueError):
            return (self.build, _generation(self.build)) != (build, generation)
        return False

    # --- Writing ----------------------------------------------------------------------------------
    @contextmanager
    def write_lock(self, patience: float) -> Iterator[None]:
        """The right to write, for one process and thread at a time. Raises IndexBusy after `patience` seconds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            until = time.monotonic() + patience
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until:
                        raise IndexBusy(f"{self.folder} is being written to") from None
                    time.sleep(0.05)
            yield

    def writer(self, build: Path | None = None) -> Any:
        """A Whoosh writer of the build that is read, or of another; to be committed. Raises as `searcher` does."""
        target = build or self.build
        try:
            return whoosh_index.open_dir(str(target)).writer(timeout=5, codec=W3Codec(blocklimit=512))
        except DAMAGE_ERRORS as error:
            if build is None:
                raise self.record_damage(error) from error
            raise

    # --- Building ---------------------------------------------------------------------------------
    def create_build(self, schema: Schema) -> Path:
        """A new, empty build beside the one that is read. Builds that were never finished are removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        build = self.folder / f"build-{time.time_ns()}"
        build.mkdir()
        whoosh_index.create_in(str(build), schema)
        return build

    def activate_build(self, build: Path) -> None:
        """From now on `build` is read; the others go."""
        write_atomically(self.folder / "current", json.dumps({"build": build.name, "signature": self.signature}))
        (self.folder / "damaged").unlink(missing_ok=True)
        self._sweep()

    def _sweep(self) -> None:
        """Remove builds that nobody reads. Readers that have one open go on reading it."""
        kept = None
        with contextlib.suppress(IndexMissing):
            kept = self.build
        for old in self.folder.glob("build-*"):
            if old != kept:
                shutil.rmtree(old, ignore_errors=True)


# --- The readers that are kept open -----------------------------------------------------------------
class _Opened:
    """A searcher and what it reads."""

    def __init__(self, build: Path, generation: int, searcher: Searcher) -> None:
        self.build, self.generation, self.searcher = build, generation, searcher


_POOLS: dict[Path, deque[_Opened]] = {}


def _keep(folder: Path, opened: _Opened) -> None:
    pool = _POOLS.setdefault(folder, deque(maxlen=POOL_SIZE))
    if len(pool) >= POOL_SIZE:
        opened.searcher.close()
    else:
        pool.append(opened)


def _generation(build: Path) -> int:
    """The number of the last commit."""
    return max(int(name.rpartition("_")[2][:-4]) for name in os.listdir(build) if name.endswith(".toc"))


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that it is there with all its text, or as it was."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}-{time.time_ns()}")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
