"""Starts Granian, the production server: one process, many threads; `python -m movilab.server --port 8000`.

One process suffices (a view of a kept page parses nothing) and keeps memory, rate limits and SQLite's single writer
in one place; `--workers` says otherwise.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

THREADS = 8


def serve(host: str, port: int, socket: Path | None, workers: int) -> None:
    """Serve until stopped, at `host`:`port` or at the Unix socket `socket`."""
    Server(
        "movilab.wsgi:application",
        address=host,
        port=port,
        uds=socket,
        uds_permissions=0o666 if socket else None,  # its folder decides who may come near; nginx is another user
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=256,
        blocking_threads_idle_timeout=3600,  # a thread that ends closes its database connection
        log_level=LogLevels.warning,
    ).serve()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Serve the wiki with Granian.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--socket", type=Path, help="a Unix socket to listen on instead of a port")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    import movilab.settings  # noqa: F401  a wrong setting stops here, with its sentence, before a worker starts

    serve(options.host, options.port, options.socket, options.workers)


if __name__ == "__main__":
    main()
