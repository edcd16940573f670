"""Check of the pictures and files of an archive: pictures are decoded, and metadata is removed where there is any.

A picture written by our own exporter was cleaned when it was uploaded. Encoding it again would lose quality and change
its checksum, so that an archive could not be recognized later. Therefore every picture is fully decoded
(`clean_picture`), then its blocks are inspected: a file that has only blocks of image data stays byte for byte, any
other is replaced by its cleaned copy. Other files have to have the content that their names say; of a drawing (SVG)
only what draws is kept.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.base import File as DjangoFile
from django.utils.translation import gettext
from PIL import Image

from wiki.errors import ArchiveProblem, gettext_noop
from wiki.exchange.archive.format_spec import sha256
from wiki.pages import file_types
from wiki.pages.media_models import BYTE_LIMIT, clean_picture

_PNG_CHUNKS = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs",
    b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip
_WEBP_CHUNKS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_JPEG_TABLES = {0xDB, 0xC4, 0xDD, *range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xD0)}


@dataclass(frozen=True, slots=True)
class CheckedPicture:
    """A picture or file ready to be stored: its `entry` in `credits.json`, and its `path` in the staging folder.

    A file that is no picture has no width and height.
    """

    entry: Mapping[str, Any]
    path: Path
    size: int
    width: int
    height: int
    sha256: str

    @property
    def was_cleaned(self) -> bool:
        """Whether metadata was removed, so that the file differs from that in the archive."""
        return bool(self.sha256 != self.entry["sha256"])


def check_media(entry: Mapping[str, Any], path: Path) -> CheckedPicture:
    """Check the picture or file at `path`. Raises ArchiveProblem."""
    if file_types.type_of(entry["name"]) is None:
        return check_picture(entry, path)
    try:
        with path.open("rb") as content:
            checked = file_types.checked_content(DjangoFile(content, name=str(path)), entry["name"])
            cleaned = checked.read() if isinstance(checked, ContentFile) else None
    except ValidationError as error:
        raise ArchiveProblem(
            gettext_noop("The file “%(name)s” is refused: %(reason)s"),
            name=entry["name"], reason=" ".join(error.messages),
        ) from error  # fmt: skip
    if cleaned is not None:
        path.write_bytes(cleaned)
    with path.open("rb") as content:
        checksum = hashlib.file_digest(content, "sha256").hexdigest()
    return CheckedPicture(entry, path, path.stat().st_size, 0, 0, checksum)


def check_picture(entry: Mapping[str, Any], path: Path) -> CheckedPicture:
    """Check the picture at `path`; replace the file by its cleaned copy when it has metadata.

    Raises ArchiveProblem when it is no picture, too large, or has the extension of another format.
    """
    refusal = gettext_noop("The picture “%(name)s” is refused: %(reason)s")
    if path.stat().st_size > BYTE_LIMIT:
        raise ArchiveProblem(refusal, name=entry["name"], reason=gettext("it is larger than 20 MB."))
    raw = path.read_bytes()
    try:
        clean, true_extension = clean_picture(raw)
    except ValidationError as error:
        raise ArchiveProblem(refusal, name=entry["name"], reason=" ".join(error.messages)) from error
    extension = Path(entry["name"]).suffix.lower()
    if extension != true_extension and (extension, true_extension) != (".jpeg", ".jpg"):
        raise ArchiveProblem(
            gettext_noop("The picture “%(name)s” is refused: its content is %(ending)s, not what its name says."),
            name=entry["name"], ending=true_extension,
        )  # fmt: skip
    if not has_only_image_data(raw):
        raw = clean
        path.write_bytes(raw)
    with Image.open(io.BytesIO(raw)) as picture:
        width, height = picture.size
    return CheckedPicture(entry, path, len(raw), width, height, sha256(raw))


def has_only_image_data(raw: bytes) -> bool:
    """Whether a picture that Pillow could decode has image data only: no text, location, or trailing bytes."""
    try:
        if raw.startswith(b"\x89PNG\r\n\x1a\n"):
            return _is_clean_png(raw)
        if raw.startswith(b"\xff\xd8"):
            return _is_clean_jpeg(raw)
        if raw.startswith((b"GIF87a", b"GIF89a")):
            return _is_clean_gif(raw)
        return raw.startswith(b"RIFF") and _is_clean_webp(raw)
    except (IndexError, struct.error):
        return False


def _is_clean_png(raw: bytes) -> bool:
    """PNG, section 5.3: length, type, data, checksum."""
    offset = 8
    while True:
        (length,) = struct.unpack_from(">L", raw, offset)
        kind = raw[offset + 4 : offset + 8]
        offset += 12 + length
        if kind not in _PNG_CHUNKS or offset > len(raw):
            return False
        if kind == b"IEND":
            return bool(length == 0 and offset == len(raw))


def _is_clean_jpeg(raw: bytes) -> bool:
    """JPEG (ITU T.81, annex B): segments up to the end marker, entropy-coded data after each scan."""
    offset = 2
    while True:
        if raw[offset] != 0xFF:
            return False
        marker = raw[offset + 1]
        if marker == 0xD9:
            return offset + 2 == len(raw)
        (length,) = struct.unpack_from(">H", raw, offset + 2)
        if not _is_image_segment(marker, raw[offset + 4 : offset + 2 + length]):
            return False
        offset += 2 + length
        if marker == 0xDA:
            offset = _end_of_scan(raw, offset)


def _is_image_segment(marker: int, data: bytes) -> bool:
    """Whether a segment is image data: tables, frames, scans, JFIF without thumbnail, colour profiles."""
    if marker == 0xE0:
        return data.startswith(b"JFIF\0") and len(data) == 14
    if marker == 0xE2:
        return data.startswith(b"ICC_PROFILE\0")
    if marker == 0xEE:
        return data.startswith(b"Adobe") and len(data) == 12
    return marker in _JPEG_TABLES or marker == 0xDA


def _end_of_scan(raw: bytes, offset: int) -> int:
    """Return the end of the entropy-coded data that begins at `offset`: the next marker that is no restart or stuffing.

    Raises IndexError when there is none.
    """
    while True:
        offset = raw.find(b"\xff", offset)
        if offset < 0:
            raise IndexError
        if raw[offset + 1] == 0 or 0xD0 <= raw[offset + 1] <= 0xD7:
            offset += 2
            continue
        return offset


def _is_clean_gif(raw: bytes) -> bool:
    """GIF89a: images, graphic controls, and the application block with the loop count."""
    offset = 13 + (3 * 2 ** ((raw[10] & 7) + 1) if raw[10] & 0x80 else 0)
    while True:
        kind = raw[offset]
        if kind == 0x3B:
            return offset + 1 == len(raw)
        if kind == 0x2C:
            flags = raw[offset + 9]
            offset += 10 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0) + 1
        elif kind == 0x21 and raw[offset + 1] == 0xF9:
            offset += 2
        elif kind == 0x21 and raw[offset + 1 : offset + 14] == b"\xff\x0bNETSCAPE2.0" and raw[offset + 14] == 3:
            offset += 14
        else:
            return False
        while size := raw[offset]:
            offset += 1 + size
        offset += 1


def _is_clean_webp(raw: bytes) -> bool:
    """WebP (RIFF): chunks of image data, animation and colour."""
    (size,) = struct.unpack_from("<L", raw, 4)
    if raw[8:12] != b"WEBP" or size + 8 != len(raw):
        return False
    offset = 12
    while offset < len(raw):
        (length,) = struct.unpack_from("<L", raw, offset + 4)
        if raw[offset : offset + 4] not in _WEBP_CHUNKS:
            return False
        offset += 8 + length + length % 2
    return offset == len(raw)
