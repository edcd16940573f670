"""`manage.py fork "Title" --into "Place"`: a page is copied into a place, and stays in touch."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wiki.errors import WikiError
from wiki.forks import forking
from wiki.forks.forking import Wish
from wiki.management import acting
from wiki.pages.answering import in_words
from wiki.pages.models import WikiPage


class Command(BaseCommand):
    """Fork a page."""

    help = "Copy a page into a place; the copy says where it comes from and stays in touch with it."

    def add_arguments(self, parser: CommandParser) -> None:
        """The page, and where its copy goes."""
        parser.add_argument("title", help="full title of the page")
        parser.add_argument("--into", metavar="PLACE", required=True, help="the place of the copy")
        parser.add_argument("--make", action="store_true", help="make the place")
        parser.add_argument("--title", dest="new_title", default="", help="title in the place (by default the same)")
        parser.add_argument("--license", default="", help="licence of the copy (by default the same)")
        acting.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Fork, and say what came of it."""
        page, by = acting.page(options["title"]), acting.author(options["by"])
        place = None if options["make"] else acting.page(options["into"])
        new_place = options["into"] if options["make"] else ""
        try:
            copy = forking.fork(page, Wish(place, new_place, options["new_title"], options["license"]), by)
        except WikiError as error:
            raise CommandError(in_words(error)) from error
        self.stdout.write(acting.as_json(_answer(page, copy)) if options["format"] == "json" else _said(page, copy))


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
