"""Views for administrators: block an account, undo what accounts wrote; and the public log of such acts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from wiki.accounts.models import User
from wiki.errors import WikiError
from wiki.history import keyset_pagination
from wiki.history.history_urls import batch_address, contributions_address
from wiki.history.keyset_pagination import Cursor
from wiki.history.noindex import noindex
from wiki.moderation import account_blocks
from wiki.moderation.models import LogEntry
from wiki.pages import background_tasks, permissions
from wiki.pages.error_middleware import message_for
from wiki.pages.writing.batch_edits import PAGES_LIMIT

PERIODS = {
    "1h": (timedelta(hours=1), _("The last hour")),
    "1d": (timedelta(days=1), _("The last 24 hours")),
    "7d": (timedelta(days=7), _("The last seven days")),
    "30d": (timedelta(days=30), _("The last thirty days")),
}
ENDS = {
    "1d": (timedelta(days=1), _("One day")),
    "7d": (timedelta(days=7), _("A week")),
    "31d": (timedelta(days=31), _("A month")),
    "1y": (timedelta(days=365), _("A year")),
}
NO_END = _("Without an end")
LOG_SIZE = 50


def end_of(chosen: str) -> datetime | None:
    """Return when a block or a protection ends, of a key of ENDS; None for one without an end."""
    return timezone.now() + ENDS[chosen][0] if chosen in ENDS else None


class BlockForm(forms.Form):
    """Why an account is blocked, and for how long."""

    reason = forms.CharField(
        label=_("Why?"), max_length=200, help_text=_("The person sees it, and everybody in the log.")
    )
    end = forms.ChoiceField(
        label=_("For how long?"),
        choices=[("none", NO_END), *((key, label) for key, (_length, label) in ENDS.items())],
        required=False,
        widget=forms.Select(attrs={"required": True}),
    )

    @property
    def until(self) -> datetime | None:
        """When the block ends; None for a block without an end."""
        return end_of(self.cleaned_data["end"])


class CleanUpForm(BlockForm):
    """Whose edits are undone, since when, and whether the accounts are blocked."""

    since = forms.ChoiceField(
        label=_("Undo what was written in"),
        choices=[("ever", _("All the time")), *((key, label) for key, (_length, label) in PERIODS.items())],
        required=False,
        widget=forms.Select(attrs={"required": True}),
    )
    others = forms.ModelMultipleChoiceField(
        label=_("Also what these wrote, who registered from the same network about the same time"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    block = forms.BooleanField(label=_("Block these accounts"), required=False, initial=True)
    field_order = ("since", "others", "reason", "block", "end")

    def __init__(self, account: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        related = account_blocks.find_related(account)
        field: Any = self.fields["others"]
        field.queryset = User.objects.filter(pk__in=[one.pk for one in related])
        field.choices = [(one.pk, _label_with_edits(one)) for one in related]
        if not related:
            del self.fields["others"]

    def accounts(self, account: User) -> list[User]:
        """Return the accounts that were chosen, `account` first."""
        return [account, *self.cleaned_data.get("others", ())]

    @property
    def since_time(self) -> datetime | None:
        """Since when edits are undone; None for ever."""
        since = self.cleaned_data["since"]
        return timezone.now() - PERIODS[since][0] if since in PERIODS else None


def _label_with_edits(account: Any) -> str:
    text = ngettext("%(name)s: %(count)d edit", "%(name)s: %(count)d edits", account.edits)
    return text % {"name": account.label, "count": account.edits}


def _get_administrator(request: HttpRequest) -> User | HttpResponse:
    """Return the administrator who asks, or the way to sign in. Raises NotAllowed for other accounts."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    permissions.require(request.user, permissions.Action.BLOCK)
    return request.user


