"""A query as of a day answers what it answered on that day, as far as the reader may see it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import Client

from tests.ask.past_answers import Answer, PastAnswers, answer_of
from wiki.accounts.models import User
from wiki.ask import query_parser
from wiki.ask.execution import runner
from wiki.ask.execution.results import QueryResult
from wiki.facts.models import Fact, Subject
from wiki.history.models import TitlePeriod
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_moves, page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db
SEED = int(os.environ.get("MOVILAB_PAST_SEED", "14"))
DAYS = int(os.environ.get("MOVILAB_PAST_DAYS", "8"))
"""Other seeds and more days search further."""


@pytest.fixture
def root() -> User:
    """Create an administrator, who may see deleted pages."""
    return User.objects.create_superuser("root", password="x")


# --- Random histories -----------------------------------------------------------------------------
@pytest.fixture
def history(root: User, monkeypatch: pytest.MonkeyPatch) -> PastAnswers:
    """Live a random history of some days, and note what an administrator was answered on each."""
    history = PastAnswers(SEED, root, monkeypatch)
    history.set_up()
    for _ in range(DAYS):
        history.live_a_day(queries=20)
    history.delete_some()
    return history


@pytest.mark.slow
def test_random_histories(history: PastAnswers) -> None:
    for noted in history.noted:
        assert history.ask_again(noted) == noted.answer, (noted.day, noted.query.source, history.log)
    assert WikiPage.objects.filter(title_key=None).exists()
    _check_that_nothing_leaks(history)
    _check_that_a_rebuild_agrees()


def _check_that_nothing_leaks(history: PastAnswers) -> None:
    """Check that a reader without an account gets the answers that he would get if deleted pages had never been."""

    def answers() -> list[Answer]:
        queries = (replace(noted.query, as_of=noted.day) for noted in history.noted)
        return [answer_of(runner.run(query, AnonymousUser())) for query in queries]

    shown = answers()
    with transaction.atomic():
        for model in (Fact, Subject, TitlePeriod):
            model.objects.filter(page__title_key=None).delete()
        assert answers() == shown
        transaction.set_rollback(True)


def _check_that_a_rebuild_agrees() -> None:
    """Check that titles and facts follow from the versions."""
    stored = rebuild_derived.snapshot()
    TitlePeriod.objects.all().delete()
    rebuild_derived.rebuild()
    rebuilt = rebuild_derived.snapshot()
    assert len(stored["titles"]) > WikiPage.objects.count()
    assert rebuilt["titles"] == stored["titles"]
    assert rebuilt["facts"] == stored["facts"]


# --- Single cases ---------------------------------------------------------------------------------
def on(day: str) -> Author:
    """Return an author who writes at noon of a day."""
    return Author(None, "Ada", claimed_at=datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC))


def page(title: str) -> WikiPage:
    """Return the page with a title."""
    found = page_lookup.find_by_key(title)
    assert found is not None
    return found


@pytest.fixture
def bakery() -> None:
    """Write a page in 2019 that is renamed in 2020 and deleted in 2021, and pages that name it."""
    page_writer.create("Property:Chez", "---\nHas type: Page\n---\n", by=on("2019-01-01"))
    page_writer.create("Fournil", "---\nVille: Lyon\n---\n[[Category:Pain]]", by=on("2019-02-01"))
    page_writer.create("Ada", "[[Chez::Fournil]]", by=on("2019-02-01"))
    page_moves.move(page("Fournil"), "Boulangerie", on("2020-02-01"), leave_redirect=True)
    for title in ("Boulangerie", "Fournil"):
        page_writer.delete(page(title), on("2021-02-01"))


def ask(source: str, user: User | AnonymousUser) -> QueryResult:
    """Run a query; an error of the query fails the test."""
    result = runner.run(query_parser.parse(source), user)
    assert not result.problems
    return result


def titles_of(result: QueryResult) -> list[str]:
    """Return the titles of the subjects."""
    return [row.subject.full_title for row in result.rows]


CASES: list[tuple[str, Sequence[str]]] = [
    ("[[Ville::Lyon]]|at=2018", []),
    ("[[Ville::Lyon]]|at=2019", ["Fournil"]),
    ("[[Ville::Lyon]]|at=2020", ["Boulangerie"]),
    ("[[Ville::Lyon]]|at=2021-01", ["Boulangerie"]),
    ("[[Ville::Lyon]]|at=2021-02-01", []),
    ("[[Ville::Lyon]]", []),
    ("[[Category:Pain]]|at=2019", ["Fournil"]),
    ("[[Fournil]]|at=2019", ["Fournil"]),
    ("[[Fournil]]|at=2020", ["Boulangerie"]),
    ("[[Boulangerie]]|at=2019", []),
    ("[[~B*]]|at=2020", ["Boulangerie"]),
    ("[[~F*]]|at=2019", ["Fournil"]),
    ("[[~F*]]|at=2020", []),
    ("[[Chez.Ville::Lyon]]|at=2020", ["Ada"]),
    ("[[-Chez::Ada]]|at=2019", ["Fournil"]),
    ("[[-Chez::Ada]]|at=2020", ["Boulangerie"]),
]


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_pages_have_the_titles_and_facts_of_the_day(
    bakery: None, root: User, source: str, expected: Sequence[str]
) -> None:
    assert titles_of(ask(source, root)) == expected


def test_only_administrators_see_deleted_pages(bakery: None, alice: User, bob: User, charlie: User, root: User) -> None:
    for reader in (alice, bob, charlie, AnonymousUser()):
        for year in (2019, 2020):
            assert titles_of(ask(f"[[Ville::Lyon]]|at={year}", reader)) == []
            assert ask(f"[[Ville::Lyon]]|format=count|at={year}", reader).total == 0
            assert runner.count(query_parser.parse(f"[[Ville::Lyon]]|at={year}"), reader) == 0
            assert titles_of(ask(f"[[Chez.Ville::Lyon]]|at={year}", reader)) == []
            assert ask(f"[[Ada]]|?Chez|?Chez.Ville|at={year}", reader).pages == {}
    assert ask("[[Ville::Lyon]]|format=count|at=2019", root).total == 1


def test_subjects_link_to_their_versions_of_the_day(bakery: None, root: User, client_of: Callable[..., Client]) -> None:
    result = ask("[[Ada]]|?Chez|at=2019-06-30", root)
    (chez,) = result.pages.values()
    assert result.rows[0].subject.url == "/wiki/Ada?at=2019-06-30"
    assert chez.url == "/wiki/Fournil?at=2019-06-30"
    response = client_of(root).get(chez.url)
    assert response.status_code == 200
    assert "Lyon" in response.content.decode()
    assert client_of(AnonymousUser()).get(chez.url).status_code == 404
    assert ask("[[Ada]]", root).rows[0].subject.url == ask("[[Ada]]|at=2999", root).rows[0].subject.url == "/wiki/Ada"


def test_a_title_of_the_day_leads_to_the_page_that_had_it(root: User, client_of: Callable[..., Client]) -> None:
    page_writer.create("Four", "Le four.", by=on("2019-01-01"))
    page_writer.create("Moulin", "Le moulin.", by=on("2019-01-01"))
    page_moves.move(page("Four"), "Vieux four", on("2020-02-01"), leave_redirect=False)
    page_moves.move(page("Moulin"), "Four", on("2020-03-01"), leave_redirect=False)
    for year, text in ((2019, "Le four."), (2020, "Le moulin.")):
        assert text in client_of(AnonymousUser()).get(f"/wiki/Four?at={year}").content.decode()


def test_pages_show_no_stale_answers_of_a_day(client_of: Callable[..., Client]) -> None:
    page_writer.create("Fournil", "---\nVille: Lyon\n---\n", by=on("2019-02-01"))
    page_writer.edit(page("Fournil"), "---\nVille: Bron\n---\n", on("2020-02-01"))
    page_writer.create("Liste", "{{#ask: [[Ville::Lyon]]|at=2019}}", by=on("2020-03-01"))
    shown = []
    for act in (None, page_writer.delete, page_writer.undelete):
        if act is not None:
            act(WikiPage.objects.select_related("place", "source").get(full_title="Fournil"), Author(None, "Ada"))
        shown.append("Fournil" in client_of(AnonymousUser()).get("/wiki/Liste").content.decode())
    assert shown == [True, False, True]


def test_values_in_a_place_name_the_pages_of_the_day(root: User) -> None:
    page_writer.create("Property:Chez", "---\nHas type: Page\n---\n", by=on("2019-01-01"))
    page_writer.create_place("Grange", "Un lieu.", by=on("2019-01-01"))
    for title in ("Four", "Grange:Four"):
        page_writer.create(title, "", by=on("2019-01-01"))
    page_writer.create("Grange:Ada", "[[Chez::Four]]", by=on("2019-01-01"))
    page_moves.move(page("Grange:Four"), "Grange:Vieux four", on("2020-02-01"), leave_redirect=False)
    page_moves.move(page("Grange"), "Ferme", on("2021-02-01"), leave_redirect=False)
    named = {year: titles_of(ask(f"[[-Chez::+]]|at={year}", root)) for year in (2019, 2020, 2021)}
    assert named == {2019: ["Grange:Four"], 2020: ["Four"], 2021: ["Four"]}
    assert titles_of(ask("[[Chez::Grange:Four]]|at=2019", root)) == ["Grange:Ada"]
    assert titles_of(ask("[[Grange:~A*]]|at=2019", root)) == ["Grange:Ada"]
    assert titles_of(ask("[[Ferme:~A*]]", root)) == ["Ferme:Ada"]
