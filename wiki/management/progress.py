"""The progress bar of commands for long imports."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.utils.translation import gettext
from tqdm import tqdm

from wiki.errors import WikiError
from wiki.pages.writing.parsed_versions import ProgressCallback


@contextmanager
def progress(name: str, *, silent: bool) -> Iterator[ProgressCallback]:
    """Show a progress bar called `name`; yield its callback (done, total). Turns a WikiError into a CommandError."""
    with tqdm(desc=name, unit="", disable=silent, file=sys.stderr, mininterval=0.5) as bar:

        def report_progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done)

        try:
            yield report_progress
        except WikiError as error:
            raise CommandError(gettext(error.message) % error.params) from error
