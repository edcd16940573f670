"""Starts Granian, the production server: one process, many threads, and beside it a worker for what nobody waits for.

`python -m movilab.server --port 8000`

One process suffices (a view of a kept page parses nothing) and keeps memory, rate limits and SQLite's single writer
in one place; `--workers` says otherwise.
"""

from __future__ import annotations

import _thread
import argparse
import socket
from pathlib import Path

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from movilab import settings
from movilab.env_settings import exit_with
from movilab.worker_process import worker

THREADS = 8
"""More than cores: a thread may wait for the database, or for a text that takes long to parse."""


class StoppableGranian(MPServer):
    """Granian, which stops and reloads however many signals tell it to.

    Its own handlers set an event of the very thread that they interrupt: a second signal, met while the first one holds
    the event's lock, waited for ever. `make` sends two when it is told to stop.
    """

    def signal_handler_interrupt(self, *_: object) -> None:
        """Stop, as soon as the waiting thread is told to by another."""
        self.interrupt_signal = True
        _thread.start_new_thread(self.main_loop_interrupt.set, ())

    def signal_handler_reload(self, *_: object) -> None:
        """Start the workers again, likewise."""
        self.reload_signal = True
        _thread.start_new_thread(self.main_loop_interrupt.set, ())


def serve(host: str, port: int, path: Path | None = None, workers: int = 1) -> None:
    """Serve until stopped, at `host`:`port` or at the Unix socket `path`."""
    if path is None:
        require_free_port(host, port)
    if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
        exit_with("static files are not collected yet; run `.venv/bin/python manage.py collectstatic` first.")
    server = StoppableGranian(
        "movilab.wsgi:application",
        address=host,
        port=port,
        uds=path,
        uds_permissions=0o666 if path else None,  # its folder decides who may come near; nginx is another user
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        blocking_threads_idle_timeout=600,  # a thread that ends closes its database connection
        backpressure=256,
        workers_kill_timeout=10,  # seconds: Granian's own worker may hang when it is told to stop twice at once
        log_level=LogLevels.error,
    )
    with worker():
        server.serve()


def require_free_port(host: str, port: int) -> None:
    """Stop when another program listens there: Granian would share the port with it, and answer every other call."""
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
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    serve(options.host, options.port, options.socket, options.workers)


if __name__ == "__main__":
    main()
