"""Patrol: what new accounts wrote and nobody has looked at yet (MediaWiki: patrolled edits)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from wiki.accounts.models import User
from wiki.moderation.models import PatrolMark
from wiki.pages import permissions
from wiki.pages.models import PageVersion, PageVersionQuerySet

NEW_FOR = timedelta(days=30)
"""How long the versions of an account are patrolled after its registration."""
ACCOUNTS_LIMIT = 5_000
"""New accounts that are patrolled at once: the latest."""
MARKED_LIMIT = 200
"""Versions that are marked at once."""


def versions_to_patrol(user: User) -> PageVersionQuerySet:
    """Return what new accounts wrote here, that `user` may read and nobody has marked. One query for the accounts.

    Stewards and administrators are not patrolled, nor is one's own text.
    """
    since = timezone.now() - NEW_FOR
    new = User.objects.filter(date_joined__gte=since, is_superuser=False, stewardships=None).exclude(pk=user.pk)
    accounts = list(new.order_by("-date_joined").values_list("pk", flat=True)[:ACCOUNTS_LIMIT])
    readable: PageVersionQuerySet = PageVersion.objects.readable_by(user)
    return readable.filter(author__in=accounts, origin_host="", patrol_mark=None)


def mark(versions: Iterable[int], by: User) -> int:
    """Mark versions (primary keys) as looked at, of those that `by` patrols; return how many. Raises NotAllowed."""
    permissions.require(by, permissions.Action.PATROL)
    found = versions_to_patrol(by).filter(pk__in=list(versions)[:MARKED_LIMIT]).order_by()
    marks = [PatrolMark(version_id=pk, by=by) for pk in found.values_list("pk", flat=True)]
    PatrolMark.objects.bulk_create(marks, ignore_conflicts=True)  # somebody else may have looked at the same moment
    return len(marks)
