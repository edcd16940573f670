"""Models of pictures and files with author, licence and source. Uploaded pictures are re-encoded without metadata."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Iterable
from typing import Any, ClassVar
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.base import File as DjangoFile
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from PIL import Image as PillowImage
from PIL import ImageOps
from pillow_heif import register_heif_opener
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition

from wiki.licenses import catalogue
from wiki.pages import deferred_content
from wiki.pages.models import PageLink, RenderedPage, WikiPage
from wiki.pages.pdf_pages import count_pages
from wiki.text import titles

PIXEL_LIMIT = 50_000_000
BYTE_LIMIT = 20_000_000
FRAME_LIMIT = 2_000
"""Maximal number of frames of an animation: each takes time to encode, however small it is."""
encoding_lock = threading.Lock()
"""Allows one encoding at a time, since 50 million pixels take several hundred megabytes of memory."""
EXTENSIONS = {"JPEG": ".jpg", "MPO": ".jpg", "HEIF": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp"}
READABLE_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "HEIF")
"""Formats that Pillow may recognise. MPO, a JPEG file with several pictures, is recognised as part of JPEG."""
STORED_AS_JPEG = ("MPO", "HEIF")
"""Formats of phones that may hold several pictures, of which only the main one is stored, as JPEG."""
NAME_LIMIT = 150
"""Maximal number of bytes of a new file's name before its extension, so that a number fits behind it."""
register_heif_opener()  # HEIC, the format of iPhones


def license_choices() -> list[tuple[str, str]]:
    """Return the choices of licences for pictures and files: free licences only."""
    return [(choice.value, choice.label) for choice in catalogue.choices_for_media()]


class LicensedFile(models.Model):
    """Abstract base of pictures and files: name, author, licence, source, checksum."""

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
    content_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, related_name="+", on_delete=models.SET_NULL
    )
    """Who replaced the content last; with null, it is that of the upload (`media_version_models.py`)."""
    content_at = models.DateTimeField(null=True, editable=False)
    content_comment = models.CharField(max_length=255, blank=True, editable=False)

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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and let pages that show it, also by its former name, be rendered anew."""
        stored = type(self)._default_manager.filter(pk=self.pk).values_list("name", flat=True) if self.pk else ()
        names = {*stored, self.name}
        super().save(*args, **kwargs)
        for name in names:
            invalidate_pages_showing(name)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete it; pages then show a link to upload it."""
        name, deleted = self.name, super().delete(*args, **kwargs)
        invalidate_pages_showing(name)
        return deleted

    @property
    def file_title(self) -> str:
        """Full title of the file's page."""
        return f"File:{self.name}"

    @property
    def content_url(self) -> str:
        """The URL of the content as it is stored."""
        file: Any = self.file  # type: ignore[attr-defined]  # of the classes that this is mixed into
        return f"{settings.MEDIA_URL}{quote(str(file.name))}"


def clean_file_name(raw: str) -> str:
    """Return the base name of `raw`, normalised as a title in the namespace File. Raises TitleProblem."""
    return titles.key_of(f"File:{os.path.basename(raw.replace(chr(92), '/'))}")[5:]


def is_name_taken(name: str) -> bool:
    """Whether a picture or a file has this name: pages name both alike."""
    return Picture.objects.filter(name=name).exists() or File.objects.filter(name=name).exists()


def unused_file_name(proposed: str) -> str:
    """Return `proposed` as a file name, with a number before its extension if it is in use. Raises TitleProblem."""
    name = clean_file_name(proposed)
    stem, extension = os.path.splitext(name)
    stem = stem.encode()[:NAME_LIMIT].decode(errors="ignore")
    candidate, number = stem + extension, 1
    while is_name_taken(candidate):
        number += 1
        candidate = f"{stem}-{number}{extension}"
    return candidate


