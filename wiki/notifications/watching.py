"""Watching and ceasing to watch, and what an account chose about its notifications."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language

from wiki.accounts.models import User
from wiki.errors import Refused, gettext_noop
from wiki.history import page_access
from wiki.history.history_urls import contributions_address
from wiki.notifications import watch_kinds
from wiki.notifications.models import Delivery, Notification, NotificationSettings, Watch
from wiki.pages import page_lookup
from wiki.pages.models import Kind, PageLink, WikiPage
from wiki.pages.page_urls import address
from wiki.text import titles
from wiki.text.titles import CATEGORY, TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import PageVersion, Reader

WATCHES_LIMIT = 10_000
"""Most watches of an account."""


@dataclass(frozen=True, slots=True)
class WatchTarget:
    """Something that somebody wants to watch."""

    kind: str
    target: str
    title: str
    """As shown."""
    path: str
    """Where it is."""
    page: WikiPage | None = None
    person: User | None = None

    def watch_of(self, user: Reader) -> Watch | None:
        """Return the watch of an account, or None. One query."""
        if not user.is_authenticated:
            return None
        found: Watch | None = Watch.objects.filter(user=user, target_kind=self.kind, target=self.target).first()
        return found


def find_target(kind: str, name: str, user: Reader) -> WatchTarget:
    """Return what `kind` and `name` (a title, the key of a kind, a user name) mean. Raises Http404."""
    if kind in (watch_kinds.PAGE, watch_kinds.PLACE):
        find = page_access.get_page_or_404 if kind == watch_kinds.PAGE else page_access.get_place_or_404
        page = find(name, user)
        return WatchTarget(kind, str(page.pk), page.shown_title, page.get_absolute_url(), page=page)
    if kind == watch_kinds.CATEGORY:
        return _find_category(name, user)
    if kind == watch_kinds.KIND:
        found = Kind.objects.filter(key=name).first()
        if found is not None:
            return WatchTarget(kind, found.key, found.plural, reverse("directory", args=[found.key]))
    if kind == watch_kinds.PERSON:
        person = User.objects.filter(username=name).first()
        if person is not None:
            return WatchTarget(kind, str(person.pk), person.label, contributions_address(name), person=person)
    raise Http404


def _find_category(name: str, user: Reader) -> WatchTarget:
    """Return the category of a title, with a page of its own or not. Raises Http404 if no page is in it."""
    try:
        page = page_lookup.find(name, user)
        key = page.title_key if page is not None else titles.key_of(name)
    except TitleProblem as problem:
        raise Http404 from problem
    is_category = page.namespace == CATEGORY if page is not None else titles.split_namespace(name)[0] == CATEGORY
    links = PageLink.objects.filter(way=PageLink.Way.CATEGORY, key=key, page__in=WikiPage.objects.readable_by(user))
    if key is None or not is_category or (page is None and not links.exists()):
        raise Http404
    title = page.full_title if page is not None else titles.capitalize(name)
    return WatchTarget(watch_kinds.CATEGORY, key, title, address("page", title))


def question_target(text: str) -> WatchTarget:
    """Return the target of a question as it is written."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return WatchTarget(watch_kinds.QUESTION, digest, text, reverse("ask"))


def watch(user: User, target: WatchTarget, delivery: str) -> Watch:
    """Let an account watch something, or change how it learns of it. Raises Refused."""
    check_delivery(user, delivery)
    with transaction.atomic():
        if Watch.objects.filter(user=user).count() >= WATCHES_LIMIT and target.watch_of(user) is None:
            raise Refused(gettext_noop("You watch %(count)d things: let go of some first."), count=WATCHES_LIMIT)
        remember_language(user)
        values = {"delivery": delivery, "page": target.page, "person": target.person}
        row, _ = Watch.objects.update_or_create(
            user=user, target_kind=target.kind, target=target.target, defaults=values
        )
    return row


def check_delivery(user: User, delivery: str) -> None:
    """Raise Refused for e-mails to an account without an address, and for a delivery that does not exist."""
    if delivery not in Delivery.values:
        raise Refused(gettext_noop("Please choose how you want to learn of it."))
    if delivery != Delivery.INBOX and not user.email:
        raise Refused(gettext_noop("Your account has no e-mail address: give one in «My account» first."))


def settings_of(user: User) -> NotificationSettings:
    """Return what an account chose, or the defaults, which are not stored."""
    found = NotificationSettings.objects.filter(user=user).first()
    return found or NotificationSettings(user=user, language=_language())


def remember_language(user: User) -> NotificationSettings:
    """Store the language of the screen as that of the account's e-mails; return its settings."""
    row, _ = NotificationSettings.objects.update_or_create(user=user, defaults={"language": _language()})
    return row


def _language() -> str:
    return (get_language() or "fr")[:2]


def watch_by_itself(versions: Collection[PageVersion]) -> None:
    """Let authors watch the pages that they created or edited, as they chose. Two queries, and one for new watches.

    What is imported or written in a batch is not watched.
    """
    written = [one for one in versions if one.author_id and not one.changeset_id and not one.is_imported]
    if not written:
        return
    rows = NotificationSettings.objects.filter(user__in={one.author_id for one in written})
    chosen = {row.user_id: row for row in rows}
    watches = []
    for version in written:
        settings = chosen.get(version.author_id or 0) or NotificationSettings()
        if settings.watches_created if version.number == 1 else settings.watches_edited:
            watches.append(
                Watch(
                    user_id=version.author_id or 0, target_kind=watch_kinds.PAGE, target=str(version.page_id),
                    page_id=version.page_id, delivery=settings.watch_delivery, since=version.recorded_at,
                )
            )  # fmt: skip
    Watch.objects.bulk_create(watches, ignore_conflicts=True)


def stop_emails(user_id: int) -> None:
    """End all e-mails of notifications to an account, which stay in its inbox."""
    with transaction.atomic():
        Watch.objects.filter(user=user_id).exclude(delivery=Delivery.INBOX).update(delivery=Delivery.INBOX)
        NotificationSettings.objects.filter(user=user_id).update(
            watch_delivery=Delivery.INBOX, direct_delivery=Delivery.INBOX
        )
        Notification.objects.filter(recipient=user_id, email_due__gt="").update(email_due="")
