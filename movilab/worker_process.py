"""The worker process for background jobs, which runs, and is restarted, as long as the server runs."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from movilab import settings

PAUSE = 2.0
"""Seconds before a worker that ended is restarted."""


@contextmanager
def worker() -> Iterator[None]:
    """Run a worker within the block. It ends with this process, even if this one is killed: it reads a pipe from it."""
    stopping = threading.Event()
    # Started here, not in the thread, since the server forks this process, which must not happen during the start.
    process = [_start()]

    def restart_worker() -> None:
        while True:
            process[0].wait()
            if stopping.wait(PAUSE):
                return
            process[0] = _start()

    monitor = threading.Thread(target=restart_worker, daemon=True)
    monitor.start()
    try:
        yield
    finally:
        stopping.set()
        process[0].terminate()
        monitor.join(timeout=10)


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore::SyntaxWarning", "manage.py", "work", "--with-parent"]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE)  # noqa: S603
