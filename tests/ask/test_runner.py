"""Rows, printouts, order, counts, comparison of moments, and dependencies."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from tests.ask.sample_wikis import Claim, SampleWiki, day
from tests.conftest import Standing
from wiki.ask.execution import runner, timeouts
from wiki.ask.execution.dependencies import ANY
from wiki.ask.execution.results import QueryResult
from wiki.ask.language.query_errors import AskProblem, message_for
from wiki.ask.query_parser import parse
from wiki.facts.datatypes.registry import show
from wiki.pages.models import WikiPage

pytestmark = pytest.mark.django_db
ANNA = AnonymousUser()

PAGES = {
    title: "Alpha" if title == "Renvoi" else ""
    for title in ["Alpha", "Béta", "Gamma", "Delta", "Été", "Renvoi", "Category:X", "Category:Y", "Perdu"]
}
STATEMENTS = [
    Claim("Alpha", "Nombre", "10"), Claim("Alpha", "Nombre", "2,5"), Claim("Béta", "Nombre", "3"),
    Claim("Gamma", "Nombre", "1"), Claim("Gamma", "Texte", "mot"), Claim("Béta", "Texte", "Zut"),
    Claim("Béta", "Vers", "Alpha"), Claim("Gamma", "Vers", "Renvoi"), Claim("Gamma", "Vers", "Inconnue"),
    Claim("Delta", "Vers", "Gamma"), Claim("Perdu", "Vers", "Alpha"), Claim("Delta", "Vers", "Perdu"),
    Claim("Alpha", "Lieu", "45.44, 4.39"), Claim("Béta", "Lieu", "45.45, 4.40"), Claim("Delta", "Lieu", "48.85, 2.35"),
    Claim("Alpha", "Mots", "mot@fr"), Claim("Alpha", "Mots", "word@en"), Claim("Alpha", "Surface", "1 km²"),
    Claim("Alpha", "Fiche", "7; Béta"), Claim("Alpha", "Oui", "vrai", "part"), Claim("Alpha", "_INST", "Y"),
    Claim("Category:Y", "_SUBC", "X"), Claim("Alpha", "Date", "12 mars 2021"), Claim("Alpha", "Nombre", "dix"),
    Claim("Alpha", "Texte", "avant", added_in=10, removed_in=20), Claim("Alpha", "Texte", "après", added_in=20),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def world(standing: Standing) -> SampleWiki:
    """Create a small wiki."""
    wiki = SampleWiki(PAGES, STATEMENTS, {"Perdu"})
    with standing():
        wiki.store()
    return wiki


def run(source: str, **more: Any) -> QueryResult:
    """Run a query as Anna; an error of the query fails the test."""
    result = runner.run(parse(source), ANNA, more.get("language", "fr"))
    assert not result.problems, [message_for(problem) for problem in result.problems]
    return result


def keys(source: str) -> list[str]:
    """Return the subjects in order."""
    return [row.subject.key for row in run(source).rows]


def cells(source: str) -> list[list[list[str]]]:
    """Return the values as text."""
    result = run(source)
    return [
        [
            [show(value, column.context, "-") for value in cell]
            for column, cell in zip(result.columns, row.cells, strict=True)
        ]
        for row in result.rows
    ]


ORDERS = [
    ("[[:+]]", ["Alpha", "Béta", "Delta", "Été", "Gamma"]),
    ("[[:+]]|order=desc|limit=2", ["Gamma", "Été"]),
    ("[[:+]]|limit=2|offset=1", ["Béta", "Delta"]),
    ("[[:+]]|sort=Nombre", ["Gamma", "Alpha", "Béta", "Delta", "Été"]),
    ("[[:+]]|sort=Nombre|order=desc", ["Alpha", "Béta", "Gamma", "Delta", "Été"]),
    ("[[:+]]|sort=Texte", ["Alpha", "Gamma", "Béta", "Delta", "Été"]),
    ("[[:+]]|sort=Vers.Nombre", ["Delta", "Béta", "Gamma", "Alpha", "Été"]),
    ("[[:+]]|sort=Fiche.Nombre|limit=1|order=desc", ["Alpha"]),
    ("[[:+]]|sort=Vers.Vers.Nombre|limit=1", ["Delta"]),
    ("[[:+]]|sort=Vers.Vers.Nombre,Vers.Fiche.Nombre|limit=1|at=2021", ["Delta"]),
    ("[[:+]]|sort=Oui,Nombre|order=asc,desc|limit=2", ["Alpha", "Béta"]),
    ("[[Lieu::48.85, 2.35 (1000 km)]]|sort=Lieu", ["Delta", "Béta", "Alpha"]),
    ("[[Lieu::48.85, 2.35 (1000 km)]]|sort=Lieu|order=desc|limit=1", ["Alpha"]),
    ("[[-Has subobject::Alpha]]", ["Alpha#part"]),
    ("[[Has subobject::Alpha#part]]", ["Alpha"]),
    ("[[Has subobject.Oui::vrai]]", ["Alpha"]),
    ("[[Has subobject::!+]]|limit=2", ["Béta", "Delta"]),
    ("[[~~mo]]", ["Alpha", "Gamma"]),
    ("[[in:Zut]]", ["Béta"]),
    ("[[Texte::avant]]", []),
    ("[[Texte::avant]]|at=2021-01-15", ["Alpha"]),
    ("[[Texte::après]]|au=19 janvier 2021", []),
    ("[[Texte::après]]|at=2021", ["Alpha"]),
]


@pytest.mark.parametrize(("source", "expected"), ORDERS)
def test_it_finds_rows_in_order(world: SampleWiki, source: str, expected: list[str]) -> None:
    assert keys(source) == expected


PRINTED = [
    ("[[Alpha]]|?Nombre", [["10", "2.5"]]),
    ("[[Alpha]]|?Nombre|+order=asc", [["2.5", "10"]]),
    ("[[Alpha]]|?Nombre|+limit=1", [["10"]]),
    ("[[Alpha]]|?Nombre|+offset=1", [["2.5"]]),
    ("[[Alpha]]|?Mots|+lang=en", [["word"]]),
    ("[[Alpha]]|?Fiche", [["7; Béta"]]),
    ("[[Alpha]]|?Fiche|+index=1", [["7"]]),
    ("[[Alpha]]|?Fiche|+index=Vers", [["Béta"]]),
    ("[[Alpha]]|?Fiche.Nombre|?Fiche.Vers.Nombre", [["7"], ["3"]]),
    ("[[Gamma]]|?Vers|?Vers.Nombre", [["Renvoi", "Inconnue"], ["10", "2.5"]]),
    ("[[Delta]]|?Vers.Vers.Nombre", [["10", "2.5"]]),
    ("[[Alpha]]|?-Vers|?-Vers.Texte", [["Béta", "Gamma"], ["Zut", "mot"]]),
    ("[[Alpha]]|?|?Category|?Category:X|?Category:Z", [["Alpha"], ["Category:Y"], ["true"], []]),
    ("[[Alpha#part]]|?Oui", [["true"]]),
    ("[[Alpha]]|?Inconnu", [[]]),
    ("[[Alpha]]|?Texte|at=2021-01-15", [["avant"]]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), PRINTED)
def test_it_prints_values(world: SampleWiki, source: str, expected: list[list[str]]) -> None:
    assert cells(source) == [expected]


def test_column_labels_are_in_the_language_of_the_user(world: SampleWiki) -> None:
    result = run("[[Alpha]]|?Nombre|?Vers=but|?-Vers|?Category|?Category:X|?|?Texte=|?Modification date")
    assert [column.label for column in result.columns] == [
        "Nombre", "but", "-Vers", "Catégorie", "X", "", "", "Date de modification"
    ]  # fmt: skip
    assert [column.declaration.datatype for column in result.columns][:6] == [
        "_num", "_wpg", "_wpg", "_wpc", "_boo", "_wpg"
    ]  # fmt: skip


def test_it_knows_the_pages_that_values_name(world: SampleWiki) -> None:
    result = run("[[Gamma]] OR [[Delta]]|?Vers")
    assert set(result.pages) == {"Renvoi", "Gamma"}
    assert result.pages["Gamma"].url == "/wiki/Gamma"
    row = run("[[Alpha#part]]").rows[0].subject
    assert (row.full_title, row.fragment, row.url) == ("Alpha#part", "part", "/wiki/Alpha#part")


def test_rows_have_distances(world: SampleWiki) -> None:
    rows = run("[[Lieu::45.44, 4.39 (10 km)]]|sort=Lieu").rows
    assert [row.distance and round(row.distance, -2) for row in rows] == [0.0, 1400.0]


def test_it_counts_without_printing(world: SampleWiki) -> None:
    assert runner.count(parse("[[:+]]|limit=1"), ANNA) == 5
    result = run("[[:+]]|?Nombre|format=count|limit=2")
    assert (result.total, result.rows) == (5, [])
    assert run("[[:+]]|limit=2").has_more
    assert not run("[[:+]]|limit=5").has_more


def test_it_compares_two_moments(world: SampleWiki) -> None:
    appeared, gone, stayed = runner.compare_results(parse("[[Texte::avant]] OR [[Texte::+]]"), day(5), day(15), ANNA)
    assert ([page.key for page in appeared], gone, [page.key for page in stayed]) == (["Alpha"], [], ["Béta", "Gamma"])
    appeared, gone, stayed = runner.compare_results(parse("[[Texte::avant]]"), day(15), day(25), ANNA)
    assert (appeared, [page.key for page in gone], stayed) == ([], ["Alpha"], [])


PROBLEMS = [
    ("[[Nombre::dix]]", "number_unreadable"),
    ("[[Lieu::48.85, 2.35]]|sort=Lieu", "ask_distance"),
    ("[[:+]]|sort=-Vers", "ask_sort_inverse"),
    ("[[:+]]|sort=Vers.Vers.Vers.Nombre", "ask_sort_depth"),
    ("[[Nombre.Texte::a]]", "ask_not_page"),
    ("[[Mots.Vers::a]]", "ask_not_page"),
    ("[[:+]]|at=jamais", "ask_at"),
    ("[[Concept:Rien]]", "ask_concept_missing"),
    ("[[Texte<x::a]]", "title_character"),
]


@pytest.mark.parametrize(("source", "code"), PROBLEMS)
def test_a_result_has_problems_instead_of_rows(world: SampleWiki, source: str, code: str) -> None:
    result = runner.run(parse(source), ANNA)
    assert ([problem.code for problem in result.problems], result.rows) == ([code], [])
    assert "%" not in message_for(result.problems[0])


def test_it_follows_concepts_but_not_in_a_loop() -> None:
    SampleWiki(
        dict.fromkeys(["Concept:Grand", "Concept:Rond", "Concept:Rond2", "Concept:Faux"], ""),
        [
            Claim("Concept:Grand", "_CONC", "[[Nombre::>5]]"), Claim("Concept:Rond", "_CONC", "[[Concept:Rond2]]"),
            Claim("Concept:Rond2", "_CONC", "[[Concept:Rond]]"), Claim("Concept:Faux", "_CONC", "[[Nombre::"),
        ],
    ).store()  # fmt: skip
    assert keys("[[Concept:Grand]]") == ["Alpha"]
    codes = [runner.run(parse(f"[[Concept:{name}]]"), ANNA).problems[0].code for name in ("Rond", "Faux")]
    assert codes == ["ask_concept_ring", "ask_concept_wrong"]


def test_no_database_query_is_made_per_row() -> None:
    pages = [f"Page {number}" for number in range(40)]
    SampleWiki(
        dict.fromkeys([*pages, "But"], ""),
        [
            Claim(page, key, raw)
            for page in pages
            for key, raw in (("Vers", "But"), ("Fiche", "1; But"), ("Nombre", "2"))
        ],
    ).store()
    spent = []
    for limit in (2, 40):
        source = f"[[Vers::But]]|?Vers.Nombre|?Fiche|?-Vers|?Nombre|?Vers.-Vers|?Category|limit={limit}"
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(run(source).rows) == limit
        spent.append(len(queries))
    assert spent[0] == spent[1] < 40


SECRETS = [
    "[[Vers.Nombre::1]]", "[[Vers::<q>[[Nombre::1]]</q>]]", "[[-Vers::Gamma]]", "[[-Vers.Nombre::1]]", "[[Gamma]]",
    "[[~G*]]", "[[Nombre::1]]", "[[Texte::mot]]", "[[-Vers.Texte::mot]]",
]  # fmt: skip


@pytest.mark.parametrize("source", SECRETS)
def test_chains_do_not_pass_through_unreadable_pages(
    world: SampleWiki, hide: Callable[[str], None], source: str
) -> None:
    assert runner.count(parse(source), ANNA) > 0
    hide("Gamma")
    assert keys(source) == []
    assert runner.count(parse(source), ANNA) == 0


def test_unreadable_pages_are_not_printed(world: SampleWiki, hide: Callable[[str], None]) -> None:
    hide("Gamma")
    assert cells("[[Delta]]|?Vers.Nombre|?Vers.Texte") == [[[], []]]
    assert cells("[[Alpha]]|?-Vers") == [[["Béta"]]]
    assert set(run("[[Delta]]|?Vers").pages) == set()
    assert keys("[[:+]]|sort=Vers.Nombre|order=desc|limit=1") == ["Béta"]


def test_a_slow_query_is_stopped(world: SampleWiki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "TIMEOUT_SECONDS", 0.0)
    result = runner.run(parse("[[:+]]"), ANNA)
    assert [problem.code for problem in result.problems] == ["ask_too_slow"]
    monkeypatch.undo()
    assert len(run("[[:+]]").rows) == 5


def test_seconds_of_a_limit_are_rounded() -> None:
    def wait() -> None:
        with timeouts.statement_timeout(0.012345):
            time.sleep(0.05)
            WikiPage.objects.first()

    with pytest.raises(AskProblem) as raised:
        wait()
    assert raised.value.params == {"seconds": "0.012"}


@pytest.mark.only_on("sqlite")  # PostgreSQL measures by itself
def test_a_query_that_waits_is_stopped_too(world: SampleWiki, monkeypatch: pytest.MonkeyPatch) -> None:
    elapsed = iter(range(0, 10**9, 10))
    monkeypatch.setattr(timeouts.time, "monotonic", lambda: float(next(elapsed)))  # ten seconds pass at each look
    result = runner.run(parse("[[:+]]"), ANNA)
    assert [problem.code for problem in result.problems] == ["ask_too_slow"]


def test_results_have_dependencies(world: SampleWiki) -> None:
    prints = runner.run(parse("[[Vers::Alpha]] [[Category:X]] [[Nombre::>2]]|?Vers.Nombre|limit=1"), ANNA).dependencies
    assert {
        ("Vers", "Alpha"),
        ("Vers", "Renvoi"),
        ("_INST", "Category:X"),
        ("_INST", "Category:Y"),
    } <= prints.fact_values
    assert {("_SUBC", "Category:X"), ("Nombre", ANY)} <= prints.fact_values
    assert ("Vers", ANY) not in prints.fact_values
    assert {"Alpha", "Category:X"} <= prints.title_keys
    assert (prints.any_change, prints.is_truncated, prints.namespaces) == (False, False, frozenset())
    some = runner.run(parse("[[Vers::+]]|?Vers.Nombre|sort=Texte|limit=1"), ANNA).dependencies
    assert {("Vers", ANY), ("Texte", ANY)} <= some.fact_values
    assert some.is_truncated
    assert some.properties == {"Vers", "Nombre", "Texte", "Ancien", "_SKEY"}  # older names count; ties go by sort key
    assert some.page_pks == set(WikiPage.objects.filter(full_title__in=["Gamma", "Alpha"]).values_list("pk", flat=True))
    assert runner.run(parse("[[Help:+]]"), ANNA).dependencies.namespaces == {12}
    assert runner.run(parse("[[~A*]]"), ANNA).dependencies.any_change


def test_the_command_prints_results(world: SampleWiki, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("ask", "[[Texte::avant]]|?Nombre", "--format", "json", "--at", "2021-01-15")
    data = json.loads(capsys.readouterr().out)
    assert data["results"]["Alpha"]["printouts"] == {"Nombre": [10, 2.5]}
    call_command("ask", "[[:+]]", "--format", "count")
    assert capsys.readouterr().out == "5\n"
    with pytest.raises(CommandError, match="At character 6"):
        call_command("ask", "[[P::]]", "--language", "en")


def test_the_command_prints_worksheets_byte_for_byte_and_knows_other_names(
    world: SampleWiki, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    call_command("ask", "[[Nombre::3]]|?Texte", "--format", "xlsx")
    rows = load_workbook(io.BytesIO(capsysbinary.readouterr().out)).worksheets[0].values
    assert list(rows)[1] == ("Béta", "Zut")
    call_command("ask", "[[Nombre::3]]|?Texte", "--format", "json-ld")
    assert json.loads(capsysbinary.readouterr().out)["Texte"] == "Zut"


def test_it_knows_no_concept_of_an_unreadable_page(hide: Callable[[str], None]) -> None:
    SampleWiki({"Concept:Grand": ""}, [Claim("Concept:Grand", "_CONC", "[[Nombre::>5]]")]).store()
    assert keys("[[Concept:Grand]]") == ["Alpha"]
    hide("Concept:Grand")
    result = runner.run(parse("[[Concept:Grand]]"), ANNA)
    assert ([problem.code for problem in result.problems], result.rows) == (["ask_concept_missing"], [])
