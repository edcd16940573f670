"""Changes of threads: resolving and reopening, renaming, moving to another page."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from wiki.accounts.models import User
from wiki.discussions.models import Post, Thread
from wiki.discussions.post_writer import check_title
from wiki.errors import NotAllowed, Refused, gettext_noop
from wiki.pages import permissions
from wiki.pages.models import WikiPage
from wiki.pages.permissions import Action
from wiki.pages.writing.cache_versions import invalidate_places
from wiki.search import outbox


def may_resolve(user: object, thread: Thread, allowed_actions: Collection[str]) -> bool:
    """Whether `user`, with these actions on the page, may resolve and reopen a thread.

    Who began it may, stewards and administrators; for a page in no place, which has no stewards, all who may edit it.
    """
    if not isinstance(user, User) or Action.DISCUSS not in allowed_actions:
        return False
    if thread.author_id == user.pk or Action.MODERATE in allowed_actions:
        return True
    return thread.page.place_id is None and not thread.page.is_place and Action.EDIT in allowed_actions


def may_rename(user: object, thread: Thread, allowed_actions: Collection[str]) -> bool:
    """Whether `user`, with these actions on the page, may rename a thread: who began it, stewards, administrators."""
    if not isinstance(user, User) or Action.DISCUSS not in allowed_actions:
        return False
    return thread.author_id == user.pk or Action.MODERATE in allowed_actions


def set_resolved(thread: Thread, by: User, *, is_resolved: bool) -> None:
    """Resolve or reopen a thread; what is so already stays. Raises NotAllowed."""
    if not may_resolve(by, thread, permissions.allowed_actions(by, thread.page)):
        raise NotAllowed(
            gettext_noop("Who began a discussion, and those who look after the page, resolve it and reopen it.")
        )
    change_state(thread, by, is_resolved=is_resolved)


def change_state(thread: Thread, by: User, *, is_resolved: bool) -> None:
    """Resolve or reopen a thread, without a check of permissions; what is so already stays."""
    rows = Thread.objects.filter(pk=thread.pk, resolved_at__isnull=is_resolved)
    with transaction.atomic():
        if rows.update(resolved_at=timezone.now() if is_resolved else None, resolved_by=by if is_resolved else None):
            invalidate_places({thread.page_id})  # the page shows how many threads are open


def rename(thread: Thread, title: str, by: User) -> None:
    """Give a thread another title. Raises NotAllowed, Refused."""
    if not may_rename(by, thread, permissions.allowed_actions(by, thread.page)):
        raise NotAllowed(gettext_noop("Who began a discussion, stewards and administrators rename it."))
    with transaction.atomic():
        Thread.objects.filter(pk=thread.pk).update(title=check_title(title))
        outbox.enqueue(Post, Post.objects.filter(thread=thread, number=1).values_list("pk", flat=True))


def move(thread: Thread, page: WikiPage, by: User) -> None:
    """Move a thread to another page that `by` may read; its passage is gone there. Raises NotAllowed, Refused."""
    permissions.require(by, Action.MODERATE, thread.page)
    if thread.shown_at:
        raise Refused(gettext_noop("This discussion belongs to something of its page, and stays with it."))
    with transaction.atomic():
        Thread.objects.filter(pk=thread.pk).update(page=page)
        invalidate_places({thread.page_id, page.pk})
