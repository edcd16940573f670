"""Tables of passages and titles. All rows are derived from versions: `manage.py rebuild` creates them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import F, Q
from modelsearch import index

from wiki.pages.binary_collation import BytewiseText
from wiki.pages.models import WikiPage
from wiki.pages.read_permissions import in_readable_history
from wiki.text.strip_markup import strip_markup

if TYPE_CHECKING:
    from datetime import datetime

    from wiki.pages.models import Reader

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


class TitlePeriodQuerySet(models.QuerySet["TitlePeriod"]):
    """Filters for reading the titles that pages had."""

    def readable_by(self, user: Reader) -> TitlePeriodQuerySet:
        """Permission filter: the titles of pages whose history `user` may read."""
        return self.filter(in_readable_history(user))

    def valid_at(self, moment: datetime) -> TitlePeriodQuerySet:
        """Return the titles that pages had at a moment."""
        return self.filter(Q(removed_at=None) | Q(removed_at__gt=moment), added_at__lte=moment)


class TitlePeriod(models.Model):
    """A title of a page, with the target of its redirect, through an interval of the page's versions.

    The columns of the title have the names that they have in `WikiPage`. While a page is deleted it has no period.
    """

    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="title_periods", db_index=False)
    namespace = models.PositiveSmallIntegerField()
    full_title = models.CharField(max_length=255)
    title_key = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    """Title without namespace and place."""
    display_title = models.CharField(max_length=255, blank=True)
    title_fold = models.CharField(max_length=255)
    is_place = models.BooleanField()
    place_key = models.CharField(max_length=255, blank=True)
    """Title key of the place that the page is in."""
    redirect_key = models.CharField(max_length=255, blank=True)

    added_in = models.PositiveIntegerField()
    removed_in = models.PositiveIntegerField(null=True)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    """Claimed times of these versions, made non-decreasing along the page."""

    objects: ClassVar[Any] = models.Manager.from_queryset(TitlePeriodQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "added_in"], name="one_title_each")]
        indexes = [
            models.Index(fields=["title_key", "added_at"], name="title_then"),
            models.Index(fields=["redirect_key"], name="title_redirect", condition=Q(redirect_key__gt="")),
        ]

    def __str__(self) -> str:
        return f"{self.full_title} of page {self.page_id} from v{self.added_in}"
