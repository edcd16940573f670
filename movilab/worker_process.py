"""The worker process for background jobs, which runs, and is restarted, as long as the server runs.

It is forked from the server's process, which has the application loaded: most of its memory is shared.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

PAUSE = 2.0
"""Seconds before a worker that ended is restarted."""
_FORK = multiprocessing.get_context("fork")


@contextmanager
def worker() -> Iterator[None]:
    """Run a worker within the block. It ends with this process, even if this one is killed, as all that it forks.

    Call it once the application is loaded, without open database connections and threads.
    """
    stopping = threading.Event()
    read_end, write_end = os.pipe()
    os.register_at_fork(after_in_child=lambda: _end_with_parent(read_end, write_end))
    # Started here, not in the thread, since the server forks this process, which must not happen during the start.
    process = [_start()]

    def restart_worker() -> None:
        while True:
            process[0].join()
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


def _end_with_parent(read_end: int, write_end: int) -> None:
    """Let this forked process end when its parent does: then the pipe is closed, which nobody writes to."""
    os.close(write_end)

    def wait() -> None:
        os.read(read_end, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _start() -> BaseProcess:
    process = _FORK.Process(target=_work, name="worker")
    process.start()
    return process


def _work() -> None:
    """Run `manage.py work` in this forked process."""
    from django.core.management import call_command

    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    call_command("work", server=True)