def clean_picture(raw: bytes) -> tuple[bytes, str]:
    """Decode and re-encode a picture, to remove metadata (GPS data) and anything that is not image data.

    Return the new bytes and the extension of the format (`.jpg`). Raises ValidationError if it is no picture, has an
    unsupported format, or is too large.
    """
    if len(raw) > BYTE_LIMIT:
        raise ValidationError(_("The picture is larger than 20 MB: make it smaller first."), "too_large")
    try:
        with PillowImage.open(io.BytesIO(raw), formats=READABLE_FORMATS) as picture:
            frames = 1 if picture.format in STORED_AS_JPEG else getattr(picture, "n_frames", 1)
            if picture.width * picture.height * frames > PIXEL_LIMIT:
                raise ValidationError(
                    _("The picture has more than 50 million pixels: make it smaller first."), "too_large"
                )
            if frames > FRAME_LIMIT:
                raise ValidationError(_("The picture moves through more than 2,000 others: make it shorter first."))
            if frames > 1 and picture.format == "PNG":  # Willow, which scales pictures, reads none
                raise ValidationError(_("A moving PNG cannot be shown here: save it as GIF or WebP, please."))
            with encoding_lock:
                return _reencode(picture, animated=frames > 1), EXTENSIONS[str(picture.format)]
    except ValidationError:
        raise
    except Exception as error:  # Pillow raises many kinds on hostile bytes
        raise ValidationError(
            _("This is not a picture that we can read: JPEG, PNG, GIF, WebP or HEIC, please.")
        ) from error


def _reencode(picture: PillowImage.Image, *, animated: bool) -> bytes:
    """Encode a picture in its own format, rotated upright, without metadata except its colour profile.

    What phones write as MPO or HEIC becomes JPEG, which every browser shows. libheif, which decodes HEIC, rotates by
    itself, and decodes no more pixels than the head of the file says.
    """
    out = io.BytesIO()
    form = "JPEG" if picture.format in STORED_AS_JPEG else picture.format
    options: dict[str, Any] = {"comment": b""} if form == "GIF" else {}
    if profile := picture.info.get("icc_profile"):
        options["icc_profile"] = profile
    if animated:
        picture.save(out, format=form, save_all=True, **options)
        return out.getvalue()
    clean = ImageOps.exif_transpose(picture)  # returns a copy even if there is nothing to rotate
    clean.info = {key: clean.info[key] for key in ("transparency",) if key in clean.info}
    if form == "JPEG":
        options["quality"] = 90
        if clean.mode not in ("RGB", "L", "CMYK"):
            clean = clean.convert("RGB")
    clean.getexif().clear()
    clean.save(out, format=form, **options)
    return out.getvalue()


def invalidate_pages_showing(file_name: str) -> int:
    """Mark the pages that show the file to be rendered again when next read. Return the number of renderings.

    The ETags of their places change too, since these show cards with pictures.
    """
    pages = PageLink.objects.filter(way=PageLink.Way.FILE, key=f"File:{file_name}").values("page_id")
    places = WikiPage.objects.filter(pk__in=pages).values("place")
    WikiPage.objects.filter(Q(pk__in=pages) | Q(pk__in=places)).update(cache_version=F("cache_version") + 1)
    deferred_content.get_provider().invalidate_titles([f"File:{file_name}"])
    return RenderedPage.objects.filter(page_id__in=pages).update(version=0)


