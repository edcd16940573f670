"""The number of results of the rows of the Ask form as JSON, while somebody types."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.ask import query_parser
from wiki.ask.execution import runner
from wiki.ask.language import query_errors
from wiki.ask.language.query_errors import AskProblem
from wiki.ask.question_form import QuestionForm, form_as_typed


@require_safe
def ask_count(request: HttpRequest) -> JsonResponse:
    """Return the question of the rows, without unfinished ones, and how many results it has or what is wrong."""
    rate_limits.limit_searches(request)
    language = (get_language() or "fr")[:2]
    form = form_as_typed(request.GET, language, is_unfinished=True)
    day = request.GET.get("at", "").replace("\x00", "").replace("|", "")[:60]
    response = JsonResponse({"question": form.question, "message": _message(request, form, language, day)})
    response["X-Robots-Tag"] = "noindex"
    return response


def _message(request: HttpRequest, form: QuestionForm, language: str, day: str) -> str:
    """Return what is shown below the rows."""
    problems = [*form.problems, *(row.problem for row in form.rows if row.problem)]
    if problems:
        return problems[0]
    if not form.question:
        return ""
    try:
        query = query_parser.parse(f"{form.question}|at={day}", language)
        number = runner.count(query, request.user)
    except AskProblem as problem:
        return query_errors.message_for(AskProblem(problem.code, problem.params))
    if not number:
        return gettext("No result")
    return ngettext("%(number)s result", "%(number)s results", number) % {"number": number}
