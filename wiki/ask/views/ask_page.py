"""The Ask page: a question, its answer in any format, and its address, embed code and files."""

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
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.ask import query_parser
from wiki.ask.embedding.embedded_results import EmbeddedResults
from wiki.ask.execution import runner
from wiki.ask.formats import registry
from wiki.ask.formats.base import FormatContext
from wiki.ask.forms import PrintRow, QueryFormData, SortRow, read_query_form, split_at_problem
from wiki.ask.language import query_errors
from wiki.ask.language.query_ast import Query
from wiki.ask.language.query_errors import AskProblem
from wiki.ask.views.example_queries import example_queries
from wiki.pages.deferred_content import DeferredSlots

CHANGES_LIMIT = 200
"""Pages of each of the three lists of what changed between two days."""


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """The form and, where there is a question, its answer. What is wrong is said above the form, which keeps all.

    What the form sends leads to the question's own address, which can be kept and shared.
    """
    asked = read_query_form(request.GET)
    if asked.from_form:
        return redirect(f"{reverse('ask')}?{asked.url_query()}{'#ask-answer' if asked.q.strip() else ''}")
    language = (get_language() or "fr")[:2]
    context: dict[str, Any] = {"asked": asked, **_form(asked)}
    status = 200
    if asked.q.strip():
        try:
            context |= _answered(request, asked, language)
        except AskProblem as problem:
            context |= _wrong(asked, problem)
            status = 422
    else:
        context["examples"] = example_queries(request.user, language)
    return render(request, "wiki/ask/ask.html", context, status=status)


@require_safe
def ask_parameters(request: HttpRequest) -> HttpResponse:
    """The fields of a format's own parameters, for the form when another format is chosen."""
    answer = render(request, "wiki/ask/_parameters.html", _form(read_query_form(request.GET)))
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _form(asked: QueryFormData) -> dict[str, Any]:
    """What the form shows of a question."""
    chosen = registry.find_format(asked.parameters.get("format", "")) or registry.FORMATS["table"]
    rows = asked.printout_rows()
    fields, further = asked.parameter_fields(chosen), asked.other_parameters(chosen)
    return {
        "formats": registry.FORMATS.values(),
        "chosen": chosen,
        "rows": [*rows, PrintRow(), *([] if rows else [PrintRow()])],
        "sorts": [*asked.sort_rows(), SortRow()] if asked.parameters.get("sort") else asked.sort_rows(),
        "own": fields[: len(chosen.parameters)],
        "common": fields[len(chosen.parameters) :],
        "further": further,
        "is_chosen": bool(further) or any(field.value for field in fields),
    }


def _answered(request: HttpRequest, asked: QueryFormData, language: str) -> dict[str, Any]:
    """The answer and what goes with it. Raises AskProblem, TooFast."""
    rate_limits.limit_previews(request)
    question = query_parser.parse(asked.source(), language)
    result = runner.run(question, request.user, language)
    if result.problems:
        problem = result.problems[0]
        at = problem.params.get("at", "")
        params = {name: value for name, value in problem.params.items() if name != "at"}
        raise AskProblem(problem.code, params, int(at) - 1 if at else None)
    shown = format_context_for(request, asked.url_fields(), question)
    context = {
        "result": result,
        "answer": registry.render_html(result, shown),
        "files": [(form, shown.download_url(form.name)) for form in registry.FORMATS.values() if form.file],
        "at": result.as_of,
        "embed": asked.embed_code(),
        "link": f"{settings.BASE_ADDRESS}{reverse('ask')}?{asked.url_query()}",
    }
    return context | (_changed(request, asked, language) if asked.since or asked.until else {})


def _changed(request: HttpRequest, asked: QueryFormData, language: str) -> dict[str, Any]:
    """What came into the answer between two days, what left it and what stayed. Raises AskProblem."""
    question = query_parser.parse(asked.source(), language)
    start = runner.parse_moment(replace(question, as_of=asked.since)) or datetime(1, 1, 2, tzinfo=UTC)
    end = runner.parse_moment(replace(question, as_of=asked.until)) or timezone.now()
    came, left, stayed = runner.compare_results(question, min(start, end), max(start, end), request.user)
    lists = (
        (ngettext("%(number)s page came", "%(number)s pages came", len(came)), came, True),
        (ngettext("%(number)s page left", "%(number)s pages left", len(left)), left, True),
        (ngettext("%(number)s page stayed", "%(number)s pages stayed", len(stayed)), stayed, False),
    )
    changes = [
        (words % {"number": len(found)}, found[:CHANGES_LIMIT], is_open, len(found) > CHANGES_LIMIT)
        for words, found, is_open in lists
    ]
    return {"changes": changes, "start": min(start, end) if asked.since else None, "end": max(start, end)}


def _wrong(asked: QueryFormData, problem: AskProblem) -> dict[str, Any]:
    """What is wrong with a question, and where in its text."""
    words = query_errors.message_for(problem)
    if problem.at is None:
        return {"problems": [words]}
    return {"problems": [words], "marked": split_at_problem(asked.q.strip(), problem.at), "wrong_at": problem.at}


@require_safe
def ask_file(request: HttpRequest) -> HttpResponseBase:
    """The answer as a file, in the format that `format` names. 404 for a format that is none."""
    asked = read_query_form(request.GET)
    form = registry.find_format(asked.parameters.get("format", ""))
    if form is None or form.file is None:
        raise Http404(gettext("There is no such format."))
    rate_limits.limit_previews(request)
    language = (get_language() or "fr")[:2]
    question = query_parser.parse(asked.source(), language)
    result = runner.run(question, request.user, language)
    if result.problems:
        raise AskProblem(result.problems[0].code, result.problems[0].params)
    file = registry.render_file(result, format_context_for(request, asked.url_fields(), question))
    if file is None:
        raise Http404(gettext("There is no such format."))
    whole = isinstance(file.content, bytes)
    kind: Any = HttpResponse if whole else StreamingHttpResponse
    answer: HttpResponseBase = kind(file.content, content_type=file.content_type)
    answer["Content-Disposition"] = content_disposition_header(True, file.filename) or ""
    answer["X-Robots-Tag"] = "noindex"
    return answer


def format_context_for(request: HttpRequest, asked: Mapping[str, str], question: Query) -> FormatContext:
    """How formats show an answer to this reader."""
    language = (get_language() or "fr")[:2]
    return EmbeddedResults(DeferredSlots("", "", language, language), request.user).format_context(question, asked)
