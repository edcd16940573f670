"""Watches of the upstream of a fork: who is notified, and the e-mail about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.accounts.models import User
from wiki.errors import Refused, gettext_noop
from wiki.notifications import watching
from wiki.notifications.models import Delivery, Notification, Watch
from wiki.notifications.notification_kinds import ComposedEmail, NotificationKind, with_comment
from wiki.notifications.watch_kinds import Targets, WatchKind
from wiki.notifications.watching import WatchTarget
from wiki.pages import permissions
from wiki.pages.models import Fork, PageVersion, WikiPage
from wiki.pages.page_urls import address

if TYPE_CHECKING:
    from wiki.pages.models import Reader

UPSTREAM = "upstream"
LISTED = 20
"""Versions that an e-mail lists."""


def set_subscription(page: WikiPage, user: User, *, subscribed: bool) -> None:
    """Let `user` watch the upstream of the fork `page`, with an e-mail at once, or cease to.

    Raises NotAllowed, and Refused when `page` is no fork or the account has no e-mail address.
    """
    permissions.require(user, permissions.Action.FORK, page)
    if not Fork.objects.filter(page=page, upstream__isnull=False).exists():
        raise Refused(gettext_noop("This page is no fork."))
    target = WatchTarget(UPSTREAM, str(page.pk), page.shown_title, address("touch", page.full_title), page=page)
    if subscribed:
        watching.watch(user, target, Delivery.AT_ONCE)
    else:
        Watch.objects.filter(user=user, target_kind=UPSTREAM, target=target.target).delete()


def is_subscribed(page: WikiPage, user: Reader) -> bool:
    """Return whether `user` watches the upstream of the fork `page`."""
    return isinstance(user, User) and Watch.objects.filter(user=user, target_kind=UPSTREAM, page=page).exists()


def _by_fork(versions: Sequence[PageVersion]) -> Targets:
    """Sort versions by the forks of their pages. One query."""
    forks: dict[int, list[str]] = defaultdict(list)
    pages = {version.page_id for version in versions}
    for upstream, fork in Fork.objects.filter(upstream__in=pages).values_list("upstream_id", "page_id"):
        forks[upstream].append(str(fork))
    found: dict[str, list[PageVersion]] = defaultdict(list)
    for version in versions:
        for target in forks[version.page_id]:
            found[target].append(version)
    return found


def _sentence(notification: Notification) -> str:
    version = notification.version
    if version is None:
        return gettext("The original has new versions")
    text = gettext("The original has version %(number)d, by %(author)s")
    return with_comment(text % {"number": version.number, "author": version.author_name}, version.comment)


def _path(notification: Notification) -> str:
    return address("touch", notification.page.full_title) if notification.page is not None else "/"


def _compose(user: User, notifications: Sequence[Notification]) -> list[ComposedEmail]:
    """Write an e-mail for each fork, in the language of its page; none to a user without permission to fork."""
    by_page: dict[int, list[Notification]] = defaultdict(list)
    for one in notifications:
        if one.page is not None and one.version is not None:
            by_page[one.page.pk].append(one)
    forks = Fork.objects.filter(page__in=by_page).select_related("page", "page__place")
    return [
        _email(user, fork, by_page[fork.page_id])
        for fork in forks
        if permissions.has_permission(user, permissions.Action.FORK, fork.page)
    ]


def _email(user: User, fork: Fork, notifications: Sequence[Notification]) -> ComposedEmail:
    """Write the e-mail about new versions of the upstream of one fork."""
    versions = sorted(
        (one.version for one in notifications if one.version is not None), key=lambda version: version.number
    )
    upstream = versions[-1].page
    span = urlencode({"from": versions[0].number - 1, "to": versions[-1].number})
    context = {
        "name": user.label, "page": fork.page, "original": fork.upstream_title,
        "wiki_name": settings.WAGTAIL_SITE_NAME, "versions": versions[:LISTED], "count": len(versions),
        "compare": f"{settings.BASE_ADDRESS}{address('compare', upstream.full_title)}?{span}",
        "touch": settings.BASE_ADDRESS + address("touch", fork.page.full_title),
    }  # fmt: skip
    with translation.override(fork.page.language):
        subject = gettext("%(title)s has moved") % {"title": fork.upstream_title}
        return ComposedEmail(subject, render_to_string("wiki/forks/upstream_email.txt", context))


UPSTREAM_WATCH = WatchKind(UPSTREAM, _("original of a fork"), _by_fork, notification=UPSTREAM, is_about_target=True)
UPSTREAM_NOTIFICATION = NotificationKind(UPSTREAM, _("changes of originals"), _sentence, _path, _compose)
