"""`manage.py search "words" --format json`: search as a reader without an account would."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand
from django.utils.translation import override

from wiki.search import answering, notes
from wiki.search.answering import Result


class Command(BaseCommand):
    """The query language is that of the search page; what was ignored is said on standard error."""

    help = "Search the current pages, and print what is found, the best first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words, and how to show what was found."""
        parser.add_argument("words", help="What to search for, as on the search page.")
        parser.add_argument("--format", default="text", choices=["text", "json"], help="How to print the answer.")
        parser.add_argument("--limit", type=int, default=20, help="Pages to print; all are counted.")
        parser.add_argument("--language", default="fr", choices=["fr", "en"], help="Of what is said about the query.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the answer."""
        with override(options["language"]):
            user = AnonymousUser()
            given = answering.answer(options["words"], user)
            for note in given.query.notes:
                self.stderr.write(notes.in_words(note))
            found = answering.results(given.hits[: max(options["limit"], 0)], given.leaves, user)
            if options["format"] == "json":
                rows = [_row(one) for one in found]
                self.stdout.write(json.dumps({"count": len(given.hits), "results": rows}, ensure_ascii=False))
                return
            for one in found:
                self.stdout.write(f"{one.page.full_title}\n    {_plain(one)}")


def _row(result: Result) -> dict[str, Any]:
    return {
        "title": result.page.full_title,
        "score": round(result.score, 4),
        "url": result.page.get_full_url(),
        "piece": _plain(result),
    }


def _plain(result: Result) -> str:
    return "".join(text for text, _ in result.piece)
