"""`api.php`: one address, an `action`, an answer in JSON, errors in MediaWiki's form."""

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
from wiki.api.api_request import ApiError, ApiRequest
from wiki.errors import DatabaseBusy, EditConflict, NotAllowed, RateLimitExceeded, TitleTaken, WikiError, gettext_noop
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


# Forms are guarded by the tokens of `tokens`, which scripts without a page can ask for.
@csrf_exempt
def api(request: HttpRequest) -> JsonResponse:
    """Answer one request; what goes wrong is told with status 200, as MediaWiki does."""
    call = _call(request)
    with translation.override(call.language):
        try:
            answer = _answer(call)
        except ApiError as problem:
            answer = _error(call, problem.code, gettext(problem.info) % problem.params)
        except WikiError as error:
            answer = _error(call, _code(call, error), message_for(error))
    response = JsonResponse(_echo(call, answer), json_dumps_params={"ensure_ascii": False})
    if "error" in answer:
        response["MediaWiki-API-Error"] = answer["error"]["code"]
    response["Cache-Control"] = "private, must-revalidate, max-age=0"
    response["X-Robots-Tag"] = "noindex"
    if request.GET.get("origin") == "*":
        response["Access-Control-Allow-Origin"] = "*"
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    return response


def _call(request: HttpRequest) -> ApiRequest:
    """The request with its parameters; with `origin=*`, from any site, nobody is signed in."""
    parameters = {**request.GET.dict(), **request.POST.dict()}
    parameters = {name: value.replace("\x00", "") for name, value in parameters.items()}
    user: Reader = AnonymousUser() if request.GET.get("origin") == "*" else request.user
    wanted = parameters.get("uselang", "")
    language = wanted if wanted in LANGUAGES else (get_language() or "fr")[:2]
    version = 2 if parameters.get("formatversion") in ("2", "latest") else 1
    return ApiRequest(request, parameters, user, language, version)


def _answer(call: ApiRequest) -> dict[str, Any]:
    """The answer of the action. Raises ApiProblem, WikiError."""
    name = call.get("action")
    if call.get("format", "json") not in ("json", "jsonfm"):
        raise _unknown("format", call.get("format"))
    _check_assertion(call)
    action = ACTIONS.get(name)
    if action is None:
        raise _unknown("action", name) if name else ApiError("noaction", gettext_noop("Say which action: %(known)s."),
                                                               known=", ".join(ACTIONS))  # fmt: skip
    return action(call)


def _unknown(name: str, value: str) -> ApiError:
    message = gettext_noop('Unrecognized value for parameter "%(name)s": %(value)s.')
    return ApiError("badvalue", message, name=name, value=value[:60])


def _check_assertion(call: ApiRequest) -> None:
    """`assert=user|anon|bot` and `assertuser=`: a bot that lost its session wants to know. Raises ApiProblem."""
    wanted, name = call.get("assert"), call.get("assertuser")
    if wanted in ("user", "bot") and not call.user.is_authenticated:
        code = "assertuserfailed" if wanted == "user" else "assertbotfailed"
        raise ApiError(code, gettext_noop("You are no longer logged in, so the action could not be completed."))
    if wanted == "anon" and call.user.is_authenticated:
        raise ApiError("assertanonfailed", gettext_noop("You are logged in, so the action could not be completed."))
    if name and call.user.get_username() != name:
        message = gettext_noop('You are no longer logged in as "%(name)s", so the action could not be completed.')
        raise ApiError("assertnameduserfailed", message, name=name[:60])


def _code(call: ApiRequest, error: WikiError) -> str:
    """MediaWiki's code for an error of the house."""
    if isinstance(error, NotAllowed):
        return "blocked" if getattr(call.user, "is_blocked", False) else "permissiondenied"
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


def _error(call: ApiRequest, code: str, words: str) -> dict[str, Any]:
    """An error as `errorformat=bc` has it."""
    key = "docref" if call.version == 2 else "*"
    where = call.http_request.build_absolute_uri(call.http_request.path)
    return {"error": {"code": code, "info": words, key: f"See {where} for API usage."}}


def _echo(call: ApiRequest, answer: dict[str, Any]) -> dict[str, Any]:
    """`requestid`, `servedby` and `curtimestamp` are given back where they are asked for."""
    if call.flag("requestid"):
        answer = {"requestid": call.get("requestid")[:255], **answer}
    if call.flag("curtimestamp"):
        answer = {"curtimestamp": timestamps.now(), **answer}
    return answer
