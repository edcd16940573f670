"""Runs queries: rows with printouts, counts, and the comparison of two moments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from wiki.ask.execution.compiler import QueryCompiler
from wiki.ask.execution.dependencies import QueryDependencies
from wiki.ask.execution.printouts import PrintoutLoader
from wiki.ask.execution.results import PageRef, QueryResult, ResultRow
from wiki.ask.execution.sorting import apply_order
from wiki.ask.execution.subject_lookup import SubjectWithPage, iter_slices, load_subjects
from wiki.ask.execution.timeouts import statement_timeout
from wiki.ask.execution.unwritten_subjects import find_unwritten, merge_unwritten
from wiki.ask.language.query_ast import LIMIT, Query
from wiki.ask.language.query_errors import AskProblem
from wiki.facts.datatypes.registry import DATATYPES
from wiki.facts.value_conditions import distance
from wiki.facts.values import Context

if TYPE_CHECKING:
    from wiki.pages.models import Reader

EPOCH_DAY = 2_440_587.5
"""The Julian day of 1970-01-01 0h."""


def run(query: Query, user: Reader, language: str = "fr", seconds: float | None = None) -> QueryResult:
    """Run a query with all its printouts on the pages that `user` may read; the result is shown in `language`.

    `seconds` is the time limit of its database queries together (None: `timeouts.TIMEOUT_SECONDS`). An error of the
    query does not raise: it stands in `problems` of the result, which then has no rows.
    """
    result = QueryResult(query, language=language)
    compiler = None
    try:
        result.as_of = parse_moment(query)
        compiler = QueryCompiler(query, user, result.as_of)
        with statement_timeout(seconds):
            _fill_result(result, compiler)
    except AskProblem as problem:
        result.rows, result.columns, result.pages, result.problems = [], [], {}, [problem.problem()]
        result.dependencies = QueryDependencies() if compiler is None else _dependencies_after_problem(compiler)
    return result


def count(query: Query, user: Reader) -> int:
    """Return the number of matching subjects, regardless of the limit. Raises AskProblem."""
    compiler = QueryCompiler(query, user, parse_moment(query))
    with statement_timeout():
        return compiler.subjects().count() + len(find_unwritten(compiler))


def compare_results(
    query: Query, start: datetime, end: datetime, user: Reader
) -> tuple[list[PageRef], list[PageRef], list[PageRef]]:
    """Compare the results of two moments: return the subjects added, those removed, and those in both.

    Up to LIMIT subjects of each moment are compared. Raises AskProblem.
    """
    with statement_timeout():
        before, after = (_subjects_at(query, user, moment) for moment in (start, end))
    return (
        [item.to_page_ref() for pk, item in after.items() if pk not in before],
        [item.to_page_ref() for pk, item in before.items() if pk not in after],
        [item.to_page_ref() for pk, item in after.items() if pk in before],
    )


def _subjects_at(query: Query, user: Reader, moment: datetime) -> dict[int, SubjectWithPage]:
    compiler = QueryCompiler(replace(query, sort=[], random=False), user, moment)
    return {item.pk: item for item in load_subjects(compiler.scope, apply_order(compiler, compiler.subjects())[:LIMIT])}


def parse_moment(query: Query) -> datetime | None:
    """Return the last instant of the day, month or year in the query's date; None without a date. Raises AskProblem.

    Days and times are those of the site's time zone, as in the addresses of old versions.
    """
    if not query.as_of.strip():
        return None
    value = DATATYPES["_dat"].parse(query.as_of, Context(query.language))
    if value.problem is not None or value.number_end is None:
        raise AskProblem("ask_at", {"found": query.as_of[:60]})
    try:
        moment = datetime(1970, 1, 1) + timedelta(days=value.number_end - EPOCH_DAY, milliseconds=-1)
        return timezone.make_aware(moment).astimezone(UTC)
    except OverflowError as error:
        raise AskProblem("ask_at", {"found": query.as_of[:60]}) from error


def _fill_result(result: QueryResult, compiler: QueryCompiler) -> None:
    """Set rows, columns, pages and dependencies of the result. Raises AskProblem."""
    query = result.query
    subjects = compiler.subjects()
    loader = PrintoutLoader(compiler, result.language)
    result.columns = loader.columns()
    unwritten = find_unwritten(compiler)
    if query.parameters.get("format", "").strip().lower() == "count":
        result.total = subjects.count() + len(unwritten)
        result.dependencies = _dependencies(result, compiler, loader)
        return
    ordered = apply_order(compiler, subjects)
    begin = 0 if unwritten else query.offset
    found = load_subjects(compiler.scope, ordered[begin : query.offset + query.limit + 1])
    found = merge_unwritten(compiler, found, unwritten)[query.offset - begin :]
    result.has_more = len(found) > query.limit
    found = found[: query.limit]
    cells = loader.cells(found)
    distances = _distances(compiler, found)
    result.rows = [
        ResultRow(item.to_page_ref(), values, distances.get(item.pk)) for item, values in zip(found, cells, strict=True)
    ]
    result.pages = loader.pages(cells)
    result.dependencies = _dependencies(result, compiler, loader)


def _distances(compiler: QueryCompiler, found: list[SubjectWithPage]) -> dict[int, float]:
    """Return the metres from the centre of the query's circle to the nearest coordinates of each subject."""
    if not compiler.circles:
        return {}
    key, circle = next(iter(compiler.circles.items()))
    nearest: dict[int, float] = {}
    for chunk in iter_slices([item.pk for item in found]):
        facts = compiler.scope.facts(compiler.names.property_rows(key)).filter(
            subject__in=chunk, lat__isnull=False, lon__isnull=False
        )
        for pk, lat, lon in facts.values_list("subject", "lat", "lon"):
            metres = distance(circle.lat, circle.lon, lat or 0.0, lon or 0.0)
            nearest[pk] = min(metres, nearest.get(pk, metres))
    return nearest


def _dependencies(result: QueryResult, compiler: QueryCompiler, loader: PrintoutLoader) -> QueryDependencies:
    is_truncated = result.has_more or result.query.offset > 0
    fact_values = (
        compiler.fact_values
        | loader.fact_values
        | compiler.names.subobject_dependencies()
        | (compiler.sort_values if is_truncated else set())
    )
    values = set(result.pages) | loader.title_keys
    return QueryDependencies(
        frozenset(fact_values),
        frozenset(({row.subject.page_pk for row in result.rows} | loader.traversed_pages) - {0}),
        frozenset(compiler.names.title_keys | {value.partition("#")[0] for value in values}),
        frozenset(compiler.namespaces),
        compiler.any_change,
        is_truncated,
        frozenset(compiler.names.followed_properties),
        compiler.names.property_keys(),
    )


def _dependencies_after_problem(compiler: QueryCompiler) -> QueryDependencies:
    """Return the dependencies of a query that failed: it may succeed once they change."""
    return QueryDependencies(
        frozenset(compiler.fact_values | compiler.names.subobject_dependencies()),
        title_keys=frozenset(compiler.names.title_keys),
        any_change=compiler.any_change,
        followed_properties=frozenset(compiler.names.followed_properties),
        properties=compiler.names.property_keys(),
    )
