"""`manage.py import_history FILE.jsonl`: a work with its true authors and dates."""

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
    """Take in every version of every file of a work; safe to run twice."""

    help = gettext("Take in the edit history of a work (JSON Lines), with its authors and dates.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and where its pages and pictures go."""
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
        """Import, with a progress bar. Raises CommandError with a sentence that says what to mend."""
        names = ("license", "place", "work", "source", "media", "language")
        wanted = history_import.HistoryImportOptions(**{name: options[name] for name in names})
        started = time.monotonic()
        with progress(file.name, silent=verbosity == 0) as tell:
            report = history_import.import_history(file, wanted, tell)
        if verbosity:
            self._say(report, time.monotonic() - started)

    def _say(self, report: history_import.HistoryReport, seconds: float) -> None:
        """Print what was done, and what was left for people to look at."""
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
        clash = gettext("Left as it is, since the same words were changed here: %(what)s")
        notes += [(clash, title) for title in report.conflicts]
        other = gettext("Left as it is, since its earlier versions have changed in the file: %(what)s")
        notes += [(other, path) for path in report.rewritten]
        for template, what in notes:
            self.stdout.write(self.style.WARNING(template % {"what": what}))
        if report.versions:
            line = gettext("%(seconds).1f seconds, %(speed)d versions per second.")
            self.stdout.write(line % {"seconds": seconds, "speed": report.versions / max(seconds, 0.001)})
