"""Pictures and files: who made them, under which licence, from where; cleaned when taken in."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from PIL import Image as PillowImage
from PIL import ImageOps
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition

from wiki.licenses import catalogue
from wiki.pages import deferred_content
from wiki.pages.models import PageLink, RenderedPage, WikiPage
from wiki.text import titles

PIXEL_LIMIT = 50_000_000
BYTE_LIMIT = 20_000_000
FRAME_LIMIT = 2_000
"""So many pictures may follow each other in one that moves: each costs time, however small it is."""
_ONE_AT_A_TIME = threading.Lock()
"""50 million pixels are several hundred megabytes while they are encoded: one picture at a time has them."""
EXTENSIONS = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp"}
READABLE_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
"""What Pillow is asked to recognise; it calls a JPEG with several pictures MPO by itself."""


def license_choices() -> list[tuple[str, str]]:
    """Licences that a picture or file may carry: free ones only."""
    return [(choice.value, choice.label) for choice in catalogue.choices_for_media()]


class LicensedFile(models.Model):
    """What has to be known of a file before it can be shared."""

    name = models.CharField(
        _("file name"),
        max_length=200,
        unique=True,
        blank=True,
        help_text=_("The name that pages write: ![description](File:name.jpg)"),
    )
    author = models.CharField(_("author"), max_length=255, blank=True)
    license = models.CharField(_("licence"), max_length=255, choices=license_choices, default=catalogue.DEFAULT)
    source = models.CharField(_("source"), max_length=1000, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False, db_index=True)

    admin_form_fields = (
        "title",
        "file",
        "name",
        "description",
        "author",
        "license",
        "source",
        "collection",
        "tags",
    )
    search_auto_update = False

    class Meta:
        abstract = True

    @property
    def file_title(self) -> str:
        """The full title of its page."""
        return f"File:{self.name}"


def clean_file_name(raw: str) -> str:
    """`raw` as the name of a file in the namespace File (no folder, first letter upper)."""
    return titles.key_of(f"File:{os.path.basename(raw.replace(chr(92), '/'))}")[5:]


def clean_picture(raw: bytes) -> tuple[bytes, str]:
    """Decode and encode a picture again: no GPS data, no script, no bomb.

    Returns the new bytes and the format's ending (`.jpg`). Raises ValidationError with a
    sentence for people when it is no picture, of another format, or too large.
    """
    if len(raw) > BYTE_LIMIT:
        raise ValidationError(_("The picture is larger than 20 MB: make it smaller first."))
    try:
        with PillowImage.open(io.BytesIO(raw), formats=READABLE_FORMATS) as picture:
            frames = 1 if picture.format == "MPO" else getattr(picture, "n_frames", 1)
            if picture.width * picture.height * frames > PIXEL_LIMIT:
                raise ValidationError(_("The picture has more than 50 million pixels: make it smaller first."))
            if frames > FRAME_LIMIT:
                raise ValidationError(_("The picture moves through more than 2,000 others: make it shorter first."))
            with _ONE_AT_A_TIME:
                return _encoded(picture, animated=frames > 1), EXTENSIONS[str(picture.format)]
    except ValidationError:
        raise
    except Exception as error:  # Pillow raises many kinds on hostile bytes
        raise ValidationError(_("This is not a picture that we can read: JPEG, PNG, GIF or WebP, please.")) from error


def _encoded(picture: PillowImage.Image, *, animated: bool) -> bytes:
    """The picture's pixels encoded afresh in its own format, turned upright, profile kept.

    Of the several pictures in an MPO, which is what many phones write, only the first is taken.
    """
    out = io.BytesIO()
    form = "JPEG" if picture.format == "MPO" else picture.format
    options: dict[str, Any] = {"comment": b""} if form == "GIF" else {}
    if profile := picture.info.get("icc_profile"):
        options["icc_profile"] = profile
    if animated:
        picture.save(out, format=form, save_all=True, **options)
        return out.getvalue()
    clean = ImageOps.exif_transpose(picture)  # a copy, whether it had to be turned or not
    clean.info = {key: clean.info[key] for key in ("transparency",) if key in clean.info}
    if form == "JPEG":
        options["quality"] = 90
        if clean.mode not in ("RGB", "L", "CMYK"):
            clean = clean.convert("RGB")
    clean.getexif().clear()
    clean.save(out, format=form, **options)
    return out.getvalue()


def invalidate_pages_showing(file_name: str) -> int:
    """Have the pages that show the file rendered again when next read. Returns how many rows."""
    pages = PageLink.objects.filter(way=PageLink.Way.FILE, key=f"File:{file_name}").values("page_id")
    WikiPage.objects.filter(pk__in=pages).update(cache_version=F("cache_version") + 1)
    deferred_content.get_provider().invalidate_titles([f"File:{file_name}"])
    return RenderedPage.objects.filter(page_id__in=pages).update(version=0)


class Picture(LicensedFile, AbstractImage):
    """An image that pages show as `![description](File:name.jpg)`."""

    class Meta(AbstractImage.Meta):
        abstract = False
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        permissions: ClassVar[Any] = [("choose_image", "Can choose image")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Clean a new file before it is stored; name the picture when nobody did."""
        given: Any = self.file
        if given and not given._committed:
            self.set_content(given.read(), self.name or os.path.basename(given.name))
        super().save(*args, **kwargs)
        invalidate_pages_showing(self.name)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove the picture; pages show a place to put another one."""
        name, gone = self.name, super().delete(*args, **kwargs)
        invalidate_pages_showing(name)
        return gone

    def set_content(self, raw: bytes, name: str) -> None:
        """Put `raw`, cleaned, into the file under `name`. Raises ValidationError."""
        clean, ending = clean_picture(raw)
        stem, given = os.path.splitext(name)
        if given.lower() not in (ending, ".jpeg" if ending == ".jpg" else ending):
            name = stem + ending
        self.name = clean_file_name(name)
        titled: Any = self
        titled.title = titled.title or self.name
        self.sha256 = hashlib.sha256(clean).hexdigest()
        self.file_size = len(clean)
        self.file_hash = hashlib.sha1(clean, usedforsecurity=False).hexdigest()
        self.file = ContentFile(clean, name=self.name)


def file_key(name: str) -> str:
    """The name under which a file of that written name is kept; "" when none can be."""
    try:
        return titles.key_of(f"File:{name}").partition(":")[2]
    except titles.TitleProblem:
        return ""


def pictures_by_name(names: Iterable[str], *renditions: str) -> dict[str, Picture]:
    """The pictures of those file names (as pages write them), by name; with `renditions` at hand."""
    keys = {key for key in map(file_key, names) if key}
    found = Picture.objects.filter(name__in=keys)
    if renditions:
        found = found.prefetch_renditions(*renditions)
    return {picture.name: picture for picture in found}


def pictures_of(page: WikiPage) -> list[Picture]:
    """The pictures that `page` shows now, by name."""
    keys = page.links.filter(way=PageLink.Way.FILE).values_list("key", flat=True)
    found = pictures_by_name(key.partition(":")[2] for key in keys)
    return sorted(found.values(), key=lambda picture: picture.name)


class PictureRendition(AbstractRendition):
    """A resized copy of a picture."""

    image = models.ForeignKey(Picture, related_name="renditions", on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "filter_spec", "focal_point_key"], name="one_rendition_each")
        ]


class File(LicensedFile, AbstractDocument):
    """A document that pages link to; always served as a download."""

    description = models.CharField(_("description"), max_length=255, blank=True)

    class Meta(AbstractDocument.Meta):
        abstract = False
        verbose_name = _("file")
        verbose_name_plural = _("files")
        permissions: ClassVar[Any] = [("choose_document", "Can choose document")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Note the checksum of a new file, and name it when nobody did."""
        if self.file and not self.file._committed:
            self.sha256 = hashlib.sha256(self.file.read()).hexdigest()
            self.file.seek(0)
            self.name = clean_file_name(self.name or self.file.name)
        super().save(*args, **kwargs)
