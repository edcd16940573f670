"""The screen on which stewards and administrators look at what new accounts write."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from wiki.accounts.models import User
from wiki.history import keyset_pagination, recent_changes
from wiki.history.noindex import noindex
from wiki.moderation import patrol
from wiki.pages import permissions


@require_http_methods(["GET", "HEAD", "POST"])
@noindex
def patrol_changes(request: HttpRequest) -> HttpResponseBase:
    """List what new accounts wrote and nobody looked at; on POST, mark the versions that are named `version`."""
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.get_full_path())
    permissions.require(user, permissions.Action.PATROL)
    if request.method == "POST":
        count = patrol.mark(
            (int(raw) for raw in request.POST.getlist("version") if raw.isdecimal() and len(raw) < 18), user
        )
        text = ngettext("%(count)d version is marked as good.", "%(count)d versions are marked as good.", count)
        messages.success(request, text % {"count": count})
        return redirect(request.get_full_path())
    before, after = keyset_pagination.cursors_from(request.GET)
    found = recent_changes.list_changes(patrol.versions_to_patrol(user), before, after, fold=False)
    return render(request, "wiki/moderation/patrol.html", {"changes": found})
