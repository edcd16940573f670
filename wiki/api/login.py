"""`action=login` with name and password, and `action=logout`."""

from __future__ import annotations

from typing import Any

from django.contrib import auth
from django.utils.translation import gettext

from wiki.accounts.forms import SignInForm
from wiki.api import tokens
from wiki.api.api_request import ApiRequest


def login(request: ApiRequest) -> dict[str, Any]:
    """Sign in; a request without a token gets one (`NeedToken`), as old clients expect."""
    request.require_post()
    request.require_in_body("lgpassword", "lgtoken")
    http_request = request.http_request
    if not request.get("lgtoken"):
        return {"login": {"result": "NeedToken", "token": tokens.token(http_request, "login")}}
    tokens.check(request, "lgtoken", "login")
    form = SignInForm(http_request, data={"username": request.get("lgname"), "password": request.get("lgpassword")})
    if not form.is_valid():
        reasons = [str(message) for messages in form.errors.values() for message in messages]
        return {"login": {"result": "Failed", "reason": " ".join(reasons) or gettext("Incorrect name or password.")}}
    user = form.get_user()
    auth.login(http_request, user)
    return {"login": {"result": "Success", "lguserid": user.pk, "lgusername": user.get_username()}}


def logout(request: ApiRequest) -> dict[str, Any]:
    """Sign out."""
    request.require_post()
    tokens.check(request)
    auth.logout(request.http_request)
    return {}
