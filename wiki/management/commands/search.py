"""`manage.py search "words" --history --format json`: search with the permissions of anonymous users."""

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
    """Searches with the query language of the search page; warnings go to standard error."""

    help = "Search the current pages, or all that was ever written, and print what is found, the best first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the query, the time filter, and the output options."""
        parser.add_argument("words", help="What to search for, as on the search page.")
        parser.add_argument("--history", action="store_true", help="Search all that was ever written.")
        parser.add_argument("--at", default="", help="A date: search the texts of that day.")
        parser.add_argument("--author", default="", help="Who brought the words in: an account, or a name as shown.")
        parser.add_argument("--format", default="text", choices=["text", "json"], help="How to print the answer.")
        parser.add_argument("--limit", type=int, default=20, help="Pages to print; all are counted.")
        parser.add_argument("--language", default="fr", choices=["fr", "en"], help="Of what is said about the query.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Search and print the results. Raises CommandError for an invalid date."""
        time_input = TimeFilterInput(
            "at" if options["at"] else "ever" if options["history"] else "now", at=options["at"]
        )
        time_input.author = options["author"]
        with override(options["language"]):
            if time_input.at:
                self._check_date(time_input.at)
            if time_input.searches_history:
                self._search_history(options, time_input)
            else:
                self._search_current(options, time_input)

    def _check_date(self, text: str) -> None:
        try:
            parse_period_end(text)
        except InvalidDate as problem:
            message = gettext("“%(text)s” is no date, like 2019, 2019-03 or 2019-03-05.")
            raise CommandError(message % {"text": text}) from problem

    def _search_history(self, options: dict[str, Any], time_input: TimeFilterInput) -> None:
        """Search the history. Raises CommandError where the index is missing or damaged."""
        user = AnonymousUser()
        results = history_results.search_history(options["words"], user, time_input)
        self._print_warnings(results.query.warnings)
        if not results.index_available:
            raise CommandError(gettext("The search index is missing or damaged: run manage.py rebuild_index."))
        if not results.found.is_complete:
            self.stderr.write(
                gettext("So many pages hold this that only some, the best first, were looked at and counted.")
            )
        page_results = history_results.load_history_results(results, results.hits[: max(options["limit"], 0)], user)
        if options["format"] == "json":
            self._print_json(len(results.hits), [history_results.as_data(result) for result in page_results])
            return
        for result in page_results:
            self.stdout.write(result.page.full_title)
            for period in result.periods:
                self.stdout.write(f"    {_describe(period)}\n        {' … '.join(period.passages)}")

    def _search_current(self, options: dict[str, Any], time_input: TimeFilterInput) -> None:
        """Search the current pages; the JSON output also has the current periods of the matches."""
        user = AnonymousUser()
        results = search_results.search_pages(options["words"], user)
        self._print_warnings(results.query.warnings)
        page_results = search_results.load_results(results.hits[: max(options["limit"], 0)], results.leaves, user)
        if options["format"] == "json":
            history = history_results.search_history(
                options["words"], user, time_input, pages=[result.page.pk for result in page_results]
            )
            by_page = {
                result.page.pk: result for result in history_results.load_history_results(history, history.hits, user)
            }
            without_periods = [HistoryResult(result.page, result.score, [], []) for result in page_results]
            rows = [
                history_results.as_data(by_page.get(result.page.pk, result)) | {"score": round(result.score, 4)}
                for result in without_periods
            ]
            self._print_json(len(results.hits), rows)
            return
        for result in page_results:
            self.stdout.write(f"{result.page.full_title}\n    {_snippet_text(result)}")

    def _print_warnings(self, warnings: list[QueryWarning]) -> None:
        for warning in warnings:
            self.stderr.write(query_warnings.message_for(warning))

    def _print_json(self, count: int, rows: list[dict[str, Any]]) -> None:
        self.stdout.write(json.dumps({"count": count, "results": rows}, ensure_ascii=False))


def _snippet_text(result: SearchResult) -> str:
    return "".join(text for text, _ in result.snippet)


def _describe(period: Period) -> str:
    """Return versions, dates and authors of the start and end of a period."""
    added_in, removed_in = period.added_in, period.removed_in
    start = f"v{added_in.number} {added_in.claimed_at:%Y-%m-%d} {added_in.author_name}"
    return (
        f"{start} →"
        if removed_in is None
        else f"{start} → v{removed_in.number} {removed_in.claimed_at:%Y-%m-%d} {removed_in.author_name}"
    )