class Picture(LicensedFile, AbstractImage):
    """Picture, shown in pages by `![description](File:name.jpg)`."""

    class Meta(AbstractImage.Meta):
        abstract = False
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        permissions: ClassVar[Any] = [("choose_image", "Can choose image")]

    _clean_file: DjangoFile[bytes] | None = None
    """The file that `set_content` set, which is not encoded a second time."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Re-encode a newly set file before it is stored; a picture without a name gets the name of the file."""
        file: Any = self.file
        if file and not file._committed and file.file is not self._clean_file:
            self.set_content(file.read(), self.name or os.path.basename(file.name))
        super().save(*args, **kwargs)

    def set_content(self, raw: bytes, name: str) -> None:
        """Set the file to `raw`, re-encoded, under `name` with the extension of its format.

        Raises ValidationError, TitleProblem.
        """
        clean, extension = clean_picture(raw)
        stem, current = os.path.splitext(name)
        if current.lower() not in (extension, ".jpeg" if extension == ".jpg" else extension):
            name = stem + extension
        self.name = clean_file_name(name)
        titled: Any = self
        titled.title = titled.title or self.name
        self.set_clean_content(clean)

    def set_clean_content(self, clean: bytes) -> None:
        """Set the file to content that `clean_picture` has made."""
        self.sha256 = hashlib.sha256(clean).hexdigest()
        self.file_size = len(clean)
        self.file_hash = hashlib.sha1(clean, usedforsecurity=False).hexdigest()
        self.file = self._clean_file = ContentFile(clean, name=self.name)

    def sized_copy(self, width: int) -> tuple[str, int, int]:
        """Return URL, width and height of a copy of at most `width` pixels; of the original if none can be stored."""
        try:
            copy: Any = self.get_rendition(f"width-{min(self.width, width)}")
        except OSError:  # the file is gone, or the disk is full
            return f"{settings.MEDIA_URL}{self.file.name}", self.width, self.height
        return copy.url, copy.width, copy.height


def file_key(name: str) -> str:
    """Return the normalised name of a file as written in a page; "" if it cannot be a file name."""
    return titles.key_or_empty(f"File:{name}").partition(":")[2]


def pictures_by_name(names: Iterable[str], *renditions: str) -> dict[str, Picture]:
    """Return the pictures with these file names, as written in pages, by normalised name.

    `renditions` are Wagtail filter specs to prefetch.
    """
    keys = {key for key in map(file_key, names) if key}
    found = Picture.objects.filter(name__in=keys)
    if renditions:
        found = found.prefetch_renditions(*renditions)
    return {picture.name: picture for picture in found}


class PictureRendition(AbstractRendition):
    """Resized copy of a picture."""

    image = models.ForeignKey(Picture, related_name="renditions", on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "filter_spec", "focal_point_key"], name="one_rendition_each")
        ]


class File(LicensedFile, AbstractDocument):
    """File that is no picture: pages show it as what it is (`wiki/pages/rendering/file_boxes.py`)."""

    description = models.CharField(_("description"), max_length=255, blank=True)
    pages = models.PositiveIntegerField(null=True, editable=False)
    """Pages of a PDF; null for other files, and where they cannot be counted."""

    class Meta(AbstractDocument.Meta):
        abstract = False
        verbose_name = _("file")
        verbose_name_plural = _("files")
        permissions: ClassVar[Any] = [("choose_document", "Can choose document")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Compute the checksums of a newly set file; a file without a name gets the name of the upload."""
        if self.file and not self.file._committed:
            self.set_checksums()
            self.name = clean_file_name(self.name or self.file.name)
            self.pages = count_pages(self.file) if self.name.lower().endswith(".pdf") else None
        super().save(*args, **kwargs)

    def set_checksums(self) -> None:
        """Compute size and checksums of the content, which is read in chunks."""
        sha256, sha1 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
        self.file.seek(0)
        for chunk in self.file.chunks():
            sha256.update(chunk)
            sha1.update(chunk)
        self.file.seek(0)
        self.sha256, self.file_hash, self.file_size = sha256.hexdigest(), sha1.hexdigest(), self.file.size


def media_by_name(names: Iterable[str]) -> dict[str, Picture | File]:
    """Return the pictures and files with these names, as written in pages, by normalised name.

    One query for pictures, and one for files if some names are none of pictures.
    """
    keys = {key for key in map(file_key, names) if key}
    found: dict[str, Picture | File] = dict(pictures_by_name(keys))
    missing = keys - found.keys()
    if missing:
        found |= {file.name: file for file in File.objects.filter(name__in=missing)}
    return found


def media_of(page: WikiPage) -> list[Picture | File]:
    """Return the pictures and files in the current text of `page`, sorted by name."""
    keys = page.links.filter(way=PageLink.Way.FILE).values_list("key", flat=True)
    found = media_by_name(key.partition(":")[2] for key in keys)
    return sorted(found.values(), key=lambda media: media.name)
