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
    running: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        while not over.is_set():
            command = [sys.executable, "-W", "ignore::SyntaxWarning", "manage.py", "work", "--with-parent"]
            process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE)  # noqa: S603
            running[:] = [process]
            process.wait()
            over.wait(PAUSE)

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        for process in running:
            process.terminate()
        keeper.join(timeout=10)
