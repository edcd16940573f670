"""Parsing in a process that can be killed: `parse_bounded`.

Python-Markdown is quadratic on hostile input and cannot be interrupted from within, so
texts of strangers are parsed by a child process: this module run by itself, which answers
over pipes.  When its time is up it is killed, the text is shown as source with the
problem, and the next text gets a new child.  The child knows nothing of Django, and ends
by itself when its parent does.

Wire format: a length of 8 bytes, big-endian, then a pickle; first an empty message from
the child that says it is ready.
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
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any, cast

import wiki
from wiki.text.markup.markdown_parser import Parsed, new_nonce, parse, parsed_as_source
from wiki.text.markup.parser_functions import PARSER_FUNCTIONS
from wiki.text.problems import Problem

SECONDS = 5.0
"""Time that one text may take."""

START_SECONDS = 60.0
"""Time that a child may take to begin, on a busy machine."""

WORKERS = 2
"""Children of one process: a second so that one hostile text does not hold up the others."""

TEXTS_PER_WORKER = 2_000
"""Texts after which a child is replaced, in case memory leaks."""

MEMORY_LIMIT = 2 * 1024**3
"""Bytes of address space of a child."""

_ROOT = Path(wiki.__file__).resolve().parents[1]
_COMMAND = f"from {__name__} import serve; serve()"
_LENGTH = struct.Struct(">Q")
logger = logging.getLogger(__name__)


def parse_bounded(
    text: str,
    seconds: float = SECONDS,
    nonce: str | None = None,
    calls: Collection[str] | None = None,
) -> Parsed:
    """`parse` in bounded time; never raises.

    A text that takes longer than `seconds`, or that kills its process, comes back as its
    source with the problem `too_slow`.  Safe from several threads and after a fork.
    """
    nonce = nonce or new_nonce()
    names = frozenset(PARSER_FUNCTIONS if calls is None else calls)
    try:
        with _pool.worker() as worker:
            parsed = worker.ask((text, nonce, names), seconds)
    except _EndedError:
        return parsed_as_source(text, nonce, Problem("too_slow"))
    except OSError:
        logger.exception("The process that lays out texts cannot be started")
        return parsed_as_source(text, nonce, Problem("not_laid_out"))
    return parsed


def serve() -> None:
    """The child's side: answer until the parent closes the pipe."""
    _limit_memory()
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nobody's print may garble the answers
    parse("# ready\n\n[[a]]")
    _send(sink, None)
    while True:
        try:
            text, nonce, names = _receive(source)
        except EOFError:
            return
        _send(sink, parse(text, nonce, names))


def _limit_memory() -> None:
    """Bound the memory of this process where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def _send(sink: IO[bytes], message: object) -> None:
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    sink.write(_LENGTH.pack(len(data)) + data)
    sink.flush()


def _receive(source: IO[bytes]) -> Any:
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = source.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301  # from our own child, over our own pipe


class _EndedError(Exception):
    """The child ended before it answered."""


class _ParserProcess:
    """A child process and the pipes to it.  One thread at a time."""

    def __init__(self) -> None:
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(  # noqa: S603  # no word of the command comes from outside
            [sys.executable, "-c", _COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        self.asked = 0
        self.ready = False

    def ask(self, request: tuple[str, str, frozenset[str]], seconds: float) -> Parsed:
        """The answer to a request, or _EndedError when there is none in time."""
        if not self.ready:
            self._within(START_SECONDS, None)
            self.ready = True
        self.asked += 1
        return cast(Parsed, self._within(seconds, request))

    def _within(self, seconds: float, request: object) -> object:
        """Send a request (None: only listen) and wait; the child is killed when time is up."""
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

    def is_spent(self) -> bool:
        """Whether the child should not be asked again."""
        return self.asked >= TEXTS_PER_WORKER or self.process.poll() is not None

    def end(self) -> None:
        """End the child and reap it."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.process.wait()


class _Pool:
    """Up to WORKERS children, started when they are needed, the warmest first."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew without touching the children: after a fork they are the parent's."""
        self.slots = threading.BoundedSemaphore(WORKERS)
        self.lock = threading.Lock()
        self.idle: list[_ParserProcess] = []

    @contextlib.contextmanager
    def worker(self) -> Iterator[_ParserProcess]:
        """Lend a child; one that failed is ended and not lent again."""
        with self.slots:
            with self.lock:
                worker = self.idle.pop() if self.idle else None
            if worker is not None and worker.is_spent():
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
    os.register_at_fork(after_in_child=_pool.forget)
