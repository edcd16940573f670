"""The inbox of notifications, and what an account chooses about them."""

from __future__ import annotations

import re
from typing import cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from wiki.accounts.models import User
from wiki.errors import Refused
from wiki.history.keyset_pagination import cursors_from
from wiki.history.noindex import noindex
from wiki.notifications import inbox
from wiki.notifications import watching as watch_rules
from wiki.notifications.models import NotificationSettings, new_feed_token
from wiki.notifications.notification_kinds import NOTIFICATION_KINDS
from wiki.pages.error_middleware import message_for

ACTS = ("read", "unread", "done", "undone")
_NUMBERS = re.compile(r"[0-9]{1,18}(?:,[0-9]{1,18}){0,99}")


class NotificationSettingsForm(forms.ModelForm[NotificationSettings]):
    """What an account chooses."""

    class Meta:
        model = NotificationSettings
        fields = ("watches_created", "watches_edited", "watch_delivery", "direct_delivery")
        labels = {
            "watches_created": _("Watch the pages that I create"),
            "watches_edited": _("Watch the pages that I edit"),
            "watch_delivery": _("Changes of pages that are watched by themselves"),
            "direct_delivery": _("Proposals and answers that concern me"),
        }

    def clean_watch_delivery(self) -> str:
        """Refuse e-mails to an account without an address."""
        return self._checked("watch_delivery")

    def clean_direct_delivery(self) -> str:
        """Refuse e-mails to an account without an address."""
        return self._checked("direct_delivery")

    def _checked(self, name: str) -> str:
        delivery: str = self.cleaned_data[name]
        try:
            watch_rules.check_delivery(self.instance.user, delivery)
        except Refused as error:
            raise forms.ValidationError(message_for(error)) from error
        return delivery


@login_required
@never_cache
@noindex
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponseBase:
    """Show the notifications of the user (`?show=unread`, `all`, `done`); on POST, mark some or all."""
    user = cast(User, request.user)
    if request.method == "POST":
        return _mark(request, user)
    shown = request.GET.get("show", "")
    show = inbox.Filter(shown) if shown in set(inbox.Filter) else inbox.Filter.ALL
    page = inbox.list_inbox(user, show, *cursors_from(request.GET))
    context = {
        "show": show, "inbox": page, "groups": inbox.group_by_page(page.rows, user),
        "filters": [
            (inbox.Filter.ALL, gettext("All")), (inbox.Filter.UNREAD, gettext("Unread")),
            (inbox.Filter.DONE, gettext("Done")),
        ],
    }  # fmt: skip
    return render(request, "wiki/notifications/inbox.html", context)


def _mark(request: HttpRequest, user: User) -> HttpResponseBase:
    """Mark the notifications that a form names (`read=1,2`), or all (`all_read`); return to the list."""
    if "all_read" in request.POST:
        count = inbox.mark_all_read(user)
        text = ngettext("%(count)d notification is read.", "%(count)d notifications are read.", count)
        messages.success(request, text % {"count": count})
    for act in ACTS:
        if _NUMBERS.fullmatch(numbers := request.POST.get(act, "")):
            inbox.mark(user, map(int, numbers.split(",")), act)
    show = request.POST.get("show", "")
    query = f"?show={show}" if show in set(inbox.Filter) else ""
    return redirect(f"{reverse('notifications')}{query}")


@login_required
@never_cache
@noindex
@require_safe
def open_notification(request: HttpRequest, number: int) -> HttpResponseBase:
    """Mark a notification of the user as read, and redirect to what it is about. Raises Http404."""
    user = cast(User, request.user)
    found = inbox.notifications_of(user, None).filter(pk=number).first() if number < 2**63 else None
    if found is None:
        raise Http404(gettext("There is no such notification."))
    inbox.mark(user, [found.pk], "read")
    return redirect(NOTIFICATION_KINDS[found.kind].path(found))


@login_required
@never_cache
@noindex
@require_http_methods(["GET", "HEAD", "POST"])
def notification_settings(request: HttpRequest) -> HttpResponse | HttpResponseBase:
    """Show and store what the user chooses; `renew` makes a new address of the feed."""
    user = cast(User, request.user)
    if request.method == "POST" and "renew" in request.POST:
        watch_rules.remember_language(user)
        NotificationSettings.objects.filter(user=user).update(feed_token=new_feed_token())
        messages.success(request, gettext("The feed has a new address; the old one shows nothing any more."))
        return redirect("notification_settings")
    stored = watch_rules.remember_language(user)
    form = NotificationSettingsForm(request.POST if request.method == "POST" else None, instance=stored)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, gettext("Your choice is stored."))
        return redirect("notification_settings")
    feed = settings.BASE_ADDRESS + reverse("feed_notifications", args=[stored.feed_token])
    context = {"form": form, "feed": feed, "email": user.email}
    return render(request, "wiki/notifications/settings.html", context, status=422 if form.is_bound else 200)
