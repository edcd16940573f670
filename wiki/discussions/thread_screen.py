"""What a screen that shows a thread needs: its posts with what the reader may do to each, and the form to reply."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest

from wiki.accounts.models import User
from wiki.discussions import post_writer
from wiki.discussions.models import POSTS_PER_PAGE, Post, PostReaction, Thread
from wiki.pages.permissions import Action

NAMES_SHOWN = 5
"""Accounts that are named of those who thank for a post."""


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post as one reader sees it."""

    post: Post
    thanks: Sequence[str]
    """Names of the accounts that thank for it."""
    has_thanked: bool
    may_thank: bool
    may_edit: bool
    may_delete: bool
    may_read_text: bool
    """Whether a deleted post is shown all the same, to administrators."""

    @property
    def named(self) -> Sequence[str]:
        """The first of the accounts that thank."""
        return self.thanks[:NAMES_SHOWN]

    @property
    def more(self) -> int:
        """How many accounts thank beside these."""
        return max(0, len(self.thanks) - NAMES_SHOWN)


def thread_context(
    request: HttpRequest, thread: Thread | None, allowed_actions: Collection[str], form: forms.Form, **extra: Any
) -> dict[str, Any]:
    """Return the template context of the posts of a thread, which may not have begun, and of the form to reply.

    Three queries, however many posts there are.
    """
    user: Any = request.user
    posts: list[ShownPost] = []
    pages = None
    if thread is not None:
        paginator = Paginator(range(1, thread.last_number + 1), POSTS_PER_PAGE)
        pages = paginator.get_page(request.GET.get("p"))
        posts = [_shown(post, user, allowed_actions) for post in _load_posts(thread, pages)]
    return {
        "thread": thread, "posts": posts, "pages": pages, "form": form, "user": user,
        "may_post": Action.DISCUSS in allowed_actions, "allowed_actions": allowed_actions, **extra,
    }  # fmt: skip


def _load_posts(thread: Thread, numbers: Collection[int]) -> list[Any]:
    """Return the posts of a thread with these numbers, with their authors, the posts they answer, and thanks."""
    reactions = PostReaction.objects.select_related("user").order_by("pk")
    rows = Post.objects.filter(thread=thread, number__in=list(numbers)).select_related("author", "reply_to")
    posts: list[Any] = list(
        rows.prefetch_related(Prefetch("reactions", reactions, to_attr="thanks")).order_by("number")
    )
    for post in posts:
        post.thread = thread
        if post.reply_to is not None:
            post.reply_to.thread = thread
    return posts


def _shown(post: Any, user: User, allowed_actions: Collection[str]) -> ShownPost:
    """Return a post as `user` sees it."""
    is_own = user.is_authenticated and post.author_id == user.pk
    may_thank = Action.DISCUSS in allowed_actions and not is_own and not post.is_deleted
    return ShownPost(
        post,
        [reaction.user.label for reaction in post.thanks],
        any(reaction.user_id == user.pk for reaction in post.thanks),
        may_thank,
        not post.is_deleted and post_writer.may_edit(user, post, allowed_actions),
        not post.is_deleted and post_writer.may_delete(user, post, allowed_actions),
        post.is_deleted and bool(getattr(user, "is_superuser", False)),
    )


def quoted(post: Post) -> str:
    """Return the text of a post as a quotation in Markdown, with an empty line below it."""
    return "".join(f"> {line}".rstrip() + "\n" for line in post.text.split("\n")) + "\n"
