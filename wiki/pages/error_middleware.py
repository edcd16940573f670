"""Middleware that turns a `WikiError` into an error page, and the localised message of an error."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext

from wiki.errors import NotAllowed, WikiError
from wiki.pages.problem_messages import PROBLEMS
from wiki.text.titles import TitleProblem

TYPED = ("text", "comment", "message")
"""Fields of forms that hold what people write."""


def message_for(error: WikiError) -> str:
    """Return the message of `error` in the active language."""
    if isinstance(error, TitleProblem):
        return gettext(PROBLEMS[error.code]) % error.params
    message = gettext(error.message)
    return message % error.params if error.params else message


def typed(request: HttpRequest) -> list[str]:
    """Return the longer texts that somebody typed into the form of a request, so that an error page gives them back."""
    names = [name for name in TYPED if request.POST.get(name, "").strip()] if request.method == "POST" else []
    return [request.POST[name] for name in names]


class ErrorPageMiddleware:
    """Render an error page for a `WikiError` that a view did not handle."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse URLs with a NUL character, which PostgreSQL cannot store, with status 404 or 400."""
        in_path = "\x00" in request.path_info
        if in_path or "%00" in request.META.get("QUERY_STRING", ""):
            status = 404 if in_path else 400
            context = {"message": gettext("This address holds a sign that no title has."), "status": status}
            return render(request, "wiki/pages/problem.html", context, status=status)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Render a WikiError with its status and message; leave other exceptions to Django."""
        if not isinstance(error, WikiError):
            return None
        sign_in = isinstance(error, NotAllowed) and not request.user.is_authenticated
        context = {"message": message_for(error), "status": error.status, "sign_in": sign_in, "typed": typed(request)}
        return render(request, "wiki/pages/problem.html", context, status=error.status)
