"""The permission filters for reading: what pages are, and what they were.

Deleted pages are readable by administrators only. Who sees a hidden page is asked here, and nowhere else: who began it,
the stewards of its place, and administrators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User


def may_read_deleted(user: User | AnonymousUser) -> bool:
    """Whether `user` may read the versions of deleted pages."""
    return bool(getattr(user, "is_superuser", False))


def is_readable(user: User | AnonymousUser, page: str = "") -> Q:
    """Return the permission filter for rows whose page has the lookup `page` (`page__`; "" for pages themselves).

    For anonymous readers it has no parameters, as `page_cache` needs it.
    """
    return Q(**{f"{page}title_key__isnull": False}) & is_shown(user, page)


def in_readable_history(user: User | AnonymousUser) -> Q:
    """Return the permission filter for rows that belong to the history of a `page`: its versions, its former titles."""
    return Q() if may_read_deleted(user) else is_readable(user, "page__")


def is_shown(user: User | AnonymousUser, page: str = "") -> Q:
    """Return the condition that a page is not hidden, or `user` sees it all the same; the subqueries run once at most.

    Those who see a page see what is hidden with it: its redirects and its discussion.
    """
    if may_read_deleted(user):
        return Q()
    shown = Q(**{f"{page}hidden_with__isnull": True})
    if not user.is_authenticated:
        return shown
    pages: Any = apps.get_model("wiki", "WikiPage").objects.order_by()
    versions: Any = apps.get_model("wiki", "PageVersion").objects.order_by()
    begun = versions.filter(author=user.pk, number=1).values("page")
    in_places = pages.filter(hidden_with__isnull=False, place__stewardships__user=user.pk).values("pk")
    return shown | Q(**{f"{page}hidden_with__in": begun}) | Q(**{f"{page}hidden_with__in": in_places})
