"""Views of reports: a reader makes one; stewards and administrators see what waits for them, and settle it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.history.noindex import noindex
from wiki.moderation import page_reports, patrol
from wiki.moderation.models import REASON_LIMIT, PageReport, Proposal
from wiki.pages import permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.models import Stewardship
from wiki.pages.views import manage

LISTED = 100


class ReportForm(forms.Form):
    """What is wrong with a page, and a field that only programs fill."""

    reason = forms.CharField(
        label=_("What is wrong?"), max_length=REASON_LIMIT, widget=forms.Textarea(attrs={"rows": 5})
    )
    website = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def clean_website(self) -> str:
        """Return ""; refuse a filled field, which only spam programs see."""
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Please leave this field empty: it is there to stop programs."))
        return ""


@noindex
def report(request: HttpRequest, title: str) -> HttpResponseBase:
    """Report a page to those who look after it, with or without an account."""
    page = manage.get_page(request, title, permissions.Action.READ)
    form = ReportForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        user = request.user if isinstance(request.user, User) else None
        try:
            rate_limits.limit_suggestions(request)
            page_reports.report(page, form.cleaned_data["reason"], user)
        except WikiError as error:
            form.add_error(None, message_for(error))
            status = error.status
        else:
            messages.success(request, gettext("Thank you. Those who look after this page learn of it."))
            return redirect(page.get_absolute_url())
    context = {"page": page, "form": form, "allowed_actions": permissions.allowed_actions(request.user, page)}
    return render(request, "wiki/moderation/report.html", context, status=status)


@require_safe
@noindex
def waiting(request: HttpRequest) -> HttpResponseBase:
    """Show what waits for a steward or administrator: reports, proposals, and how much there is to patrol."""
    user = request.user
    if not isinstance(user, User):
        return redirect_to_login(request.get_full_path())
    permissions.require(user, permissions.Action.PATROL)
    proposals = Proposal.objects.readable_by(user).open()
    if not user.is_superuser:
        places = Stewardship.objects.filter(user=user).values("place")
        proposals = proposals.filter(Q(page__in=places) | Q(page__place__in=places))
    context = {
        "reports": PageReport.objects.decided_by(user).open().select_related("page", "by").order_by("made_at")[:LISTED],
        "proposals": proposals.select_related("page", "by").order_by("made_at")[:LISTED],
        "to_patrol": patrol.versions_to_patrol(user).count(),
    }
    return render(request, "wiki/moderation/waiting.html", context)


@require_POST
@noindex
def settle_report(request: HttpRequest, number: int) -> HttpResponseBase:
    """Mark a report as settled."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    page_reports.settle(min(number, 2**62), request.user)
    messages.success(request, gettext("The report is settled."))
    return redirect("waiting")
