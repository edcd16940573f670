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


class TableImport(models.Model):
    """A table that a person uploaded, until it is imported: only they see it, and it is deleted when it expires."""

    class TableState(models.TextChoices):
        """How far it is."""

        UPLOADED = "uploaded"
        CHECKED = "checked"
        DONE = "done"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind_key = models.CharField(max_length=40)
    place = models.ForeignKey(WikiPage, null=True, on_delete=models.CASCADE, related_name="+")
    """The place that new pages are in."""
    license = models.CharField(max_length=255)
    language = models.CharField(max_length=16)
    file_name = models.CharField(max_length=255)
    content = models.BinaryField(null=True)
    """The table (`table_content.Table.dumped`); None once it is imported."""
    mapping = models.JSONField(default=list)
    """The target of each column, as text."""
    source = models.CharField(max_length=255, blank=True)
    """Name of the data set: rows of the same name and identifier are the same page."""
    preview = models.BinaryField(null=True)
    """What would be done with each row, as the last check found it (`row_plans.dump_plans`)."""
    options = models.JSONField(default=dict)
    """What the person chose on the preview."""
    report = models.JSONField(default=dict)
    """What was done with the rows so far, by `table_writer`."""
    state = models.CharField(max_length=16, choices=TableState, default=TableState.UPLOADED)
    changeset = models.ForeignKey("wiki.Changeset", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"


class TableMapping(models.Model):
    """How a person mapped the columns of a table, by their names; used for the next table of the same columns."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind_key = models.CharField(max_length=40)
    columns_digest = models.CharField(max_length=64, db_index=True)
    mapping = models.JSONField()
    source = models.CharField(max_length=255)
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind_key", "columns_digest"], name="one_mapping_each")
        ]

    def __str__(self) -> str:
        return f"{self.kind_key} {self.source}"


class ImportedRow(models.Model):
    """What a row of a data set said of a page when it was last imported: the base of the next three-way merge."""

    source = models.CharField(max_length=255)
    identifier = models.CharField(max_length=255)
    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField(default=dict)
    """By key of property, the values as they were written then."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "identifier"], name="one_row_each")]

    def __str__(self) -> str:
        return f"{self.source} {self.identifier}"
