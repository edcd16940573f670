"""Pages of other sites that are kept here, version for version, so that pages here can be forks of them.

Such a mirror is a page like any other, in a namespace of its own, which nobody here writes: only newer archives of its
original add versions. Its version n is the version n there.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from wiki.pages.models import WikiPage
from wiki.text import titles
from wiki.text.titles import MIRROR_NAMESPACE, TITLE_LIMIT

ARCHIVE_SUFFIX = " (archive)"
"""Ends the title of a mirror that came as a file: the site itself may have another one."""


class Mirror(models.Model):
    """What a page mirrors, and how it is asked whether it has moved."""

    page = models.OneToOneField(WikiPage, on_delete=models.CASCADE, related_name="mirror")
    host = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    """Full title there."""
    url = models.URLField(max_length=2000)
    """Where people read it there."""
    archive = models.URLField(max_length=1500, blank=True)
    """Where its archive is fetched; empty where it came as a file: then nobody knows whether that is its host."""
    feed = models.URLField(max_length=2000, blank=True)
    """The feed of its history, asked before the archive is."""
    validator = models.CharField(max_length=255, blank=True)
    """What tells that the feed, or the archive, is still the one that was seen: its ETag, or its checksum."""
    polled_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    """Why it could not be asked the last time, in English, as a message to be translated is."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "title", "archive"], name="one_mirror_each")]

    def __str__(self) -> str:
        return f"{self.title} ({self.host})"

    @property
    def is_confirmed(self) -> bool:
        """Whether the site itself gave it."""
        return bool(self.archive)


def remote_title(page: WikiPage) -> str:
    """What a page, or a mirror of one, is called in its place."""
    if page.namespace != MIRROR_NAMESPACE:
        return str(page.title)
    _, _, title = str(page.title).removesuffix(ARCHIVE_SUFFIX).partition("/")
    return title.rpartition(":")[2].strip() or title


def canonical_url(page: WikiPage) -> str:
    """The address by which a page is known everywhere: of a mirror, its original's. One query for a mirror."""
    mirror = Mirror.objects.filter(page=page).first() if page.namespace == MIRROR_NAMESPACE else None
    return mirror.url if mirror is not None else f"{settings.BASE_ADDRESS}{page.get_absolute_url()}"


def mirror_title(host: str, title: str, *, is_confirmed: bool) -> str:
    """The title of a mirror: where it is from, then what it is called there, cut to what a title may have."""
    wanted = (
        f"{titles.replace_forbidden_characters(host.replace(':', '-'))}/{titles.replace_forbidden_characters(title)}"
    )
    if not is_confirmed:
        wanted += ARCHIVE_SUFFIX
    room = TITLE_LIMIT - len(titles.NAMESPACES[MIRROR_NAMESPACE].canonical) - 1
    while len(wanted.encode()) > room or len(titles.key_of(wanted).encode()) > room:
        wanted = wanted[:-1]
    return titles.clean_title(wanted.rstrip())
