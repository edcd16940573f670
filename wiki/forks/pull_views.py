"""Staying in touch, for people: what moved in the original and here; taking it in, or passing over it."""

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

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import EditConflict, Refused, WikiError, gettext_noop
from wiki.forks import auto_pull, notifications, pull_merge
from wiki.forks.fork_status import ForkStatus, find_fork_status
from wiki.forks.merge_choices import ConflictChoice
from wiki.forks.pull_merge import Merge
from wiki.forks.version_graph import VersionGraph, texts_of
from wiki.history import page_access
from wiki.history.noindex import noindex
from wiki.history.version_comparison import Difference
from wiki.licenses import compatibility
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.mirror_models import Mirror
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.views import edit, manage
from wiki.pages.writing.page_writer import Author, SaveResult

COSTLY_BYTES = 200_000
"""Bytes of texts from which comparing them takes long enough to be counted."""
LISTED = 50
"""Versions of each side that are listed."""


@noindex
def touch(request: HttpRequest, title: str) -> HttpResponseBase:
    """How a fork stands to its original; on POST, pass over it up to version `skip`, `follow` it, or be told."""
    page = manage.get_page(request, title, permissions.Action.READ)
    found = find_fork_status(page, request.user)
    if request.method == "POST":
        if "tell" in request.POST:
            return _tell(request, page)
        return _follow(request, page) if "follow" in request.POST else _pass_over(request, page, found)
    context: dict[str, Any] = {"page": page, "touch": found, "may": permissions.allowed_actions(request.user, page)}
    if found is not None and found.upstream is not None:
        if found.is_elsewhere:
            context["there"] = _proposing_there(page, found.upstream)
        if page.size + found.upstream.size > COSTLY_BYTES:
            rate_limits.limit_previews(request)
        context |= _sides(request, found, found.upstream) | {"is_told": notifications.is_subscribed(page, request.user)}
    return render(request, "wiki/forks/touch.html", context)


def _proposing_there(page: WikiPage, upstream: WikiPage) -> str:
    """Where, on the site of the original, a fork is given as a proposal."""
    mirror = Mirror.objects.filter(page=upstream).first()
    own = f"{settings.BASE_ADDRESS}{page.get_absolute_url()}"
    return urljoin(mirror.url, f"/elsewhere?{urlencode({'address': own})}") if mirror is not None else ""


def _sides(request: HttpRequest, found: ForkStatus, upstream: WikiPage) -> dict[str, Any]:
    """What each side did since the base: its versions, and its text against the base's."""
    lineage: VersionGraph = found.graph
    mine, theirs = (
        lineage.by_number[found.page.pk, found.page.version],
        lineage.by_number[upstream.pk, upstream.version],
    )
    texts = texts_of([mine, theirs])
    base = lineage.merge_base_text(found.bases)
    return {
        "behind": found.versions(found.behind, request.user, LISTED),
        "ahead": found.versions(found.ahead, request.user, LISTED),
        "moved": Difference.of(base, texts[theirs.pk]),
        "own": Difference.of(base, texts[mine.pk]),
        "verdict": compatibility.check(upstream.license, found.page.license),
    }


def _tell(request: HttpRequest, page: WikiPage) -> HttpResponseBase:
    """Have the reader be told when the original moves, or not any more."""
    permissions.require(request.user, permissions.Action.FORK, page)
    wanted = request.POST["tell"] == "1"
    notifications.set_subscription(page, cast(User, request.user), wanted=wanted)
    if wanted:
        messages.success(request, gettext("You get a letter when the original moves."))
    else:
        messages.success(request, gettext("You get no letters of this any more."))
    return redirect(address("touch", page.full_title))


def _follow(request: HttpRequest, page: WikiPage) -> HttpResponseBase:
    """Let the fork take in clean changes by itself, or not any more."""
    permissions.require(request.user, permissions.Action.EDIT, page)
    follows = request.POST["follow"] == "1"
    auto_pull.set_auto_pull(page, cast(User, request.user), follows=follows)
    if follows:
        messages.success(request, gettext("What joins without a clash is taken in by itself from now on."))
    else:
        messages.success(request, gettext("Nothing is taken in by itself any more."))
    return redirect(address("touch", page.full_title))


def _pass_over(request: HttpRequest, page: WikiPage, found: ForkStatus | None) -> HttpResponseBase:
    """Pass over the versions of the original up to the one that was asked for."""
    permissions.require(request.user, permissions.Action.EDIT, page)
    merge = _merge(page, found, page_access.number_from(request.POST.get("skip"), 0), None)
    if not merge.is_done:
        merge.skip_upstream(manage.get_author(request))
        said = gettext("Version %(number)d of the original counts as seen; your text is as it was.")
        messages.success(request, said % {"number": merge.theirs.number})
    return redirect(address("touch", page.full_title))


