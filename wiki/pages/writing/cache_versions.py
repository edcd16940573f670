"""Invalidation of cached pages whose own text does not change, by increments of `cache_version`, part of the ETag."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import F, Q

from wiki.accounts.models import User
from wiki.pages.models import Fork, PageLink, WikiPage

ROWS = 500
DEPTH = 40
"""Maximum depth of forks of forks, as in a fork network."""


def invalidate_places(pks: set[int | None]) -> None:
    """Invalidate places, which list their pages and changes; None is ignored."""
    WikiPage.objects.filter(pk__in=pks - {None}).update(cache_version=F("cache_version") + 1)


def invalidate_linking_pages(title_keys: Collection[str]) -> None:
    """Invalidate the pages that link to titles which are new, or not in use any more."""
    keys = sorted(title_keys)
    for start in range(0, len(keys), ROWS):
        some_keys = keys[start : start + ROWS]
        linking = PageLink.objects.filter(Q(key__in=some_keys) | Q(place_key__in=some_keys)).values("page_id")
        WikiPage.objects.filter(pk__in=linking).update(cache_version=F("cache_version") + 1)


def invalidate_forks_and_upstreams(pks: Sequence[int]) -> None:
    """Invalidate the forks of pages, and the pages that they were forked from, which show each other's titles."""
    for start in range(0, len(pks), ROWS):
        some_pks = pks[start : start + ROWS]
        forks = Fork.objects.filter(Q(page__in=some_pks) | Q(upstream__in=some_pks))
        WikiPage.objects.filter(Q(fork__in=forks) | Q(forks__in=forks)).update(cache_version=F("cache_version") + 1)


def invalidate_forks_and_ancestors(pks: Sequence[int]) -> None:
    """Invalidate the forks of pages, which show by how many versions they are behind, and the ancestors of pages."""
    for start in range(0, len(pks), ROWS):
        WikiPage.objects.filter(fork__upstream__in=pks[start : start + ROWS]).update(
            cache_version=F("cache_version") + 1
        )
    invalidate_ancestors(pks)


def invalidate_ancestors(pks: Collection[int]) -> None:
    """Invalidate the pages that pages were forked from, near and far, and the places of these.

    They show what each fork changed, and how many forks there are. One query where no page is a fork.
    """
    level, ancestors = set(pks), set[int]()
    for _ in range(DEPTH):
        level = _upstreams_of(level) - ancestors
        ancestors |= level
        if not level:
            break
    keys = sorted(ancestors)
    for start in range(0, len(keys), ROWS):
        some_pks = keys[start : start + ROWS]
        places = WikiPage.objects.filter(pk__in=some_pks).values("place")
        WikiPage.objects.filter(Q(pk__in=some_pks) | Q(pk__in=places)).update(cache_version=F("cache_version") + 1)


def _upstreams_of(pks: Collection[int]) -> set[int]:
    """Return the primary keys of the pages that pages were forked from."""
    keys, found = sorted(pks), set[int]()
    for start in range(0, len(keys), ROWS):
        forks = Fork.objects.filter(page__in=keys[start : start + ROWS], upstream__isnull=False)
        found |= set(forks.values_list("upstream_id", flat=True))
    return found


def invalidate_places_of(instance: User, update_fields: frozenset[str] | None = None, **_: Any) -> None:
    """Receiver of `post_save`: change the ETag of the user's places, unless only `last_login` was saved (sign-in)."""
    if update_fields != frozenset({"last_login"}):
        WikiPage.objects.filter(stewardships__user=instance).update(cache_version=F("cache_version") + 1)
