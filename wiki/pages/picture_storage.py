"""Storing a new picture or file under a name that may be in use, and words for one that nobody described."""

from __future__ import annotations

import os
import re
from typing import TypeVar

from django.core.files.base import File as DjangoFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from wiki.errors import ServerBusy, gettext_noop
from wiki.pages.media_models import NAME_LIMIT, File, Picture, unused_file_name
from wiki.text import titles

ATTEMPTS = 5
"""How often a name is chosen anew, because another upload took it in the same moment."""
Media = TypeVar("Media", Picture, File)
_SEPARATORS = re.compile(r"[\s_.+-]+")
_WORD = re.compile(r"[^\W\d_]{3,}")
_WRITTEN_BY_DEVICES = {
    "capture", "copie", "copy", "dsc", "dscf", "dscn", "edited", "heic", "image", "images", "img", "jpeg", "jpg",
    "mvimg", "photo", "picture", "png", "pxl", "screenshot", "signal", "unnamed", "whatsapp",
}  # fmt: skip


def stored_name(raw: str) -> str:
    """Return the name of a file as people's devices write it, without a path and with signs that titles can hold."""
    name = titles.replace_forbidden_characters(os.path.basename(raw.replace("\\", "/")), colon=True)
    stem, extension = os.path.splitext(name)
    return (stem.encode()[:NAME_LIMIT].decode(errors="ignore").strip() or "Image") + extension[:10]


def words_of(name: str) -> str:
    """Return a file name as words; "" for a name that says nothing, such as `IMG_1234.jpg`."""
    words = _SEPARATORS.split(os.path.splitext(name)[0].strip(" _.+-"))
    meaningful = [word for word in words if word.lower() not in _WRITTEN_BY_DEVICES and not any(map(str.isdigit, word))]
    return " ".join(words)[:255] if any(map(_WORD.search, meaningful)) else ""


def store_media(picture: Media) -> tuple[Media, bool]:
    """Save an unsaved picture or file with content. Return it and True, or the one that is there already and False.

    The same one is there if it has the same content, and the same name or that with a number. If another one
    has the name, this one gets it with a number: `name-2.jpg`. Raises ServerBusy, TitleProblem.
    """
    content, wanted = picture.file.file, picture.name
    for _ in range(ATTEMPTS):
        if (same := _find_same(type(picture), picture.sha256, wanted)) is not None:
            return same, False
        picture.name = unused_file_name(wanted)
        content.seek(0)
        set_content_file(picture, DjangoFile(content, name=picture.name))
        try:
            with transaction.atomic():
                picture.save()
        except IntegrityError:  # another upload took the name
            default_storage.delete(str(picture.file.name))
        else:
            return picture, True
    raise ServerBusy(gettext_noop("Many pictures with this name are being added. Please try again in a moment."))


def set_content_file(media: Picture | File, content: DjangoFile[bytes]) -> None:
    """Set the file of a picture or file to content that is checked, cleaned, and counted already."""
    media.file = content
    if isinstance(media, Picture):
        media._clean_file = content


def _find_same(model: type[Media], sha256: str, wanted: str) -> Media | None:
    """Return the picture or file with this content that has the wanted name, or that with a number."""
    stem, extension = os.path.splitext(wanted)
    numbered = re.compile(rf"{re.escape(stem)}(?:-\d+)?{re.escape(extension)}")
    found = model._default_manager.filter(sha256=sha256).order_by("pk")[:100]
    return next((picture for picture in found if numbered.fullmatch(picture.name)), None)
