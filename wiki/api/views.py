"""`api.php`: one URL, the parameter `action`, responses in JSON, errors in MediaWiki's format."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, JsonResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, gettext
from django.views.decorators.csrf import csrf_exempt

from wiki.api import ask_actions, edit_actions, login, query, smwbrowse, smwinfo, timestamps
from wiki.api.api_request import ApiError, ApiRequest, unknown_value
from wiki.errors import (
    DatabaseBusy,
    EditConflict,
    NotAllowed,
    PageProtected,
    RateLimitExceeded,
    TitleTaken,
    WikiError,
    gettext_noop,
)
from wiki.pages.error_middleware import message_for
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader

ACTIONS: dict[str, Callable[[ApiRequest], dict[str, Any]]] = {
    "query": query.query,
    "login": login.login,
    "logout": login.logout,
    "edit": edit_actions.edit,
    "delete": edit_actions.delete,
    "ask": ask_actions.ask,
    "askargs": ask_actions.askargs,
    "smwbrowse": smwbrowse.browse,
    "smwinfo": smwinfo.info,
}
LANGUAGES = ("fr", "en")


# CSRF protection is by the tokens of `wiki.api.tokens`, which clients request before they write.
@csrf_exempt
def api(request: HttpRequest) -> JsonResponse:
    """Run the action; errors are returned with status 200, as in MediaWiki."""
    api_request = _parse_request(request)
    with translation.override(api_request.language):
        try:
            content = _run_action(api_request)
        except ApiError as problem:
            content = _error_response(api_request, problem.code, gettext(problem.info) % problem.params)
        except WikiError as error:
            content = _error_response(api_request, _error_code(api_request, error), message_for(error))
        content = _add_metadata(api_request, content)
    response = JsonResponse(content, json_dumps_params={"ensure_ascii": False})
    if "error" in content:
        response["MediaWiki-API-Error"] = content["error"]["code"]
    response["Cache-Control"] = "private, must-revalidate, max-age=0"
    response["X-Robots-Tag"] = "noindex"
    if request.GET.get("origin") == "*":
        response["Access-Control-Allow-Origin"] = "*"
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


def _parse_request(request: HttpRequest) -> ApiRequest:
    """Parse the request; with `origin=*` (allowed for any site), the user is anonymous."""
    parameters = {**request.GET.dict(), **request.POST.dict()}
    parameters = {name: value.replace("\x00", "") for name, value in parameters.items()}
    user: Reader = AnonymousUser() if request.GET.get("origin") == "*" else request.user
    language_code = parameters.get("uselang", "")
    language = language_code if language_code in LANGUAGES else (get_language() or "fr")[:2]
    version = 2 if parameters.get("formatversion") in ("2", "latest") else 1
    return ApiRequest(request, parameters, user, language, version)


def _run_action(request: ApiRequest) -> dict[str, Any]:
    """Run the action and return its result. Raises ApiError, WikiError."""
    name = request.get("action")
    if request.get("format", "json") not in ("json", "jsonfm"):
        raise unknown_value("format", request.get("format"))
    request.choice("formatversion", ("1", "2", "latest"), "1")
    request.choices("uselang", LANGUAGES)
    request.choices("errorformat", ("bc",))
    _check_assertion(request)
    action = ACTIONS.get(name)
    if action is None:
        if name:
            raise unknown_value("action", name)
        raise ApiError("noaction", gettext_noop("Say which action: %(known)s."), known=", ".join(ACTIONS))
    return action(request)


def _check_assertion(request: ApiRequest) -> None:
    """Check `assert=user|anon|bot` and `assertuser=`, by which bots notice a lost session. Raises ApiError."""
    assertion, name = request.get("assert"), request.get("assertuser")
    if assertion in ("user", "bot") and not request.user.is_authenticated:
        code = "assertuserfailed" if assertion == "user" else "assertbotfailed"
        raise ApiError(code, gettext_noop("You are no longer logged in, so the action could not be completed."))
    if assertion == "anon" and request.user.is_authenticated:
        raise ApiError("assertanonfailed", gettext_noop("You are logged in, so the action could not be completed."))
    if name and request.user.get_username() != name:
        message = gettext_noop('You are no longer logged in as "%(name)s", so the action could not be completed.')
        raise ApiError("assertnameduserfailed", message, name=name[:60])


def _error_code(request: ApiRequest, error: WikiError) -> str:
    """Return MediaWiki's code for a WikiError."""
    if isinstance(error, PageProtected):
        return "protectedpage"
    if isinstance(error, NotAllowed):
        return "blocked" if getattr(request.user, "is_blocked_now", False) else "permissiondenied"
    for kind, code in (
        (TitleProblem, "invalidtitle"),
        (TitleTaken, "articleexists"),
        (RateLimitExceeded, "ratelimited"),
        (EditConflict, "editconflict"),
        (DatabaseBusy, "readonly"),
    ):
        if isinstance(error, kind):
            return code
    return "refused"


def _error_response(request: ApiRequest, code: str, message: str) -> dict[str, Any]:
    """Return an error in the format of `errorformat=bc`."""
    key = "docref" if request.version == 2 else "*"
    url = request.http_request.build_absolute_uri(request.http_request.path)
    return {"error": {"code": code, "info": message, key: f"See {url} for API usage."}}


def _add_metadata(request: ApiRequest, content: dict[str, Any]) -> dict[str, Any]:
    """Add `requestid` and `curtimestamp` if they are requested, and to a result the warnings of the request."""
    asks_id, asks_time = request.flag("requestid"), request.flag("curtimestamp")
    if "error" not in content:
        request.warn_of_unrecognized()
        if request.warnings:
            key = "warnings" if request.version == 2 else "*"
            warnings = {module: {key: "\n".join(messages)} for module, messages in request.warnings.items()}
            content = {"warnings": warnings, **content}
    if asks_id:
        content = {"requestid": request.get("requestid")[:255], **content}
    if asks_time:
        content = {"curtimestamp": timestamps.now(), **content}
    return content
