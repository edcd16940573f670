"""Threads of posts about pages, the earlier texts of posts, and the accounts that thank for them or are mentioned."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.html import strip_tags
from modelsearch import index

from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.read_permissions import is_readable, may_read_deleted

if TYPE_CHECKING:
    from wiki.pages.models import Reader

TITLE_LIMIT, TEXT_LIMIT = 200, 10_000
"""Maximum number of characters of the title of a thread, and of the text of a post."""
POSTS_PER_PAGE = 50
_BLOCK_END = re.compile(r"</(?:p|li|h[2-6]|blockquote|pre|t[dhr]|d[dt])>|<br>")


class ThreadQuerySet(models.QuerySet["Thread"]):
    """Queries of threads."""

    def readable_by(self, user: Reader) -> ThreadQuerySet:
        """Permission filter: threads about pages that `user` may read; removed ones for administrators only."""
        readable = self.filter(is_readable(user, "page__"))
        return readable if may_read_deleted(user) else readable.filter(removed_at=None)

    def open(self) -> ThreadQuerySet:
        """Threads that are not resolved."""
        return self.filter(resolved_at=None)


class Thread(models.Model):
    """A discussion about a page or one of its passages. It belongs to the page's row, so it follows when that moves."""

    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="threads", db_index=False)
    title = models.CharField(max_length=TITLE_LIMIT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="threads")
    author_name = models.CharField(max_length=255)
    passage = models.CharField(max_length=64, blank=True)
    """Name of the passage (`Passage.name`) that the thread is about, as it was when the thread began; "" for none."""
    passage_text = models.TextField(blank=True)
    """The text of that passage then."""
    created_at = models.DateTimeField(default=timezone.now)
    last_post_at = models.DateTimeField(default=timezone.now)
    last_number = models.PositiveIntegerField(default=0)
    """Number of the latest post. Posts are numbered from 1 without gaps, so it is also how many there are."""
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    removed_at = models.DateTimeField(null=True)
    """When it was removed, because moderation deleted all its posts; None for others."""
    imported_from = models.ForeignKey(PageVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    """The version of a page in a namespace of discussions that the thread was made from."""
    shown_at = models.CharField(max_length=100, blank=True)
    """Path, from the root of the site, of the screen that shows the thread, if it has none of its own."""

    objects: ClassVar[Any] = models.Manager.from_queryset(ThreadQuerySet)()

    class Meta:
        indexes = [
            models.Index(fields=["-last_post_at", "-id"], name="thread_latest"),
            models.Index(fields=["page", "-last_post_at", "-id"], name="thread_page_latest"),
            models.Index(fields=["page"], name="thread_open", condition=Q(resolved_at=None)),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """URL of the screen that shows the thread."""
        return get_script_prefix() + self.shown_at if self.shown_at else reverse("thread", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Whether the thread is not resolved."""
        return self.resolved_at is None


class Post(index.Indexed, models.Model):
    """A message of a thread. A deleted one keeps its row, and its text for administrators."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="posts", db_index=False)
    number = models.PositiveIntegerField()
    """Counts from 1 for each thread."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="posts")
    author_name = models.CharField(max_length=255)
    text = models.TextField()
    """The current source text."""
    html = models.TextField()
    """The safe HTML of the text, made when it is saved."""
    reply_to = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replies")
    created_at = models.DateTimeField(default=timezone.now)
    revision = models.PositiveIntegerField(default=1)
    """Number of the current text: 1, and one more with each edit."""
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by_name = models.CharField(max_length=255, blank=True)

    search_auto_update = False
    search_fields: ClassVar[list[index.BaseField]] = [
        index.SearchField("thread_title", boost=3, usual_length=6),
        index.SearchField("said", usual_length=60),
    ]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "number"], name="one_post_per_number")]
        indexes = [models.Index(fields=["-created_at", "-id"], name="post_latest")]

    def __str__(self) -> str:
        return f"#{self.number} of {self.thread_id}"

    def get_absolute_url(self) -> str:
        """URL of the post, on the page of its thread that has it."""
        part = (self.number - 1) // POSTS_PER_PAGE + 1
        return f"{self.thread.get_absolute_url()}{f'?p={part}' if part > 1 else ''}#post-{self.number}"

    @classmethod
    def get_indexed_objects(cls) -> models.QuerySet[Post]:
        """Return the posts that are not deleted, each annotated with the `language` of its page."""
        rows = cls.objects.filter(deleted_at=None).select_related("thread")
        return rows.annotate(language=F("thread__page__language"))

    def said(self) -> str:
        """Return the text without markup, for the search index."""
        return " ".join(unescape(strip_tags(_BLOCK_END.sub(" ", self.html))).split())

    def thread_title(self) -> str:
        """Return the title of the thread that the post began, "" for others, for the search index."""
        return self.thread.title if self.number == 1 else ""

    @property
    def is_deleted(self) -> bool:
        """Whether the post is deleted: only who did it is shown."""
        return self.deleted_at is not None


class PostRevision(models.Model):
    """An earlier text of a post that was edited."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    text = models.TextField()
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=["post", "number"], name="one_revision_per_number")]

    def __str__(self) -> str:
        return f"revision {self.number} of post {self.post_id}"


class PostFanOut(models.Model):
    """A post of which the watchers of its page are still to be notified."""

    post = models.OneToOneField(Post, on_delete=models.CASCADE, related_name="+")
    last_recipient = models.PositiveBigIntegerField(default=0)
    """Primary key of the last account that was; 0 for none."""

    def __str__(self) -> str:
        return f"post {self.post_id}"


class PostReaction(models.Model):
    """The thanks of an account for a post."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="reactions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reactions")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "user"], name="one_reaction_each")]

    def __str__(self) -> str:
        return f"{self.user_id} thanks for post {self.post_id}"


class PostMention(models.Model):
    """An account that the current text of a post names with `@`."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "user"], name="one_mention_each")]

    def __str__(self) -> str:
        return f"{self.user_id} in post {self.post_id}"
