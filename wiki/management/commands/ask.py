"""`manage.py ask "[[Kind::Place]]|?City" --format json`: run a query and print its result."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from wiki.ask import query_parser
from wiki.ask.execution import runner
from wiki.ask.execution.results import QueryResult
from wiki.ask.formats import registry
from wiki.ask.formats.base import FormatContext
from wiki.ask.language.query_errors import AskProblem, message_for


class Command(BaseCommand):
    """Runs a query with the permissions of anonymous users."""

    help = "Put a question to the facts of the wiki, and print the answer."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the query and the output options."""
        files = sorted(name for name, form in registry.FORMATS_BY_NAME.items() if form.file)
        parser.add_argument("question", help="Conditions, printouts and parameters: [[Kind::Place]]|?City|limit=5")
        parser.add_argument("--format", default="csv", choices=["count", *files], help="How to print the answer.")
        parser.add_argument("--at", default="", help="A date: answer from the facts of that day.")
        parser.add_argument("--language", default="fr", choices=["fr", "en"], help="Of values and headings.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the query and print its result. Raises CommandError for an invalid query."""
        language = options["language"]
        with override(language):
            try:
                query = query_parser.parse(options["question"], language)
            except AskProblem as problem:
                raise CommandError(message_for(problem)) from problem
            query.parameters["format"] = options["format"]
            query.as_of = options["at"] or query.as_of
            result = runner.run(query, AnonymousUser(), language)
            if result.problems:
                raise CommandError(" ".join(message_for(problem) for problem in result.problems))
            self._print(_render(result, language))

    def _print(self, content: bytes) -> None:
        """Print text as lines, and anything else byte for byte; binary data is not written to a terminal."""
        try:
            self.stdout.write(content.decode().rstrip("\n"))
        except UnicodeDecodeError as error:
            if self.stdout.isatty():
                raise CommandError("This format is no text: write it into a file, as in … > answer.xlsx") from error
            self.stdout.flush()
            sys.stdout.buffer.write(content)


def _render(result: QueryResult, language: str) -> bytes:
    """Render the result in its format."""
    if result.total is not None:
        return str(result.total).encode()
    file = registry.render_file(result, FormatContext(language=language))
    if file is None:
        return b""
    return file.content if isinstance(file.content, bytes) else b"".join(file.content)
