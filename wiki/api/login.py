"""`action=login` with name and password, and `action=logout`."""

from __future__ import annotations

from typing import Any

from django.contrib import auth
from django.utils.translation import gettext

from wiki.accounts.forms import SignInForm
from wiki.api import tokens
from wiki.api.api_request import ApiRequest


def login(call: ApiRequest) -> dict[str, Any]:
    """Sign in; the first call without a token gets one (`NeedToken`), as old clients expect."""
    call.require_post()
    call.require_in_body("lgpassword", "lgtoken")
    request = call.http_request
    if not call.get("lgtoken"):
        return {"login": {"result": "NeedToken", "token": tokens.token(request, "login")}}
    tokens.check(call, "lgtoken", "login")
    form = SignInForm(request, data={"username": call.get("lgname"), "password": call.get("lgpassword")})
    if not form.is_valid():
        reasons = [str(message) for messages in form.errors.values() for message in messages]
        return {"login": {"result": "Failed", "reason": " ".join(reasons) or gettext("Incorrect name or password.")}}
    user = form.get_user()
    auth.login(request, user)
    return {"login": {"result": "Success", "lguserid": user.pk, "lgusername": user.get_username()}}


def logout(call: ApiRequest) -> dict[str, Any]:
    """Sign out."""
    call.require_post()
    tokens.check(call)
    auth.logout(call.http_request)
    return {}
