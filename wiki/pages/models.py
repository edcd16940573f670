"""Pages and their history, and what is derived from the current text.

Text and fields (title, place, licence, language) are kept twice: in the page for reading now,
in `PageVersion` (and reversion's rows, which hold the text) for ever. All else is derived.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from reversion.models import Version
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet

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

STALE, NEVER_COMPUTED = "", "-"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]


class Kind(models.Model):
    """What a page is about (place, practice, …): a row, so that a community adds its own."""

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
        verbose_name = _("kind of page")
        verbose_name_plural = _("kinds of page")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and let readers' browsers know that pages of this kind look different now."""
        super().save(*args, **kwargs)
        WikiPage.objects.filter(kind=self).update(cache_version=F("cache_version") + 1)

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_fr if (get_language() or "fr").startswith("fr") else self.name_en

    @property
    def plural(self) -> str:
        """The plural in the reader's language."""
        return self.plural_fr if (get_language() or "fr").startswith("fr") else self.plural_en


class WikiPageQuerySet(PageQuerySet["WikiPage"]):
    """The vocabulary of reading."""

    def readable_by(self, user: Reader) -> WikiPageQuerySet:
        """The gate: pages that `user` may read. The only source of pages for anyone's eyes."""
        found: WikiPageQuerySet = self.filter(title_key__isnull=False)
        return found

    def in_place(self, place: WikiPage) -> WikiPageQuerySet:
        """The pages that live in `place`."""
        found: WikiPageQuerySet = self.filter(place=place)
        return found

    def articles(self) -> WikiPageQuerySet:
        """Pages for readers: main namespace, no redirects."""
        found: WikiPageQuerySet = self.filter(namespace=0, redirect_key="")
        return found


class WikiPage(Page):
    """The one class of page. Never `save()` an existing one: see `storing`."""

    namespace = models.PositiveSmallIntegerField(default=0)
    full_title = models.CharField(max_length=255)
    title_key = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001  unique, but for the deleted
    """Unique key of the full title; null once deleted, which frees the title."""
    title_fold = models.CharField(max_length=255, db_index=True)
    """Shown title without accents or case, to sort and to search."""
    display_title = models.CharField(max_length=255, blank=True)
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
    cache_version = models.PositiveIntegerField(default=0)
    """Moves when something else that the page shows has changed: part of its ETag."""
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects: ClassVar[Any] = PageManager.from_queryset(WikiPageQuerySet)()

    is_creatable = False
    search_auto_update = False
    parent_page_types: ClassVar[list[str]] = []
    subpage_types: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("wiki page")
        verbose_name_plural = _("wiki pages")
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
        """The title as readers see it: the true name where the title had to replace a sign."""
        return self.display_title or self.title

    @property
    def is_deleted(self) -> bool:
        """Whether the current version is a version without text."""
        return self.title_key is None

    @property
    def url_title(self) -> str:
        """The part of the address after `/wiki/`, percent-encoded."""
        return titles.quote_title(self.full_title)

    def get_absolute_url(self) -> str:
        """Where people read the page."""
        return address("page", self.full_title)

    def get_url_parts(self, request: HttpRequest | None = None) -> tuple[int, str, str] | None:
        """Wagtail's answer to «where is this page»: the same address as everybody else's."""
        parts = super().get_url_parts(request)
        return None if parts is None else (parts[0], settings.WAGTAILADMIN_BASE_URL, self.get_absolute_url())

    def get_admin_display_title(self) -> str:
        """What Wagtail's admin calls the page: «Category:Wood», not just «Wood»."""
        return self.full_title

    def permissions_for_user(self, user: Reader) -> WikiPagePermissionTester:
        """Wagtail's question: its admin opens pages, and changes none by itself."""
        return WikiPagePermissionTester(user, self)


def new_slug() -> str:
    """An internal slug: Wagtail wants one, nobody sees it, and it never changes."""
    return uuid.uuid4().hex


class PageText(models.Model):
    """The current source of a page, one row a page: what reversion registers and serialises."""

    page = models.OneToOneField(WikiPage, primary_key=True, on_delete=models.CASCADE, related_name="source")
    text = models.TextField(null=True)  # noqa: DJ001  no text is a deletion, an empty one is not

    def __str__(self) -> str:
        return f"source of page {self.page_id}"


class Stewardship(models.Model):
    """Who looks after a place (*concierge*)."""

    place = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="stewardships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stewardships")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "user"], name="one_stewardship_each")]

    def __str__(self) -> str:
        return f"{self.user} looks after {self.place}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and let readers' browsers know that the place looks different now."""
        super().save(*args, **kwargs)
        WikiPage.objects.filter(pk=self.place_id).update(cache_version=F("cache_version") + 1)


def invalidate_places_of(instance: User, update_fields: frozenset[str] | None = None, **_: Any) -> None:
    """Receiver of `post_save`: a steward's name may have changed; signing in changes no name."""
    if update_fields != frozenset({"last_login"}):
        WikiPage.objects.filter(stewardships__user=instance).update(cache_version=F("cache_version") + 1)


class Changeset(models.Model):
    """Versions made in one act: the fork of a tree, an import, the renaming of a place."""

    class Act(models.TextChoices):
        MOVE = "move", pgettext_lazy("act", "move")
        FORK = "fork", pgettext_lazy("act", "fork")
        IMPORT = "import", pgettext_lazy("act", "import")
        DEMO = "demo", pgettext_lazy("act", "demonstration")

    act = models.CharField(max_length=20, choices=Act.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    comment = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.made_at:%Y-%m-%d %H:%M}"


