"""Notifications of what is no version: other packages call `notify` in the transaction of what happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wiki.accounts.models import User
from wiki.notifications.models import Delivery, Notification, NotificationSettings
from wiki.notifications.notification_kinds import NOTIFICATION_KINDS
from wiki.pages.models import WikiPage

if TYPE_CHECKING:
    from wiki.pages.models import PageVersion


def notify(
    kind: str,
    key: str,
    recipients: Iterable[int],
    page: WikiPage,
    *,
    by: User | None = None,
    by_name: str = "",
    version: PageVersion | None = None,
    delivery: str = "",
    **data: Any,
) -> None:
    """Notify some accounts, once per `key`, of what `by` did to `page`; not `by`, and not who may not read the page.

    `delivery` is that of a watch; else it is what each account chose. For a few recipients: three queries, and one for
    each recipient if the page is hidden. Raises KeyError for a kind that is not registered.
    """
    name = NOTIFICATION_KINDS[kind].name
    pks = {pk for pk in recipients if by is None or pk != by.pk}
    users = [user for user in User.objects.filter(pk__in=pks, is_active=True) if _may_read(user, page)]
    if not users:
        return
    rows = NotificationSettings.objects.filter(user__in=users)
    chosen = {row.user_id: row.direct_delivery for row in rows}
    notifications = [
        Notification(
            recipient=user, kind=name, key=key, page=page, version=version, actor=by,
            actor_name=by_name or (by.label if by is not None else ""), data=data,
            email_due=email_due(user, delivery or chosen.get(user.pk, Delivery.INBOX)),
        )
        for user in users
    ]  # fmt: skip
    Notification.objects.bulk_create(notifications, batch_size=500, ignore_conflicts=True)


def email_due(user: User, delivery: str) -> str:
    """Return the delivery for which an e-mail is due; "" for none."""
    return delivery if delivery != Delivery.INBOX and user.email else ""


def _may_read(user: User, page: WikiPage) -> bool:
    return page.public_key is not None or WikiPage.objects.readable_by(user).filter(pk=page.pk).exists()
