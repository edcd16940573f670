"""The Ask page: the query form, its result in any format, and its URL, embed code and downloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.ask import query_parser
from wiki.ask.embedding.embedded_results import EmbeddedResults
from wiki.ask.execution import runner
from wiki.ask.execution.results import QueryResult
from wiki.ask.execution.timeouts import statement_timeout
from wiki.ask.formats import registry
from wiki.ask.formats.base import FormatContext
from wiki.ask.forms import PrintRow, QueryFormData, SortRow, read_query_form, split_at_problem
from wiki.ask.language import query_errors
from wiki.ask.language.query_ast import Query
from wiki.ask.language.query_errors import AskProblem
from wiki.ask.name_suggestions import NameSuggestion, suggest_names
from wiki.ask.question_form import choose_question, form_of_question
from wiki.ask.views.example_queries import example_queries
from wiki.pages.array_lookup import column_in
from wiki.pages.deferred_content import DeferredSlots
from wiki.pages.models import Kind

FRENCH_CSV = {"format": "csv", "sep": ";", "bom": "yes", "decimal": ",", "units": "yes"}
"""Parameters of a file that French spreadsheets open by a double click."""
KINDS_LIMIT = 3
"""Kinds in whose directories the pages of a result are offered."""
CHANGES_LIMIT = 200
"""Pages shown in each of the three lists of the comparison between two days."""


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """Show the form and, for a query, its result. Errors are shown above the form, which retains all input.

    A submitted form redirects to the canonical URL of the query, which can be bookmarked and shared. Words without any
    condition lead to the search page.
    """
    form_data = read_query_form(request.GET)
    language = (get_language() or "fr")[:2]
    if form_data.from_form:
        form_data.q, typed = choose_question(request.GET, form_data.q, language)
        if typed.has_problems:
            context = {"question_form": typed, "shown_question": request.GET.get("rq", ""), **_form_context(form_data)}
            return render(request, "wiki/ask/ask.html", context, status=422)
    if form_data.has_words_only:
        return redirect(f"{reverse('search')}?{urlencode({'q': form_data.q.strip()})}")
    if form_data.from_form:
        return redirect(f"{reverse('ask')}?{form_data.url_query()}{'#ask-answer' if form_data.q.strip() else ''}")
    return _question_page(request, form_data, language)


def _question_page(request: HttpRequest, form_data: QueryFormData, language: str) -> HttpResponse:
    """Show the form with the question of a canonical URL, and its result."""
    question_form = form_of_question(form_data.q, language)
    context = {"question_form": question_form, "shown_question": form_data.q, **_form_context(form_data)}
    status = 200
    if form_data.q.strip():
        try:
            context |= _result_context(request, form_data, language)
        except AskProblem as problem:
            context |= _problem_context(form_data, problem)
            status = 422
        context["suggestions"] = _suggestions(request, form_data, language)
    else:
        context["examples"] = example_queries(request.user, language)
    return render(request, "wiki/ask/ask.html", context, status=status)


def _suggestions(request: HttpRequest, form_data: QueryFormData, language: str) -> list[tuple[NameSuggestion, str]]:
    """Return likely names instead of those that nothing has, with the URL query of the corrected question; "" for none.

    None for a question about an earlier day, at which other names may have been used.
    """
    if form_data.parameters.get("at") or form_data.since or form_data.until:
        return []
    try:
        query = query_parser.parse(form_data.source(), language)
        with statement_timeout():
            found = suggest_names(query, request.user, language)
    except AskProblem:
        return []
    return [(item, form_data.url_query(q=item.question) if item.question else "") for item in found]


@require_safe
def ask_parameters(request: HttpRequest) -> HttpResponse:
    """Return the fields of a format's parameters, for the form when another format is selected."""
    response = render(request, "wiki/ask/_parameters.html", _form_context(read_query_form(request.GET)))
    response["X-Robots-Tag"] = "noindex"
    return response


def _form_context(form_data: QueryFormData) -> dict[str, Any]:
    """Return the template context of the form."""
    selected_format = registry.find_format(form_data.parameters.get("format", "")) or registry.FORMATS["table"]
    rows = form_data.printout_rows()
    fields, other_parameters = form_data.parameter_fields(selected_format), form_data.other_parameters(selected_format)
    return {
        "form_data": form_data,
        "all_kinds": Kind.objects.all(),
        "formats": registry.FORMATS.values(),
        "selected_format": selected_format,
        "printout_rows": [*rows, PrintRow(), *([] if rows else [PrintRow()])],
        "sort_rows": [*form_data.sort_rows(), SortRow()] if form_data.parameters.get("sort") else form_data.sort_rows(),
        "own_fields": fields[: len(selected_format.parameters)],
        "common_fields": fields[len(selected_format.parameters) :],
        "other_parameters": other_parameters,
        "has_parameters": bool(other_parameters) or any(field.value for field in fields),
    }


