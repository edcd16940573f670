"""Models of pages, their versions, and the data derived from their current text.

The text and the fields (title, place, licence, language) are stored twice: in the page for fast reading, and in
`PageVersion` (with the text in reversion's rows) for the history. Everything else is derived from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from reversion.models import Version
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

from wiki.pages import read_permissions
from wiki.pages.page_urls import address
from wiki.pages.wagtail_permissions import WikiPagePermissionTester
from wiki.text import titles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest

    from wiki.accounts.models import User
    from wiki.text.statements import Statement

    Reader = User | AnonymousUser

STALE, NEVER_COMPUTED = "", "-"  # values of RenderedPage.results_release
LANGUAGES = [("fr", _("French")), ("en", _("English"))]


class Kind(models.Model):
    """Kind of page (place, practice, …). Communities add their own in the admin."""

    key = models.SlugField(max_length=40, unique=True)
    name_fr = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    plural_fr = models.CharField(max_length=80)
    plural_en = models.CharField(max_length=80)
    icon = models.SlugField(max_length=40, default="article")
    colour = models.SlugField(max_length=20, default="grey")
    order = models.PositiveSmallIntegerField(default=100)

    class Meta:
        ordering = ("order", "key")
        verbose_name, verbose_name_plural = _("kind of page"), _("kinds of page")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and change the ETag of all pages of this kind, since they show its name, icon and colour."""
        super().save(*args, **kwargs)
        WikiPage.objects.filter(kind=self).update(cache_version=F("cache_version") + 1)

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.name_fr if (get_language() or "fr").startswith("fr") else self.name_en

    @property
    def plural(self) -> str:
        """The plural in the active language."""
        return self.plural_fr if (get_language() or "fr").startswith("fr") else self.plural_en


class WikiPageQuerySet(PageQuerySet["WikiPage"]):
    """Filters for reading pages."""

    def readable_by(self, user: Reader) -> WikiPageQuerySet:
        """Permission filter: the pages that `user` may read. Every query whose result is shown begins with it."""
        return cast("WikiPageQuerySet", self.filter(read_permissions.is_readable(user)))

    def readable_in_history(self, user: Reader) -> WikiPageQuerySet:
        """Permission filter for what pages were: as `readable_by`, with deleted pages for those who may see them."""
        return self if read_permissions.may_read_deleted(user) else self.readable_by(user)

    def articles(self) -> WikiPageQuerySet:
        """Return the pages of the main namespace that are no redirects."""
        return cast("WikiPageQuerySet", self.filter(namespace=0, redirect_key=""))


class WikiPage(Page):
    """The only page class. Never call `save()` on an existing page: only `version_store` writes page rows."""

    namespace = models.PositiveSmallIntegerField(default=0)
    full_title = models.CharField(max_length=255)
    title_key = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001  unique, except for deleted pages
    """Unique key of the full title; null for a deleted page, so that its title can be used again."""
    title_fold = models.CharField(max_length=255, db_index=True)
    """Displayed title without accents or case, for sorting and searching."""
    display_title = models.CharField(max_length=255, blank=True)
    hidden_with = models.ForeignKey("self", models.PROTECT, null=True, editable=False, db_index=False, related_name="+")
    """Of a hidden page: itself, or the page whose redirect or discussion it is; see `read_permissions`."""
    is_place = models.BooleanField(default=False)
    place = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="inhabitants")
    kind = models.ForeignKey(Kind, null=True, on_delete=models.PROTECT, related_name="pages")
    language = models.CharField(max_length=8, choices=LANGUAGES, default="fr")
    license = models.CharField(max_length=255)
    version = models.PositiveIntegerField(default=0)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    redirect_key = models.CharField(max_length=255, blank=True)
    excerpt = models.CharField(max_length=300, blank=True)
    picture_name = models.CharField(max_length=255, blank=True)
    protection = models.CharField(max_length=16, blank=True, editable=False)
    protected_until = models.DateTimeField(null=True, editable=False)
    """Who may write in the page, or in the pages of a place, and when that ends: see `protection.py`."""
    cache_version = models.PositiveIntegerField(default=0)
    """Counter, part of the ETag: incremented when something changes that the page shows, other than its text."""
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects: ClassVar[Any] = PageManager.from_queryset(WikiPageQuerySet)()

    is_creatable = search_auto_update = False
    parent_page_types: ClassVar[list[str]] = []
    subpage_types: ClassVar[list[str]] = []

    class Meta:
        verbose_name, verbose_name_plural = _("wiki page"), _("wiki pages")
        indexes = [
            models.Index(fields=["namespace", "title_fold"], name="page_namespace_fold"),
            models.Index(fields=["kind", "-edited_at"], name="page_kind_edited"),
            models.Index(fields=["place", "title_fold"], name="page_place_fold"),
            models.Index(fields=["full_title"], name="page_full_title"),
            models.Index(fields=["redirect_key"], name="page_redirect", condition=Q(redirect_key__gt="")),
        ]

    def __str__(self) -> str:
        return self.full_title or self.title

    @property
    def shown_title(self) -> str:
        """Title as displayed: the display title, which may hold characters that titles cannot, or else the title."""
        return self.display_title or self.title

    @property
    def is_deleted(self) -> bool:
        """Whether the page is deleted: its current version has no text."""
        return self.title_key is None

    @property
    def is_hidden(self) -> bool:
        """Whether only some may read the page."""
        return self.hidden_with_id is not None

    @property
    def public_key(self) -> str | None:
        """The title key by which everybody finds the page; None if it is deleted or hidden."""
        return None if self.is_hidden else self.title_key

    @property
    def url_title(self) -> str:
        """The full title as written in URLs after `/wiki/`, percent-encoded."""
        return titles.quote_title(self.full_title)

    def get_absolute_url(self) -> str:
        """URL of the view that shows the page."""
        return address("page", self.full_title)

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        """Give Wagtail the same URL as `get_absolute_url`, instead of one made from slugs."""
        parts = super().get_url_parts(request)
        return None if parts is None else (parts[0], settings.WAGTAILADMIN_BASE_URL, self.get_absolute_url())

    def get_admin_display_title(self) -> str:
        """Show the full title in Wagtail's admin: «Category:Wood», not just «Wood»."""
        return self.full_title

    def permissions_for_user(self, user: Reader) -> WikiPagePermissionTester:
        """Restrict Wagtail's admin to opening pages; changes are made in the wiki's own views."""
        return WikiPagePermissionTester(user, self)


