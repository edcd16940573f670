"""What the commands of long imports share: a progress bar, and errors in words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.utils.translation import gettext
from tqdm import tqdm

from wiki.errors import WikiError
from wiki.pages.writing.parsed_versions import Tell


@contextmanager
def progress(name: str, *, silent: bool) -> Iterator[Tell]:
    """Show a bar called `name`, moved by what is yielded; a WikiError becomes a CommandError that says it."""
    with tqdm(desc=name, unit="", disable=silent, file=sys.stderr, mininterval=0.5) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done)

        try:
            yield tell
        except WikiError as error:
            raise CommandError(gettext(error.message) % error.params) from error
