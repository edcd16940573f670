"""`manage.py import_places FILE.csv`: create and update place pages from the data set «Tiers lieux 2019»."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext

from wiki.exchange.importers import places_import
from wiki.management.progress import progress


class Command(BaseCommand):
    """Create and update the pages of places; unchanged rows are skipped."""

    help = gettext("Make and update the pages of places from «Tiers lieux 2019» (CSV).")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and the option `--dry-run`."""
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help=gettext("Say what would be done; write nothing."))

    def handle(self, *, file: Path, dry_run: bool, verbosity: int, **options: Any) -> None:
        """Import with a progress bar. Raises CommandError with a message that says what to correct."""
        started = time.monotonic()
        with progress(file.name, silent=verbosity == 0) as report_progress:
            report = places_import.import_places(file, dry_run=dry_run, on_progress=report_progress)
        if verbosity:
            self._print_report(report, dry_run, time.monotonic() - started)

    def _print_report(self, report: places_import.PlacesReport, dry_run: bool, seconds: float) -> None:
        """Print what was done, and what needs a manual check."""
        if dry_run:
            self.stdout.write(gettext("Nothing is written: this is what would be done."))
        counts = gettext(
            "%(rows)d places: %(added)d new, %(updated)d changed, %(merged)d merged with edits made here, "
            "%(unchanged)d unchanged."
        )
        self.stdout.write(
            counts
            % {
                "rows": report.rows,
                "added": report.added,
                "updated": report.updated,
                "merged": report.merged,
                "unchanged": report.unchanged,
            }
        )
        for title in report.conflicts:
            line = gettext("Left as it is, since the same words were changed here: %(what)s")
            self.stdout.write(self.style.WARNING(line % {"what": title}))
        for title in report.deleted:
            self.stdout.write(gettext("Stays deleted: %(what)s") % {"what": title})
        if report.not_in_file:
            line = gettext("%(count)d places are no longer in the file; their pages stay.")
            self.stdout.write(line % {"count": report.not_in_file})
        written = report.added + report.updated + report.merged
        if written and not dry_run:
            line = gettext("%(seconds).1f seconds, %(speed)d pages per second.")
            self.stdout.write(line % {"seconds": seconds, "speed": written / max(seconds, 0.001)})
