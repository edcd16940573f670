"""History search: periods with their authors, all modes of the time filter, permissions, and the command."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from modelsearch.backends import get_search_backend

from tests.conftest import StandingIndex
from wiki.history.models import Passage
from wiki.pages import background_jobs, page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.search import history_results, history_search
from wiki.search.time_filter import TimeFilterInput

pytestmark = pytest.mark.django_db
ANNA = AnonymousUser()
SCRIPT = Author(None, "script")
Periods = dict[str, list[tuple[int, int | None]]]


def by(name: str, day: str) -> Author:
    """Return an author without an account, with a claimed date."""
    return Author(None, name, claimed_at=datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC))


def write(title: str, *versions: tuple[str, str, str]) -> WikiPage:
    """Write a page with several versions, given as day, author and text."""
    page: WikiPage | None = None
    for day, name, text in versions:
        if page is None:
            page = page_writer.create(title, text, by=by(name, day)).page
        else:
            page_writer.edit(page_lookup.reload_page(page.pk), text, by(name, day))
    assert page is not None
    return page


@pytest.fixture(scope="module", autouse=True)
def _wiki(standing_index: StandingIndex) -> None:
    """Two pages with a history, and a deleted one."""
    with standing_index.filled():
        write(
            "Fournil",
            ("2019-03-03", "Ada", "# Le four\n\nDu pain *au levain*.\n\nOuvert le lundi."),
            ("2019-06-01", "Bob", "# Le four\n\nDu pain de seigle.\n\nOuvert le lundi."),
            ("2020-01-10", "Ada", "# Le four\n\nDu pain de seigle.\n\nOuvert le mardi."),
            ("2021-05-05", "Chloé", "# Le four\n\nDu pain au levain.\n\nOuvert le mardi."),
        )
        write(
            "Brasserie",
            ("2019-05-01", "Bob", "Du levain, ouvert le lundi.\n\nUn café."),
            ("2019-07-01", "Dan", "Fermé.\n\nUn café."),
        )
        deleted = write("Secret", ("2019-03-03", "Ada", "Du levain secret."))
        page_writer.delete(page_lookup.reload_page(deleted.pk), SCRIPT)


def periods(text: str, mode: str = "ever", user: Any = ANNA, **time_input: str) -> Periods:
    """Search; return the first and last (exclusive) versions of the periods, by page."""
    results = history_results.search_history(text, user, TimeFilterInput(mode, **time_input))
    matches = history_results.load_history_results(results, results.hits, user)
    assert len(matches) == len(results.hits)
    return {
        result.page.full_title: [
            (period.added_in.number, period.removed_in.number if period.removed_in else None)
            for period in result.periods
        ]
        for result in matches
    }


class TestPeriods:
    """The periods that are found."""

    def test_words_phrases_and_the_rest(self) -> None:
        cases: dict[str, Periods] = {
            "levain": {"Fournil": [(1, 2), (4, None)], "Brasserie": [(1, 2)]},
            '"pain au levain"': {"Fournil": [(1, 2), (4, None)]},
            "levain lundi": {"Fournil": [(1, 2)], "Brasserie": [(1, 2)]},
            "pain mardi": {"Fournil": [(3, None)]},
            "seigle lundi": {"Fournil": [(2, 3)]},
            "pain -levain": {"Fournil": [(2, 4)]},
            "pain -seigle": {"Fournil": [(1, 2), (4, None)]},
            "seigle OR café": {"Fournil": [(2, 4)], "Brasserie": [(1, None)]},
            "(seigle OU levain) SAUF lundi": {"Fournil": [(3, None)]},
            "seig*": {"Fournil": [(2, 4)]},
            "segle~": {"Fournil": [(2, 4)]},
            "le lundi": {"Fournil": [(1, 3)], "Brasserie": [(1, 2)]},
            "titre:fournil levain": {"Fournil": [(1, 2), (4, None)]},
            "levain -titre:fournil": {"Brasserie": [(1, 2)]},
            "café OR titre:fournil": {"Brasserie": [(1, None)], "Fournil": [(1, None)]},
            "levain kind:place": {},
            "-levain": {"Fournil": [(2, 4)], "Brasserie": [(2, None)]},
            "-café": {"Fournil": [(1, None)]},
            "levain author:chloé": {"Fournil": [(4, None)]},
            "levain after:2020": {"Fournil": [(4, None)]},
            "lundi before:2019-04": {"Fournil": [(1, 3)]},
            "seigle after:2019-12 before:2020": {"Fournil": [(2, 4)]},
            "secret": {},
            "zzz": {},
            "": {},
        }
        assert {text: periods(text) for text in cases} == cases

    def test_now_and_of_a_day(self) -> None:
        assert periods("levain", "now") == {"Fournil": [(4, None)]}
        expected = {
            "2019-03-02": {},
            "2019-03-03": {"Fournil": [(1, 2)]},
            "2019-05": {"Fournil": [(1, 2)], "Brasserie": [(1, 2)]},
            "2019-06-01T11:00": {"Fournil": [(1, 2)], "Brasserie": [(1, 2)]},
            "01/06/2019": {"Brasserie": [(1, 2)]},
            "2019": {},
            "2021-05-05": {"Fournil": [(4, None)]},
            "2031": {"Fournil": [(4, None)]},
        }
        assert {day: periods("levain", "at", at=day) for day in expected} == expected

    def test_appeared_and_disappeared_between_two_days(self) -> None:
        assert periods("levain", "appeared", since="2019-04", until="2019-12") == {"Brasserie": [(1, 2)]}
        assert periods("levain", "appeared", since="2020") == {"Fournil": [(4, None)]}
        assert periods("levain", "disappeared", until="2019-06") == {"Fournil": [(1, 2)]}
        assert periods("levain", "disappeared", since="2019-06-02") == {"Brasserie": [(1, 2)]}
        assert periods("levain", "disappeared") == {"Fournil": [(1, 2)], "Brasserie": [(1, 2)]}

    def test_by_whom(self) -> None:
        assert periods("levain", author="Bob") == {"Brasserie": [(1, 2)]}
        assert periods("lundi", "disappeared", author="ada") == {"Fournil": [(1, 3)]}
        assert periods("levain", "now", author="Ada") == {}

    def test_invalid_dates_are_ignored_with_a_warning(self) -> None:
        results = history_results.search_history("levain after:demain", ANNA, TimeFilterInput("at", at="hier"))
        assert [(warning.code, warning.text) for warning in results.query.warnings] == [
            ("unknown_day", "hier"),
            ("unknown_day", "demain"),
        ]
        assert [hit.spans for hit in results.hits] == [((4, 2**62),)]

    def test_a_period_shows_highlighted_passages(self) -> None:
        results = history_results.search_history("levain lundi", ANNA, TimeFilterInput("ever"))
        matches = {
            result.page.title: result for result in history_results.load_history_results(results, results.hits, ANNA)
        }
        assert matches["Fournil"].periods[0].passages == ["Du pain au levain.", "Ouvert le lundi."]
        assert matches["Brasserie"].periods[0].passages == ["Du levain, ouvert le lundi."]
        assert [text for text, marked in matches["Brasserie"].periods[0].snippets[0] if marked] == ["levain", "lundi"]

    def test_the_best_comes_first(self) -> None:
        assert next(iter(periods("four"))) == "Fournil"

    def test_searches_for_common_words_proceed_in_steps_and_stop_at_the_time_limit(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cases = ("levain", "levain lundi", "pain -levain", "seigle OR café", "café OR titre:fournil")
        complete = {text: periods(text) for text in cases}
        monkeypatch.setattr(history_search, "MAX_DOCUMENTS", 0)
        monkeypatch.setattr(history_search, "STEP_DOCUMENTS", 1)
        assert {text: periods(text) for text in cases} == complete
        monkeypatch.setattr(history_search, "TIME_LIMIT", -1.0)
        results = history_results.search_history("levain", ANNA, TimeFilterInput("ever"))
        assert not results.found.is_complete
        assert len(results.hits) <= 1
        monkeypatch.setattr(history_search, "STEP_PAGES", 1)
        results = history_results.search_history("-zzz", ANNA, TimeFilterInput("ever"))
        assert (len(results.hits), results.found.is_complete) == (1, False)

    def test_among_some_pages_only(self) -> None:
        page = WikiPage.objects.get(title="Brasserie")
        results = history_results.search_history("levain", ANNA, TimeFilterInput("ever"), pages=[page.pk])
        assert [hit.pk for hit in results.hits] == [page.pk]


def test_a_damaged_index_is_reported_and_rebuilt() -> None:
    directory = get_search_backend().get_index_for_model(Passage).directory
    for file in directory.build.glob("*.seg"):
        file.write_bytes(file.read_bytes()[:100])
    assert not history_results.search_history("levain", ANNA, TimeFilterInput("ever")).index_available
    background_jobs.run_pending()
    assert directory.is_usable
    assert periods("levain")["Brasserie"] == [(1, 2)]


def test_other_engines_return_the_same_periods(settings: Any) -> None:
    texts = ("levain", '"pain au levain"', "levain lundi", "pain -levain", "seig*", "seigle OR café", "-levain")
    whoosh_periods = {text: periods(text) for text in texts}
    settings.WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "modelsearch.backends.database", "AUTO_UPDATE": False}}
    call_command("rebuild_index")
    assert {text: periods(text) for text in texts} == whoosh_periods


# --- The command ----------------------------------------------------------------------------------
class TestCommand:
    """`manage.py search --history`."""

    def output(self, capsys: pytest.CaptureFixture[str], words: str, **options: Any) -> Any:
        call_command("search", words, format="json", **options)
        return json.loads(capsys.readouterr().out)

    def test_it_prints_periods(self, capsys: pytest.CaptureFixture[str]) -> None:
        matches = self.output(capsys, "levain titre:fournil", history=True)
        assert matches["count"] == 1
        assert matches["results"][0].keys() == {"title", "score", "periods"}
        assert matches["results"][0]["title"] == "Fournil"
        assert matches["results"][0]["periods"] == [
            {
                "born": {"version": 1, "date": "2019-03-03T12:00:00+00:00", "author": "Ada"},
                "died": {"version": 2, "date": "2019-06-01T12:00:00+00:00", "author": "Bob"},
                "passage": "Du pain au levain.",
            },
            {
                "born": {"version": 4, "date": "2021-05-05T12:00:00+00:00", "author": "Chloé"},
                "died": None,
                "passage": "Du pain au levain.",
            },
        ]

    def test_it_takes_a_date_and_an_author(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.output(capsys, "levain", at="2019-05-01")["count"] == 2
        assert self.output(capsys, "levain", at="2020-05-01")["count"] == 0
        assert self.output(capsys, "levain", history=True, author="Bob")["results"][0]["title"] == "Brasserie"
        assert self.output(capsys, "levain", author="Chloé")["results"][0]["periods"][0]["born"]["version"] == 4
        assert self.output(capsys, "levain", author="Ada")["count"] == 0
        with pytest.raises(CommandError, match="hier"):
            call_command("search", "levain", at="hier")

    def test_current_pages_have_the_same_shape(self, capsys: pytest.CaptureFixture[str]) -> None:
        matches = self.output(capsys, "fournil")
        assert matches == {
            "count": 1,
            "results": [{"title": "Fournil", "score": matches["results"][0]["score"], "periods": []}],
        }
        matches = self.output(capsys, "levain")
        assert [(result["title"], len(result["periods"])) for result in matches["results"]] == [("Fournil", 1)]
        assert matches["results"][0]["periods"][0]["died"] is None

    def test_it_prints_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("search", "seigle zzz OR seigle", history=True)
        assert capsys.readouterr().out.splitlines() == [
            "Fournil", "    v2 2019-06-01 Bob → v4 2021-05-05 Chloé", "        Du pain de seigle.",
        ]  # fmt: skip
