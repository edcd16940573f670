"""The permission filter for what pages were: deleted pages are readable by administrators only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User


def may_read_deleted(user: User | AnonymousUser) -> bool:
    """Whether `user` may read the versions of deleted pages."""
    return bool(getattr(user, "is_superuser", False))


def in_readable_history(user: User | AnonymousUser) -> Q:
    """Return the permission filter for rows that belong to the history of a `page`: its versions, its former titles."""
    return Q() if may_read_deleted(user) else Q(page__title_key__isnull=False)
