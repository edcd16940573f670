"""What kept answers depend on, so that a change finds those that could see it."""

from __future__ import annotations

from django.db import models
from django.db.models import F

from wiki.pages.binary_collation import Bytewise
from wiki.pages.models import RenderedPage


class CacheDependency(models.Model):
    """One thing on which the answers in a rendered page depend."""

    class Sort(models.IntegerChoices):
        FACT = 1
        """Facts of property `key` with `value`, or with any (`*`)."""
        PROPERTY = 2
        """What property `key` declares; and its facts, on the pages of SEEN."""
        PAGE = 3
        """The coming, going and redirecting of the page, or the file, with title key `key`."""
        SEEN = 4
        """How the page with number `key` is called in results; and its facts of the properties of PROPERTY."""
        TEXT = 5
        """The text of the page with title key `key`."""
        SPACE = 6
        """The coming and going of any page in namespace number `key`."""
        ALL = 7
        """Any change at all."""
        CARD = 8
        """Beginning and picture of the page with number `key`."""

    rendered = models.ForeignKey(RenderedPage, on_delete=models.CASCADE, related_name="dependencies")
    sort = models.PositiveSmallIntegerField(choices=Sort.choices)
    key = Bytewise(max_length=255, blank=True)
    value = Bytewise(max_length=255, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rendered", "sort", "key", "value"], name="one_need_each")]
        indexes = [models.Index(fields=["sort", "key", "value"], name="need_found")]

    def __str__(self) -> str:
        return f"{self.rendered_id} {self.get_sort_display()} {self.key} {self.value}"


class CacheEpoch(models.Model):
    """One row that counts changes which make no version: declarations read again, files, kinds."""

    count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.count)

    @classmethod
    def increment(cls) -> None:
        """One more change."""
        if not cls.objects.filter(pk=1).update(count=F("count") + 1):
            cls.objects.get_or_create(pk=1, defaults={"count": 1})
