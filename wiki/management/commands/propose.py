"""`manage.py propose "Place:Title" -m TEXT`: what was changed in a fork is proposed to its original."""

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
    """Propose a fork to its original."""

    help = "Propose what was changed in a fork to its original, in the name of an account."

    def add_arguments(self, parser: CommandParser) -> None:
        """The fork, and what to say."""
        parser.add_argument("title", help="full title of the fork; elsewhere, its address or archive (FILE.zip)")
        parser.add_argument("-m", "--message", required=True, help="what is proposed, and why")
        parser.add_argument("--agree", action="store_true", help="the account agrees to the licence of the original")
        command_options.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Propose, and say where. Raises CommandError where there are clashes, or nothing to propose to."""
        by = command_options.get_author(options["by"])
        if by.user is None:
            raise CommandError("A proposal is made by someone: say who with --by NAME.")
        page = command_options.get_page_or_mirror(options["title"], by.user)
        found = find_fork_status(page, AnonymousUser())
        if found is None or found.upstream is None:
            raise CommandError(f"«{page.full_title}» has no original here.")
        if found.is_elsewhere:
            raise CommandError("The original is on another site: give the address or the archive of this page there.")
        try:
            merge = Merge.into_upstream(page, found.upstream)
            if merge.merged.text is None:
                raise CommandError("Both sides changed the same: pull first, or settle it on the site.")
            made = proposals.propose(merge, merge.merged.text, options["message"], by.user, agrees=options["agree"])
        except WikiError as error:
            raise CommandError(message_for(error)) from error
        url = settings.BASE_ADDRESS + reverse("proposal", args=[made.pk])
        answer = {"proposal": made.pk, "url": url, "page": made.page.full_title, "version": merge.theirs.number}
        said = f"Proposal {made.pk} to «{made.page.full_title}»: {url}"
        self.stdout.write(command_options.as_json(answer) if options["format"] == "json" else said)
