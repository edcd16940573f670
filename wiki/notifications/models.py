"""What accounts watch, what they are notified of, and how far the versions are fanned out."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.read_permissions import is_readable

if TYPE_CHECKING:
    from wiki.accounts.models import User

TARGET_LENGTH = 255


class Delivery(models.TextChoices):
    """How an account learns of a notification, which is in its inbox in any case."""

    INBOX = "inbox", pgettext_lazy("delivery", "inbox only")
    AT_ONCE = "once", pgettext_lazy("delivery", "e-mail at once")
    DAILY = "daily", pgettext_lazy("delivery", "e-mail once a day")
    WEEKLY = "weekly", pgettext_lazy("delivery", "e-mail once a week")


def new_feed_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(24)


class NotificationSettings(models.Model):
    """What an account chose; one without a row has the defaults."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="notification_settings"
    )
    language = models.CharField(max_length=8, default="fr")
    """The language of the e-mails and of the feed: that of the screen where the account chose something last."""
    watches_created = models.BooleanField(default=True)
    """Whether pages that the account creates are watched by themselves."""
    watches_edited = models.BooleanField(default=False)
    watch_delivery = models.CharField(max_length=8, choices=Delivery.choices, default=Delivery.INBOX)
    """How the account learns of pages that are watched by themselves; also the proposed choice for other watches."""
    direct_delivery = models.CharField(max_length=8, choices=Delivery.choices, default=Delivery.INBOX)
    """How it learns of what concerns it without a watch: proposals, answers."""
    feed_token = models.CharField(max_length=64, unique=True, default=new_feed_token)

    def __str__(self) -> str:
        return f"notification settings of {self.user}"


class WatchQuerySet(models.QuerySet["Watch"]):
    """Filters of watches."""

    def readable(self, user: User) -> WatchQuerySet:
        """Return the watches of an account, except for those of pages that it may not read."""
        return self.filter(Q(page__isnull=True) | is_readable(user, "page__"), user=user)


class Watch(models.Model):
    """An account that watches something. `target_kind` names a registered WatchKind, which defines `target`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")
    target_kind = models.CharField(max_length=20)
    target = models.CharField(max_length=TARGET_LENGTH)
    """Of a page its primary key, of a category its title key, of a kind its key, of a question its digest, …"""
    page = models.ForeignKey(WikiPage, models.CASCADE, null=True, related_name="watches")
    """The page, if the target is one."""
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    """The account, if the target is one."""
    delivery = models.CharField(max_length=8, choices=Delivery.choices, default=Delivery.INBOX)
    since = models.DateTimeField(default=timezone.now)
    """Versions of before are not notified of."""

    objects: ClassVar[Any] = models.Manager.from_queryset(WatchQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target_kind", "target", "user"], name="one_watch_each")]

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.target_kind} {self.target}"


class WatchedQuestion(models.Model):
    """The question of a watch, and its answer when it was asked last, with the permissions of the account."""

    watch = models.OneToOneField(Watch, models.CASCADE, primary_key=True, related_name="question")
    text = models.TextField()
    language = models.CharField(max_length=8)
    rows = models.JSONField(default=dict)
    """Digest of each row, by the primary key of its page and the fragment of a subobject."""
    site_state = models.CharField(max_length=64, blank=True)
    """The state of the wiki for which the rows were read."""
    problem = models.CharField(max_length=500, blank=True)
    """Why it could not be asked the last time."""
    next_check_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.text


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Filters of notifications."""

    def readable_by(self, user: User) -> NotificationQuerySet:
        """Permission filter: the notifications of an account about pages that it may read now."""
        return self.filter(
            Q(page__isnull=True) | is_readable(user, "page__"),
            Q(version__isnull=True) | is_readable(user, "version__page__"),
            recipient=user,
        )

    def unread(self) -> NotificationQuerySet:
        """Return those that are neither read nor done."""
        return self.filter(read_at__isnull=True, done_at__isnull=True)


class Notification(models.Model):
    """Something that an account is notified of; `kind` is the name of a registered NotificationKind."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=100)
    """What it is about: nobody gets two notifications with the same key."""
    page = models.ForeignKey(WikiPage, models.CASCADE, null=True, related_name="+")
    """The page below which it is listed."""
    version = models.ForeignKey(PageVersion, models.CASCADE, null=True, related_name="+")
    changeset = models.ForeignKey(Changeset, models.SET_NULL, null=True, related_name="+")
    count = models.PositiveIntegerField(default=1)
    """Versions of the changeset that the account is notified of."""
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=255, blank=True)
    data = models.JSONField(default=dict)
    """What its kind needs beside."""
    made_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    email_due = models.CharField(max_length=8, blank=True)
    """The delivery for which no e-mail was queued yet; "" if none is to be."""

    objects: ClassVar[Any] = models.Manager.from_queryset(NotificationQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="one_notification_each")]
        indexes = [
            models.Index(fields=["recipient", "-made_at", "-id"], name="notification_inbox"),
            models.Index(
                fields=["recipient", "-made_at", "-id"],
                name="notification_unread",
                condition=Q(read_at__isnull=True, done_at__isnull=True),
            ),
            models.Index(
                fields=["email_due", "recipient", "made_at"], name="notification_email", condition=Q(email_due__gt="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} for {self.recipient_id}"


class FanOutCursor(models.Model):
    """How far versions were made into notifications; one row."""

    done_to = models.PositiveBigIntegerField(default=0)
    """All versions up to this primary key are done."""
    slice_to = models.PositiveBigIntegerField(default=0)
    """The last version of the slice that is under way; `done_to` if there is none."""
    last_recipient = models.PositiveBigIntegerField(default=0)
    """Of that slice, recipients up to this primary key have their notifications."""

    def __str__(self) -> str:
        return f"versions to {self.done_to}, of those to {self.slice_to} recipients to {self.last_recipient}"
