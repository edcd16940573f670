"""Where the rows and columns of an edited table come from: a query of the Ask page, or a directory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language

from wiki.accounts import rate_limits
from wiki.ask import query_parser
from wiki.ask.execution import runner
from wiki.ask.execution.results import Column, QueryResult
from wiki.ask.formats.cells import Cells
from wiki.ask.forms import QueryFormData, read_query_form
from wiki.ask.language.query_errors import AskProblem
from wiki.directory.directory_query import query_string
from wiki.directory.views import list_pages
from wiki.pages.models import Kind, WikiPage
from wiki.table_editing.editable_table import SourceRow
from wiki.table_editing.table_columns import CATEGORIES, CHAIN, RECORD, WantedColumn

PER_PAGE = 50
"""Rows of one table where the query does not say how many."""
MOST_ROWS = 100
_NOT_OF_TABLES = ("format", "at", "link", "headers", "mainlabel")
"""Parameters of a query that say how it is shown, or of which day it is: a table is of today."""


@dataclass(slots=True)
class TableSource:
    """What a table shows."""

    title: str
    back: str
    """Address of the screen that it comes from."""
    rows: list[SourceRow] = field(default_factory=list)
    columns: list[WantedColumn] = field(default_factory=list)
    kinds: tuple[str, ...] = ()
    """Keys of kinds whose fields can be columns, beside those of the pages."""
    newer: str = ""
    older: str = ""
    """URL queries of the rows before and after these; "" for none."""
    is_of_today: bool = True
    """Whether the query asked for today, as the table does."""


def language_of_reader() -> str:
    """Return the language of the interface, as two letters."""
    return (get_language() or "fr")[:2]


def query_back(request: HttpRequest) -> str:
    """Return the address of the Ask page with the query of a request."""
    return f"{reverse('ask')}?{read_query_form(request.GET).url_query()}"


def load_query(request: HttpRequest) -> TableSource:
    """Return the table of the query in the URL. Raises AskProblem, RateLimitExceeded."""
    rate_limits.limit_previews(request)
    language = language_of_reader()
    form_data = read_query_form(request.GET)
    shown = {name: value for name, value in form_data.parameters.items() if name not in _NOT_OF_TABLES}
    query = query_parser.parse(replace(form_data, parameters=shown).source(), language)
    query.limit = min(query.limit, MOST_ROWS) if "limit" in shown else PER_PAGE
    result = runner.run(query, request.user, language)
    if result.problems:
        raise AskProblem(result.problems[0].code, result.problems[0].params)
    columns = [
        _wanted(column) for column in result.columns if column.printout.chain or column.printout.category is not None
    ]
    return TableSource(
        form_data.q.strip(), query_back(request), _rows_of(result, columns), columns,
        newer=_moved(form_data, query.offset - query.limit) if query.offset else "",
        older=_moved(form_data, query.offset + query.limit) if result.has_more else "",
        is_of_today=not form_data.parameters.get("at"),
    )  # fmt: skip


def _moved(form_data: QueryFormData, offset: int) -> str:
    return form_data.url_query(offset=str(offset) if offset > 0 else "")


def _wanted(column: Column) -> WantedColumn:
    """Return what is asked for by a printout."""
    printout = column.printout
    if printout.category is not None:
        return WantedColumn(f"Category:{printout.category}", column.label, CATEGORIES)
    written = ".".join(f"{'-' if link.inverse else ''}{link.name}" for link in printout.chain)
    if len(printout.chain) > 1 or printout.chain[0].inverse:
        return WantedColumn(written, column.label, CHAIN)
    if printout.options.get("index"):
        return WantedColumn(f"{written}#{printout.options['index']}", column.label, RECORD)
    return WantedColumn(column.declaration.title or written, column.label)


def _rows_of(result: QueryResult, columns: list[WantedColumn]) -> list[SourceRow]:
    """Return the rows of a result with the texts of its columns."""
    cells = Cells(result)
    numbers = [n for n, one in enumerate(result.columns) if one.printout.chain or one.printout.category is not None]
    return [
        SourceRow(
            0 if row.subject.fragment else row.subject.page_pk, row.subject.shown_title, row.subject.url,
            {
                column.name: ", ".join(cells.texts(row, number))
                for column, number in zip(columns, numbers, strict=True)
            },
        )
        for row in result.rows
    ]  # fmt: skip


def load_directory(request: HttpRequest, kind: Kind) -> TableSource:
    """Return the table of a directory with the URL parameters of a request. Raises RateLimitExceeded."""
    pks = list_pages(request, kind)
    asked = request.GET.get("p", "")
    number = min(int(asked) if asked.isdecimal() and len(asked) < 6 else 1, max(-(-len(pks) // PER_PAGE), 1)) or 1
    shown = pks[(number - 1) * PER_PAGE : number * PER_PAGE]
    pages = WikiPage.objects.readable_by(request.user).in_bulk(shown)
    rows = [SourceRow(pk, pages[pk].shown_title, pages[pk].get_absolute_url()) for pk in shown if pk in pages]
    parameters = query_string(request.GET, {})
    return TableSource(
        kind.plural, directory_back(request, kind), rows, kinds=(kind.key,),
        newer=_numbered(parameters, number - 1) if number > 1 else "",
        older=_numbered(parameters, number + 1) if number * PER_PAGE < len(pks) else "",
    )  # fmt: skip


def directory_back(request: HttpRequest, kind: Kind) -> str:
    """Return the address of a directory with the URL parameters of a request."""
    query = query_string(request.GET, {})
    return f"{reverse('directory', args=[kind.key])}{query and '?'}{query}"


def _numbered(parameters: str, number: int) -> str:
    return "&".join(filter(None, (parameters, urlencode({"p": number}))))
