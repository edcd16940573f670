"""`manage.py work`: run background jobs until stopped. The server starts one itself."""

from __future__ import annotations

import logging
import os
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from wiki.pages import background_jobs


class Command(BaseCommand):
    """The worker process of an instance; a second one ends at once."""

    help = "Run background jobs (search index, cached query results, facts to parse again) until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options `--once` and `--server` (used by the server)."""
        parser.add_argument("--once", action="store_true", help="do what waits now, then end")
        parser.add_argument("--server", action="store_true", help="leave Ctrl+C to the server, which started this")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run background jobs, unless another worker runs for this instance."""
        with background_jobs.worker_lock(settings.DATA) as only:
            if not only:
                self.stderr.write("Another worker is at work for this instance.")
            elif options["once"]:
                background_jobs.run_pending()
            else:
                self._work(options["server"])

    def _work(self, of_server: bool) -> None:
        """Run jobs until SIGTERM or SIGINT; `of_server`: SIGTERM, since Ctrl+C reaches both, and the server decides.

        It ends within some seconds, also while a lane is still at work.
        """
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        if of_server:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        if not background_jobs.run_until_stopped(stopped):
            # A lane waits for another machine. Its thread cannot be interrupted, and an interpreter that ends beside
            # it may crash. The database knows what was done, as after a `kill -9`.
            logging.shutdown()
            self.stdout.flush()
            self.stderr.flush()
            os._exit(0)