def _result_context(request: HttpRequest, form_data: QueryFormData, language: str) -> dict[str, Any]:
    """Run the query; return the template context of the result. Raises AskProblem, RateLimitExceeded."""
    rate_limits.limit_previews(request)
    query = query_parser.parse(form_data.source(), language)
    result = runner.run(query, request.user, language)
    if result.problems:
        problem = result.problems[0]
        position = problem.params.get("at", "")
        params = {name: value for name, value in problem.params.items() if name != "at"}
        raise AskProblem(problem.code, params, int(position) - 1 if position else None)
    format_context = format_context_for(request, form_data.url_fields(), query)
    context = {
        "result": result,
        "result_html": registry.render_html(result, format_context),
        "files": [
            (result_format, format_context.download_url(result_format.name))
            for result_format in registry.FORMATS.values()
            if result_format.file
        ],
        "french_csv": format_context.url_with(FRENCH_CSV),
        "as_of": result.as_of,
        "kinds": _kinds_of(result) if result.as_of is None else [],
        "edit_address": f"{reverse('ask_edit')}?{form_data.url_query()}" if result.rows and not result.as_of else "",
        "embed_code": form_data.embed_code(),
        "link": f"{settings.BASE_ADDRESS}{reverse('ask')}?{form_data.url_query()}",
    }
    return context | (_comparison_context(request, form_data, language) if form_data.since or form_data.until else {})


def _kinds_of(result: QueryResult) -> list[Kind]:
    """Return the kinds of the pages of a result: each has a directory in which they can be narrowed."""
    pages = [row.subject.page_pk for row in result.rows if row.subject.page_pk]
    return list(Kind.objects.filter(column_in("pages", pages)).distinct()[:KINDS_LIMIT])


def _comparison_context(request: HttpRequest, form_data: QueryFormData, language: str) -> dict[str, Any]:
    """Compare the results of two days for the template context. Raises AskProblem."""
    query = query_parser.parse(form_data.source(), language)
    start = runner.parse_moment(replace(query, as_of=form_data.since)) or datetime(1, 1, 2, tzinfo=UTC)
    end = runner.parse_moment(replace(query, as_of=form_data.until)) or timezone.now()
    added, removed, stayed = runner.compare_results(query, min(start, end), max(start, end), request.user)
    lists = (
        (ngettext("%(number)s page came", "%(number)s pages came", len(added)), added, True),
        (ngettext("%(number)s page left", "%(number)s pages left", len(removed)), removed, True),
        (ngettext("%(number)s page stayed", "%(number)s pages stayed", len(stayed)), stayed, False),
    )
    changes = [
        (summary % {"number": len(pages)}, pages[:CHANGES_LIMIT], is_open, len(pages) > CHANGES_LIMIT)
        for summary, pages, is_open in lists
    ]
    return {"changes": changes, "start": min(start, end) if form_data.since else None, "end": max(start, end)}


def _problem_context(form_data: QueryFormData, problem: AskProblem) -> dict[str, Any]:
    """Return the template context of an error: its message and, if known, its position in the text."""
    message = query_errors.message_for(problem)
    if problem.at is None:
        return {"problems": [message]}
    return {
        "problems": [message],
        "marked_query": split_at_problem(form_data.q.strip(), problem.at),
        "problem_position": problem.at,
    }


@require_safe
def ask_file(request: HttpRequest) -> HttpResponseBase:
    """Return the result as a download in the format of the parameter `format`. 404 for a format without downloads."""
    form_data = read_query_form(request.GET)
    result_format = registry.find_format(form_data.parameters.get("format", ""))
    if result_format is None or result_format.file is None:
        raise Http404(gettext("There is no such format."))
    rate_limits.limit_previews(request)
    language = (get_language() or "fr")[:2]
    query = query_parser.parse(form_data.source(), language)
    result = runner.run(query, request.user, language)
    if result.problems:
        raise AskProblem(result.problems[0].code, result.problems[0].params)
    file = registry.render_file(result, format_context_for(request, form_data.url_fields(), query))
    if file is None:
        raise Http404(gettext("There is no such format."))
    is_complete = isinstance(file.content, bytes)
    response_class: Any = HttpResponse if is_complete else StreamingHttpResponse
    response: HttpResponseBase = response_class(file.content, content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(True, file.filename) or ""
    response["X-Robots-Tag"] = "noindex"
    return response


def format_context_for(request: HttpRequest, url_fields: Mapping[str, str], query: Query) -> FormatContext:
    """Return how formats render a result for this request."""
    language = (get_language() or "fr")[:2]
    return EmbeddedResults(DeferredSlots("", "", language, language), request.user).format_context(query, url_fields)
