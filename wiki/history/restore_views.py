"""Restoring and undoing, for people: first what would change, then a button, then the writer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts.models import User
from wiki.errors import EditConflict
from wiki.history import page_access, restore
from wiki.history.noindex import noindex
from wiki.history.version_comparison import Difference
from wiki.licenses import catalogue
from wiki.pages import permissions
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.views import edit
from wiki.pages.writing.page_writer import Author, SaveResult

RestoreAct = Callable[[HttpRequest, User, WikiPage, int], HttpResponseBase]
PageView = Callable[..., HttpResponseBase]


class RestoreForm(forms.Form):
    """What someone says about going back."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    comment = forms.CharField(label=_("Why?"), max_length=400, required=False)


def _for_writers(act: RestoreAct) -> PageView:
    """The way to `act` for whoever may write the page; others sign in, or are refused.

    A clash is settled in the editor, whose form comes back to the same address.
    """

    @noindex
    @wraps(act)
    def view(request: HttpRequest, title: str) -> HttpResponseBase:
        page = page_access.get_page_or_404(title, request.user)
        if request.method != "POST" and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if "text" in request.POST:
            return edit.edit(request, title)  # asks for rights itself, and keeps what was typed
        permissions.require(request.user, permissions.Action.EDIT, page)
        number = page_access.number_from(request.GET.get("version"), 0)
        try:
            return act(request, cast(User, request.user), page, number)
        except PageVersion.DoesNotExist as error:
            raise Http404 from error

    return view


@_for_writers
def restore_version(request: HttpRequest, user: User, page: WikiPage, number: int) -> HttpResponseBase:
    """Show what restoring a version would change; on POST, do it."""
    version = restore.get_restorable_version(page, number)
    form = RestoreForm(request.POST or None, initial={"base": page.version})
    if form.is_valid():
        said = form.cleaned_data
        try:
            saved = restore.restore(page, number, Author.of(user), said["comment"], said["base"])
        except EditConflict as conflict:
            return _clash(request, page, version, conflict, "restore")
        return _done(request, saved, gettext("Version %(number)d is restored.") % {"number": number})
    difference = Difference.of(page.source.text or "", version.text() or "")
    return _confirm(request, page, version, form, "restore", difference)


@_for_writers
def undo(request: HttpRequest, user: User, page: WikiPage, number: int) -> HttpResponseBase:
    """Show what undoing one edit would change; on POST, do it."""
    undoing = restore.get_undo_merge(page, number)
    outcome = undoing.merged_text
    if outcome is None:
        return _clash(request, page, undoing.version, undoing.conflict(page.version), "undo")
    form = RestoreForm(request.POST or None, initial={"base": page.version})
    if form.is_valid():
        try:
            saved = restore.undo(page, number, Author.of(user), form.cleaned_data["comment"])
        except EditConflict as conflict:
            return _clash(request, page, undoing.version, conflict, "undo")
        return _done(request, saved, gettext("Version %(number)d is undone.") % {"number": number})
    difference = Difference.of(undoing.now, outcome)
    return _confirm(request, page, undoing.version, form, "undo", difference)


def _confirm(
    request: HttpRequest,
    page: WikiPage,
    version: PageVersion,
    form: RestoreForm,
    act: restore.RestoreAction,
    difference: Difference,
) -> HttpResponse:
    """Ask, with what would change before people's eyes."""
    context = {"page": page, "version": version, "form": form, "act": act, "difference": difference}
    return render(request, "wiki/history/confirm.html", context | _for_page(request, page))


def _clash(
    request: HttpRequest, page: WikiPage, version: PageVersion, conflict: EditConflict, act: restore.RestoreAction
) -> HttpResponse:
    """All three texts, and an editor with the current one in which all is done that can be."""
    form = edit.PageEditForm(
        initial={
            "text": restore.propose_resolution(conflict),
            "base": conflict.theirs_version,
            "comment": restore.default_comment(act, version),
        }
    )
    context = {"page": page, "version": version, "act": act, "conflict": conflict, "form": form}
    context["license"] = catalogue.licenses_in(page.license)[0]
    context |= _for_page(request, page)
    return render(request, "wiki/history/clash.html", context, status=409)


def _for_page(request: HttpRequest, page: WikiPage) -> dict[str, Any]:
    """What the head of a screen about a page takes."""
    return {"may": permissions.allowed_actions(request.user, page)}


def _done(request: HttpRequest, saved: SaveResult, words: str) -> HttpResponseBase:
    """Say what was done, and lead to the page's history."""
    if saved.changed:
        messages.success(request, words)
    else:
        messages.info(request, gettext("The page already says this, so no version was made."))
    return redirect(address("history", saved.page.full_title))
