"""The response to errors that no view handled (Django's `handler500`), which names faults of the machine as such.

A full disk or a database that is away is no fault of the program: «503 Service Unavailable», with what to do and what
was typed. Nothing here uses the database, a session or a template that does.
"""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Sequence

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_from_request, gettext
from django.views import defaults

from wiki.errors import gettext_noop
from wiki.pages.error_middleware import asks_for_json, json_error, typed

logger = logging.getLogger(__name__)
RETRY_AFTER = 30
"""Seconds after which programs may try again."""
API_PATHS = ("/api.php", "/w/api.php")
DISK_FULL = gettext_noop("The disk of the wiki is full: nothing can be saved until its administrators make room.")
DATABASE_AWAY = gettext_noop("The database of the wiki cannot be reached at the moment.")


def fault_of(error: BaseException | None) -> str:
    """Return the message of a fault of the machine; "" for any other error."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    if isinstance(error, (OperationalError, InterfaceError)):
        is_full = "full" in str(error) or "No space left" in str(error)
        return DISK_FULL if is_full else DATABASE_AWAY
    return ""


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the response to the exception that is being handled: 503 for a fault of the machine, else 500."""
    fault = fault_of(sys.exc_info()[1])
    if not fault:
        return _api_error("") if request.path_info in API_PATHS else defaults.server_error(request)
    return unavailable(request, fault, typed(request), RETRY_AFTER)


def unavailable(request: HttpRequest, message: str, texts: Sequence[str], retry_after: int) -> HttpResponse:
    """Return a response with status 503 and a message (its id): a page with the typed `texts`; JSON for programs."""
    if request.path_info in API_PATHS:
        return _api_error(message, retry_after)
    with translation.override(get_language_from_request(request)):
        if asks_for_json(request):
            return json_error(gettext(message), 503, retry_after)
        html = render_to_string("503.html", {"message": gettext(message), "typed": texts})
    return HttpResponse(html, status=503, headers={"Retry-After": str(retry_after), "Cache-Control": "no-store"})


def _api_error(fault: str, retry_after: int = 0) -> JsonResponse:
    """Return an error of the API in MediaWiki's form."""
    code, info = ("readonly", fault) if fault else ("internal_api_error", "Internal error.")
    headers = {"MediaWiki-API-Error": code, "Cache-Control": "no-store"}
    if fault:
        headers["Retry-After"] = str(retry_after)
    return JsonResponse({"error": {"code": code, "info": info}}, status=503 if fault else 500, headers=headers)
