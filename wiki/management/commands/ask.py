"""`manage.py ask "[[Kind::Place]]|?City" --format json`: put a question, print the answer."""

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
    """Answers as a reader without an account would see them."""

    help = "Put a question to the facts of the wiki, and print the answer."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The question, and how to show the answer."""
        files = sorted(name for name, form in registry.FORMATS_BY_NAME.items() if form.file)
        parser.add_argument("question", help="Conditions, printouts and parameters: [[Kind::Place]]|?City|limit=5")
        parser.add_argument("--format", default="csv", choices=["count", *files], help="How to print the answer.")
        parser.add_argument("--at", default="", help="A date: answer from the facts of that day.")
        parser.add_argument("--language", default="fr", choices=["fr", "en"], help="Of values and headings.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the answer; a problem of the question is the command's error."""
        language = options["language"]
        with override(language):
            try:
                question = query_parser.parse(options["question"], language)
            except AskProblem as problem:
                raise CommandError(message_for(problem)) from problem
            question.parameters["format"] = options["format"]
            question.as_of = options["at"] or question.as_of
            result = runner.run(question, AnonymousUser(), language)
            if result.problems:
                raise CommandError(" ".join(message_for(problem) for problem in result.problems))
            self._print(_answer(result, language))

    def _print(self, content: bytes) -> None:
        """Text as lines; anything else byte for byte, to be led into a file."""
        try:
            self.stdout.write(content.decode().rstrip("\n"))
        except UnicodeDecodeError as error:
            if self.stdout.isatty():
                raise CommandError("This format is no text: write it into a file, as in … > answer.xlsx") from error
            self.stdout.flush()
            sys.stdout.buffer.write(content)


def _answer(result: QueryResult, language: str) -> bytes:
    """The answer in its format."""
    if result.total is not None:
        return str(result.total).encode()
    file = registry.render_file(result, FormatContext(language=language))
    if file is None:
        return b""
    return file.content if isinstance(file.content, bytes) else b"".join(file.content)
