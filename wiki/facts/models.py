"""Tables of facts. All rows are derived from versions: `manage.py rebuild` creates them again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Substr
from modelsearch import index

from wiki.facts.values import Value
from wiki.pages.binary_collation import Bytewise, BytewiseText
from wiki.pages.models import WikiPage
from wiki.pages.writing.parsed_versions import KIND_NAMES, LICENSE_NAMES, TITLE_NAMES
from wiki.text import titles
from wiki.text.problems import Problem

FOLDED_PREFIX = 40
"""Characters of `Fact.folded_text` in its index: enough for prefixes; databases limit the size of index entries."""


FIELD_PROPERTIES = frozenset(titles.key_of(name) for name in (*KIND_NAMES, *TITLE_NAMES, *LICENSE_NAMES))
"""Keys of the properties that are fields of the page; they are searched as fields."""


class Property(models.Model):
    """A property that a fact uses or a page declares, and what it means today."""

    key = Bytewise(max_length=255, unique=True)
    """Title key within the namespace (`City`); SMW's id of a special property (`_MDAT`)."""
    title = models.CharField(max_length=255)
    redirects_to = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="other_names")
    """The property at the end of its redirects; the facts of this one count as facts of that property."""
    datatype = models.CharField(max_length=8, blank=True)
    declared = models.JSONField(default=dict)
    """What its page declares, as JSON: see `property_declarations`."""
    revision = models.PositiveIntegerField(default=0)
    """Incremented when `declared` or `redirects_to` changes."""
    to_read = models.PositiveIntegerField(default=0)
    """How many facts have to be parsed again by the current declaration; 0 when none."""
    read_so_far = models.PositiveIntegerField(default=0)
    read_to = models.PositiveBigIntegerField(default=0)
    """Progress of that: the number of facts parsed again so far (`read_so_far`), and the primary key of the last."""

    class Meta:
        verbose_name_plural = "properties"
        indexes = [models.Index(fields=["to_read"], name="property_to_read", condition=Q(to_read__gt=0))]

    def __str__(self) -> str:
        return self.title


class Subject(models.Model):
    """What a fact is about: a page (`fragment` empty), or a subobject or record within it."""

    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="subjects")
    fragment = Bytewise(max_length=255, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "fragment"], name="one_subject_each")]

    def __str__(self) -> str:
        return f"{self.page_id}#{self.fragment}"


class Fact(index.Indexed, models.Model):
    """A subject has a value of a property, through an interval of its page's versions.

    Rows are not overwritten, except for the typed columns (which follow from the current declaration) and the order of
    values. A fact that is no longer stated gets `removed_in`.
    """

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="facts")
    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="facts")
    property = models.ForeignKey(Property, on_delete=models.PROTECT, related_name="facts")
    position = models.PositiveIntegerField(default=0)
    """Order of the values as written, within the page."""
    raw = models.TextField()
    language = models.CharField(max_length=8)
    """The language of the page, in which `raw` was parsed."""
    part_of = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="part_facts")
    """The record of which this fact is a field value."""
    whole = models.ForeignKey(Subject, null=True, on_delete=models.CASCADE, related_name="+")
    """Of a record: the subject that has its field values as facts."""

    datatype = models.CharField(max_length=8)
    canonical_value = Bytewise(max_length=255, blank=True)
    folded_text = BytewiseText(blank=True)
    number = models.FloatField(null=True)
    number_end = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    lang = models.CharField(max_length=16, blank=True)
    root_key = Bytewise(max_length=255, blank=True)
    """Of a page value: the title key at root level. `canonical_value` is `place_key` if that page exists, else this
    key."""
    place_key = Bytewise(max_length=255, blank=True)
    problem = models.JSONField(null=True)
    """`{"code", "params"}` where the value cannot be used; queries leave out such facts."""
    note = models.CharField(max_length=20, blank=True)

    added_in = models.PositiveIntegerField()
    removed_in = models.PositiveIntegerField(null=True)
    """The first version that states the fact, and the first one after it that does not."""
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    """Claimed times of these versions, made non-decreasing along the page."""

    search_auto_update = False
    search_fields: ClassVar[list[index.BaseField]] = [
        index.SearchField("raw", usual_length=4),
        index.FilterField("page"),
        index.FilterField("added_at"),
    ]

    class Meta:
        indexes = [
            models.Index(
                fields=["property", "canonical_value", "subject"], name="fact_word", condition=Q(removed_in=None)
            ),
            models.Index(fields=["property", "number", "subject"], name="fact_number", condition=Q(removed_in=None)),
            models.Index(
                "property",
                Substr("folded_text", 1, FOLDED_PREFIX),
                "subject",
                name="fact_fold",
                condition=Q(removed_in=None),
            ),
            models.Index(fields=["property", "lat", "lon", "subject"], name="fact_place", condition=Q(removed_in=None)),
            models.Index(fields=["subject", "property"], name="fact_subject", condition=Q(removed_in=None)),
            models.Index(fields=["page"], name="fact_page", condition=Q(removed_in=None)),
            models.Index(fields=["property"], name="fact_wrong", condition=Q(removed_in=None, problem__isnull=False)),
            models.Index(fields=["canonical_value"], name="fact_target", condition=Q(removed_in=None, datatype="_wpg")),
            models.Index(fields=["place_key"], name="fact_near", condition=~Q(place_key="")),
            models.Index(fields=["page", "removed_in"], name="fact_life"),
            models.Index(fields=["property", "canonical_value", "added_at"], name="fact_then"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.property_id} {self.raw[:40]}"

    @classmethod
    def get_indexed_objects(cls) -> models.QuerySet[Fact]:
        """Return the facts that authors state: without builtin statements, fields of the page, and parts of records."""
        return (
            cls.objects.filter(part_of=None)
            .exclude(property__key__startswith="_")
            .exclude(property__key__in=FIELD_PROPERTIES)
        )

    def value(self) -> Value:
        """Return the typed value; a record comes without its parts, which are separate facts."""
        problem = Problem(self.problem["code"], self.problem["params"]) if self.problem else None
        return Value(
            self.datatype, self.raw, self.canonical_value, self.folded_text, self.number, self.number_end,
            self.lat, self.lon, self.lang, self.place_key, (), problem, self.note,
        )  # fmt: skip
