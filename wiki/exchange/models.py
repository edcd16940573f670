"""The source of an imported page."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from wiki.pages.models import WikiPage


class Origin(models.Model):
    """The outside source of a page: an archive, or a row of a data set."""

    page = models.OneToOneField(WikiPage, on_delete=models.CASCADE, related_name="origin")
    source = models.CharField(max_length=255)
    """Name of the data set, or host of the site that the archive came from."""
    identifier = models.CharField(max_length=255)
    """Identifier in the source: the ID of a row, the full title of a page, the path of a file."""
    url = models.URLField(max_length=2000, blank=True)
    version = models.PositiveIntegerField()
    """Number of the page version with the latest imported content."""
    digest = models.CharField(max_length=80, blank=True)
    """The archive's Content-Digest; empty for a row of a data set."""
    ancestry = models.JSONField(default=list, blank=True)
    """Earlier sources of the page, as `derived_from` in the archive's `credits.json`."""
    imported_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    class Meta:
        indexes = [models.Index(fields=["source", "identifier"], name="origin_identifier")]

    def __str__(self) -> str:
        return f"{self.source} {self.identifier}"
