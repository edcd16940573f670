"""The background job that writes to subscribers when someone near their place offers what it needs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from wiki.mail import email_queue
from wiki.mail.unsubscribing import one_click_headers
from wiki.needs.models import OfferSubscription
from wiki.needs.offer_subscriptions import answers_for, email_context
from wiki.needs.place_exchange import Answer
from wiki.needs.statement_cache import current_needs
from wiki.pages import permissions
from wiki.pages.background_jobs import FailureLog
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address

if TYPE_CHECKING:
    from datetime import datetime

    from wiki.needs.stated_needs import StatedNeeds

CHECKED_PER_RUN = 10
CHECK_INTERVAL, EMAIL_INTERVAL = timedelta(hours=1), timedelta(days=1)
"""Time until a subscription is looked at again, after nothing was new, and after an e-mail."""
LISTED = 30
"""Answers in an e-mail; the page of the place has the others."""


class OfferEmailJob:
    """Background job that queues the e-mails that are due: at most one a day for each subscription.

    What an e-mail names is recorded in the transaction that queues it, so that nothing is lost or said twice.
    """

    name = "e-mails about offers"

    def run(self) -> bool:
        """Look at CHECKED_PER_RUN subscriptions that are due; return whether there may be more."""
        now = timezone.now()
        due = OfferSubscription.objects.filter(next_check_at__lte=now).exclude(confirmed_address="")
        if not due.exists():
            return False
        failures = FailureLog(self.name)
        rows = due.exclude(pk__in=failures.waiting()).select_related("user", "place").order_by("next_check_at", "pk")
        checked = list(rows[:CHECKED_PER_RUN])
        stated = current_needs() if checked else None
        for subscription in checked:
            failures.run(subscription.pk, _check, subscription, stated, now)
        return len(checked) == CHECKED_PER_RUN


@transaction.atomic
def _check(subscription: OfferSubscription, stated: StatedNeeds, now: datetime) -> None:
    """Queue an e-mail about what is new, and record what it names, unless another process just did."""
    known = set(subscription.known)
    new = [answer for answer in answers_for(subscription, stated) if answer.digest not in known]
    new = new if _may_get_emails(subscription) else []
    changed = OfferSubscription.objects.filter(pk=subscription.pk, next_check_at=subscription.next_check_at).update(
        next_check_at=now + (EMAIL_INTERVAL if new else CHECK_INTERVAL),
        known=sorted(known | {answer.digest for answer in new}),
    )
    if changed and new:
        _queue_email(subscription, new)


def _may_get_emails(subscription: OfferSubscription) -> bool:
    """Return whether the account still has the address, may write on the place, which is still one."""
    user, place = subscription.user, subscription.place
    if user.email != subscription.confirmed_address:
        return False
    is_readable = WikiPage.objects.readable_by(user).filter(pk=place.pk, is_place=True).exists()
    return is_readable and permissions.has_permission(user, permissions.Action.EDIT, place)


def _queue_email(subscription: OfferSubscription, answers: list[Answer]) -> None:
    """Queue the e-mail about new answers, in the language of the subscriber."""
    with translation.override(subscription.language):
        subject = gettext("Near %(place)s: what it looks for") % {"place": subscription.place.shown_title}
        listed = [(one, settings.BASE_ADDRESS + address("page", one.offer.page.full_title)) for one in answers[:LISTED]]
        context = email_context(subscription) | {"answers": listed, "more": len(answers) - len(listed)}
        text = render_to_string("wiki/needs/offer_letter.txt", context)
    headers = one_click_headers(context["stop_url"])
    recipients = [subscription.confirmed_address]
    email_queue.enqueue(EmailMessage(" ".join(subject.split()), text, None, recipients, headers=headers))
