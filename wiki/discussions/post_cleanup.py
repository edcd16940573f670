"""Removing all posts of some accounts at once, and bringing them back: for moderation of spam."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from wiki.accounts.models import User
from wiki.discussions.models import Post, Thread
from wiki.pages import permissions
from wiki.pages.permissions import Action
from wiki.pages.writing.cache_versions import invalidate_places
from wiki.search import outbox


def remove_posts(accounts: Collection[int], since: datetime | None, by: User, at: datetime) -> int:
    """Delete what accounts posted since a time, or ever, as deleted at `at`; return how many posts. Raises NotAllowed.

    Threads in which nothing of others is left are removed: only administrators see them.
    """
    permissions.require(by, Action.BLOCK)
    posts = Post.objects.filter(author__in=accounts, deleted_at=None)
    if since is not None:
        posts = posts.filter(created_at__gte=since)
    with transaction.atomic():
        found = dict(posts.values_list("pk", "thread_id"))
        Post.objects.filter(pk__in=found).update(deleted_at=at, deleted_by_name=by.label)
        threads = Thread.objects.filter(pk__in=set(found.values()), removed_at=None)
        left = Post.objects.filter(thread=OuterRef("pk"), deleted_at=None)
        empty = list(threads.filter(~Exists(left)).values_list("pk", flat=True))
        Thread.objects.filter(pk__in=empty).update(removed_at=at)
        Thread.objects.filter(pk__in=empty, resolved_at=None).update(resolved_at=at)  # so that no page counts it
        _invalidate(found)
    return len(found)


def restore_posts(account: User, by: User, at: datetime) -> int:
    """Bring back what `remove_posts` deleted of an account at `at`; return how many posts. Raises NotAllowed."""
    permissions.require(by, Action.BLOCK)
    with transaction.atomic():
        found = dict(Post.objects.filter(author=account, deleted_at=at).values_list("pk", "thread_id"))
        Post.objects.filter(pk__in=found).update(deleted_at=None, deleted_by_name="")
        removed = Thread.objects.filter(pk__in=set(found.values()), removed_at=at)
        removed.filter(resolved_at=at).update(resolved_at=None)
        removed.update(removed_at=None)
        _invalidate(found)
    return len(found)


def _invalidate(found: dict[int, int]) -> None:
    """Index posts again (by primary key, with their threads), and change the pages that count the threads."""
    outbox.enqueue(Post, list(found))
    invalidate_places(set(Thread.objects.filter(pk__in=set(found.values())).values_list("page_id", flat=True)))
