"""The background job that queues e-mails of notifications: at once (some minutes together), daily and weekly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from wiki.accounts.models import User
from wiki.mail import email_queue, unsubscribing
from wiki.notifications import inbox
from wiki.notifications.inbox import NotificationGroup
from wiki.notifications.models import Delivery, Notification
from wiki.notifications.notification_kinds import NOTIFICATION_KINDS, ComposedEmail
from wiki.notifications.watching import settings_of
from wiki.pages.array_lookup import column_in
from wiki.pages.background_jobs import FailureLog

AT_ONCE_DELAY = timedelta(minutes=5)
"""What comes within this time goes into one e-mail."""
DIGEST_HOUR = 6
"""When daily and weekly e-mails are written, in the time zone of the site; weekly ones on Mondays."""
EMAILS_PER_RUN = 10
LISTED = 50
"""Notifications in an e-mail; the inbox has the others."""
STOP_SALT = "wiki.notifications.stop"


class NotificationEmailJob:
    """Background job that queues the e-mails that are due.

    What an e-mail is about is recorded in the transaction that queues it, so that nothing is lost or sent twice.
    """

    name = "e-mails of notifications"

    def run(self) -> bool:
        """Queue EMAILS_PER_RUN e-mails; return whether there may be more."""
        due = Notification.objects.filter(_is_due(timezone.now()), email_due__gt="")
        if not due.exists():
            return False
        failures = FailureLog(self.name)
        waiting = set(failures.waiting())
        found = due.order_by("recipient", "email_due").values_list("recipient", "email_due").distinct()
        emails = [one for one in found[: EMAILS_PER_RUN + len(waiting)] if f"{one[0]} {one[1]}" not in waiting]
        for recipient, delivery in emails[:EMAILS_PER_RUN]:
            failures.run(f"{recipient} {delivery}", _queue_emails, recipient, delivery)
        return len(emails) >= EMAILS_PER_RUN


def _is_due(now: datetime) -> Q:
    """Return the condition of notifications for which an e-mail is due."""
    local = timezone.localtime(now)
    day = local.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    day = day if day <= local else day - timedelta(days=1)
    week = day - timedelta(days=day.weekday())
    return (
        Q(email_due=Delivery.AT_ONCE, made_at__lte=now - AT_ONCE_DELAY)
        | Q(email_due=Delivery.DAILY, made_at__lt=day)
        | Q(email_due=Delivery.WEEKLY, made_at__lt=week)
    )


@transaction.atomic
def _queue_emails(recipient: int, delivery: str) -> None:
    """Queue the e-mails about all that is due for an account, and record it, unless another process just did."""
    pending = Notification.objects.filter(recipient=recipient, email_due=delivery)
    due = column_in("pk", list(pending.select_for_update().values_list("pk", flat=True)))
    user = User.objects.get(pk=recipient)
    readable = inbox.notifications_of(user, inbox.Filter.UNREAD).filter(due, email_due=delivery)
    notifications = list(readable.order_by("-made_at", "-pk")) if user.is_active and user.email else []
    pending.filter(due).update(email_due="")
    if notifications:
        with translation.override(settings_of(user).language):
            _write(user, notifications, delivery)


def _write(user: User, notifications: Sequence[Notification], delivery: str) -> None:
    """Queue e-mails in the active language: those of kinds with a text of their own, and one for all others."""
    by_kind: dict[str, list[Notification]] = defaultdict(list)
    for one in notifications:
        compose = NOTIFICATION_KINDS[one.kind].compose if delivery == Delivery.AT_ONCE else None
        by_kind[one.kind if compose is not None else ""].append(one)
    for name, found in by_kind.items():
        compose = NOTIFICATION_KINDS[name].compose if name else None
        for email in compose(user, found) if compose is not None else [_list_email(user, found, delivery)]:
            enqueue(user, email)


def enqueue(user: User, email: ComposedEmail) -> None:
    """Queue an e-mail of notifications, which one click ends."""
    stop = stop_address(user)
    footer = {"stop_url": stop, "watching_url": settings.BASE_ADDRESS + reverse("watching")}
    text = email.text.rstrip() + "\n\n" + render_to_string("wiki/notifications/email_footer.txt", footer)
    headers = unsubscribing.one_click_headers(stop)
    email_queue.enqueue(EmailMessage(" ".join(email.subject.split()), text, None, [user.email], headers=headers))


def _list_email(user: User, notifications: Sequence[Notification], delivery: str) -> ComposedEmail:
    """Return the e-mail that lists notifications by page."""
    groups = inbox.group_by_page(notifications[:LISTED], user)
    more = len(notifications) - LISTED
    context = {
        "name": user.label, "groups": groups, "more": more if more > 0 else 0, "delivery": delivery,
        "base": settings.BASE_ADDRESS, "inbox_url": settings.BASE_ADDRESS + reverse("notifications"),
        "wiki_name": settings.WAGTAIL_SITE_NAME,
    }  # fmt: skip
    return ComposedEmail(
        _subject(groups, len(notifications)), render_to_string("wiki/notifications/email.txt", context)
    )


def _subject(groups: Sequence[NotificationGroup], count: int) -> str:
    """Return the subject: the page, if there is one only, or how many notifications there are."""
    if len(groups) == 1:
        return gettext("%(title)s: what is new") % {"title": groups[0].title}
    text = ngettext("%(count)d notification from %(wiki)s", "%(count)d notifications from %(wiki)s", count)
    return text % {"count": count, "wiki": settings.WAGTAIL_SITE_NAME}


def stop_address(user: User) -> str:
    """Return the URL that ends all e-mails of notifications without signing in."""
    token = unsubscribing.make_token(user.pk, STOP_SALT)
    return settings.BASE_ADDRESS + reverse("stop_notification_emails", args=[token])
