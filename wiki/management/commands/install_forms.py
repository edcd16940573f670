"""`manage.py install_forms`: property pages for the fields of the forms that come with the wiki."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wiki.forms.form_lookup import all_fields, built_in_texts, definition_of
from wiki.forms.missing_properties import create_missing_properties
from wiki.pages.writing.page_writer import Author


class Command(BaseCommand):
    """Create the pages of properties that forms use and that have no page yet, so that their values have datatypes."""

    help = "Create property pages for the fields of the forms that come with the wiki; existing ones are left alone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the name of the author."""
        parser.add_argument("--author", default="Movilab", help="the name in the history of the new pages")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the pages, and name them."""
        fields = [one for text in built_in_texts().values() for one in all_fields(definition_of(text))]
        created = create_missing_properties(fields, Author(None, options["author"]), "fr")
        for title in created:
            self.stdout.write(title)
        self.stdout.write(f"{len(created)} property pages created.")
