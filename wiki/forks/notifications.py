"""E-mails to subscribers about upstream changes, and the list of the forks of a user."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from smtplib import SMTPException
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import F, Max, Q
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
"""E-mails sent in one run of the job."""
LISTED = 500


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
    """Background job that sends the e-mails that are due.

    Each e-mail is recorded before it is sent: a crash may lose an e-mail, but never sends one twice.
    """

    name = "upstream e-mails"

    def run(self) -> bool:
        """Send EMAILS_PER_RUN e-mails; return whether there may be more."""
        behind = UpstreamSubscription.objects.filter(fork__upstream__version__gt=F("last_notified_version"))
        existing = behind.filter(fork__page__title_key__isnull=False, fork__upstream__title_key__isnull=False)
        due = list(existing.select_related("fork__page", "fork__upstream", "user").order_by("pk")[:EMAILS_PER_RUN])
        for subscription in due:
            upstream = subscription.fork.upstream
            if upstream is not None and UpstreamSubscription.objects.filter(
                pk=subscription.pk, last_notified_version=subscription.last_notified_version
            ).update(last_notified_version=upstream.version):
                _send_email(subscription, upstream)
        return len(due) == EMAILS_PER_RUN


def _send_email(subscription: UpstreamSubscription, upstream: WikiPage) -> None:
    """Send one e-mail, in the language of the page; none to a user without address or permission to fork."""
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
    try:
        send_mail(" ".join(subject.split()), text, None, [subscription.user.email])
    except (OSError, SMTPException, ValueError) as error:
        logger.warning("An e-mail to %s could not be sent: %s", subscription.user.get_username(), error)


# ---------------------------------------------------------------- forks of a user


@dataclass(frozen=True, slots=True)
class ListedFork:
    """A fork in the list of a user."""

    fork: Fork
    behind_count: int
    """Number of upstream versions after the last one that was pulled or skipped."""
    is_subscribed: bool


def forks_of(user: User) -> list[ListedFork]:
    """Return the forks that `user` made, auto-pulls or is subscribed to, furthest behind first. Three queries."""
    own = Q(by=user) | Q(auto_pull_user=user) | Q(upstream_subscriptions__user=user)
    rows = Fork.objects.filter(own, page__title_key__isnull=False).select_related("page", "upstream").distinct()
    forks = list(rows.order_by("-made_at", "-pk")[:LISTED])
    last_merged = dict(
        PageVersion.objects.filter(page__in=[fork.page_id for fork in forks], merge_parent__page__forks__page=F("page"))
        .values_list("page")
        .annotate(Max("merge_parent__number"))
        .order_by()
    )
    subscribed = set(UpstreamSubscription.objects.filter(user=user).values_list("fork_id", flat=True))
    listed = [
        ListedFork(fork, _versions_since(fork, last_merged.get(fork.page_id, 0)), fork.pk in subscribed)
        for fork in forks
    ]
    return sorted(listed, key=lambda item: -item.behind_count)


def _versions_since(fork: Fork, number: int) -> int:
    """Return how many versions the upstream has after version `number`; 0 without an upstream or without a number."""
    if fork.upstream is None or fork.upstream.is_deleted or not number:
        return 0
    return max(fork.upstream.version - number, 0)
