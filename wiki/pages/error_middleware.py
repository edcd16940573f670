"""Middleware that turns a `WikiError` into an error page, and the localised message of an error."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext

from wiki.errors import NotAllowed, RateLimitExceeded, ServerBusy, WikiError
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


def asks_for_json(request: HttpRequest) -> bool:
    """Whether the sender of a request, such as a script of the editor, prefers JSON to a page."""
    return request.get_preferred_type(("text/html", "application/json")) == "application/json"


def json_error(message: str, status: int, retry_after: int = 0) -> JsonResponse:
    """Return an error for a script; `retry_after` is the number of seconds after which it may try again."""
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return JsonResponse({"error": message}, status=status, headers=headers)


def _seconds_to_wait(error: WikiError) -> int:
    if isinstance(error, ServerBusy):
        return error.retry_after
    return int(error.params.get("seconds", 60)) if isinstance(error, RateLimitExceeded) else 0


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
        """Render a WikiError with its status and message, as JSON for a script; leave other exceptions to Django."""
        if not isinstance(error, WikiError):
            return None
        if asks_for_json(request):
            return json_error(message_for(error), error.status, _seconds_to_wait(error))
        sign_in = isinstance(error, NotAllowed) and not request.user.is_authenticated
        context = {"message": message_for(error), "status": error.status, "sign_in": sign_in, "typed": typed(request)}
        return render(request, "wiki/pages/problem.html", context, status=error.status)
