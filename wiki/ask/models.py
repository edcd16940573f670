"""Dependencies of cached query results, and the counter by which cache fills notice changes."""

from __future__ import annotations

from django.db import models
from django.db.models import F

from wiki.pages.binary_collation import Bytewise
from wiki.pages.models import RenderedPage


class CacheDependency(models.Model):
    """One dependency of the query results that are cached with a rendered page."""

    class DependencyType(models.IntegerChoices):
        FACT = 1
        """Facts of property `key` with the canonical value `value`, or with any value (`*`)."""
        PROPERTY = 2
        """The declaration of property `key`; also its facts on pages with a SEEN row for the same rendering."""
        PAGE = 3
        """Creation, deletion and redirect of the page, or of the file, with title key `key`."""
        SEEN = 4
        """The title of the page with primary key `key`; also its facts of the properties that have a PROPERTY row."""
        TEXT = 5
        """The text of the page with title key `key`."""
        SPACE = 6
        """Creation, deletion and renaming of any page in the namespace numbered `key`."""
        ALL = 7
        """Any change of any page or fact."""
        CARD = 8
        """Excerpt and picture of the page with primary key `key`."""
        FOLLOWED = 9
        """Creation, deletion and redirect of any page that a value of property `key` names."""
        TRUNCATED = 10
        """The titles of all pages with a fact of a FACT row for the same rendering: a limit truncates the result."""

    rendered = models.ForeignKey(RenderedPage, on_delete=models.CASCADE, related_name="dependencies")
    sort = models.PositiveSmallIntegerField(choices=DependencyType.choices)
    key = Bytewise(max_length=255, blank=True)
    value = Bytewise(max_length=255, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rendered", "sort", "key", "value"], name="one_need_each")]
        indexes = [models.Index(fields=["sort", "key", "value"], name="need_found")]

    def __str__(self) -> str:
        return f"{self.rendered_id} {self.get_sort_display()} {self.key} {self.value}"


class CacheEpoch(models.Model):
    """One row (pk 1) that counts the changes made without a page version: files, page kinds, facts parsed again."""

    count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.count)

    @classmethod
    def increment(cls) -> None:
        """Count one more change."""
        if not cls.objects.filter(pk=1).update(count=F("count") + 1):
            cls.objects.get_or_create(pk=1, defaults={"count": 1})
