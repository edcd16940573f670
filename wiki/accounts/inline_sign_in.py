"""Signing in inside another form, for whoever was signed out while writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import login

from wiki.accounts.forms import SignInForm
from wiki.accounts.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest


def sign_in_from_post(request: HttpRequest) -> User | None:
    """Sign in whoever the POST fields `username` and `password` name; None if they do not fit.

    For forms that a person sends after the session ended: they show the typed text again with
    these two fields (`SignInForm`), and call this before they save. Counts as an attempt.
    """
    if request.method != "POST" or not request.POST.get("username"):
        return None
    form = SignInForm(request, data=request.POST)
    if not form.is_valid():
        return None
    user = form.get_user()
    login(request, user)
    return user if isinstance(user, User) else None
