"""The server's companion: a process that does what nobody waits for, kept alive as long as the server lives."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from movilab import settings

PAUSE = 2.0
"""Seconds before a worker that ended is started again."""


@contextmanager
def worker() -> Iterator[None]:
    """Within, a worker runs. It ends with this process, even one that is killed: it reads a pipe that closes then."""
    over = threading.Event()
    # Begun here, not in the thread: the server copies this process, and must not find it half-way through that.
    running = [_begin()]

    def keep() -> None:
        while True:
            running[0].wait()
            if over.wait(PAUSE):
                return
            running[0] = _begin()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        running[0].terminate()
        keeper.join(timeout=10)


def _begin() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore::SyntaxWarning", "manage.py", "work", "--with-parent"]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE)  # noqa: S603
