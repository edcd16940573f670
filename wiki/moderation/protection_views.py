"""The view that protects a page or a place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.history.noindex import noindex
from wiki.moderation import page_protection
from wiki.moderation.account_views import ENDS, NO_END, end_of
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import WikiPage
from wiki.pages.protection import ProtectionLevel, level_of
from wiki.pages.views import manage


class ProtectForm(forms.Form):
    """Who may write in a page, until when, and why."""

    level = forms.ChoiceField(label=_("Who may change it?"), required=False, widget=forms.RadioSelect)
    end = forms.ChoiceField(
        label=_("For how long?"),
        choices=[("none", NO_END), *((key, label) for key, (_length, label) in ENDS.items())],
        required=False,
        widget=forms.Select(attrs={"required": True}),
    )
    reason = forms.CharField(
        label=_("Why?"), max_length=200, required=False, help_text=_("Everybody sees it in the log.")
    )

    def __init__(self, page: WikiPage, user: User, data: Any = None) -> None:
        super().__init__(data, initial={"level": level_of(page)})
        levels = [level for level in ProtectionLevel if level != ProtectionLevel.ADMINISTRATORS or user.is_superuser]
        if not (page.is_place or page.place_id):
            levels.remove(ProtectionLevel.STEWARDS)
        field: Any = self.fields["level"]
        field.choices = [("", _("everybody with an account")), *((level, level.label) for level in levels)]

    @property
    def until(self) -> datetime | None:
        """When the protection ends; None for one without an end."""
        return end_of(self.cleaned_data["end"])


@noindex
def protect(request: HttpRequest, title: str) -> HttpResponseBase:
    """Protect a page, or a place with its pages, or end that."""
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.get_full_path())
    page = manage.get_page(request, title, permissions.Action.PROTECT)
    form = ProtectForm(page, user, request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        data = form.cleaned_data
        try:
            page_protection.protect(page, user, data["level"], form.until, data["reason"])
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
        else:
            done = gettext("The page is protected.") if data["level"] else gettext("Everybody may change it again.")
            messages.success(request, done)
            return redirect(page.get_absolute_url())
    context = {"page": page, "form": form, "allowed_actions": permissions.allowed_actions(user, page)}
    return render(request, "wiki/moderation/protect.html", context, status=status)
