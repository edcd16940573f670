"""Views of a fork against its upstream: status, subscription, automatic pulls, pulling and skipping versions."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode, urljoin

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts import slow_work
from wiki.accounts.models import User
from wiki.errors import EditConflict, Refused, WikiError, gettext_noop
from wiki.forks import auto_pull, notifications, pull_merge
from wiki.forks.fork_status import ForkStatus, find_fork_status
from wiki.forks.fork_translation import TextTranslator
from wiki.forks.pull_merge import Merge
from wiki.forks.version_graph import VersionGraph, texts_of
from wiki.history import page_access
from wiki.history.noindex import noindex
from wiki.licenses import compatibility
from wiki.pages import conflict_choices, permissions
from wiki.pages.conflict_choices import ConflictChoices
from wiki.pages.error_middleware import message_for
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.views import edit, edit_conflicts, manage
from wiki.pages.writing.page_writer import Author, SaveResult
from wiki.text.diffing.text_difference import Difference

COSTLY_BYTES = 200_000
"""Size of both texts in bytes from which comparing them counts against the rate limit."""
LISTED = 50
"""Maximum number of versions listed for each side."""


@noindex
def touch(request: HttpRequest, title: str) -> HttpResponseBase:
    """Show the status of a fork; on POST, `skip` versions, set automatic pulls (`follow`) or the e-mails."""
    page = manage.get_page(request, title, permissions.Action.READ)
    status = find_fork_status(page, request.user)
    if request.method == "POST":
        if "tell" in request.POST:
            return _set_subscription(request, page)
        return _set_auto_pull(request, page) if "follow" in request.POST else _skip_upstream(request, page, status)
    context: dict[str, Any] = {
        "page": page,
        "status": status,
        "allowed_actions": permissions.allowed_actions(request.user, page),
    }
    if status is not None and status.upstream is not None:
        if status.is_elsewhere:
            context["propose_url"] = _remote_proposal_url(page, status.upstream)
        if page.size + status.upstream.size > COSTLY_BYTES:
            slow_work.begin(request, "comparison")
        context |= _changes_of_both_sides(request, status, status.upstream) | {
            "is_subscribed": notifications.is_subscribed(page, request.user)
        }
    return render(request, "wiki/forks/fork_status.html", context)


def _remote_proposal_url(page: WikiPage, upstream: WikiPage) -> str:
    """Return the URL on the site of the upstream where this fork can be proposed; "" when it is unknown."""
    mirror = Mirror.objects.filter(page=upstream).first()
    own_url = f"{settings.BASE_ADDRESS}{page.get_absolute_url()}"
    return urljoin(mirror.url, f"/elsewhere?{urlencode({'address': own_url})}") if mirror is not None else ""


def _changes_of_both_sides(request: HttpRequest, status: ForkStatus, upstream: WikiPage) -> dict[str, Any]:
    """Return the changes of each side since the merge base: versions and text, and the licence verdict."""
    graph: VersionGraph = status.graph
    mine, theirs = (
        graph.by_number[status.page.pk, status.page.version],
        graph.by_number[upstream.pk, upstream.version],
    )
    my_text, their_text = (text for _, text in texts_of([mine, theirs]))
    translate = TextTranslator(status.page, upstream).translate
    base = graph.merge_base_text(status.bases, translate)
    return {
        "behind": status.versions(status.behind, request.user, LISTED),
        "ahead": status.versions(status.ahead, request.user, LISTED),
        "upstream_changes": Difference.of(base, translate(upstream.pk, their_text)),
        "own_changes": Difference.of(base, my_text),
        "verdict": compatibility.check(upstream.license, status.page.license),
    }


def _set_subscription(request: HttpRequest, page: WikiPage) -> HttpResponseBase:
    """Subscribe the user to e-mails about upstream changes, or unsubscribe."""
    permissions.require(request.user, permissions.Action.FORK, page)
    subscribed = request.POST["tell"] == "1"
    notifications.set_subscription(page, cast(User, request.user), subscribed=subscribed)
    on, off = gettext("You get a letter when the original moves."), gettext("You get no letters of this any more.")
    return _confirm(request, page, on if subscribed else off)


def _set_auto_pull(request: HttpRequest, page: WikiPage) -> HttpResponseBase:
    """Turn automatic pulls on or off."""
    permissions.require(request.user, permissions.Action.EDIT, page)
    enabled = request.POST["follow"] == "1"
    auto_pull.set_auto_pull(page, cast(User, request.user), enabled=enabled)
    on = gettext("What joins without a clash is taken in by itself from now on.")
    return _confirm(request, page, on if enabled else gettext("Nothing is taken in by itself any more."))


def _confirm(request: HttpRequest, page: WikiPage, message: str) -> HttpResponseBase:
    """Return to the status of the fork with a message."""
    messages.success(request, message)
    return redirect(address("touch", page.full_title))


def _skip_upstream(request: HttpRequest, page: WikiPage, status: ForkStatus | None) -> HttpResponseBase:
    """Skip the upstream versions up to the posted number."""
    permissions.require(request.user, permissions.Action.EDIT, page)
    merge = _get_merge(page, status, page_access.number_from(request.POST.get("skip"), 0), None)
    if not merge.is_done:
        merge.skip_upstream(manage.get_author(request))
        text = gettext("Version %(number)d of the original counts as seen; your text is as it was.")
        messages.success(request, text % {"number": merge.theirs.number})
    return redirect(address("touch", page.full_title))


def _get_merge(page: WikiPage, status: ForkStatus | None, until: int | None, base: int | None) -> Merge:
    """Return the merge of an upstream version (`until`) into version `base` of the page.

    Raises Http404 when the page is no fork or a version does not exist, Refused.
    """
    if status is None:
        raise Http404(gettext("This page is no fork."))
    if status.upstream is None:
        raise Refused(gettext_noop("The original is not here any more: there is nothing to take in."))
    try:
        return Merge.of(page, pull_merge.upstream_version(status.upstream, until), base)
    except PageVersion.DoesNotExist as error:
        raise Http404 from error


class PullForm(forms.Form):
    """The comment of a pull."""

    comment = forms.CharField(label=_("What do you take in, and why?"), max_length=500, required=False)


@noindex
def pull(request: HttpRequest, title: str) -> HttpResponseBase:
    """Show what a pull of the upstream (up to version `?until=`) would change; on POST, save it.

    `?base=` is the version of the fork that the form was made for. The editor posts here too, with `text`.
    """
    page = manage.get_page(request, title, permissions.Action.READ)
    if request.method != "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.user.is_authenticated:
        permissions.require(request.user, permissions.Action.EDIT, page)
    until, base = (page_access.number_from(request.GET.get(name), 0) or None for name in ("until", "base"))
    try:
        merge = _get_merge(page, find_fork_status(page, request.user), until, base)
    except Refused as error:
        if "text" not in request.POST:
            raise
        return edit.edit(
            request, title, _refuse(error)
        )  # the upstream was deleted: show the editor with the typed text
    if "text" in request.POST:
        return edit.edit(request, title, _save_merge(merge))
    if merge.mine.size + merge.theirs.size > COSTLY_BYTES:
        slow_work.begin(request, "comparison")
    choices = ConflictChoices(merge.merged, request.POST, conflict_choices.PULL)
    form = PullForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _render_pull(request, merge, form, choices)
    comment = form.cleaned_data["comment"]
    # The editor has a sign-in form for an expired session.
    if "whole" in request.POST or not request.user.is_authenticated:
        return edit.open_editor(request, page, choices.text("both"), comment or merge.summary(), merge.mine.number)
    if not choices.is_resolved:
        form.add_error(None, gettext("Choose for each clash what shall stand there."))
        return _render_pull(request, merge, form, choices, status=422)
    return _save(request, merge, comment, form, choices)


def _save_merge(merge: Merge) -> edit.SaveFunction:
    """Return the save function of the editor that writes its text as the merge."""

    def write(user: User, page: WikiPage | None, title: str, data: dict[str, Any]) -> SaveResult:
        permissions.require(user, permissions.Action.EDIT, page)
        return merge.save(data["text"], Author.of(user), data["comment"], data["base"])

    return write


def _refuse(error: Refused) -> edit.SaveFunction:
    """Return a save function of the editor that always raises `error`."""

    def write(user: User, page: WikiPage | None, title: str, data: dict[str, Any]) -> SaveResult:
        raise error

    return write


def _save(
    request: HttpRequest, merge: Merge, comment: str, form: PullForm, choices: ConflictChoices
) -> HttpResponseBase:
    """Save the merge; render the conflicts with what was saved meanwhile."""
    try:
        merge.save(choices.text("ours"), manage.get_author(request), comment)
    except EditConflict as conflict:
        return edit_conflicts.render_conflict(request, merge.page, conflict, {"comment": comment or merge.summary()})
    except WikiError as error:
        form.add_error(None, message_for(error))
        return _render_pull(request, merge, form, choices, status=error.status)
    messages.success(request, gettext("The original is taken in. Everyone who wrote it is credited."))
    return redirect(merge.page.get_absolute_url())


def _render_pull(
    request: HttpRequest, merge: Merge, form: PullForm, choices: ConflictChoices, status: int = 200
) -> HttpResponse:
    """Render the pull form with the changes that it would make."""
    context = {
        "page": merge.page,
        "merge": merge,
        "form": form,
        "choices": choices,
        "difference": Difference.of(merge.mine.text() or "", choices.text("ours")),
        "allowed_actions": permissions.allowed_actions(request.user, merge.page),
    }
    return render(request, "wiki/forks/pull.html", context, status=status)
