"""Reports of pages by readers: to the stewards of the place, or to administrators where there is none."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts.models import User
from wiki.errors import NotAllowed, Refused, gettext_noop
from wiki.moderation.models import REASON_LIMIT, PageReport
from wiki.notifications.models import Notification
from wiki.notifications.notification_kinds import NotificationKind, with_comment
from wiki.notifications.sending import notify
from wiki.pages.models import Stewardship, WikiPage

REPORT = "report"
ADMINISTRATORS_LIMIT = 20
"""Administrators that are notified of a report at most."""


def report(page: WikiPage, reason: str, by: User | None) -> PageReport:
    """Store a report of a page that the reader may read, and notify who decides. Raises Refused."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_LIMIT:
        raise Refused(gettext_noop("Please say in at most %(limit)d characters what is wrong."), limit=REASON_LIMIT)
    place = page.pk if page.is_place else page.place_id
    recipients = list(Stewardship.objects.filter(place=place).values_list("user_id", flat=True)) if place else []
    if not recipients:
        administrators = User.objects.filter(is_superuser=True, is_active=True).order_by("pk")
        recipients = list(administrators.values_list("pk", flat=True)[:ADMINISTRATORS_LIMIT])
    with transaction.atomic():
        made = PageReport.objects.create(page=page, version=page.version, reason=reason, by=by)
        name = by.label if by is not None else gettext("a reader")
        notify(REPORT, f"report:{made.pk}", recipients, page, by=by, by_name=name, message=reason)
    return made


def settle(number: int, by: User) -> PageReport:
    """Mark a report as settled. Raises NotAllowed for who does not decide, Refused if it is settled already."""
    made: PageReport | None = PageReport.objects.decided_by(by).filter(pk=number).select_related("page").first()
    if made is None:
        raise NotAllowed(gettext_noop("Only the stewards of this place and administrators may do this."))
    if not PageReport.objects.filter(pk=number).open().update(settled_at=timezone.now(), settled_by=by):
        raise Refused(gettext_noop("This report is settled already."))
    return made


def _sentence(notification: Notification) -> str:
    text = gettext("%(name)s reports this page") % {"name": notification.actor_name}
    return with_comment(text, str(notification.data.get("message", "")))


def _path(notification: Notification) -> str:
    return reverse("waiting")


KIND = NotificationKind(REPORT, _("reports of pages that you look after"), _sentence, _path)
