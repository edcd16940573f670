"""The one place that turns an error for people into an answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext

from wiki.errors import NotAllowed, WikiError
from wiki.pages.problem_messages import PROBLEMS
from wiki.text.titles import TitleProblem


def message_for(error: WikiError) -> str:
    """What `error` says, in the reader's language."""
    if isinstance(error, TitleProblem):
        return gettext(PROBLEMS[error.code]) % error.params
    message = gettext(error.message)
    return message % error.params if error.params else message


class ErrorPageMiddleware:
    """Middleware: an error that no view answered becomes a page that says what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on what can be asked: no address holds NUL, and PostgreSQL would not take it."""
        in_path = "\x00" in request.path_info
        if in_path or "%00" in request.META.get("QUERY_STRING", ""):
            status = 404 if in_path else 400
            context = {"message": gettext("This address holds a sign that no title has."), "status": status}
            return render(request, "wiki/pages/problem.html", context, status=status)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a WikiError with its status and words; leave others to Django."""
        if not isinstance(error, WikiError):
            return None
        sign_in = isinstance(error, NotAllowed) and not request.user.is_authenticated
        context = {"message": message_for(error), "status": error.status, "sign_in": sign_in}
        return render(request, "wiki/pages/problem.html", context, status=error.status)
