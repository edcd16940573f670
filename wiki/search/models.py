"""What searches look at of each page, the outbox (what the index has to look at again), and searches that are kept."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from modelsearch import index

from wiki.pages.models import LANGUAGES, WikiPage


class PageSearchText(index.Indexed, models.Model):
    """The words of a page's current text, without markup. Derived; a page that is deleted has none."""

    page = models.OneToOneField(WikiPage, primary_key=True, on_delete=models.CASCADE, related_name="search_text")
    language = models.CharField(max_length=8, choices=LANGUAGES)
    title = models.TextField()
    """The title as shown and as written, without the place."""
    title_prefix = models.TextField(blank=True)
    """The place, or the namespace, whose name stands before the title."""
    headings = models.TextField(blank=True)
    facts = models.TextField(blank=True)
    """«Property: value», one a line."""
    body = models.TextField(blank=True)

    search_auto_update = False
    search_fields: ClassVar[list[index.BaseField]] = [
        index.SearchField("title", boost=6, usual_length=4),
        index.SearchField("title_prefix", boost=1, usual_length=3),
        index.SearchField("headings", boost=2, usual_length=20),
        index.SearchField("fact_values", boost=1.5, usual_length=20),
        index.SearchField("body", boost=1, usual_length=300),
        index.AutocompleteField("title"),
    ]

    def __str__(self) -> str:
        return self.title

    def fact_values(self) -> str:
        """What the facts say, without the names of their properties, which too many pages share."""
        return "\n".join(line.partition(": ")[2] for line in self.facts.split("\n"))


class OutboxEntry(models.Model):
    """An object that was written or removed, which the index has to look at again.

    One row for each change, never updated: whoever looked at some rows deletes these and no others, so that a change
    made meanwhile is not lost.
    """

    model = models.CharField(max_length=100)
    """`app.model`, in lower case."""
    key = models.CharField(max_length=64)
    """The primary key, as text."""
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "waiting"

    def __str__(self) -> str:
        return f"{self.model} {self.key}"


class SavedSearch(models.Model):
    """A search that someone wants to find again, and to follow by its feed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=200)
    query = models.CharField(max_length=3000)
    """The query of the search page's address: words and what they were narrowed to."""
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name", "pk")
        constraints = [models.UniqueConstraint(fields=["user", "query"], name="one_saved_search_each")]

    def __str__(self) -> str:
        return self.name
