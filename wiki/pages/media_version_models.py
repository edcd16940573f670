"""Model of the content that pictures and files had before it was replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.base import File as DjangoFile
from django.core.files.storage import default_storage
from django.db import models, transaction

from wiki.pages.media_models import File, Picture


class FileVersion(models.Model):
    """Content that a picture or file had, with what was said of it then. The current content is no such row."""

    picture = models.ForeignKey(Picture, null=True, related_name="old_versions", on_delete=models.CASCADE)
    document = models.ForeignKey(File, null=True, related_name="old_versions", on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    file = models.FileField(upload_to="file_versions", max_length=200)
    file_size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    author = models.CharField(max_length=255, blank=True)
    license = models.CharField(max_length=255)
    source = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.SET_NULL)
    at = models.DateTimeField()
    comment = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["picture", "number"], name="one_picture_version"),
            models.UniqueConstraint(fields=["document", "number"], name="one_document_version"),
            models.CheckConstraint(
                condition=models.Q(picture__isnull=False, document__isnull=True)
                | models.Q(picture__isnull=True, document__isnull=False),
                name="version_of_one",
            ),
        ]

    @property
    def content_url(self) -> str:
        """The URL of this content."""
        return f"{settings.MEDIA_URL}{quote(str(self.file.name))}"


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """A version of a picture or file as its page lists it."""

    number: int
    at: datetime
    by: Any
    size: int
    width: int | None
    height: int | None
    comment: str
    url: str
    is_current: bool


def old_versions_of(media: Picture | File) -> models.QuerySet[FileVersion]:
    """Return the rows of the old versions of a picture or file, oldest first."""
    rows = FileVersion.objects.filter(**_owner(media)).select_related("by")
    return rows.order_by("number")


def list_versions(media: Picture | File) -> Sequence[ListedVersion]:
    """Return the versions of a picture or file, the current one first. One query."""
    old = [
        ListedVersion(
            row.number, row.at, row.by, row.file_size, row.width, row.height, row.comment, row.content_url,
            is_current=False,
        )
        for row in old_versions_of(media)
    ]  # fmt: skip
    width, height = (media.width, media.height) if isinstance(media, Picture) else (None, None)
    current = ListedVersion(
        len(old) + 1, media.content_at or media.created_at, media.content_by or media.uploaded_by_user,
        media.file_size or 0, width, height, media.content_comment, media.content_url, is_current=True,
    )  # fmt: skip
    return [current, *reversed(old)]


def keep_current(media: Picture | File, *, is_copied: bool = False) -> FileVersion:
    """Store the current content of a locked picture or file as an old version. Call it before the content is replaced.

    The version takes the stored file over; `is_copied`, it gets a copy, as where Wagtail deletes the replaced file.
    """
    file: Any = media.file
    version = FileVersion(
        **_owner(media), number=old_versions_of(media).count() + 1, file_size=media.file_size or file.size,
        sha256=media.sha256, author=media.author, license=media.license, source=media.source,
        by=media.content_by or media.uploaded_by_user, at=media.content_at or media.created_at,
        comment=media.content_comment,
    )  # fmt: skip
    if isinstance(media, Picture):
        version.width, version.height = media.width, media.height
    if is_copied:
        with file.storage.open(file.name) as content:
            version.file.save(media.name, DjangoFile(content), save=False)
    else:
        version.file.name = file.name
    version.save()
    return version


def _owner(media: Picture | File) -> dict[str, Any]:
    return {"picture": media} if isinstance(media, Picture) else {"document": media}


def delete_content(sender: type[FileVersion], instance: FileVersion, **more: Any) -> None:
    """Delete the file of a deleted version when the transaction has ended (receiver of a signal)."""
    name = str(instance.file.name)
    transaction.on_commit(lambda: default_storage.delete(name))
