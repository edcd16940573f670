"""Who wants to be told when the original of a fork moves."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from wiki.pages.models import Fork


class UpstreamSubscription(models.Model):
    """An account that gets a letter for each time that the original of a fork has moved."""

    fork = models.ForeignKey(Fork, on_delete=models.CASCADE, related_name="upstream_subscriptions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="upstream_subscriptions")
    last_notified_version = models.PositiveIntegerField()
    """The version of the original that was told of, or was there already."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fork", "user"], name="one_telling_each")]

    def __str__(self) -> str:
        return f"{self.user} is told of {self.fork}"
