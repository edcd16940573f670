"""The view that undoes a batch: it asks for confirmation; a POST undoes it, in the background where it is large."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.history import batch_undo
from wiki.history.history_urls import batch_address
from wiki.history.noindex import noindex
from wiki.pages import background_tasks, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import Changeset
from wiki.pages.writing.batch_edits import PAGES_LIMIT


class BatchUndoForm(forms.Form):
    """Confirms that a batch is undone, with an optional comment."""

    comment = forms.CharField(label=_("Why?"), max_length=400, required=False)


@noindex
def undo_batch(request: HttpRequest, number: int) -> HttpResponseBase:
    """Ask whether a batch is to be undone; on POST, undo it. Raises Http404 if none of its pages can be read."""
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.get_full_path())
    permissions.require(user, permissions.Action.EDIT)
    changeset = Changeset.objects.select_related("by").filter(pk=number).first() if number < 2**62 else None
    count = batch_undo.versions_of_batch(number, user).order_by().values("page").distinct().count() if changeset else 0
    if changeset is None or not count:
        raise Http404
    is_sent = request.method == "POST"
    form = BatchUndoForm(request.POST if is_sent else None)
    status = 422 if is_sent else 200
    if form.is_valid():
        try:
            return _undo(request, user, changeset, count, form.cleaned_data["comment"])
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
    context = {
        "changeset": changeset, "form": form, "count": count, "is_large": count > PAGES_LIMIT,
        "batch_address": batch_address(changeset.pk),
    }  # fmt: skip
    return render(request, "wiki/history/undo_batch.html", context, status=status)


def _undo(request: HttpRequest, user: User, changeset: Changeset, count: int, comment: str) -> HttpResponseBase:
    """Undo a batch, and go to the new versions; or to the task that undoes a large one. Raises WikiError."""
    rate_limits.limit_batches(user)
    if count > PAGES_LIMIT:
        arguments = {"batch": changeset.pk, "comment": comment}
        task = background_tasks.enqueue(batch_undo.TASK, user, arguments, request.path)
        return redirect("task", task.pk)
    report = batch_undo.undo_batch(changeset, user, comment)
    (messages.warning if report.left else messages.success)(request, report.message)
    return redirect(batch_address((report.changeset or changeset).pk))
