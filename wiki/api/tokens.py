"""Tokens: proof that a request comes from whoever has the session, as MediaWiki's `meta=tokens` gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.crypto import constant_time_compare, salted_hmac

from wiki.api.api_request import ApiError, ApiRequest
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from django.http import HttpRequest

SUFFIX = "+\\"
"""What every token of MediaWiki ends with; all of an anonymous visitor's token."""
KINDS = ("csrf", "login", "watch", "patrol", "rollback", "userrights", "createaccount")


def token(request: HttpRequest, kind: str) -> str:
    """The token of this session for `kind`; begins a session where a sign-in needs one."""
    if kind != "login" and not request.user.is_authenticated:
        return SUFFIX
    if not request.session.session_key:
        request.session.create()
    family = "login" if kind == "login" else "csrf"
    return salted_hmac(f"wiki.api.{family}", str(request.session.session_key)).hexdigest() + SUFFIX


def check(call: ApiRequest, name: str = "token", kind: str = "csrf") -> None:
    """Raise ApiProblem unless the parameter `name` is this session's token."""
    given = call.required(name)
    if not call.http_request.session.session_key and kind == "login":
        raise ApiError("badtoken", gettext_noop("Invalid CSRF token."))
    if not constant_time_compare(given, token(call.http_request, kind)):
        raise ApiError("badtoken", gettext_noop("Invalid CSRF token."))
