"""Invalidation of cached pages whose own text does not change, by increments of `cache_version`, part of the ETag."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import F, Q

from wiki.accounts.models import User
from wiki.pages.models import Fork, PageLink, WikiPage

ROWS = 500


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


def invalidate_forks(upstream_pks: Sequence[int]) -> None:
    """Invalidate the forks of pages, which show by how many versions they are behind."""
    for start in range(0, len(upstream_pks), ROWS):
        WikiPage.objects.filter(fork__upstream__in=upstream_pks[start : start + ROWS]).update(
            cache_version=F("cache_version") + 1
        )


def invalidate_places_of(instance: User, update_fields: frozenset[str] | None = None, **_: Any) -> None:
    """Receiver of `post_save`: change the ETag of the user's places, unless only `last_login` was saved (sign-in)."""
    if update_fields != frozenset({"last_login"}):
        WikiPage.objects.filter(stewardships__user=instance).update(cache_version=F("cache_version") + 1)
