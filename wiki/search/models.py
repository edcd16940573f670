"""Models of search: the searchable text of pages, the outbox of changes to index, and saved searches of users."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from modelsearch import index

from wiki.pages.models import LANGUAGES, WikiPage


class PageSearchText(index.Indexed, models.Model):
    """The current text of a page without markup, for the search index. Derived data.

    Deleted and hidden pages have no row.
    """

    page = models.OneToOneField(WikiPage, primary_key=True, on_delete=models.CASCADE, related_name="search_text")
    language = models.CharField(max_length=8, choices=LANGUAGES)
    title = models.TextField()
    """The displayed title and the title proper, one a line, without the place."""
    title_prefix = models.TextField(blank=True)
    """The place or namespace that precedes the title."""
    headings = models.TextField(blank=True)
    facts = models.TextField(blank=True)
    """Facts as "property: value", one a line."""
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
        """Return the values of the facts, without property names, which too many pages share to be worth searching."""
        return "\n".join(line.partition(": ")[2] for line in self.facts.split("\n"))


class OutboxEntry(models.Model):
    """An object that was saved or deleted, and whose index entry has to be updated (transactional outbox).

    Each change adds a row, and rows are never updated: the indexer deletes exactly the rows that it read, so that no
    change made meanwhile is lost.
    """

    model = models.CharField(max_length=100)
    """`app.model` in lower case, as in `Model._meta.label_lower`."""
    key = models.CharField(max_length=64)
    """The primary key, as text."""
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "waiting"

    def __str__(self) -> str:
        return f"{self.model} {self.key}"


class SavedSearch(models.Model):
    """A search that a user saved, to repeat it or follow its feed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=200)
    query = models.CharField(max_length=3000)
    """The query string of the search page: text and selected facets."""
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name", "pk")
        constraints = [models.UniqueConstraint(fields=["user", "query"], name="one_saved_search_each")]

    def __str__(self) -> str:
        return self.name