class PageText(models.Model):
    """Current source text of a page, one row per page. This is the model that reversion serialises."""

    page = models.OneToOneField(WikiPage, primary_key=True, on_delete=models.CASCADE, related_name="source")
    text = models.TextField(null=True)  # noqa: DJ001  null means deleted; "" is an empty page

    def __str__(self) -> str:
        return f"source of page {self.page_id}"


class Stewardship(models.Model):
    """A user's stewardship of a place (French: *concierge*)."""

    place = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="stewardships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stewardships")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "user"], name="one_stewardship_each")]

    def __str__(self) -> str:
        return f"{self.user} looks after {self.place}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and change the ETag of the place, since it lists its stewards."""
        super().save(*args, **kwargs)
        WikiPage.objects.filter(pk=self.place_id).update(cache_version=F("cache_version") + 1)


class Changeset(models.Model):
    """Group of versions made in one act: the fork of a subtree, an import, the edit of a table."""

    class Act(models.TextChoices):
        MOVE = "move", pgettext_lazy("act", "move")
        FORK = "fork", pgettext_lazy("act", "fork")
        IMPORT = "import", pgettext_lazy("act", "import")
        EDIT = "edit", pgettext_lazy("act", "edit of a table")
        UNDO = "undo", pgettext_lazy("act", "undo")
        DEMO = "demo", pgettext_lazy("act", "demonstration")

    act = models.CharField(max_length=20, choices=Act.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    comment = models.TextField(blank=True)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.made_at:%Y-%m-%d %H:%M}"


class PageVersionQuerySet(models.QuerySet["PageVersion"]):
    """Filters for reading versions."""

    def readable_by(self, user: Reader) -> PageVersionQuerySet:
        """Permission filter: versions of pages that `user` may read; of deleted ones for those who may see them."""
        return self.filter(read_permissions.in_readable_history(user))


