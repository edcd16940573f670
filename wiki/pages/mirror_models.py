"""Mirrors: local copies of pages of other sites with all their versions, so that pages here can be forks of them.

A mirror is a page in a namespace of its own. Nobody edits it here: versions are added only by importing newer archives
of the original. Version n of a mirror is version n of the original.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from wiki.pages.models import WikiPage
from wiki.text import titles
from wiki.text.titles import MIRROR_NAMESPACE, TITLE_LIMIT

ARCHIVE_SUFFIX = " (archive)"
"""Suffix of the titles of mirrors that were imported from a file, whose origin is unconfirmed."""


class Mirror(models.Model):
    """Origin of a mirror, and how the origin is polled for new versions."""

    page = models.OneToOneField(WikiPage, on_delete=models.CASCADE, related_name="mirror")
    host = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    """Full title on the other site."""
    url = models.URLField(max_length=2000)
    """URL of the page on the other site."""
    archive = models.URLField(max_length=1500, blank=True)
    """URL of its archive; empty if it was imported from a file, so that `host` is unconfirmed."""
    feed = models.URLField(max_length=2000, blank=True)
    """URL of the feed of its history, polled before the archive is fetched."""
    validator = models.CharField(max_length=255, blank=True)
    """ETag or checksum of the feed, or of the archive, when last fetched; shows whether it has changed since."""
    polled_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    """Why the last poll failed: an English message that is translated when shown."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "title", "archive"], name="one_mirror_each")]

    def __str__(self) -> str:
        return f"{self.title} ({self.host})"

    @property
    def is_confirmed(self) -> bool:
        """Whether the archive was fetched from the site itself."""
        return bool(self.archive)


def remote_title(page: WikiPage) -> str:
    """Return the title of a page without its place; of a mirror, the title that the original has there."""
    if page.namespace != MIRROR_NAMESPACE:
        return str(page.title)
    _, _, title = str(page.title).removesuffix(ARCHIVE_SUFFIX).partition("/")
    return title.rpartition(":")[2].strip() or title


def canonical_url(page: WikiPage) -> str:
    """Return the absolute URL of a page; of a mirror, the URL of the original. One query for a mirror."""
    mirror = Mirror.objects.filter(page=page).first() if page.namespace == MIRROR_NAMESPACE else None
    return mirror.url if mirror is not None else f"{settings.BASE_ADDRESS}{page.get_absolute_url()}"


def mirror_title(host: str, title: str, *, is_confirmed: bool) -> str:
    """Return the title of a mirror: the host, then the title on that site, cut to the length limit of titles."""
    name = f"{titles.replace_forbidden_characters(host.replace(':', '-'))}/{titles.replace_forbidden_characters(title)}"
    if not is_confirmed:
        name += ARCHIVE_SUFFIX
    max_bytes = TITLE_LIMIT - len(titles.NAMESPACES[MIRROR_NAMESPACE].canonical) - 1
    while len(name.encode()) > max_bytes or len(titles.key_of(name).encode()) > max_bytes:
        name = name[:-1]
    return titles.clean_title(name.rstrip())
