"""Parsing with a time limit, in a child process that can be killed: `parse_bounded`.

The libraries of the parser cannot be interrupted from within on hostile input, so texts of users
are parsed by a child process: `serve` of this module, which reads requests and writes results over
pipes.  Beyond the time limit the child is killed, the text is shown as source with a problem, and the
next text gets a new child.  The child does not load Django, and ends when its parent closes the pipe.

Wire format: a length of 8 bytes, big-endian, then a pickle.  The first message of the child is a
pickled None: it is ready.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import wiki
from wiki.text.markup.markdown_parser import Parsed, new_nonce, parse, parsed_as_source
from wiki.text.markup.parser_functions import PARSER_FUNCTIONS
from wiki.text.problems import Problem

SECONDS = 5.0
"""Time limit for one text."""

START_SECONDS = 60.0
"""Time limit for the start of a child, on a busy machine."""

WORKERS = 2
"""Children per process; with two, one hostile text does not delay all others."""

TEXTS_PER_WORKER = 2_000
"""Number of texts after which a child is replaced, in case of memory leaks."""

MEMORY_LIMIT = 2 * 1024**3
"""Maximum address space of a child, in bytes."""

_ROOT = Path(wiki.__file__).resolve().parents[1]
_COMMAND = f"from {__name__} import serve; serve()"
_LENGTH = struct.Struct(">Q")
logger = logging.getLogger(__name__)
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def parse_bounded(
    text: str,
    seconds: float = SECONDS,
    nonce: str | None = None,
    calls: Collection[str] | None = None,
) -> Parsed:
    """Run `parse` with a time limit; never raises.

    For a text that takes longer than `seconds`, or that kills the child, the result shows its source
    with the problem `too_slow`.  Thread-safe, and usable after a fork.
    """
    nonce = nonce or new_nonce()
    names = frozenset(PARSER_FUNCTIONS if calls is None else calls)
    try:
        with _pool.worker() as worker:
            parsed = worker.parse((text, nonce, names), seconds)
    except _EndedError:
        return parsed_as_source(text, nonce, Problem("too_slow"))
    except OSError:
        logger.exception("The parser process cannot be started")
        return parsed_as_source(text, nonce, Problem("not_laid_out"))
    return parsed


def run_side_by_side(act: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Return the results of `act`, which parses, for all items, in order; WORKERS of them are under way at once.

    The children use other cores than this process. `act` must not use the database: it runs in other threads.
    """
    if len(items) < 2:
        return [act(item) for item in items]
    with ThreadPoolExecutor(WORKERS) as threads:
        return list(threads.map(act, items))


def serve() -> None:
    """Run the child: parse texts until the parent closes the pipe."""
    _limit_memory()
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # so that a stray print cannot corrupt the results
    parse("# ready\n\n[[a]]")
    _send(sink, None)
    while True:
        try:
            text, nonce, names = _receive(source)
        except EOFError:
            return
        _send(sink, parse(text, nonce, names))


def _limit_memory() -> None:
    """Limit the address space of this process, if the system supports it."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def _send(sink: IO[bytes], message: object) -> None:
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    sink.write(_LENGTH.pack(len(data)) + data)
    sink.flush()


def _receive(source: IO[bytes]) -> Any:
    header = source.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(header)
    data = source.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301  # from our own child, over our own pipe


class _EndedError(Exception):
    """The child ended before it returned a result."""


class _ParserProcess:
    """A child process and the pipes to it.  Not thread-safe."""

    def __init__(self) -> None:
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(  # noqa: S603  # the command has no external input
            [sys.executable, "-c", _COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        self.request_count = 0
        self.is_ready = False

    def parse(self, request: tuple[str, str, frozenset[str]], seconds: float) -> Parsed:
        """Return the parsed text of a request (text, nonce, names of calls); raise _EndedError beyond `seconds`."""
        if not self.is_ready:
            self._exchange(START_SECONDS, None)
            self.is_ready = True
        self.request_count += 1
        return cast(Parsed, self._exchange(seconds, request))

    def _exchange(self, seconds: float, request: object) -> object:
        """Send a request (None: only receive) and return the response; kill the child after `seconds`."""
        deadline = threading.Timer(seconds, self.process.kill)
        deadline.daemon = True
        deadline.start()
        try:
            source, sink = self.process.stdout, self.process.stdin
            if request is not None and sink:
                _send(sink, request)
            return _receive(source) if source else None
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise _EndedError from error
        finally:
            deadline.cancel()

    def is_expired(self) -> bool:
        """Return whether the child has ended, or has parsed TEXTS_PER_WORKER texts."""
        return self.request_count >= TEXTS_PER_WORKER or self.process.poll() is not None

    def end(self) -> None:
        """Kill the child, close its pipes and wait for its end."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.process.wait()


class _Pool:
    """Up to WORKERS children, started on demand; the last one used is used first."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Empty the pool without ending the children, which after a fork belong to the parent process."""
        self.slots = threading.BoundedSemaphore(WORKERS)
        self.lock = threading.Lock()
        self.idle: list[_ParserProcess] = []

    @contextlib.contextmanager
    def worker(self) -> Iterator[_ParserProcess]:
        """Lend a child to one caller at a time; a child whose use raised an exception is ended."""
        with self.slots:
            with self.lock:
                worker = self.idle.pop() if self.idle else None
            if worker is not None and worker.is_expired():
                worker.end()
                worker = None
            worker = worker or _ParserProcess()
            try:
                yield worker
            except BaseException:
                worker.end()
                raise
            with self.lock:
                self.idle.append(worker)


_pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.reset)
