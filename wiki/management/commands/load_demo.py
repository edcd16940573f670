"""`manage.py load_demo`: load the accounts, pictures and pages of the demo; edits made since are not overwritten."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand
from django.utils.translation import gettext

from wiki.errors import Refused
from wiki.exchange.importers import demo_content
from wiki.forks import fork_creation
from wiki.forks.fork_status import find_fork_status
from wiki.forks.pull_merge import Merge
from wiki.management.progress import progress
from wiki.moderation import proposals
from wiki.moderation.models import Proposal
from wiki.pages.models import WikiPage
from wiki.pages.writing.version_store import Author


def fork_into(page: WikiPage, place: WikiPage, by: Author) -> WikiPage:
    """Fork `page` into `place`, with the same title and licence."""
    return fork_creation.fork(page, fork_creation.ForkTarget(place=place), by)


def propose_upstream(page: WikiPage, by: Author, message: str) -> None:
    """Propose the changes of the fork `page` to its upstream, dated by `by`. Raises Refused if there are conflicts."""
    fork_status = find_fork_status(page, AnonymousUser())
    if fork_status is None or fork_status.upstream is None or by.user is None:
        raise Refused("no fork, or nobody")
    merge = Merge.into_upstream(page, fork_status.upstream)
    if merge.merged.text is None:
        raise Refused("both sides changed the same")
    proposal = proposals.propose(merge, merge.merged.text, message, by.user)
    Proposal.objects.filter(pk=proposal.pk).update(made_at=by.claimed_at)


class Command(BaseCommand):
    """Load what is not loaded yet."""

    help = gettext("Load the demo: accounts with known passwords (never on a public site), pictures, pages.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the option `--folder`, for tests."""
        parser.add_argument("--folder", type=Path, default=Path(settings.BASE_DIR) / "demo")

    def handle(self, *, folder: Path, verbosity: int, **options: Any) -> None:
        """Load with a progress bar. Raises CommandError for an invalid folder."""
        with progress("demo", silent=verbosity == 0) as report_progress:
            report = demo_content.load(folder, fork_into, propose_upstream, report_progress)
        if not verbosity:
            return
        line = gettext(
            "Demo: %(accounts)d new accounts, %(pictures)d new pictures, %(acts)d new acts, %(known)d known."
        )
        counts = {"accounts": report.accounts, "pictures": report.pictures, "acts": report.acts, "known": report.known}
        self.stdout.write(line % counts)
        for act in report.skipped:
            self.stdout.write(gettext("Left out, since people changed the page: %(act)s") % {"act": act})
