"""`manage.py propose "Place:Title" -m TEXT`: propose the changes of a fork to its upstream."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from wiki.errors import WikiError
from wiki.forks.fork_status import find_fork_status
from wiki.forks.pull_merge import Merge
from wiki.management import command_options
from wiki.moderation import proposals
from wiki.pages.error_middleware import message_for


class Command(BaseCommand):
    """Propose the changes of a fork to its upstream."""

    help = "Propose what was changed in a fork to its original, in the name of an account."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the fork and the message."""
        parser.add_argument("title", help="full title of the fork; elsewhere, its address or archive (FILE.zip)")
        parser.add_argument("-m", "--message", required=True, help="what is proposed, and why")
        parser.add_argument("--agree", action="store_true", help="the account agrees to the licence of the original")
        command_options.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the proposal and print its URL. Raises CommandError if there are conflicts or there is no upstream."""
        by = command_options.get_author(options["by"])
        if by.user is None:
            raise CommandError("A proposal is made by someone: say who with --by NAME.")
        page = command_options.get_page_or_mirror(options["title"], by.user)
        fork_status = find_fork_status(page, AnonymousUser())
        if fork_status is None or fork_status.upstream is None:
            raise CommandError(f"«{page.full_title}» has no original here.")
        if fork_status.is_elsewhere:
            raise CommandError("The original is on another site: give the address or the archive of this page there.")
        try:
            merge = Merge.into_upstream(page, fork_status.upstream)
            if merge.merged.text is None:
                raise CommandError("Both sides changed the same: pull first, or settle it on the site.")
            proposal = proposals.propose(merge, merge.merged.text, options["message"], by.user, agrees=options["agree"])
        except WikiError as error:
            raise CommandError(message_for(error)) from error
        url = settings.BASE_ADDRESS + reverse("proposal", args=[proposal.pk])
        data = {"proposal": proposal.pk, "url": url, "page": proposal.page.full_title, "version": merge.theirs.number}
        message = f"Proposal {proposal.pk} to «{proposal.page.full_title}»: {url}"
        self.stdout.write(command_options.as_json(data) if options["format"] == "json" else message)
