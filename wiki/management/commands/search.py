"""`manage.py search "words" --history --format json`: search as a reader without an account would."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext, override

from wiki.pages.date_input import InvalidDate, parse_period_end
from wiki.search import history_results, query_warnings, search_results
from wiki.search.history_results import HistoryResult, Period
from wiki.search.search_ast import QueryWarning
from wiki.search.search_results import SearchResult
from wiki.search.time_filter import TimeFilterInput


class Command(BaseCommand):
    """The query language is that of the search page; what was ignored is said on standard error."""

    help = "Search the current pages, or all that was ever written, and print what is found, the best first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The words, when they had to be there and by whom, and how to show what was found."""
        parser.add_argument("words", help="What to search for, as on the search page.")
        parser.add_argument("--history", action="store_true", help="Search all that was ever written.")
        parser.add_argument("--at", default="", help="A date: search the texts of that day.")
        parser.add_argument("--author", default="", help="Who brought the words in: an account, or a name as shown.")
        parser.add_argument("--format", default="text", choices=["text", "json"], help="How to print the answer.")
        parser.add_argument("--limit", type=int, default=20, help="Pages to print; all are counted.")
        parser.add_argument("--language", default="fr", choices=["fr", "en"], help="Of what is said about the query.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the answer. Raises CommandError for a date that is none."""
        wish = TimeFilterInput("at" if options["at"] else "ever" if options["history"] else "now", at=options["at"])
        wish.author = options["author"]
        with override(options["language"]):
            if wish.at:
                self._check(wish.at)
            if wish.searches_history:
                self._past(options, wish)
            else:
                self._now(options, wish)

    def _check(self, text: str) -> None:
        try:
            parse_period_end(text)
        except InvalidDate as problem:
            message = gettext("“%(text)s” is no date, like 2019, 2019-03 or 2019-03-05.")
            raise CommandError(message % {"text": text}) from problem

    def _past(self, options: dict[str, Any], wish: TimeFilterInput) -> None:
        """Search the history."""
        user = AnonymousUser()
        given = history_results.search_history(options["words"], user, wish)
        self._tell(given.query.warnings)
        if not given.index_available:
            raise CommandError(gettext("The search index is missing or damaged: run manage.py rebuild_index."))
        if not given.found.is_complete:
            self.stderr.write(
                gettext("So many pages hold this that only some, the best first, were looked at and counted.")
            )
        found = history_results.load_history_results(given, given.hits[: max(options["limit"], 0)], user)
        if options["format"] == "json":
            self._print(len(given.hits), [history_results.as_data(one) for one in found])
            return
        for one in found:
            self.stdout.write(one.page.full_title)
            for period in one.periods:
                self.stdout.write(f"    {_lived(period)}\n        {' … '.join(period.passages)}")

    def _now(self, options: dict[str, Any], wish: TimeFilterInput) -> None:
        """Search the current pages; as JSON, with the periods that still last of the passages that hold the words."""
        user = AnonymousUser()
        given = search_results.search_pages(options["words"], user)
        self._tell(given.query.warnings)
        found = search_results.load_results(given.hits[: max(options["limit"], 0)], given.leaves, user)
        if options["format"] == "json":
            past = history_results.search_history(options["words"], user, wish, pages=[one.page.pk for one in found])
            lived = {one.page.pk: one for one in history_results.load_history_results(past, past.hits, user)}
            nothing = [HistoryResult(one.page, one.score, [], []) for one in found]
            rows = [
                history_results.as_data(lived.get(one.page.pk, one)) | {"score": round(one.score, 4)} for one in nothing
            ]
            self._print(len(given.hits), rows)
            return
        for one in found:
            self.stdout.write(f"{one.page.full_title}\n    {_plain(one)}")

    def _tell(self, some: list[QueryWarning]) -> None:
        for note in some:
            self.stderr.write(query_warnings.message_for(note))

    def _print(self, count: int, rows: list[dict[str, Any]]) -> None:
        self.stdout.write(json.dumps({"count": count, "results": rows}, ensure_ascii=False))


def _plain(result: SearchResult) -> str:
    return "".join(text for text, _ in result.snippet)


def _lived(period: Period) -> str:
    """From when to when, by whom."""
    added_in, removed_in = period.added_in, period.removed_in
    told = f"v{added_in.number} {added_in.claimed_at:%Y-%m-%d} {added_in.author_name}"
    return (
        f"{told} →"
        if removed_in is None
        else f"{told} → v{removed_in.number} {removed_in.claimed_at:%Y-%m-%d} {removed_in.author_name}"
    )
