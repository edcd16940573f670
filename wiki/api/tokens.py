"""CSRF tokens of MediaWiki's API (`meta=tokens`): they prove that a request comes from the owner of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.crypto import constant_time_compare, salted_hmac

from wiki.api.api_request import ApiError, ApiRequest
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from django.http import HttpRequest

SUFFIX = "+\\"
"""Suffix of every MediaWiki token; the whole token of anonymous users."""
KINDS = ("csrf", "login", "watch", "patrol", "rollback", "userrights", "createaccount")


def token(request: HttpRequest, kind: str) -> str:
    """Return the token of the session for `kind`; creates a session if there is none."""
    if kind != "login" and not request.user.is_authenticated:
        return SUFFIX
    if not request.session.session_key:
        request.session.create()
    purpose = "login" if kind == "login" else "csrf"
    return salted_hmac(f"wiki.api.{purpose}", str(request.session.session_key)).hexdigest() + SUFFIX


def check(request: ApiRequest, name: str = "token", kind: str = "csrf") -> None:
    """Raise ApiError unless the parameter `name` is the token of the session."""
    sent_token = request.required(name)
    if not request.http_request.session.session_key and kind == "login":
        raise ApiError("badtoken", gettext_noop("Invalid CSRF token."))
    if not constant_time_compare(sent_token, token(request.http_request, kind)):
        raise ApiError("badtoken", gettext_noop("Invalid CSRF token."))