class PageVersionQuerySet(models.QuerySet["PageVersion"]):
    """The vocabulary of reading history."""

    def readable_by(self, user: Reader) -> PageVersionQuerySet:
        """The gate for versions: those of pages that `user` may read."""
        if getattr(user, "is_superuser", False):
            return self
        return self.filter(page__title_key__isnull=False)


class PageVersion(models.Model):
    """One saved state of one page. Its text is in the one reversion Version beside it."""

    page = models.ForeignKey(WikiPage, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    """Counts from 1 per page, without gaps."""
    stored = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="page_version")
    merge_parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="merged_into")
    """The other parent, where a version of another page or line was taken in."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="versions")
    author_name = models.CharField(max_length=255)
    origin_host = models.CharField(max_length=255, blank=True)
    """The site where this version was first made; empty for one made here."""
    origin_number = models.PositiveIntegerField(null=True)
    claimed_at = models.DateTimeField()
    """When the author says it was made; never later than `recorded_at`."""
    recorded_at = models.DateTimeField(default=timezone.now)
    title = models.CharField(max_length=255)
    """The full title of the page in this version."""
    place = models.ForeignKey(WikiPage, null=True, on_delete=models.SET_NULL, related_name="+")
    is_place = models.BooleanField(default=False)
    kind_key = models.CharField(max_length=40, blank=True)
    license = models.CharField(max_length=255)
    language = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    """Bytes of the text in UTF-8."""
    size_change = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    comment = models.CharField(max_length=500, blank=True)
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
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"

    def get_absolute_url(self) -> str:
        """The permalink."""
        return f"{address('page', self.page.full_title)}?version={self.number}"

    def text(self) -> str | None:
        """The text of this version (None for a deletion). One query unless `stored` is loaded."""
        text: str | None = self.stored.field_dict["text"]
        return text

    @property
    def is_imported(self) -> bool:
        """Whether author and date are claims from elsewhere, not verified here."""
        return bool(self.origin_host)


class Fork(models.Model):
    """Where a forked page came from, as it was then; stays true when upstream changes."""

    page = models.OneToOneField(WikiPage, on_delete=models.CASCADE, related_name="fork")
    upstream = models.ForeignKey(WikiPage, null=True, on_delete=models.SET_NULL, related_name="forks")
    """The page forked from; null when it lives on another site."""
    upstream_host = models.CharField(max_length=255, blank=True)
    upstream_title = models.CharField(max_length=255)
    upstream_url = models.URLField(max_length=2000)
    upstream_version = models.PositiveIntegerField()
    upstream_license = models.CharField(max_length=255)
    upstream_authors = models.JSONField(default=list)
    """Names of those who wrote upstream up to that version, and its own upstreams' authors."""
    made_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    auto_pull_user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    """In whose name what moves upstream is taken in by itself, where it joins without a clash; null where it is not."""
    last_tried_version = models.PositiveIntegerField(default=0)
    """The version of upstream that was looked at for the auto_pull_user."""

    def __str__(self) -> str:
        return f"{self.page} from {self.upstream_title} v{self.upstream_version}"


class PageLink(models.Model):
    """A link in the current text of a page: to a page, category, picture, or by redirect."""

    class Way(models.TextChoices):
        LINK = "link"
        CATEGORY = "category"
        FILE = "file"
        REDIRECT = "redirect"

    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="links")
    way = models.CharField(max_length=10, choices=Way.choices)
    key = models.CharField(max_length=255, db_index=True)
    """Key of the target, read from the commons."""
    place_key = models.CharField(max_length=255, blank=True, db_index=True)
    """Key of the target within the page's own place, which is looked for first."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "way", "key"], name="one_link_per_target")]

    def __str__(self) -> str:
        return f"{self.page_id} {self.way} {self.key}"


class RenderedPage(models.Model):
    """What an anonymous reader sees of a page's text, per language of the interface.

    `html` leaves placeholders for links, which are coloured when read, and for what is asked when read.
    """

    page = models.ForeignKey(WikiPage, on_delete=models.CASCADE, related_name="rendered")
    ui_language = models.CharField(max_length=8)
    version = models.PositiveIntegerField()
    """Number of the version it was made from; 0 when it must be made again."""
    html = models.TextField()
    nonce = models.CharField(max_length=64)
    placeholders = models.JSONField(default=dict)
    toc = models.JSONField(default=list)
    has_fact_box = models.BooleanField(default=True)
    """Whether the fact box is shown: not where the text holds `__NOFACTBOX__`."""
    problems = models.JSONField(default=list)
    categories = models.JSONField(default=list)

    results = models.JSONField(default=dict)
    """Safe HTML of what other pages decide too (calls, annotations), by the number of its placeholder; see `late`."""
    fact_box = models.JSONField(default=list)
    """The fact box: safe HTML as [label, [value, …]]."""
    results_release = models.CharField(max_length=8, default=NEVER_COMPUTED)
    """`keeping.RELEASE` of the code that made `answers` and `box`; STALE, or NEVER_COMPUTED yet."""
    expires_at = models.DateTimeField(null=True)
    """When they have to be made again though nothing changed: they say something of today, or took too long."""
    statements: Sequence[Statement] | None = None
    """What the text of a preview states; of a stored page, the facts are in their own table."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "ui_language"], name="one_rendering_each")]
        indexes = [
            models.Index(fields=["page"], name="rendered_stale", condition=Q(results_release="")),
            models.Index(fields=["expires_at"], name="rendered_today", condition=Q(expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.page_id} in {self.ui_language}"


def links_to(key: str) -> models.QuerySet[PageLink]:
    """Links that lead to the page with `key`: the same place is looked in first."""
    nearer = WikiPage.objects.filter(title_key=models.OuterRef("place_key"))
    return PageLink.objects.filter(Q(place_key=key) | Q(Q(key=key), ~models.Exists(nearer) | Q(place_key="")))
