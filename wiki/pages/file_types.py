"""The types of files that are no pictures: which there are, how each is recognised by its content, and served."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Literal, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.base import File as DjangoFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext

from wiki.errors import gettext_noop
from wiki.pages import content_checks, svg_cleaning

FileKind = Literal["document", "table", "drawing", "model", "track", "sound", "video"]
"""What a page shows for a file: a drawing is shown as a picture, sounds and videos play, others are downloads."""
SVG_LIMIT = 5_000_000
"""Maximal number of bytes of an SVG, which is parsed and written again."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A type of files: its kind, its name, the type of HTTP, and whether content has it."""

    kind: FileKind
    label: str
    content_type: str
    has: Callable[[BinaryIO], bool]


def _opendocument(label: str, kind: str) -> FileType:
    has = partial(content_checks.is_opendocument, kind=kind)
    return FileType("document", label, f"application/vnd.oasis.opendocument.{kind}", has)


def _office(label: str, kind: str) -> FileType:
    has = partial(content_checks.is_office_open_xml, kind=kind)
    return FileType("document", label, f"application/vnd.openxmlformats-officedocument.{kind}", has)


_TEXT, _SHEET, _SLIDES = gettext_noop("Text document"), gettext_noop("Spreadsheet"), gettext_noop("Presentation")
_MODEL, _SOUND, _VIDEO = gettext_noop("3D model"), gettext_noop("Sound"), gettext_noop("Video")
_ogg_sound = FileType("sound", _SOUND, "audio/ogg", partial(content_checks.is_ogg, is_video=False))
TYPES = {
    ".pdf": FileType("document", gettext_noop("Document"), "application/pdf", content_checks.is_pdf),
    ".odt": _opendocument(_TEXT, "text"),
    ".ods": _opendocument(_SHEET, "spreadsheet"),
    ".odp": _opendocument(_SLIDES, "presentation"),
    ".docx": _office(_TEXT, "wordprocessingml.document"),
    ".xlsx": _office(_SHEET, "spreadsheetml.sheet"),
    ".pptx": _office(_SLIDES, "presentationml.presentation"),
    ".csv": FileType("table", gettext_noop("Table"), "text/csv", content_checks.is_csv),
    ".svg": FileType("drawing", gettext_noop("Drawing"), "image/svg+xml", lambda file: True),  # cleaning decides
    ".stl": FileType("model", _MODEL, "model/stl", content_checks.is_stl),
    ".3mf": FileType("model", _MODEL, "model/3mf", content_checks.is_3mf),
    ".dxf": FileType("model", gettext_noop("Technical drawing"), "image/vnd.dxf", content_checks.is_dxf),
    ".gpx": FileType("track", gettext_noop("GPS track"), "application/gpx+xml", content_checks.is_gpx),
    ".mp3": FileType("sound", _SOUND, "audio/mpeg", content_checks.is_mp3),
    ".ogg": _ogg_sound,
    ".oga": _ogg_sound,
    ".opus": _ogg_sound,
    ".wav": FileType("sound", _SOUND, "audio/wav", content_checks.is_wav),
    ".flac": FileType("sound", _SOUND, "audio/flac", content_checks.is_flac),
    ".m4a": FileType("sound", _SOUND, "audio/mp4", partial(content_checks.is_mp4, is_video=False)),
    ".mp4": FileType("video", _VIDEO, "video/mp4", partial(content_checks.is_mp4, is_video=True)),
    ".webm": FileType("video", _VIDEO, "video/webm", content_checks.is_webm),
    ".ogv": FileType("video", _VIDEO, "video/ogg", partial(content_checks.is_ogg, is_video=True)),
}
"""The types by the endings of their names."""


def extension_of(name: str) -> str:
    """Return the ending of a file's name, such as `.pdf`."""
    return os.path.splitext(name)[1].lower()


def type_of(name: str) -> FileType | None:
    """Return the type of a stored file by its name, which its content fits; None for other files."""
    return TYPES.get(extension_of(name))


def checked_content(file: DjangoFile[Any], name: str) -> DjangoFile[Any]:
    """Return what to store of an uploaded file with the name `name`, whose ending is in TYPES: an SVG is cleaned.

    Raises ValidationError if it is too large, or its content is not what its name says.
    """
    limit = SVG_LIMIT if extension_of(name) == ".svg" else settings.FILE_LIMIT
    if (file.size or 0) > limit:
        message = gettext("The file is larger than %(limit)s: make it smaller first.") % {
            "limit": filesizeformat(limit)
        }
        raise ValidationError(message, "too_large")
    content = cast(BinaryIO, file)
    refusal = ValidationError(
        gettext("The content of “%(name)s” is not what its name says: %(ending)s.")
        % {"name": name, "ending": extension_of(name)},
        "wrong_content",
    )
    if not TYPES[extension_of(name)].has(content):
        raise refusal
    content.seek(0)
    if extension_of(name) != ".svg":
        return file
    try:
        return ContentFile(svg_cleaning.clean_svg(content), name=name)
    except svg_cleaning.NotSvg as error:
        raise refusal from error
