"""E-mails to subscribers about upstream changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import send_mail
from django.db import DatabaseError, transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from wiki.accounts.models import User
from wiki.errors import Refused, gettext_noop
from wiki.forks.models import UpstreamSubscription
from wiki.pages import permissions
from wiki.pages.models import Fork, PageVersion, WikiPage
from wiki.pages.page_urls import address

if TYPE_CHECKING:
    from wiki.pages.models import Reader

logger = logging.getLogger(__name__)
EMAILS_PER_RUN = 5
"""E-mails queued in one run of the job."""


def set_subscription(page: WikiPage, user: User, *, subscribed: bool) -> None:
    """Subscribe `user` to upstream changes of the fork `page`, or unsubscribe.

    Raises NotAllowed, and Refused when `page` is no fork or the account has no e-mail address.
    """
    permissions.require(user, permissions.Action.FORK, page)
    fork = Fork.objects.filter(page=page, upstream__isnull=False).select_related("upstream").first()
    if fork is None or fork.upstream is None:
        raise Refused(gettext_noop("This page is no fork."))
    if not subscribed:
        UpstreamSubscription.objects.filter(fork=fork, user=user).delete()
        return
    if not user.email:
        raise Refused(gettext_noop("Your account has no e-mail address: give one in «My account» first."))
    UpstreamSubscription.objects.update_or_create(
        fork=fork, user=user, defaults={"last_notified_version": fork.upstream.version}
    )


def is_subscribed(page: WikiPage, user: Reader) -> bool:
    """Whether `user` is subscribed to upstream changes of the fork `page`."""
    return isinstance(user, User) and UpstreamSubscription.objects.filter(fork__page=page, user=user).exists()


class UpstreamEmailJob:
    """Background job that queues the e-mails that are due.

    Each e-mail is recorded and queued in one transaction, so that none is lost and none is queued twice.
    """

    name = "upstream e-mails"

    def run(self) -> bool:
        """Queue EMAILS_PER_RUN e-mails; return whether there may be more."""
        behind = UpstreamSubscription.objects.filter(fork__upstream__version__gt=F("last_notified_version"))
        existing = behind.filter(
            fork__page__title_key__isnull=False, fork__page__hidden_with=None,
            fork__upstream__title_key__isnull=False, fork__upstream__hidden_with=None,
        )  # fmt: skip
        due = list(existing.select_related("fork__page", "fork__upstream", "user").order_by("pk")[:EMAILS_PER_RUN])
        for subscription in due:
            upstream = subscription.fork.upstream
            if upstream is not None:
                _notify(subscription, upstream)
        return len(due) == EMAILS_PER_RUN


@transaction.atomic
def _notify(subscription: UpstreamSubscription, upstream: WikiPage) -> None:
    """Record that a subscriber knows of the latest version, and queue the e-mail, unless someone else just did.

    An e-mail that cannot be written is recorded too, and logged: it would hold up the others for ever.
    """
    if not UpstreamSubscription.objects.filter(
        pk=subscription.pk, last_notified_version=subscription.last_notified_version
    ).update(last_notified_version=upstream.version):
        return
    try:
        with transaction.atomic():
            _queue_email(subscription, upstream)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("The e-mail about version %d of “%s” failed", upstream.version, upstream.full_title)


def _queue_email(subscription: UpstreamSubscription, upstream: WikiPage) -> None:
    """Queue one e-mail, in the language of the page; none to a user without address or permission to fork."""
    page = subscription.fork.page
    if not subscription.user.email or not permissions.has_permission(subscription.user, permissions.Action.FORK, page):
        return
    versions = PageVersion.objects.filter(page=upstream, number__gt=subscription.last_notified_version).order_by(
        "number"
    )
    range_query = f"?from={subscription.last_notified_version}&to={upstream.version}"
    context = {
        "name": subscription.user.label, "page": page, "original": subscription.fork.upstream_title,
        "wiki_name": settings.WAGTAIL_SITE_NAME, "versions": list(versions[:20]), "count": versions.count(),
        "compare": f"{settings.BASE_ADDRESS}{address('compare', upstream.full_title)}{range_query}",
        "touch": settings.BASE_ADDRESS + address("touch", page.full_title),
    }  # fmt: skip
    with translation.override(page.language):
        subject = gettext("%(title)s has moved") % {"title": subscription.fork.upstream_title}
        text = render_to_string("wiki/forks/upstream_email.txt", context)
    send_mail(" ".join(subject.split()), text, None, [subscription.user.email])
