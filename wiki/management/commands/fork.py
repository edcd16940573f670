"""`manage.py fork "Title" --into "Place" [--tree]`: pages are copied into a place, and stay in touch."""

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
"""Pages from which a bar shows how far it is."""


class Command(BaseCommand):
    """Fork a page."""

    help = "Copy a page into a place; the copy says where it comes from and stays in touch with it."

    def add_arguments(self, parser: CommandParser) -> None:
        """The page, and where its copy goes."""
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
        """Fork, and say what came of it."""
        by = command_options.get_author(options["by"])
        page = command_options.get_page_or_mirror(options["title"], by.user)
        place = None if options["make"] else command_options.get_page_by_title(options["into"])
        new_place = options["into"] if options["make"] else ""
        wish = ForkTarget(place, new_place, options["new_title"], options["license"])
        pages = [page, *(subtree.subtree(page, AnonymousUser()) if options["tree"] else ())]
        offers = [offer.form_value for offer in subtree.fact_rewrite_options(pages)] if options["facts"] else []
        seed, few = page.is_place and bool(new_place), len(pages) < PROGRESS_FROM
        with progress("Forking", silent=few or options["verbosity"] == 0) as tell:
            copies = fork_creation.fork_all(pages, wish, by, offers, seed=seed, tell=tell)
        done = list(zip(pages, copies, strict=True))
        if options["format"] == "json":
            self.stdout.write(command_options.as_json(_answer(*done[0]) | {"pages": [_answer(*pair) for pair in done]}))
            return
        self.stdout.write("\n".join(_said(*pair) for pair in done))


def _answer(page: WikiPage, copy: WikiPage) -> dict[str, Any]:
    return {
        "title": copy.full_title,
        "version": copy.version,
        "license": copy.license,
        "url": copy.get_full_url(),
        "upstream": {"title": page.full_title, "version": page.version},
    }


def _said(page: WikiPage, copy: WikiPage) -> str:
    return f"«{copy.full_title}» is a fork of «{page.full_title}», version {page.version}."