@noindex
def block(request: HttpRequest, username: str) -> HttpResponseBase:
    """Block an account, or end its block (`unblock`)."""
    by = _get_administrator(request)
    if isinstance(by, HttpResponse):
        return by
    account = get_object_or_404(User, username=username)
    form = BlockForm(request.POST if request.method == "POST" else None)
    if form.is_bound and "unblock" in request.POST:
        account_blocks.unblock(account, by, request.POST.get("reason", "")[:200])
        messages.success(request, gettext("%(name)s can write again.") % {"name": account.label})
        return redirect(contributions_address(username))
    if form.is_valid():
        try:
            account_blocks.block(account, by, form.cleaned_data["reason"], form.until)
        except WikiError as error:
            form.add_error(None, message_for(error))
        else:
            messages.success(request, gettext("%(name)s is blocked.") % {"name": account.label})
            return redirect(contributions_address(username))
    status = 422 if form.is_bound else 200
    context = {"account": account, "form": form, "back": contributions_address(username)}
    return render(request, "wiki/moderation/block.html", context, status=status)


@noindex
def clean_up(request: HttpRequest, username: str) -> HttpResponseBase:
    """Ask whose edits are undone, and since when; on POST, block the accounts and undo them, as one batch."""
    by = _get_administrator(request)
    if isinstance(by, HttpResponse):
        return by
    account = get_object_or_404(User, username=username)
    form = CleanUpForm(account, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _clean_up(request, form, form.accounts(account), by)
        except WikiError as error:
            form.add_error(None, message_for(error))
    versions = account_blocks.versions_of_accounts([account.pk], None, by).order_by()
    context = {
        "account": account, "form": form, "back": contributions_address(username),
        "edits": versions.count(), "pages": versions.values("page").distinct().count(),
    }  # fmt: skip
    return render(request, "wiki/moderation/clean_up.html", context, status=422 if form.is_bound else 200)


def _clean_up(request: HttpRequest, form: CleanUpForm, accounts: list[User], by: User) -> HttpResponseBase:
    """Block accounts and undo their edits; in the background where these are many. Raises WikiError."""
    reason, since = form.cleaned_data["reason"], form.since_time
    if form.cleaned_data["block"]:
        for account in accounts:
            account_blocks.block(account, by, reason, form.until)
    keys = [account.pk for account in accounts]
    pages = account_blocks.versions_of_accounts(keys, since, by).order_by().values("page").distinct().count()
    if pages > PAGES_LIMIT:
        arguments = {"accounts": keys, "since": since.isoformat() if since else "", "reason": reason}
        task = background_tasks.enqueue(account_blocks.TASK, by, arguments, request.path)
        return redirect("task", task.pk)
    report = account_blocks.clean_up(accounts, since, by, reason)
    (messages.warning if report.left else messages.success)(request, report.message)
    if report.changeset is None:
        return redirect(contributions_address(accounts[0].get_username()))
    return redirect(batch_address(report.changeset.pk))


@require_POST
def restore_posts(request: HttpRequest, number: int) -> HttpResponseBase:
    """Bring back the posts that the clean-up with this number in the log deleted."""
    by = _get_administrator(request)
    if isinstance(by, HttpResponse):
        return by
    entry = get_object_or_404(LogEntry.objects.select_related("account"), pk=number) if number < 2**62 else None
    count = account_blocks.restore_posts(entry, by) if entry is not None else 0
    text = ngettext("%(count)d post is back.", "%(count)d posts are back.", count)
    messages.success(request, text % {"count": count})
    return redirect("log")


@require_safe
@noindex
def log(request: HttpRequest) -> HttpResponse:
    """Show the log of privileged acts, newest first; `account` restricts it to one account."""
    username = request.GET.get("account", "")
    entries = LogEntry.objects.readable_by(request.user)
    if username:
        entries = entries.filter(Q(account__username=username) | Q(by__username=username))
    before, after = keyset_pagination.cursors_from(request.GET)
    cursor, backwards = Cursor.parse(after or before), bool(after)
    if cursor is not None:
        entries = entries.filter(cursor.newer("at", 0) if backwards else cursor.older("at", 0))
    order = ("at", "pk") if backwards else ("-at", "-pk")
    rows = list(entries.select_related("by", "account", "page", "changeset").order_by(*order)[: LOG_SIZE + 1])
    page = keyset_pagination.make_cursor_page(
        rows, LOG_SIZE, lambda row: Cursor(row.at, 0, row.pk), backwards=backwards, moved=cursor is not None
    )
    return render(request, "wiki/moderation/log.html", {"entries": page, "account": username})
