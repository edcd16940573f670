"""The outbox of the triple store: what changed since its last update."""

from __future__ import annotations

from django.db import models


class TripleUpdate(models.Model):
    """Something whose triples have to be written again. Rows are added by the transaction of the change, never updated.

    The job deletes exactly the rows that it read, so that no change made meanwhile is lost.
    """

    class TripleScope(models.TextChoices):
        PAGE = "page"
        """The page with this primary key."""
        TITLE = "title"
        """The pages with facts that name this title key: its page came, went, or is spelled otherwise."""
        PROPERTY = "property"
        """The pages with facts of this property: its declaration changed."""
        ALL = "all"
        """Everything: the store is made anew."""

    subject = models.CharField(max_length=8, choices=TripleScope.choices)
    key = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return f"{self.subject} {self.key}"
