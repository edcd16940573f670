"""Signing in inside another form, for users whose session ended while they were writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import login
from django.utils.translation import gettext

from wiki.accounts.forms import SignInForm
from wiki.accounts.models import User

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest


def sign_in_from_post(request: HttpRequest, shown: forms.Form | None = None) -> User | None:
    """Sign in with the POST fields `username` and `password`; return the user, or None if they are wrong.

    For forms that are sent after the session ended: they show the typed text again with these two
    fields (`SignInForm`), and call this function before they save. Counts as a sign-in attempt. The reason of a refusal
    is added to the form `shown`.
    """
    if request.method != "POST" or not request.POST.get("username"):
        return None
    form = SignInForm(request, data=request.POST)
    if not form.is_valid():
        if shown is not None:
            for error in form.non_field_errors() or [gettext("This name and password do not match.")]:
                shown.add_error(None, str(error))
        return None
    user = form.get_user()
    login(request, user)
    return user if isinstance(user, User) else None