class PageVersion(models.Model):
    """One version of one page. Its text is in the reversion `Version` that `stored` refers to."""

    page = models.ForeignKey(WikiPage, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    """Counts from 1 for each page, without gaps."""
    stored = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="page_version")
    merge_parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="merged_into")
    """Second parent of a merge: the version of another page whose text was merged into this version."""
    merge_source = models.JSONField(null=True)
    """Of an imported version: the version that it merged, as `{"host", "title", "number"}`, wherever that is."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="versions")
    author_name = models.CharField(max_length=255)
    origin_host = models.CharField(max_length=255, blank=True)
    """Site where an imported version was first written; empty for versions written on this site."""
    origin_number = models.PositiveIntegerField(null=True)
    claimed_at = models.DateTimeField()
    """Time of writing as claimed by the author; never later than `recorded_at`."""
    recorded_at = models.DateTimeField(default=timezone.now)
    title = models.CharField(max_length=255)
    """Full title of the page in this version."""
    place = models.ForeignKey(WikiPage, null=True, on_delete=models.SET_NULL, related_name="+")
    is_place = models.BooleanField(default=False)
    kind_key = models.CharField(max_length=40, blank=True)
    license = models.CharField(max_length=255)
    language = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    """Size of the text in UTF-8 bytes."""
    size_change = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    comment = models.TextField(blank=True)
    minor = models.BooleanField(default=False)
    tags = models.JSONField(default=list, blank=True)
    changeset = models.ForeignKey(Changeset, null=True, on_delete=models.SET_NULL, related_name="versions")
    is_deletion = models.BooleanField(default=False)

    objects: ClassVar[Any] = models.Manager.from_queryset(PageVersionQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "number"], name="one_version_per_number")]
        indexes = [
            models.Index(fields=["-claimed_at", "-id"], name="version_claimed"),
            models.Index(fields=["author", "-claimed_at"], name="version_author"),
            models.Index(fields=["author_name", "-claimed_at"], name="version_author_name"),
            models.Index(fields=["place", "-claimed_at"], name="version_place"),
            models.Index(fields=["title", "-claimed_at"], name="version_title"),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"

    def get_absolute_url(self) -> str:
        """Permanent URL of this version."""
        return f"{address('page', self.page.full_title)}?version={self.number}"

    def text(self) -> str | None:
        """Return the text of this version, None for a deletion. One query, unless `stored` is loaded already."""
        text: str | None = self.stored.field_dict["text"]
        return text

    @property
    def is_imported(self) -> bool:
        """Whether the version comes from another site, so that its author and date are unverified claims."""
        return bool(self.origin_host)


class Fork(models.Model):
    """Origin of a forked page, as it was at the time of the fork; not updated when upstream changes."""

    page = models.OneToOneField(WikiPage, on_delete=models.CASCADE, related_name="fork")
    upstream = models.ForeignKey(WikiPage, null=True, on_delete=models.SET_NULL, related_name="forks")
    """The forked page; null when it is on another site."""
    upstream_host = models.CharField(max_length=255, blank=True)
    upstream_title = models.CharField(max_length=255)
    upstream_url = models.URLField(max_length=2000)
    upstream_version = models.PositiveIntegerField()
    upstream_license = models.CharField(max_length=255)
    upstream_authors = models.JSONField(default=list)
    """Names of the authors of upstream up to `upstream_version`, including the authors of its own upstreams."""
    rewritten_facts = models.JSONField(null=True)
    """Names of properties whose values name the fork's place where the upstream's name its own; null before 0.3.0."""
    made_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    auto_pull_user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    """User in whose name new upstream versions are merged automatically if there is no conflict; null: no auto-pull."""
    last_tried_version = models.PositiveIntegerField(default=0)
    """Number of the last upstream version that the auto-pull tried to merge."""

    def __str__(self) -> str:
        return f"{self.page} from {self.upstream_title} v{self.upstream_version}"


class PageLink(models.Model):
    """Link in the current text of a page: to a page, category, picture or other wiki, or a redirect."""

    class Way(models.TextChoices):
        LINK = "link"
        CATEGORY = "category"
        FILE = "file"
        REDIRECT = "redirect"
        INTERWIKI = "interwiki"

    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="links")
    way = models.CharField(max_length=10, choices=Way.choices)
    key = models.CharField(max_length=255, db_index=True)
    """Key of the target at root level."""
    place_key = models.CharField(max_length=255, blank=True, db_index=True)
    """Key of the target within the page's own place; a page with this key takes precedence over `key`."""
    sort_key = models.CharField(max_length=255, blank=True)
    """Of a category: the folded sort key of the page in it, from the link or from the page; "" for its title."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "way", "key"], name="one_link_per_target")]

    def __str__(self) -> str:
        return f"{self.page_id} {self.way} {self.key}"


class RenderedPage(models.Model):
    """Rendered HTML of a page as anonymous readers see it, one row per interface language.

    `html` contains placeholders for links, which are coloured when the page is read, and for deferred content.
    """

    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="rendered")
    ui_language = models.CharField(max_length=8)
    version = models.PositiveIntegerField()
    """Number of the version that was rendered; 0 when it must be rendered again."""
    html = models.TextField()
    nonce = models.CharField(max_length=64)
    placeholders = models.JSONField(default=dict)
    toc = models.JSONField(default=list)
    has_fact_box = models.BooleanField(default=True)
    """Whether the fact box is shown; False if the text contains `__NOFACTBOX__`."""
    problems = models.JSONField(default=list)
    categories = models.JSONField(default=list)
    results = models.JSONField(default=dict)
    """Cached safe HTML of parser functions and annotations by placeholder number; see `deferred_content`."""
    fact_box = models.JSONField(default=list)
    """Cached fact box: safe HTML as [[label, [value, …]], …]."""
    results_release = models.CharField(max_length=8, default=NEVER_COMPUTED)
    """`page_cache.RELEASE` of the code that computed `results` and `fact_box`; or STALE; or NEVER_COMPUTED."""
    expires_at = models.DateTimeField(null=True)
    """When `results` and `fact_box` expire even without a change: they depend on the date, or reached a timeout."""
    statements: Sequence[Statement] | None = None
    """Statements in the text of a preview, which has no facts in the database. Not a column."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "ui_language"], name="one_rendering_each")]
        indexes = [
            models.Index(fields=["page"], name="rendered_stale", condition=Q(results_release="")),
            models.Index(fields=["expires_at"], name="rendered_today", condition=Q(expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.page_id} in {self.ui_language}"
