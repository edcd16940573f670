"""Views that restore and undo: they show what would change and ask for confirmation; a POST writes the new version."""

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
from wiki.pages import permissions
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.views import edit, edit_conflicts
from wiki.pages.writing.page_writer import Author, SaveResult
from wiki.text.diffing.text_difference import Difference

RestoreAct = Callable[[HttpRequest, User, WikiPage, int], HttpResponseBase]
PageView = Callable[..., HttpResponseBase]


class RestoreForm(forms.Form):
    """Confirms a restore or an undo, with an optional comment."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    comment = forms.CharField(label=_("Why?"), max_length=400, required=False)


def _require_editor(action: RestoreAct) -> PageView:
    """Decorate a view for users who may edit the page; anonymous users are sent to sign in, others are refused.

    The form of a conflict posts to the same URL, as the editor does.
    """

    @noindex
    @wraps(action)
    def view(request: HttpRequest, title: str) -> HttpResponseBase:
        page = page_access.get_page_or_404(title, request.user)
        if request.method != "POST" and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if "text" in request.POST:
            return edit.edit(request, title)  # checks permissions itself, and does not lose the typed text
        permissions.require(request.user, permissions.Action.EDIT, page)
        number = page_access.number_from(request.GET.get("version"), 0)
        try:
            return action(request, cast(User, request.user), page, number)
        except PageVersion.DoesNotExist as error:
            raise Http404 from error

    return view


@_require_editor
def restore_version(request: HttpRequest, user: User, page: WikiPage, number: int) -> HttpResponseBase:
    """Show what restoring a version would change; on POST, restore it."""
    version = restore.get_restorable_version(page, number)
    form = RestoreForm(request.POST or None, initial={"base": page.version})
    if form.is_valid():
        data = form.cleaned_data
        try:
            saved = restore.restore(page, number, Author.of(user), data["comment"], data["base"])
        except EditConflict as conflict:
            return _conflict_response(request, page, version, conflict, "restore")
        return _redirect_to_history(request, saved, gettext("Version %(number)d is restored.") % {"number": number})
    difference = Difference.of(page.source.text or "", version.text() or "")
    return _confirm(request, page, version, form, "restore", difference)


@_require_editor
def undo(request: HttpRequest, user: User, page: WikiPage, number: int) -> HttpResponseBase:
    """Show what undoing one edit would change; on POST, undo it."""
    merge = restore.get_undo_merge(page, number)
    outcome = merge.merged_text
    if outcome is None:
        return _conflict_response(request, page, merge.version, merge.conflict(page.version), "undo")
    form = RestoreForm(request.POST or None, initial={"base": page.version})
    if form.is_valid():
        try:
            saved = restore.undo(page, number, Author.of(user), form.cleaned_data["comment"])
        except EditConflict as conflict:
            return _conflict_response(request, page, merge.version, conflict, "undo")
        return _redirect_to_history(request, saved, gettext("Version %(number)d is undone.") % {"number": number})
    difference = Difference.of(merge.now, outcome)
    return _confirm(request, page, merge.version, form, "undo", difference)


def _confirm(
    request: HttpRequest,
    page: WikiPage,
    version: PageVersion,
    form: RestoreForm,
    action: restore.RestoreAction,
    difference: Difference,
) -> HttpResponse:
    """Render the confirmation with the differences."""
    context = {"page": page, "version": version, "form": form, "action": action, "difference": difference}
    return render(request, "wiki/history/confirm.html", context | _head_context(request, page))


def _conflict_response(
    request: HttpRequest, page: WikiPage, version: PageVersion, conflict: EditConflict, action: restore.RestoreAction
) -> HttpResponse:
    """Render the conflicts with later edits, with a choice for each; what is chosen is saved by the editor's view."""
    data = {"sides": action, "comment": restore.default_comment(action, version)}
    return edit_conflicts.render_conflict(request, page, conflict, data)


def _head_context(request: HttpRequest, page: WikiPage) -> dict[str, Any]:
    """Return the template context that the head of a page's screen needs."""
    return {"allowed_actions": permissions.allowed_actions(request.user, page)}


def _redirect_to_history(request: HttpRequest, saved: SaveResult, message: str) -> HttpResponseBase:
    """Add a message, and redirect to the page's history."""
    if saved.changed:
        messages.success(request, message)
    else:
        messages.info(request, gettext("The page already says this, so no version was made."))
    return redirect(address("history", saved.page.full_title))
