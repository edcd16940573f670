"""Writing posts: beginning a thread, replying, editing, deleting, thanking."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.discussions.models import TEXT_LIMIT, TITLE_LIMIT, Post, PostMention, PostReaction, PostRevision, Thread
from wiki.discussions.post_rendering import RenderedPost, render_post
from wiki.discussions.signals import post_published
from wiki.errors import NotAllowed, Refused, WikiError, gettext_noop
from wiki.history.models import Passage
from wiki.pages import permissions
from wiki.pages.models import WikiPage
from wiki.pages.permissions import Action
from wiki.pages.writing.cache_versions import invalidate_places
from wiki.search import outbox
from wiki.text.normalization import clean_text

EMPTY = gettext_noop("There is nothing in it yet.")


class PostConflict(WikiError):
    """A post was edited meanwhile, so that the new text would replace words that its author has not seen."""

    status = 409


@dataclass(frozen=True, slots=True)
class NewPost:
    """What is stored of a new post; `at` is given only for those that are loaded."""

    author: User | None
    author_name: str
    text: str
    rendered: RenderedPost
    at: datetime | None = None
    reply_to: Post | None = None


def check_text(raw: str) -> str:
    """Return the text of a post as it is stored. Raises Refused if it is empty or too long."""
    text = clean_text(raw).strip("\n").rstrip()
    if not text.strip():
        raise Refused(EMPTY)
    return _check_length(text, TEXT_LIMIT)


def check_title(raw: str) -> str:
    """Return the title of a thread as it is stored. Raises Refused if it is empty or too long."""
    title = " ".join(clean_text(raw).split())
    if not title:
        raise Refused(gettext_noop("A discussion has a title."))
    return _check_length(title, TITLE_LIMIT)


def _check_length(text: str, limit: int) -> str:
    if len(text) > limit:
        raise Refused(
            gettext_noop("This has %(size)d characters: please say it in %(limit)d at most."),
            size=len(text),
            limit=limit,
        )
    return text


def start_thread(
    page: WikiPage, title: str, text: str, by: User, passage: Passage | None = None, at: datetime | None = None
) -> Post:
    """Begin a thread about `page`, or about one of its current passages; return its first post.

    `at` is the time of a thread of the demo. Raises NotAllowed, RateLimitExceeded, Refused.
    """
    title = check_title(title)
    post = prepare(page, text, by, at=at)
    thread = Thread(page=page, title=title, author=by, author_name=by.label, created_at=at or timezone.now())
    if passage is not None:
        thread.passage, thread.passage_text = passage.name, passage.said()[:TEXT_LIMIT]
    with transaction.atomic():
        thread.save()
        invalidate_places({page.pk})  # the page shows how many threads are open
        return store_post(thread, post)


def reply(thread: Thread, text: str, by: User, reply_to: Post | None = None, at: datetime | None = None) -> Post:
    """Add a post to a thread. Raises NotAllowed, RateLimitExceeded, Refused."""
    post = prepare(thread.page, text, by, reply_to, at)
    with transaction.atomic():
        return store_post(thread, post)


def prepare(
    page: WikiPage, text: str, by: User, reply_to: Post | None = None, at: datetime | None = None
) -> NewPost:  # fmt: skip
    """Check and render a post about `page`, and count it. Parses, so it comes before the transaction.

    Raises NotAllowed, RateLimitExceeded, Refused.
    """
    permissions.require(by, Action.DISCUSS, page)
    text = check_text(text)
    if at is None:  # what is loaded with a date of its own is not written now
        rate_limits.limit_posts(by)
    return NewPost(by, by.label, text, render_post(text, page), at, reply_to)


def store_post(thread: Thread, new: NewPost, *, is_published: bool = True) -> Post:
    """Store a post with the next number of its thread, and its mentions. Needs a transaction.

    Nobody is notified of a post that is not `is_published`: it was written long ago.
    """
    at = new.at or timezone.now()
    # The update locks the row: of two posts at the same moment each has a number of its own.
    Thread.objects.filter(pk=thread.pk).update(last_number=F("last_number") + 1, last_post_at=at)
    thread.refresh_from_db(fields=["last_number", "last_post_at"])
    post = Post.objects.create(
        thread=thread, number=thread.last_number, author=new.author, author_name=new.author_name, text=new.text,
        html=new.rendered.html, reply_to=new.reply_to, created_at=at,
    )  # fmt: skip
    _store_mentions(post, new.rendered.mentioned)
    if is_published:
        post_published.send(sender=Post, post=post)
    return post


def _store_mentions(post: Post, mentioned: Collection[User]) -> None:
    """Make the mentions of a post those of its current text."""
    PostMention.objects.filter(post=post).exclude(user__in=mentioned).delete()
    rows = [PostMention(post=post, user=user) for user in mentioned]
    PostMention.objects.bulk_create(rows, ignore_conflicts=True)


def may_edit(user: object, post: Post, allowed_actions: Collection[str]) -> bool:
    """Whether `user`, with these actions on the page, may edit a post: its author may."""
    return isinstance(user, User) and Action.DISCUSS in allowed_actions and post.author_id == user.pk


def may_delete(user: object, post: Post, allowed_actions: Collection[str]) -> bool:
    """Whether `user`, with these actions on the page, may delete a post: its author, stewards and administrators."""
    return may_edit(user, post, allowed_actions) or Action.MODERATE in allowed_actions


def edit(post: Post, text: str, by: User, revision: int) -> None:
    """Replace the text of a post, which had this revision when its form was opened; the earlier text is kept.

    Raises NotAllowed, RateLimitExceeded, Refused, PostConflict.
    """
    if not may_edit(by, post, permissions.allowed_actions(by, post.thread.page)):
        raise NotAllowed(gettext_noop("Only who wrote a post can edit it."))
    text = check_text(text)
    if text == post.text and revision == post.revision:
        return
    rate_limits.limit_posts(by)
    rendered = render_post(text, post.thread.page)
    now = timezone.now()
    with transaction.atomic():
        current = Post.objects.filter(pk=post.pk, revision=revision, deleted_at=None)
        if not current.update(text=text, html=rendered.html, revision=F("revision") + 1, edited_at=now):
            raise PostConflict(gettext_noop("This post was edited or deleted meanwhile: compare, then save again."))
        outbox.enqueue(Post, [post.pk])
        PostRevision.objects.create(
            post=post, number=revision, text=post.text, written_at=post.edited_at or post.created_at
        )
        _store_mentions(post, rendered.mentioned)


def delete(post: Post, by: User) -> None:
    """Delete a post; administrators still read its text. Raises NotAllowed, and Refused if it is deleted already."""
    if not may_delete(by, post, permissions.allowed_actions(by, post.thread.page)):
        raise NotAllowed(gettext_noop("Only who wrote a post, stewards of its place and administrators can delete it."))
    with transaction.atomic():
        present = Post.objects.filter(pk=post.pk, deleted_at=None)
        if not present.update(deleted_at=timezone.now(), deleted_by_name=by.label):
            raise Refused(gettext_noop("This post is deleted already."))
        outbox.enqueue(Post, [post.pk])
        PostMention.objects.filter(post=post).delete()
        PostReaction.objects.filter(post=post).delete()


def toggle_thanks(post: Post, by: User) -> bool:
    """Thank for a post, or take the thanks back; return whether `by` thanks now. Raises NotAllowed, Refused."""
    permissions.require(by, Action.DISCUSS, post.thread.page)
    if post.is_deleted or post.author_id == by.pk:
        raise Refused(gettext_noop("One thanks for what others wrote."))
    rate_limits.limit_edits(by)
    if PostReaction.objects.filter(post=post, user=by).delete()[0]:
        return False
    PostReaction.objects.bulk_create([PostReaction(post=post, user=by)], ignore_conflicts=True)
    return True


def render_again() -> None:
    """Make the HTML and the mentions of all posts again from their texts; one that is edited meanwhile is left out."""
    posts = Post.objects.select_related("thread__page__place").order_by("pk")
    for post in posts.iterator(chunk_size=100):
        rendered = render_post(post.text, post.thread.page)
        with transaction.atomic():
            current = Post.objects.filter(pk=post.pk, revision=post.revision)
            if current.update(html=rendered.html) and not post.is_deleted:
                _store_mentions(post, rendered.mentioned)
