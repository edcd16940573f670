"""Random histories of a small wiki, in which answers are noted day by day and asked for again later.

The changes are those of the search for stale views, each on a day of its own, except that properties stay as declared:
values of all days are read by today's declarations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.campaigns import staleness
from tests.campaigns.staleness import CONDITIONS, NAMES, PRINTOUTS, TITLES, StaleViewSearch
from wiki.accounts.models import User
from wiki.ask import query_parser
from wiki.ask.execution import runner
from wiki.ask.execution.results import PageRef, QueryResult
from wiki.ask.language.query_ast import Query
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

FIRST_DAY = date(2021, 1, 1)
SORTS = ["", "", "|sort=Ville", "|sort=Porte.Ville|order=desc", "|format=count", "|limit=2", "|sort=Nombre"]
Answer = tuple[Any, ...]


@dataclass(frozen=True)
class NotedAnswer:
    """What a query answered on a day."""

    day: str
    query: Query
    answer: Answer


class PastAnswers(StaleViewSearch):
    """One random history, with the answers that `reader` got on each day."""

    def __init__(self, seed: int, reader: User, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(seed)
        self.reader, self.monkeypatch = reader, monkeypatch
        self.days = 0
        self.noted: list[NotedAnswer] = []
        self.begin_day()

    @property
    def day(self) -> str:
        """The current day."""
        return (FIRST_DAY + timedelta(days=self.days)).isoformat()

    def begin_day(self) -> None:
        """Let all further versions be of the next day."""
        self.days += 1
        noon = datetime.fromisoformat(f"{self.day}T12:00").replace(tzinfo=UTC)
        self.monkeypatch.setattr(staleness, "BY", Author(None, "Quelqu'un", claimed_at=noon))

    def live_a_day(self, queries: int) -> None:
        """Make some changes in one day, and note the answers to some queries at its end."""
        self.begin_day()
        for _ in range(self.chance.randrange(1, 4)):
            self.change()
        for _ in range(queries):
            choose = self.chance.choice
            query = query_parser.parse(f"{choose(CONDITIONS)}{choose(PRINTOUTS)}{choose(SORTS)}")
            self.noted.append(NotedAnswer(self.day, query, answer_of(runner.run(query, self.reader))))

    def delete_some(self) -> None:
        """Delete half of the pages that are written again and again."""
        self.begin_day()
        for title in sorted(set(NAMES) & set(staleness.existing_titles()))[::2]:
            self.log.append(f"delete {title}")
            page_writer.delete(WikiPage.objects.select_related("place", "source").get(title_key=title), staleness.BY)

    def ask_again(self, noted: NotedAnswer) -> Answer:
        """Return the answer of today to the query as of its day."""
        return answer_of(runner.run(replace(noted.query, as_of=noted.day), self.reader))

    def _title(self) -> str:
        return self.chance.choice([title for title in TITLES if not title.startswith("Property:")])


def answer_of(result: QueryResult) -> Answer:
    """Return what a reader sees of a result, without the addresses and what belongs to today's text."""
    rows = [(_page(row.subject), _values(row.cells)) for row in result.rows]
    pages = sorted((key, *_page(page)) for key, page in result.pages.items())
    problems = [problem.code for problem in result.problems]
    return rows, pages, result.total, result.has_more, problems


def _page(page: PageRef) -> Answer:
    return page.key, page.full_title, page.shown_title, page.namespace, page.fragment, page.exists, page.page_pk


def _values(cells: tuple[tuple[Any, ...], ...]) -> Answer:
    return tuple(tuple((value.raw, value.canonical_value, value.parts) for value in cell) for cell in cells)
