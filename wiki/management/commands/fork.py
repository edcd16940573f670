"""`manage.py fork "Title" --into "Place" [--tree]`: fork a page, or a page with its subtree, into a place."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandParser

from wiki.forks import fork_creation, subtree
from wiki.forks.fork_creation import ForkTarget
from wiki.management import command_options
from wiki.management.progress import progress
from wiki.pages.models import WikiPage

PROGRESS_FROM = 20
"""Number of pages from which a progress bar is shown."""


class Command(BaseCommand):
    """Fork a page."""

    help = "Copy a page into a place; the copy says where it comes from and stays in touch with it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the page and the target of the fork."""
        parser.add_argument("title", help="full title of the page; elsewhere, its address or archive (FILE.zip)")
        parser.add_argument("--into", metavar="PLACE", required=True, help="the place of the copy")
        parser.add_argument(
            "--make", action="store_true", help="make the place; a place that is forked becomes its seed"
        )
        parser.add_argument("--tree", action="store_true", help="with its sub-pages, or all pages of the place")
        parser.add_argument("--facts", action="store_true", help="facts that name the old place name the new one")
        parser.add_argument("--title", dest="new_title", default="", help="title in the place (by default the same)")
        parser.add_argument("--license", default="", help="licence of the copy (by default the same)")
        command_options.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Fork the pages and print the result. Raises CommandError."""
        by = command_options.get_author(options["by"])
        page = command_options.get_page_or_mirror(options["title"], by.user)
        place = None if options["make"] else command_options.get_page_by_title(options["into"])
        new_place = options["into"] if options["make"] else ""
        target = ForkTarget(place, new_place, options["new_title"], options["license"])
        pages = [page, *(subtree.subtree(page, AnonymousUser()) if options["tree"] else ())]
        rewrite_options = (
            [option.form_value for option in subtree.fact_rewrite_options(pages)] if options["facts"] else []
        )
        seed, is_short = page.is_place and bool(new_place), len(pages) < PROGRESS_FROM
        with progress("Forking", silent=is_short or options["verbosity"] == 0) as report_progress:
            copies = fork_creation.fork_all(pages, target, by, rewrite_options, seed=seed, on_progress=report_progress)
        pairs = list(zip(pages, copies, strict=True))
        if options["format"] == "json":
            self.stdout.write(
                command_options.as_json(_as_data(*pairs[0]) | {"pages": [_as_data(*pair) for pair in pairs]})
            )
            return
        self.stdout.write("\n".join(_message(*pair) for pair in pairs))


def _as_data(page: WikiPage, copy: WikiPage) -> dict[str, Any]:
    return {
        "title": copy.full_title,
        "version": copy.version,
        "license": copy.license,
        "url": copy.get_full_url(),
        "upstream": {"title": page.full_title, "version": page.version},
    }


def _message(page: WikiPage, copy: WikiPage) -> str:
    return f"«{copy.full_title}» is a fork of «{page.full_title}», version {page.version}."