def _merge(page: WikiPage, found: ForkStatus | None, until: int | None, base: int | None) -> Merge:
    """The merge of a version of the original into the page. Raises Http404 where there is none, Refused."""
    if found is None:
        raise Http404(gettext("This page is no fork."))
    if found.upstream is None:
        raise Refused(gettext_noop("The original is not here any more: there is nothing to take in."))
    try:
        return Merge.of(page, pull_merge.upstream_version(found.upstream, until), base)
    except PageVersion.DoesNotExist as error:
        raise Http404 from error


class PullForm(forms.Form):
    """What someone says about what they take in."""

    comment = forms.CharField(label=_("What do you take in, and why?"), max_length=500, required=False)


@noindex
def pull(request: HttpRequest, title: str) -> HttpResponseBase:
    """What taking in the original (`?until=` a version of it) would change here; on POST, do it.

    `?base=` says which version of the fork the form was made for.
    """
    page = manage.get_page(request, title, permissions.Action.READ)
    if request.method != "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.user.is_authenticated:
        permissions.require(request.user, permissions.Action.EDIT, page)
    until, base = (page_access.number_from(request.GET.get(name), 0) or None for name in ("until", "base"))
    try:
        merge = _merge(page, find_fork_status(page, request.user), until, base)
    except Refused as error:
        if "text" not in request.POST:
            raise
        return edit.edit(request, title, _refusing(error))  # the original went away: what was typed is kept
    if "text" in request.POST:
        return edit.edit(request, title, _writer(merge))
    if merge.mine.size + merge.theirs.size > COSTLY_BYTES:
        rate_limits.limit_previews(request)
    cards = [ConflictChoice.of(number, clash, request.POST) for number, clash in enumerate(merge.merged.conflicts)]
    form = PullForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _screen(request, merge, form, cards)
    text, comment = merge.merged.resolved([card.resolved_text for card in cards]), form.cleaned_data["comment"]
    if "whole" in request.POST or not request.user.is_authenticated:  # whose session ended signs in there
        return edit.open_editor(request, page, text, comment or merge.summary(), merge.mine.number)
    if not all(card.choice for card in cards):
        form.add_error(None, gettext("Choose for each clash what shall stand there."))
        return _screen(request, merge, form, cards, status=422)
    return _take_in(request, merge, text, comment, form, cards)


def _writer(merge: Merge) -> edit.SaveFunction:
    """Saves what the editor holds as the version that takes the original in."""

    def write(user: User, page: WikiPage | None, asked: str, data: dict[str, Any]) -> SaveResult:
        permissions.require(user, permissions.Action.EDIT, page)
        return merge.save(data["text"], Author.of(user), data["comment"], data["base"])

    return write


def _refusing(error: Refused) -> edit.SaveFunction:
    """Saves nothing, and says why."""

    def write(user: User, page: WikiPage | None, asked: str, data: dict[str, Any]) -> SaveResult:
        raise error

    return write


def _take_in(
    request: HttpRequest, merge: Merge, text: str, comment: str, form: PullForm, cards: list[ConflictChoice]
) -> HttpResponseBase:
    """Hand the joined text to the writer."""
    try:
        merge.save(text, manage.get_author(request), comment)
    except EditConflict as conflict:
        return edit.open_editor(
            request,
            merge.page,
            text,
            comment or merge.summary(),
            conflict.theirs_version,
            conflict=conflict,
            status=409,
        )
    except WikiError as error:
        form.add_error(None, message_for(error))
        return _screen(request, merge, form, cards, status=error.status)
    messages.success(request, gettext("The original is taken in. Everyone who wrote it is credited."))
    return redirect(merge.page.get_absolute_url())


def _screen(
    request: HttpRequest, merge: Merge, form: PullForm, cards: list[ConflictChoice], status: int = 200
) -> HttpResponse:
    """The merge before it is saved."""
    context = {
        "page": merge.page,
        "merge": merge,
        "form": form,
        "cards": cards,
        "difference": Difference.of(
            merge.mine.text() or "", merge.merged.resolved([card.resolved_text for card in cards])
        ),
        "may": permissions.allowed_actions(request.user, merge.page),
    }
    return render(request, "wiki/forks/pull.html", context, status=status)
