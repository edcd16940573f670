"""Notifications of posts: to whom a post mentions or answers, to who takes part in its thread, and to watchers.

Those who take part are notified in the transaction that stores the post; watchers of the page and of its place by a
background job in slices, since there may be thousands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wiki.discussions.models import Post, PostFanOut
from wiki.errors import gettext_noop
from wiki.notifications.models import Notification, Watch
from wiki.notifications.notification_kinds import NotificationKind, with_comment
from wiki.notifications.sending import notify
from wiki.notifications.watch_kinds import PAGE, PLACE

MENTION, REPLY, POST = "mention", "reply", "post"
PARTICIPANTS_LIMIT = 200
"""Accounts of a thread that are notified of each post: the latest."""
WATCHERS_PER_SLICE = 200


def notify_of_post(sender: Any, post: Post, **options: Any) -> None:
    """Receive `post_published`: notify whom the post concerns, each once, and leave the watchers to the job."""
    mentioned = set(post.mentions.values_list("user_id", flat=True))
    answered = {post.reply_to.author_id} if post.reply_to is not None and post.reply_to.author_id else set()
    others = Post.objects.filter(thread=post.thread).exclude(author=None).order_by("-number")
    participants = set(others.values_list("author_id", flat=True)[:PARTICIPANTS_LIMIT])
    if post.thread.author_id:
        participants.add(post.thread.author_id)
    for kind, recipients in ((MENTION, mentioned), (REPLY, answered), (POST, participants)):
        _notify(kind, post, recipients)
    PostFanOut.objects.create(post=post)


def _notify(kind: str, post: Post, recipients: set[int], delivery: str = "") -> None:
    if recipients:
        notify(
            kind, f"post:{post.pk}", recipients, post.thread.page, by=post.author, by_name=post.author_name,
            delivery=delivery, thread=post.thread.title, path=post.get_absolute_url(),
        )  # fmt: skip


class PostFanOutJob:
    """Background job that notifies the watchers of a page of its posts, a slice of recipients in each transaction."""

    name = "notifications of posts"

    def run(self) -> bool:
        """Notify one slice; return whether there may be more."""
        waiting = PostFanOut.objects.select_related("post__thread__page", "post__author").order_by("pk").first()
        if waiting is None:
            return False
        page = waiting.post.thread.page
        watches = Watch.objects.filter(target_kind=PAGE, target=str(page.pk))
        places = Watch.objects.filter(target_kind=PLACE, target=str(page.pk if page.is_place else page.place_id))
        found = (watches | places).filter(user__gt=waiting.last_recipient, since__lte=waiting.post.created_at)
        slice_ = list(found.order_by("user_id").values_list("user_id", "delivery")[:WATCHERS_PER_SLICE])
        with transaction.atomic():
            rows = PostFanOut.objects.filter(pk=waiting.pk, last_recipient=waiting.last_recipient)
            if not slice_:
                rows.delete()
            elif rows.update(last_recipient=slice_[-1][0]) and not waiting.post.is_deleted:
                # Of somebody who watches page and place, the first one counts: the key of both is the same.
                for delivery in {delivery for _user, delivery in slice_}:
                    _notify(POST, waiting.post, {user for user, one in slice_ if one == delivery}, delivery)
        return True


def _sentence(text: str) -> Callable[[Notification], str]:
    """Return a function that says who did what, and in which thread."""

    def sentence(notification: Notification) -> str:
        said = gettext(text) % {"name": notification.actor_name}
        return with_comment(said, str(notification.data.get("thread", "")))

    return sentence


def _path(notification: Notification) -> str:
    return str(notification.data.get("path", "")) or "/talk"


KINDS = (
    NotificationKind(MENTION, _("posts that mention you"), _sentence(gettext_noop("%(name)s mentions you")), _path),
    NotificationKind(REPLY, _("answers to your posts"), _sentence(gettext_noop("%(name)s answers you")), _path),
    NotificationKind(POST, _("posts of discussions"), _sentence(gettext_noop("%(name)s writes in a thread")), _path),
)
