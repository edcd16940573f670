"""Giving back, for people: proposing what was changed in a fork, and settling what is proposed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import EditConflict, Refused, WikiError, gettext_noop
from wiki.forks.fork_status import find_fork_status
from wiki.forks.merge_choices import MergeChoice
from wiki.forks.pull_merge import Merge
from wiki.history.noindex import noindex
from wiki.moderation import proposals
from wiki.moderation.models import Proposal
from wiki.pages import page_lookup, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.views import edit, manage

LISTED = 200
COSTLY_BYTES = 200_000
"""Bytes of texts from which merging them takes long enough to be counted."""


class ProposeForm(forms.Form):
    """What someone says of what they propose."""

    message = forms.CharField(
        label=_("What do you propose, and why?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    agrees = forms.BooleanField(
        label=_("I agree that what I wrote goes under the licence of the original"), required=False
    )


@noindex
def propose(request: HttpRequest, title: str) -> HttpResponseBase:
    """Propose what was changed in a fork to its original: which hunks, and why."""
    page = manage.get_page(request, title, permissions.Action.READ)
    if request.method != "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.user.is_authenticated:
        permissions.require(
            request.user, permissions.Action.FORK, page
        )  # nobody edits a fork that lives on another site
    merge = _back(page, request)
    choice = MergeChoice(
        merge.merged, merge.mine.text() or "", request.POST, f"{merge.mine.number}.{merge.theirs.number}"
    )
    form = ProposeForm(request.POST if request.method == "POST" else None)
    user: Any = request.user
    if request.method == "POST" and not user.is_authenticated:
        user = edit.sign_in_with_form(request, form)
    if user is None:
        return _propose_screen(request, merge, form, choice, status=403)
    if choice.is_stale:
        form.add_error(None, gettext("The page was changed just now: please look again."))
    if not form.is_valid() or not choice.is_resolved:
        return _propose_screen(request, merge, form, choice, status=200 if request.method != "POST" else 422)
    if not choice.has_chosen_hunks:
        return _propose_screen(request, merge, form, choice)
    said = form.cleaned_data
    try:
        made = proposals.propose(
            merge, choice.text, said["message"], user, is_whole=choice.is_whole, agrees=said["agrees"]
        )
    except WikiError as error:
        form.add_error(None, message_for(error))
        return _propose_screen(request, merge, form, choice, status=error.status)
    messages.success(request, gettext("It is proposed. Those who look after the original see it there."))
    return redirect(_address(made))


def _back(page: WikiPage, request: HttpRequest) -> Merge:
    """The merge of a fork into its original. Raises Http404 where it is none, Refused where the original is gone."""
    found = find_fork_status(page, request.user)
    if found is None:
        raise Http404(gettext("This page is no fork."))
    if found.upstream is None:
        raise Refused(gettext_noop("The original is not here any more: nothing can be proposed to it."))
    if page.size + found.upstream.size > COSTLY_BYTES:
        rate_limits.limit_previews(request)
    return Merge.into_upstream(page, found.upstream)


def _propose_screen(
    request: HttpRequest, merge: Merge, form: ProposeForm, choice: MergeChoice, status: int = 200
) -> HttpResponse:
    """What would be proposed."""
    if merge.verdict.allowed:
        form.fields.pop("agrees", None)
    page = merge.theirs.page
    context = {
        "page": page, "merge": merge, "form": form, "choice": choice, "may": permissions.allowed_actions(request.user, page),
        "writers": [] if merge.verdict.allowed else proposals.unmerged_contributions(merge),
    }  # fmt: skip
    return render(request, "wiki/moderation/propose.html", context, status=status)


@require_safe
@noindex
def proposal_list(request: HttpRequest, title: str) -> HttpResponse:
    """What is proposed to a page, and to the pages of a place; what waits first."""
    page = manage.get_page(request, title, permissions.Action.READ)
    found = Proposal.objects.readable_by(request.user).filter(Q(page=page) | Q(page__place=page))
    waiting, settled = found.open(), found.exclude(state=Proposal.State.OPEN)
    shown = [
        *waiting.select_related("page", "by").order_by("-made_at")[:LISTED],
        *settled.select_related("page", "by").order_by("-resolved_at")[:LISTED],
    ]
    context = {"page": page, "proposals": shown, "may": permissions.allowed_actions(request.user, page)}
    return render(request, "wiki/moderation/proposals.html", context)


@noindex
def proposal(request: HttpRequest, number: int) -> HttpResponseBase:
    """A proposal with what is said of it; on POST, accept, decline, withdraw, agree or say something."""
    rows = Proposal.objects.readable_by(request.user).select_related("page__place", "page__kind", "by", "source__page")
    found: Proposal | None = rows.filter(pk=number).first()
    if found is None:
        raise Http404(gettext("There is no such proposal."))
    page = page_lookup.reload_page(found.page_id)
    if found.is_open and page.size + len(found.text) > COSTLY_BYTES:
        rate_limits.limit_previews(request)
    joined = proposals.merge_proposal(found, page)
    choice = MergeChoice(joined, page.source.text or "", request.POST, str(page.version))
    if request.method != "POST":
        return _screen(request, found, page, choice)
    user: Any = request.user
    try:
        permissions.require(user, permissions.Action.EDIT, page)
        done = _act(request, user, found, page, choice)
    except EditConflict:
        return _screen(request, found, page, choice, gettext("The page was changed just now: please look again."), 409)
    except WikiError as error:
        return _screen(request, found, page, choice, message_for(error), error.status)
    if not done:
        return _screen(request, found, page, choice, gettext("Choose for each clash what shall stand there."), 422)
    messages.success(request, done)
    return redirect(_address(found))


def _act(request: HttpRequest, user: User, found: Proposal, page: WikiPage, choice: MergeChoice) -> str:
    """Do what was asked; what to say of it, or "" where clashes are not settled yet."""
    act, said = request.POST.get("act"), request.POST.get("said", "")
    if act == "accept":
        if choice.is_stale:
            raise Refused(gettext_noop("The page was changed just now: please look again."))
        if not choice.has_chosen_hunks:
            return ""
        proposals.accept(found, choice.text, user, is_whole=choice.is_whole, base=page.version)
        return gettext("It is taken in, and who proposed it is named as its author.")
    if act == "decline":
        proposals.decline(found, user, said)
        return gettext("It is declined.")
    if act == "withdraw":
        proposals.withdraw(found, user)
        return gettext("It is withdrawn.")
    if act == "agree":
        proposals.agree(found, user)
        return gettext("Thank you: your consent is noted.")
    proposals.add_comment(found, user, said)
    return gettext("It is said.")


def _screen(
    request: HttpRequest, found: Proposal, page: WikiPage, choice: MergeChoice, problem: str = "", status: int = 200
) -> HttpResponse:
    """A proposal, with what the reader may do about it."""
    user = request.user
    source = found.source
    is_there = source is not None and WikiPage.objects.readable_by(user).filter(pk=source.page_id).exists()
    context = {
        "page": page, "proposal": found, "choice": choice, "problem": problem, "source": source if is_there else None,
        "may_settle": found.is_open and proposals.can_resolve(user, found),
        "may_withdraw": found.is_open and user.is_authenticated and user.pk == found.by_id,
        "asked": found.is_open and user.is_authenticated and user.pk in found.pending_consents,
        "pending_consents": User.objects.filter(pk__in=found.pending_consents).order_by("pk"),
        "said": request.POST.get("said", ""), "comments": found.comments.select_related("by"),
        "version": _version(found), "may": permissions.allowed_actions(user, page),
    }  # fmt: skip
    return render(request, "wiki/moderation/proposal.html", context, status=status)


def _version(found: Proposal) -> PageVersion | None:
    """The version that took the proposal in."""
    key = found.version_id
    return PageVersion.objects.select_related("page").get(pk=key) if key is not None else None


def _address(found: Proposal) -> str:
    """Where a proposal is shown."""
    return reverse("proposal", args=[found.pk])
