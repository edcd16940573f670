"""The list of the forks of a user."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Max, Q

from wiki.accounts.models import User
from wiki.forks.notifications import UPSTREAM
from wiki.notifications.models import Watch
from wiki.pages.models import Fork, PageVersion
from wiki.pages.read_permissions import is_readable

LISTED = 500


@dataclass(frozen=True, slots=True)
class ListedFork:
    """A fork in the list of a user."""

    fork: Fork
    behind_count: int
    """Number of upstream versions after the last one that was pulled or skipped."""
    is_subscribed: bool


def forks_of(user: User) -> list[ListedFork]:
    """Return the forks that `user` made, auto-pulls or is subscribed to, furthest behind first. Three queries."""
    watches = Watch.objects.filter(user=user, target_kind=UPSTREAM)
    own = Q(by=user) | Q(auto_pull_user=user) | Q(page__in=watches.values("page"))
    rows = Fork.objects.filter(own, is_readable(user, "page__")).select_related("page", "upstream").distinct()
    forks = list(rows.order_by("-made_at", "-pk")[:LISTED])
    last_merged = dict(
        PageVersion.objects.filter(page__in=[fork.page_id for fork in forks], merge_parent__page__forks__page=F("page"))
        .values_list("page")
        .annotate(Max("merge_parent__number"))
        .order_by()
    )
    subscribed = set(watches.values_list("page_id", flat=True))
    listed = [
        ListedFork(fork, _versions_since(fork, last_merged.get(fork.page_id, 0)), fork.page_id in subscribed)
        for fork in forks
    ]
    return sorted(listed, key=lambda item: -item.behind_count)


def _versions_since(fork: Fork, number: int) -> int:
    """Return how many versions the upstream has after version `number`; 0 without an upstream or without a number."""
    if fork.upstream is None or fork.upstream.public_key is None or not number:
        return 0
    return max(fork.upstream.version - number, 0)
