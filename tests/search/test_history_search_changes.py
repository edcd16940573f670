"""History search of pages that change: facts, deleted and moved pages, a missing index."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.factories import make_page, make_place
from tests.search.test_history_search import ANNA, SCRIPT, Periods, periods, write
from wiki.accounts.models import User
from wiki.pages import background_jobs, page_lookup
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
from wiki.search import history_results
from wiki.search.time_filter import TimeFilterInput

pytestmark = pytest.mark.django_db


def test_facts_have_periods_too() -> None:
    write(
        "Fournil",
        ("2019-03-03", "Ada", "---\nkind: Pratique\nVille: Saint-Étienne\n---\nDu pain."),
        ("2020-03-03", "Bob", "---\nkind: Pratique\nVille: Lyon\n---\nDu pain."),
        ("2021-03-03", "Dan", "---\nkind: Pratique\nVille: Lyon\n---\nDu vin à Saint-Étienne."),
    )
    background_jobs.run_pending()
    cases: dict[str, Periods] = {
        "saint-étienne": {"Fournil": [(1, 2), (3, None)]},
        "pain lyon": {"Fournil": [(2, 3)]},
        '"saint etienne" -vin': {"Fournil": [(1, 2)]},
        "lyo*": {"Fournil": [(2, None)]},
        "pratique": {},
    }
    assert {text: periods(text) for text in cases} == cases
    results = history_results.search_history("pain étienne", ANNA, TimeFilterInput("ever"))
    assert history_results.load_history_results(results, results.hits, ANNA)[0].periods[0].passages == [
        "Ville: Saint-Étienne",
        "Du pain.",
    ]


# --- Deleted and moved pages -----------------------------------------------------------------------
def test_deleted_pages_are_neither_shown_nor_counted(capsys: pytest.CaptureFixture[str]) -> None:
    page = write("Secret", ("2019-03-03", "Ada", "Du levain."), ("2019-04-03", "Ada", "Du vin."))
    background_jobs.run_pending()
    assert periods("levain") == {"Secret": [(1, 2)]}
    page_writer.delete(page_lookup.reload_page(page.pk), SCRIPT)
    for text in ("levain", "-zzz", "levain -zzz", "titre:secret", "titre:secret OR levain", "kind:article"):
        for time_input in (
            TimeFilterInput("ever"),
            TimeFilterInput("at", at="2019-03-04"),
            TimeFilterInput("disappeared"),
            TimeFilterInput("ever", author="Ada"),
        ):
            assert history_results.search_history(text, ANNA, time_input).hits == []
    assert history_results.search_history("levain", ANNA, TimeFilterInput("ever"), pages=[page.pk]).hits == []
    call_command("search", "levain", history=True, format="json")
    assert json.loads(capsys.readouterr().out) == {"count": 0, "results": []}
    page_writer.undelete(page_lookup.reload_page(page.pk), SCRIPT)
    background_jobs.run_pending()
    assert periods("levain") == {"Secret": [(1, 2)]}
    assert periods("vin") == {"Secret": [(2, 3), (4, None)]}
    assert periods("-levain") == {"Secret": [(2, 3), (4, None)]}


def test_moved_pages_are_found_by_their_new_title(bob: User) -> None:
    place = make_place("Le Moulin", by=bob)
    page = make_page("Charte", "Du levain.", place=place)
    page_moves.move(page, "Le Moulin:Règles", Author.of(bob), leave_redirect=False)
    background_jobs.run_pending()
    assert periods("levain") == {"Le Moulin:Règles": [(1, None)]}


def test_a_missing_index_is_reported(settings: Any) -> None:
    import shutil

    write("Fournil", ("2019-03-03", "Ada", "Du levain."))
    background_jobs.run_pending()
    shutil.rmtree(settings.INDEX_ROOT)
    assert not history_results.search_history("levain", ANNA, TimeFilterInput("ever")).index_available
    with pytest.raises(CommandError, match="rebuild_index"):
        call_command("search", "levain", history=True)
