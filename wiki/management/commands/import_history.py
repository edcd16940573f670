"""`manage.py import_history FILE.jsonl`: import the edit history of a work, with its authors and dates."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext

from wiki.exchange.importers import history_import
from wiki.licenses import catalogue
from wiki.management.progress import progress


class Command(BaseCommand):
    """Import every version of every file of a work; versions that are imported already are skipped."""

    help = gettext("Take in the edit history of a work (JSON Lines), with its authors and dates.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and the options of the import."""
        parser.add_argument("file", type=Path, metavar="FILE.jsonl")
        parser.add_argument("--media", type=Path, metavar="DIR", help=gettext("Folder of the work's pictures."))
        parser.add_argument(
            "--licence", "--license", dest="license", default=catalogue.DEFAULT, metavar="ID",
            help=gettext("SPDX id of the licence of texts and pictures (default: %(default)s)."),
        )  # fmt: skip
        parser.add_argument("--place", default="", metavar="TITLE", help=gettext("Place that the pages live in."))
        parser.add_argument("--work", default="", metavar="TITLE", help=gettext("Title of the work."))
        parser.add_argument(
            "--source", default="", metavar="HOST",
            help=gettext("Where the work comes from, shown beside its authors (default: the file's name)."),
        )  # fmt: skip
        parser.add_argument("--language", default="fr", choices=("fr", "en"), help=gettext("Language of the texts."))

    def handle(self, *, file: Path, verbosity: int, **options: Any) -> None:
        """Import with a progress bar. Raises CommandError with a message that says what to correct."""
        names = ("license", "place", "work", "source", "media", "language")
        import_options = history_import.HistoryImportOptions(**{name: options[name] for name in names})
        started = time.monotonic()
        with progress(file.name, silent=verbosity == 0) as report_progress:
            report = history_import.import_history(file, import_options, report_progress)
        if verbosity:
            self._print_report(report, time.monotonic() - started)

    def _print_report(self, report: history_import.HistoryReport, seconds: float) -> None:
        """Print what was imported, and what needs a manual check."""
        line = gettext(
            "“%(work)s”: %(entries)d versions in the file, %(added)d new in %(pages)d new pages, %(known)d known."
        )
        counts = {"entries": report.entries, "added": report.versions, "pages": report.pages, "known": report.unchanged}
        self.stdout.write(line % {"work": report.work, **counts})
        media = report.media
        if media.added or media.known:
            line = gettext("Pictures: %(added)d new, %(known)d known.")
            self.stdout.write(line % {"added": len(media.added), "known": media.known})
        notes = [(gettext("Picture left out: %(what)s"), f"{name}: {why}") for name, why in media.refused]
        notes += [(gettext("Named in the texts, and not here: %(what)s"), name) for name in report.missing_pictures]
        notes += [(gettext("Stays deleted: %(what)s"), title) for title in report.deleted]
        conflict = gettext("Left as it is, since the same words were changed here: %(what)s")
        notes += [(conflict, title) for title in report.conflicts]
        rewritten = gettext("Left as it is, since its earlier versions have changed in the file: %(what)s")
        notes += [(rewritten, path) for path in report.rewritten]
        for template, what in notes:
            self.stdout.write(self.style.WARNING(template % {"what": what}))
        if report.versions:
            line = gettext("%(seconds).1f seconds, %(speed)d versions per second.")
            self.stdout.write(line % {"seconds": seconds, "speed": report.versions / max(seconds, 0.001)})
