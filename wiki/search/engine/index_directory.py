"""The directory of an index on disk: its builds, its write lock, and a pool of its open snapshots.

The directory contains builds, each a complete Whoosh index, and the file `current`, which names the build in use. A new
build is made beside the old one and replaces it by an atomic rename of `current`. Writers hold a lock of the operating
system, which is released if the process is killed; Whoosh commits by an atomic rename too, so that a build is always
consistent. Whoever finds a build damaged writes the file `damaged`, and the index is rebuilt.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import logging
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from whoosh.codec.whoosh3 import W3Codec
from whoosh.fields import Schema
from whoosh.index import FileIndex, create_in

from wiki.search.engine.index_snapshot import IndexSnapshot
from wiki.search.engine.segment_files import MappedStorage

logger = logging.getLogger(__name__)
POOL_SIZE = 2
"""Snapshots of each index that a process has open at once; others wait."""
ATTEMPTS = 5
"""Attempts to open an index that a writer is changing."""
DAMAGE_ERRORS = (Exception,)
"""Whoosh does not validate what it reads: damaged files raise nearly any exception, struct.error among them."""
PROGRAMMING_ERRORS = (TypeError, AttributeError, NameError, RecursionError)
"""More likely bugs than damage on disk: a query that raises these must not cause a rebuild of the index."""


MACHINE_ERRNOS = frozenset(
    {
        errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EPERM,
        errno.ENOMEM, errno.EFBIG,
    }
)  # fmt: skip
"""Errors of the operating system that say nothing about the files: disk full, read-only, too many open files."""


class IndexMissing(Exception):
    """There is no index yet, or it was built for other fields, and has to be built."""


class IndexDamaged(Exception):
    """The index cannot be read; except after a programming error, the damage has been recorded."""


class IndexBusy(Exception):
    """Another process held the write lock for longer than the caller was ready to wait."""


class IndexDirectory:
    """The directory of one index; an index built with another `signature` counts as missing."""

    def __init__(self, folder: Path, signature: str) -> None:
        self.folder = folder
        self.signature = signature

    # --- State of the index -----------------------------------------------------------------------
    @property
    def build(self) -> Path:
        """The directory of the build in use. Raises IndexMissing."""
        try:
            content = json.loads((self.folder / "current").read_text(encoding="utf-8"))
            name, signature = content["build"], content["signature"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexMissing(str(error)) from error
        if signature != self.signature:
            raise IndexMissing("built for other fields")
        return self.folder / str(name)

    @property
    def damage(self) -> str:
        """The recorded damage of the build in use; empty if there is none."""
        try:
            content = (self.folder / "damaged").read_text(encoding="utf-8")
            return content.partition("\n")[2] if content.partition("\n")[0] == self.build.name else ""
        except (OSError, UnicodeDecodeError, IndexMissing):
            return ""

    @property
    def is_usable(self) -> bool:
        """Whether there is an index with the right signature and no recorded damage."""
        with contextlib.suppress(IndexMissing):
            return self.build.is_dir() and not self.damage
        return False

    def record_damage(self, error: BaseException) -> IndexDamaged:
        """Record that the build cannot be read, log it the first time, and return the exception to raise.

        A fault of the machine (MACHINE_ERRNOS) is only logged: the files may be whole.
        """
        sentence = f"{type(error).__name__}: {error}"
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in MACHINE_ERRNOS):
            logger.error("The search index %s cannot be used at the moment (%s)", self.folder, sentence)
            return IndexDamaged(sentence)
        with contextlib.suppress(OSError, IndexMissing):
            if not self.damage:
                logger.error("The search index %s is damaged and will be built again (%s)", self.folder, sentence)
            write_atomically(self.folder / "damaged", f"{self.build.name}\n{sentence}")
        return IndexDamaged(sentence)

    # --- Reading ----------------------------------------------------------------------------------
    @contextmanager
    def snapshot(self) -> Iterator[IndexSnapshot]:
        """Open the last commit, for one thread. Raises IndexMissing and IndexDamaged.

        Waits while POOL_SIZE threads search this index. Exceptions in the block are recorded as damage and raised as
        IndexDamaged; programming errors are only logged.
        """
        with _turn(self.folder):
            opened = self._open_current()
            try:
                yield opened
            except (IndexMissing, IndexDamaged, NotImplementedError):
                raise
            except PROGRAMMING_ERRORS as error:
                logger.exception("A search failed")
                raise IndexDamaged(f"{type(error).__name__}: {error}") from error
            except DAMAGE_ERRORS as error:
                raise self.record_damage(error) from error
            else:
                _return_to_pool(self.folder, opened)

    def _open_current(self) -> IndexSnapshot:
        for attempt in range(ATTEMPTS):
            build, generation = self.build, -1
            try:
                generation = _generation(build)
                return _open(self.folder, build, generation)
            except DAMAGE_ERRORS as error:
                # A writer may have deleted files between the listing of their names and their opening.
                if attempt == ATTEMPTS - 1 or not self._has_changed(build, generation):
                    raise self.record_damage(error) from error
        raise AssertionError  # the last attempt returns or raises

    def _has_changed(self, build: Path, generation: int) -> bool:
        """Return whether there is a newer build or commit than the one that could not be opened."""
        with contextlib.suppress(OSError, ValueError):
            return (self.build, _generation(self.build)) != (build, generation)
        return False

    # --- Writing ----------------------------------------------------------------------------------
    @contextmanager
    def write_lock(self, patience: float) -> Iterator[None]:
        """Hold the write lock, exclusive between processes and threads. Raises IndexBusy after `patience` seconds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            deadline = time.monotonic() + patience
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise IndexBusy(f"{self.folder} is being written to") from None
                    time.sleep(0.05)
            yield

    def writer(self, build: Path | None = None) -> Any:
        """Return a Whoosh writer of `build` or the build in use; the caller commits it. Raises as `snapshot` does."""
        target = build or self.build
        try:
            return FileIndex(MappedStorage(str(target))).writer(timeout=5, codec=W3Codec(blocklimit=512, compression=0))
        except DAMAGE_ERRORS as error:
            if build is None:
                raise self.record_damage(error) from error
            raise

    @contextmanager
    def committed(self, build: Path | None = None) -> Iterator[IndexSnapshot]:
        """Open the last commit of `build` or the build in use, for a writer, which holds the write lock."""
        target = build or self.build
        opened = _open(build or self.folder, target, _generation(target))
        yield opened
        _return_to_pool(build or self.folder, opened)

    # --- Building ---------------------------------------------------------------------------------
    def create_build(self, schema: Schema) -> Path:
        """Create an empty build beside the one in use, and delete unfinished builds. Needs the write lock."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._remove_old_builds()
        build = self.folder / f"build-{time.time_ns()}"
        build.mkdir()
        create_in(str(build), schema)
        return build

    def activate_build(self, build: Path) -> None:
        """Put `build` into use, and delete the other builds. Needs the write lock."""
        write_atomically(self.folder / "current", json.dumps({"build": build.name, "signature": self.signature}))
        (self.folder / "damaged").unlink(missing_ok=True)
        for snapshot in _POOLS.pop(build, ()):
            snapshot.close()
        self._remove_old_builds()

    def _remove_old_builds(self) -> None:
        """Delete all builds but the one in use. Snapshots of a deleted build can still read it."""
        in_use = None
        with contextlib.suppress(IndexMissing):
            in_use = self.build
        for build in self.folder.glob("build-*"):
            if build != in_use:
                shutil.rmtree(build, ignore_errors=True)


# --- The pool of open snapshots ---------------------------------------------------------------------
_POOLS: dict[Path, deque[IndexSnapshot]] = {}
_TURNS: dict[Path, threading.BoundedSemaphore] = {}
_held = threading.local()
"""In `folders`, the indexes that this thread searches already: a search within a search does not wait."""


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Wait until fewer than POOL_SIZE threads search an index, and be one of them during the block."""
    held: set[Path] = _held.__dict__.setdefault("folders", set())
    if folder in held:
        yield
        return
    with _TURNS.setdefault(folder, threading.BoundedSemaphore(POOL_SIZE)):
        held.add(folder)
        try:
            yield
        finally:
            held.discard(folder)


def _open(folder: Path, build: Path, generation: int) -> IndexSnapshot:
    """Return an open snapshot of a commit: one of the pool, or a new one with the open segments of an older one."""
    pool = _POOLS.setdefault(folder, deque(maxlen=POOL_SIZE))
    try:
        known: IndexSnapshot | None = pool.pop()
    except IndexError:
        known = None
    if known is not None and (known.build, known.generation) == (build, generation):
        return known
    return IndexSnapshot(build, known)


def _return_to_pool(folder: Path, opened: IndexSnapshot) -> None:
    pool = _POOLS.setdefault(folder, deque(maxlen=POOL_SIZE))
    if len(pool) >= POOL_SIZE:
        opened.close()
    else:
        pool.append(opened)


def _generation(build: Path) -> int:
    """Return the number of the last commit of a build."""
    return max(int(name.rpartition("_")[2][:-4]) for name in os.listdir(build) if name.endswith(".toc"))


def write_atomically(path: Path, text: str) -> None:
    """Write a file atomically: readers see the old content or the new, also after a crash."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}-{time.time_ns()}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
