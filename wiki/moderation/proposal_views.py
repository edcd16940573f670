"""Views that propose the changes of a fork to its upstream, list proposals, and resolve them."""

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

from wiki.accounts import slow_work
from wiki.accounts.models import User
from wiki.discussions.forms import ReplyForm
from wiki.discussions.thread_screen import thread_context
from wiki.discussions.views import find_answered, reply_initial
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
"""Size of both texts in bytes from which merging them counts against the rate limit."""


class ProposeForm(forms.Form):
    """The message of a proposal, and the consent to the licence of the upstream."""

    message = forms.CharField(
        label=_("What do you propose, and why?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )
    agrees = forms.BooleanField(
        label=_("I agree that what I wrote goes under the licence of the original"), required=False
    )


@noindex
def propose(request: HttpRequest, title: str) -> HttpResponseBase:
    """Propose the changes of a fork to its upstream: resolve conflicts, choose hunks, give a reason."""
    page = manage.get_page(request, title, permissions.Action.READ)
    if request.method != "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.user.is_authenticated:
        # FORK, not EDIT: a mirrored fork cannot be edited.
        permissions.require(request.user, permissions.Action.FORK, page)
    merge = _merge_into_upstream(page, request)
    choice = MergeChoice(
        merge.merged, merge.mine.text() or "", request.POST, f"{merge.mine.number}.{merge.theirs.number}"
    )
    form = ProposeForm(request.POST if request.method == "POST" else None)
    user: Any = request.user
    if request.method == "POST" and not user.is_authenticated:
        user = edit.sign_in_with_form(request, form)
    if user is None:
        return _render_propose(request, merge, form, choice, status=403)
    if choice.is_stale:
        form.add_error(None, gettext("The page was changed just now: please look again."))
    if not form.is_valid() or not choice.is_resolved:
        return _render_propose(request, merge, form, choice, status=200 if request.method != "POST" else 422)
    if not choice.has_chosen_hunks:
        return _render_propose(request, merge, form, choice)
    data = form.cleaned_data
    try:
        created = proposals.propose(
            merge, choice.text, data["message"], user, is_whole=choice.is_whole, agrees=data["agrees"]
        )
    except WikiError as error:
        form.add_error(None, message_for(error))
        return _render_propose(request, merge, form, choice, status=error.status)
    messages.success(request, gettext("It is proposed. Those who look after the original see it there."))
    return redirect(_proposal_url(created))


def _merge_into_upstream(page: WikiPage, request: HttpRequest) -> Merge:
    """Return the merge of a fork into its upstream. Raises Http404 when it is no fork, Refused without an upstream."""
    status = find_fork_status(page, request.user)
    if status is None:
        raise Http404(gettext("This page is no fork."))
    if status.upstream is None:
        raise Refused(gettext_noop("The original is not here any more: nothing can be proposed to it."))
    if page.size + status.upstream.size > COSTLY_BYTES:
        slow_work.begin(request, "comparison")
    return Merge.into_upstream(page, status.upstream)


def _render_propose(
    request: HttpRequest, merge: Merge, form: ProposeForm, choice: MergeChoice, status: int = 200
) -> HttpResponse:
    """Render the form with the changes to be proposed."""
    if merge.verdict.allowed:
        form.fields.pop("agrees", None)
    page = merge.theirs.page
    context = {
        "page": page, "merge": merge, "form": form, "choice": choice,
        "allowed_actions": permissions.allowed_actions(request.user, page),
        "contributions": [] if merge.verdict.allowed else proposals.unmerged_contributions(merge),
    }  # fmt: skip
    return render(request, "wiki/moderation/propose.html", context, status=status)


@require_safe
@noindex
def proposal_list(request: HttpRequest, title: str) -> HttpResponse:
    """List the proposals to a page, and to the pages of a place; open ones first."""
    page = manage.get_page(request, title, permissions.Action.READ)
    readable = Proposal.objects.readable_by(request.user).filter(Q(page=page) | Q(page__place=page))
    open_proposals, resolved = readable.open(), readable.exclude(state=Proposal.State.OPEN)
    listed = [
        *open_proposals.select_related("page", "by").order_by("-made_at")[:LISTED],
        *resolved.select_related("page", "by").order_by("-resolved_at")[:LISTED],
    ]
    context = {"page": page, "proposals": listed, "allowed_actions": permissions.allowed_actions(request.user, page)}
    return render(request, "wiki/moderation/proposals.html", context)


@noindex
def proposal(request: HttpRequest, number: int) -> HttpResponseBase:
    """Show a proposal with its thread; on POST, accept, decline, withdraw, agree or comment."""
    rows = Proposal.objects.readable_by(request.user).select_related("page__place", "page__kind", "by", "source__page")
    row: Proposal | None = rows.select_related("thread").filter(pk=number).first()
    if row is None:
        raise Http404(gettext("There is no such proposal."))
    page = page_lookup.reload_page(row.page_id)
    if row.is_open and page.size + len(row.text) > COSTLY_BYTES:
        slow_work.begin(request, "comparison")
    merged = proposals.merge_proposal(row, page)
    choice = MergeChoice(merged, page.source.text or "", request.POST, str(page.version))
    if request.method != "POST":
        return _render_proposal(request, row, page, choice)
    user: Any = request.user
    if request.POST.get("act") == "comment":
        return _comment(request, row, page, choice)
    try:
        permissions.require(user, permissions.Action.EDIT, page)
        message = _handle_action(request, user, row, page, choice)
    except EditConflict:
        return _render_proposal(
            request, row, page, choice, gettext("The page was changed just now: please look again."), 409
        )
    except WikiError as error:
        return _render_proposal(request, row, page, choice, message_for(error), error.status)
    if not message:
        return _render_proposal(
            request, row, page, choice, gettext("Choose for each clash what shall stand there."), 422
        )
    messages.success(request, message)
    return redirect(_proposal_url(row))


def _comment(request: HttpRequest, proposal: Proposal, page: WikiPage, choice: MergeChoice) -> HttpResponseBase:
    """Add a post to the thread of a proposal."""
    form = ReplyForm(request.POST)
    user: Any = request.user
    if not user.is_authenticated:
        user = edit.sign_in_with_form(request, form)
        if user is None:
            return _render_proposal(request, proposal, page, choice, status=403, form=form)
    try:
        permissions.require(user, permissions.Action.DISCUSS, page)
        if not form.is_valid():
            return _render_proposal(request, proposal, page, choice, status=422, form=form)
        number = form.cleaned_data["reply_to"]
        answered = None if proposal.thread is None else find_answered(proposal.thread, number)
        post = proposals.add_comment(proposal, user, form.cleaned_data["text"], answered)
    except WikiError as error:
        form.add_error(None, message_for(error))
        return _render_proposal(request, proposal, page, choice, status=error.status, form=form)
    return redirect(post.get_absolute_url())


def _handle_action(request: HttpRequest, user: User, proposal: Proposal, page: WikiPage, choice: MergeChoice) -> str:
    """Perform the posted action; return the success message, or "" when conflicts are not resolved yet."""
    action, text = request.POST.get("act"), request.POST.get("said", "")
    if action == "accept":
        if choice.is_stale:
            raise Refused(gettext_noop("The page was changed just now: please look again."))
        if not choice.has_chosen_hunks:
            return ""
        proposals.accept(proposal, choice.text, user, is_whole=choice.is_whole, base=page.version)
        return gettext("It is accepted, and who proposed it is named as its author.")
    if action == "decline":
        proposals.decline(proposal, user, text)
        return gettext("It is declined.")
    if action == "withdraw":
        proposals.withdraw(proposal, user)
        return gettext("It is withdrawn.")
    if action == "agree":
        proposals.agree(proposal, user)
        return gettext("Thank you: your consent is noted.")
    raise Refused(gettext_noop("The form does not say what is to be done with the proposal."))


def _render_proposal(
    request: HttpRequest, proposal: Proposal, page: WikiPage, choice: MergeChoice, problem: str = "", status: int = 200,
    form: forms.Form | None = None,
) -> HttpResponse:  # fmt: skip
    """Render a proposal, with the actions that the user may perform, and with its thread."""
    user = request.user
    allowed_actions = permissions.allowed_actions(user, page)
    if form is None:
        thread = proposal.thread
        form = ReplyForm(initial=reply_initial(request, thread) if thread else {})
    source = proposal.source
    is_source_readable = source is not None and WikiPage.objects.readable_by(user).filter(pk=source.page_id).exists()
    context = {
        "page": page, "proposal": proposal, "choice": choice, "problem": problem,
        "source": source if is_source_readable else None,
        "can_resolve": proposal.is_open and proposals.can_resolve(user, proposal),
        "can_withdraw": proposal.is_open and user.is_authenticated and user.pk == proposal.by_id,
        "is_consent_requested": proposal.is_open and user.is_authenticated and user.pk in proposal.pending_consents,
        "pending_consents": User.objects.filter(pk__in=proposal.pending_consents).order_by("pk"),
        "version": _accepted_version(proposal), "typed_reason": request.POST.get("said", ""),
        **thread_context(request, proposal.thread, allowed_actions, form),
    }  # fmt: skip
    return render(request, "wiki/moderation/proposal.html", context, status=status)


def _accepted_version(proposal: Proposal) -> PageVersion | None:
    """Return the page version written by accepting the proposal, or None."""
    key = proposal.version_id
    return PageVersion.objects.select_related("page").get(pk=key) if key is not None else None


def _proposal_url(proposal: Proposal) -> str:
    """Return the URL of a proposal."""
    return reverse("proposal", args=[proposal.pk])
