"""Starts the production server, Granian, with a process per core, and a worker process for background jobs.

`python -m movilab.server --port 8000`

All are forked from one process that has the application loaded, so that they share most of their memory.
"""

from __future__ import annotations

import _thread
import argparse
import gc
import os
import socket
from importlib import import_module
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from movilab import settings
from movilab.env_settings import exit_with
from movilab.worker_process import worker

PROCESSES = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 4)
"""Processes unless said otherwise: one uses one core, since Python runs one thread at a time."""
APPLICATION = "movilab.wsgi:application"
THREADS = 16
"""At most: they are started when they are needed.

Slow work holds 2 (`slow_work.py`), waiting saves 5 (`write_queue.py`), slow connections 6 (`slow_connections.py`).
"""


class StoppableGranian(MPServer):
    """Granian with signal handlers that are safe against repeated signals.

    The original handlers set an event in the thread that waits for it: a second signal that arrives while the first one
    holds the lock of the event deadlocks. `make` sends two signals when it is interrupted.
    """

    def signal_handler_interrupt(self, *_: object) -> None:
        """Stop the server; the event is set by another thread, which avoids the deadlock."""
        self.interrupt_signal = True
        _thread.start_new_thread(self.main_loop_interrupt.set, ())

    def signal_handler_reload(self, *_: object) -> None:
        """Restart the workers; the event is set by another thread too."""
        self.reload_signal = True
        _thread.start_new_thread(self.main_loop_interrupt.set, ())


def serve(host: str, port: int, path: Path | None = None, workers: int = PROCESSES) -> None:
    """Serve until stopped, at `host`:`port` or on the Unix socket `path`."""
    if path is None:
        require_free_port(host, port)
    if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
        exit_with("static files are not collected yet; run `.venv/bin/python manage.py collectstatic` first.")
    server = StoppableGranian(
        APPLICATION,
        address=host,
        port=port,
        uds=path,
        uds_permissions=0o666 if path else None,  # access is restricted by its folder; nginx runs as another user
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        blocking_threads_idle_timeout=600,  # when a thread ends, its database connection is closed
        backpressure=256,
        workers_kill_timeout=10,  # seconds: Granian's worker may hang after two stop signals at once
        log_level=LogLevels.error,
    )
    load_application()
    with worker():
        server.serve()


def load_application() -> None:
    """Load what all processes need, in memory that they share once they are forked."""
    from django.db import connections
    from django.template import engines
    from django.urls import get_resolver

    import_module(APPLICATION.partition(":")[0])
    _load_patterns(get_resolver())
    engines.all()
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            gettext("Page")
    connections.close_all()  # a connection belongs to one process
    gc.collect()
    gc.freeze()


def _load_patterns(resolver: Any) -> None:
    """Import all modules of URLs and views."""
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            _load_patterns(pattern)


def require_free_port(host: str, port: int) -> None:
    """Exit if another program listens on the port: Granian would share it, and receive only a part of the requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            exit_with(
                f"port {port} of {host} cannot be had ({reason}); choose another one, like `make demo PORT=8011`."
            )


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Serve the wiki with Granian.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--socket", type=Path, help="a Unix socket to listen on instead of a port")
    parser.add_argument(
        "--workers",
        type=int,
        default=PROCESSES,
        help=f"processes that answer requests (default: one per core, here {PROCESSES})",
    )
    options = parser.parse_args()
    serve(options.host, options.port, options.socket, options.workers)


if __name__ == "__main__":
    main()
