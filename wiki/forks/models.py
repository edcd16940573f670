"""Subscriptions to e-mails about upstream changes."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from wiki.pages.models import Fork


class UpstreamSubscription(models.Model):
    """An account that gets an e-mail when the upstream of a fork has new versions."""

    fork = models.ForeignKey(Fork, on_delete=models.CASCADE, related_name="upstream_subscriptions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="upstream_subscriptions")
    last_notified_version = models.PositiveIntegerField()
    """The latest upstream version when the last e-mail was sent, or when the subscription was made."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fork", "user"], name="one_telling_each")]

    def __str__(self) -> str:
        return f"{self.user} is subscribed to the upstream of {self.fork}"
