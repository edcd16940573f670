"""Tables of the letters about offers, and of the day on which cached pages of places were looked at last."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from wiki.pages.models import WikiPage


class OfferSubscription(models.Model):
    """An account that gets an e-mail when someone near a place offers what the place needs."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="offer_subscriptions")
    place = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="offer_subscriptions")
    kilometres = models.FloatField()
    language = models.CharField(max_length=8)
    """The language of the e-mails."""
    confirmed_address = models.EmailField(blank=True)
    """The e-mail address from which the subscription was confirmed; "" before. No other address gets e-mails."""
    created_at = models.DateTimeField(default=timezone.now)
    next_check_at = models.DateTimeField(default=timezone.now, db_index=True)
    known = models.JSONField(default=list)
    """Digests of the answers that the account knows: those of the beginning, and those that an e-mail named."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "place"], name="one_offer_subscription_each")]

    def __str__(self) -> str:
        return f"{self.user} is subscribed to offers near {self.place}"


class PeriodCheck(models.Model):
    """The day up to which the pages of places follow the periods of needs and offers; one row."""

    day = models.DateField()

    def __str__(self) -> str:
        return f"periods as of {self.day}"
