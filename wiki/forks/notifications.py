"""Letters to those who want to know when the original of a fork moves, and the list of one's forks."""

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
"""Letters that are written in one go."""
LISTED = 500


def set_subscription(page: WikiPage, user: User, *, wanted: bool) -> None:
    """Have `user` be told when the original of the fork `page` moves, or not any more.

    Raises NotAllowed, and Refused where `page` is no fork, or the account has no address to write to.
    """
    permissions.require(user, permissions.Action.FORK, page)
    bond = Fork.objects.filter(page=page, upstream__isnull=False).select_related("upstream").first()
    if bond is None or bond.upstream is None:
        raise Refused(gettext_noop("This page is no fork."))
    if not wanted:
        UpstreamSubscription.objects.filter(fork=bond, user=user).delete()
        return
    if not user.email:
        raise Refused(gettext_noop("Your account has no e-mail address: give one in «My account» first."))
    UpstreamSubscription.objects.update_or_create(
        fork=bond, user=user, defaults={"last_notified_version": bond.upstream.version}
    )


def is_subscribed(page: WikiPage, user: Reader) -> bool:
    """Whether `user` is told when the original of `page` moves."""
    return isinstance(user, User) and UpstreamSubscription.objects.filter(fork__page=page, user=user).exists()


class UpstreamEmailJob:
    """Writes the letters that are due. Each is noted before it is sent: a crash may lose one, never double one."""

    name = "telling"

    def run(self) -> bool:
        """Some letters; whether there may be more."""
        moved = UpstreamSubscription.objects.filter(fork__upstream__version__gt=F("last_notified_version"))
        there = moved.filter(fork__page__title_key__isnull=False, fork__upstream__title_key__isnull=False)
        due = list(there.select_related("fork__page", "fork__upstream", "user").order_by("pk")[:EMAILS_PER_RUN])
        for one in due:
            upstream = one.fork.upstream
            if upstream is not None and UpstreamSubscription.objects.filter(
                pk=one.pk, last_notified_version=one.last_notified_version
            ).update(last_notified_version=upstream.version):
                _write(one, upstream)
        return len(due) == EMAILS_PER_RUN


def _write(one: UpstreamSubscription, upstream: WikiPage) -> None:
    """One letter, in the language of the page; nobody who lost their account, address or rights gets any."""
    page = one.fork.page
    if not one.user.email or not permissions.has_permission(one.user, permissions.Action.FORK, page):
        return
    versions = PageVersion.objects.filter(page=upstream, number__gt=one.last_notified_version).order_by("number")
    between = f"?from={one.last_notified_version}&to={upstream.version}"
    context = {
        "name": one.user.label, "page": page, "original": one.fork.upstream_title,
        "wiki_name": settings.WAGTAIL_SITE_NAME, "versions": list(versions[:20]), "count": versions.count(),
        "compare": f"{settings.BASE_ADDRESS}{address('compare', upstream.full_title)}{between}",
        "touch": settings.BASE_ADDRESS + address("touch", page.full_title),
    }  # fmt: skip
    with translation.override(page.language):
        subject = gettext("%(title)s has moved") % {"title": one.fork.upstream_title}
        text = render_to_string("wiki/forks/moved_mail.txt", context)
    try:
        send_mail(" ".join(subject.split()), text, None, [one.user.email])
    except (OSError, SMTPException, ValueError) as error:
        logger.warning("A letter to %s could not be sent: %s", one.user.get_username(), error)


# ---------------------------------------------------------------- one's forks


@dataclass(frozen=True, slots=True)
class ListedFork:
    """A fork of somebody's, as a list shows it."""

    fork: Fork
    behind_count: int
    """Versions of the original after the last one that was taken in, or passed over."""
    is_subscribed: bool


def forks_of(user: User) -> list[ListedFork]:
    """The forks that `user` made, follows or is told of, those whose original has moved most first. Three queries."""
    mine = Q(by=user) | Q(auto_pull_user=user) | Q(tellings__user=user)
    rows = Fork.objects.filter(mine, page__title_key__isnull=False).select_related("page", "upstream").distinct()
    bonds = list(rows.order_by("-made_at", "-pk")[:LISTED])
    seen = dict(
        PageVersion.objects.filter(page__in=[bond.page_id for bond in bonds], merge_parent__page__forks__page=F("page"))
        .values_list("page")
        .annotate(Max("merge_parent__number"))
        .order_by()
    )
    told = set(UpstreamSubscription.objects.filter(user=user).values_list("fork_id", flat=True))
    found = [ListedFork(bond, _moved(bond, seen.get(bond.page_id, 0)), bond.pk in told) for bond in bonds]
    return sorted(found, key=lambda one: -one.behind_count)


def _moved(bond: Fork, seen: int) -> int:
    """How many versions the original has after version `seen`; none where it is not here."""
    if bond.upstream is None or bond.upstream.is_deleted or not seen:
        return 0
    return max(bond.upstream.version - seen, 0)
