"""Puts questions: rows and printouts, counts, what changed between two moments, what an answer depends on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wiki.ask.execution.compiler import QueryCompiler
from wiki.ask.execution.dependencies import QueryDependencies
from wiki.ask.execution.printouts import PrintoutLoader
from wiki.ask.execution.results import PageRef, QueryResult, ResultRow
from wiki.ask.execution.sorting import apply_order
from wiki.ask.execution.subject_lookup import SubjectWithPage, iter_slices, load_subjects
from wiki.ask.execution.timeouts import statement_timeout
from wiki.ask.language.query_ast import LIMIT, Query
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.datatypes.registry import DATATYPES
from wiki.facts.value_conditions import distance
from wiki.facts.values import Context

if TYPE_CHECKING:
    from wiki.pages.models import Reader

EPOCH_DAY = 2_440_587.5
"""The Julian day of 1970."""


def run(question: Query, user: Reader, language: str = "fr", seconds: float | None = None) -> QueryResult:
    """The rows of a question with all printouts, for what `user` may read; shown in `language`.

    `seconds` are what its queries may take together, `bounds.SECONDS` unless said.

    What is wrong with the question stands in the result's problems; then there are no rows.
    """
    result = QueryResult(question, language=language)
    compiler = None
    try:
        result.as_of = parse_moment(question)
        compiler = QueryCompiler(question, user, result.as_of)
        with statement_timeout(seconds):
            _fill(result, compiler)
    except AskProblem as problem:
        result.rows, result.columns, result.pages, result.problems = [], [], {}, [problem.problem()]
        result.dependencies = QueryDependencies() if compiler is None else _of_problem(compiler)
    return result


def dependencies_of(question: Query, result: QueryResult) -> QueryDependencies:
    """What the result of a question depends on."""
    return result.dependencies if result.query is question else QueryDependencies(any_change=True)


def count(question: Query, user: Reader) -> int:
    """How many subjects there are, whatever the limit. Raises AskProblem."""
    compiler = QueryCompiler(question, user, parse_moment(question))
    with statement_timeout():
        return compiler.subjects().count()


def compare_results(
    question: Query, start: datetime, end: datetime, user: Reader
) -> tuple[list[PageRef], list[PageRef], list[PageRef]]:
    """The subjects that came into the answer between two moments, those that left it, and those that stayed.

    Up to LIMIT of each moment are compared. Raises AskProblem.
    """
    with statement_timeout():
        before, after = (_at(question, user, when) for when in (start, end))
    return (
        [item.to_page_ref() for pk, item in after.items() if pk not in before],
        [item.to_page_ref() for pk, item in before.items() if pk not in after],
        [item.to_page_ref() for pk, item in after.items() if pk in before],
    )


def _at(question: Query, user: Reader, when: datetime) -> dict[int, SubjectWithPage]:
    compiler = QueryCompiler(replace(question, sort=[], random=False), user, when)
    return {item.pk: item for item in load_subjects(apply_order(compiler, compiler.subjects())[:LIMIT])}


def parse_moment(question: Query) -> datetime | None:
    """The moment that `at` names: the last instant of the day, month or year it says. Raises AskProblem."""
    if not question.as_of.strip():
        return None
    value = DATATYPES["_dat"].parse(question.as_of, Context(question.language))
    if value.problem is not None or value.number_end is None:
        raise AskProblem("ask_at", {"found": question.as_of[:60]})
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=value.number_end - EPOCH_DAY, milliseconds=-1)
    except OverflowError as error:
        raise AskProblem("ask_at", {"found": question.as_of[:60]}) from error


def _fill(result: QueryResult, compiler: QueryCompiler) -> None:
    """Rows, columns, pages and footprint into the result."""
    question = result.query
    subjects = compiler.subjects()
    printer = PrintoutLoader(compiler, result.language)
    result.columns = printer.columns()
    if question.parameters.get("format", "").strip().lower() == "count":
        result.total = subjects.count()
        result.dependencies = _footprint(result, compiler, printer)
        return
    ordered = apply_order(compiler, subjects)
    found = load_subjects(ordered[question.offset : question.offset + question.limit + 1])
    result.has_more = len(found) > question.limit
    found = found[: question.limit]
    cells = printer.cells(found)
    distances = _distances(compiler, found)
    result.rows = [
        ResultRow(item.to_page_ref(), values, distances.get(item.pk)) for item, values in zip(found, cells, strict=True)
    ]
    result.pages = printer.pages(cells)
    result.dependencies = _footprint(result, compiler, printer)


def _distances(compiler: QueryCompiler, found: list[SubjectWithPage]) -> dict[int, float]:
    """Metres from the middle of the question's circle to the nearest place of each row."""
    if not compiler.circles:
        return {}
    key, circle = next(iter(compiler.circles.items()))
    nearest: dict[int, float] = {}
    for some in iter_slices([item.pk for item in found]):
        facts = compiler.scope.facts(compiler.names.property_rows(key)).filter(
            subject__in=some, lat__isnull=False, lon__isnull=False
        )
        for pk, lat, lon in facts.values_list("subject", "lat", "lon"):
            metres = distance(circle.lat, circle.lon, lat or 0.0, lon or 0.0)
            nearest[pk] = min(metres, nearest.get(pk, metres))
    return nearest


def _footprint(result: QueryResult, compiler: QueryCompiler, printer: PrintoutLoader) -> QueryDependencies:
    cut = result.has_more or result.query.offset > 0
    looks = (
        compiler.fact_values
        | printer.fact_values
        | compiler.names.subobject_dependencies()
        | (compiler.sort_values if cut else set())
    )
    values = set(result.pages) | printer.title_keys
    return QueryDependencies(
        frozenset(looks),
        frozenset({row.subject.page_pk for row in result.rows} | printer.traversed_pages),
        frozenset(compiler.names.title_keys | {word.partition("#")[0] for word in values}),
        frozenset(compiler.namespaces),
        compiler.any_change,
        cut,
        compiler.names.property_keys(),
    )


def _of_problem(compiler: QueryCompiler) -> QueryDependencies:
    """A question that failed may succeed once what it looked at changes."""
    return QueryDependencies(
        frozenset(compiler.fact_values | compiler.names.subobject_dependencies()),
        title_keys=frozenset(compiler.names.title_keys),
        any_change=compiler.any_change,
        properties=compiler.names.property_keys(),
    )
