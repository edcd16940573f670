"""The table of passages. All rows are derived from versions: `manage.py rebuild` creates them again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from modelsearch import index

from wiki.pages.binary_collation import BytewiseText
from wiki.pages.models import WikiPage
from wiki.text.strip_markup import strip_markup

KINDS = ("heading", "paragraph", "item", "quote", "code", "table", "rule")


class Passage(index.Indexed, models.Model):
    """A block of a page's text, through an interval of the page's versions.

    Rows are not overwritten: a passage whose text changes (other than in spacing) gets `removed_in`, and another
    passage is added. Names of passages (`origin`, `grew_from`) consist of page, version and rank; unlike row ids they
    follow from history alone.
    """

    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="passages", db_index=False)
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in KINDS])
    position = BytewiseText()
    """Sorts the passages that are current together, in any version (see `wiki.text.fractional_index`)."""
    text = models.TextField()
    """As written in version `added_in`."""
    words = models.TextField(blank=True)
    """Its words without case and accents, separated by single spaces."""
    identity = models.CharField(max_length=24)
    """A hash of its text without regard to spacing: equal for passages with equal text."""
    runs = models.JSONField(default=list)
    """Who wrote its words, in order: `[count, version]` with the version of this page that added them, or `[count,
    version, page, number]` where that version took them from version `number` of another page."""

    added_in = models.PositiveIntegerField()
    rank = models.PositiveIntegerField()
    """Its position among the passages added in the same version."""
    removed_in = models.PositiveIntegerField(null=True)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    """Claimed times of these versions, made non-decreasing along the page."""
    origin = models.CharField(max_length=64)
    """Name of the first passage that this one restores or copies; its own name if there is none."""
    grew_from = models.CharField(max_length=64, blank=True)
    """Name of the passage that it replaced and has most of its words from."""

    search_auto_update = False
    search_fields: ClassVar[list[index.BaseField]] = [
        index.SearchField("said", usual_length=20),
        index.FilterField("page"),
        index.FilterField("added_at"),
    ]
    """Only what never changes in a row; `removed_in` is looked up in the table."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "added_in", "rank"], name="one_passage_each")]
        indexes = [
            models.Index(fields=["page"], name="passage_alive", condition=Q(removed_in=None)),
            models.Index(fields=["page", "identity"], name="passage_dead", condition=Q(removed_in__isnull=False)),
            models.Index(fields=["page", "removed_in"], name="passage_removed"),
            models.Index(fields=["origin"], name="passage_origin"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.text[:40]}"

    @property
    def name(self) -> str:
        """Page, version and rank, as in `origin` and `grew_from`."""
        return f"{self.page_id}.{self.added_in}.{self.rank}"

    @classmethod
    def get_indexed_objects(cls) -> models.QuerySet[Passage]:
        """Return the passages with words, each annotated with the `language` of its page."""
        return cls.objects.exclude(words="").annotate(language=F("page__language"))

    def said(self) -> str:
        """Return the text without markup, for the search index."""
        return strip_markup(self.text, self.kind)


def with_name(name: str) -> Any:
    """Return the condition for the passage with a name."""
    page, added_in, rank = map(int, name.split("."))
    return Q(page_id=page, added_in=added_in, rank=rank)
