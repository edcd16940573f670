"""`manage.py load_demo`: the demo's accounts, pictures and pages; what people wrote is kept."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext

from wiki.exchange import demo
from wiki.forks import forking
from wiki.management.progress import progress
from wiki.pages.models import WikiPage
from wiki.pages.storing import Author


def take_home(page: WikiPage, place: WikiPage, by: Author) -> WikiPage:
    """Fork `page` into `place`, under its own title and licence."""
    return forking.fork(page, forking.Wish(place=place), by)


class Command(BaseCommand):
    """Load what is not loaded yet; safe to run again."""

    help = gettext("Load the demo: accounts with known passwords (never on a public site), pictures, pages.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Another folder, for tests."""
        parser.add_argument("--folder", type=Path, default=Path(settings.BASE_DIR) / "demo")

    def handle(self, *, folder: Path, verbosity: int, **options: Any) -> None:
        """Load, with a progress bar. Raises CommandError when the folder is not in order."""
        with progress("demo", silent=verbosity == 0) as tell:
            report = demo.load(folder, take_home, tell)
        if not verbosity:
            return
        line = gettext(
            "Demo: %(accounts)d new accounts, %(pictures)d new pictures, %(acts)d new acts, %(known)d known."
        )
        counts = {"accounts": report.accounts, "pictures": report.pictures, "acts": report.acts, "known": report.known}
        self.stdout.write(line % counts)
        for act in report.left_out:
            self.stdout.write(gettext("Left out, since people changed the page: %(act)s") % {"act": act})
