"""Pictures of an archive: decoded to be sure, kept byte for byte when they hold nothing but pixels.

A picture that our own exporter wrote was cleaned when it was uploaded. Encoding it once more would
lose quality and change its checksum, so that no archive could be known again. So: every picture is
decoded whole (`clean_picture`), then walked through block by block; one that has only blocks that
draw is kept as it is, any other is replaced by its clean copy.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from PIL import Image

from wiki.errors import ArchiveProblem, gettext_noop
from wiki.exchange.archive.format_spec import sha256
from wiki.pages.media_models import BYTE_LIMIT, clean_picture

_PNG_CHUNKS = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs",
    b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip
_WEBP_CHUNKS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_JPEG_TABLES = {0xDB, 0xC4, 0xDD, *range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xD0)}


@dataclass(frozen=True, slots=True)
class CheckedPicture:
    """A picture of an archive, ready to be stored. `path` is in the staging folder."""

    entry: Mapping[str, Any]
    path: Path
    size: int
    width: int
    height: int
    sha256: str

    @property
    def was_cleaned(self) -> bool:
        """Whether something had to be taken out, so that it no longer is the archive's file."""
        return bool(self.sha256 != self.entry["sha256"])


def check_picture(entry: Mapping[str, Any], path: Path) -> CheckedPicture:
    """Check the picture at `path`; replace the file by its clean copy where it has to be.

    Raises ArchiveProblem when it is no picture, too large, or named for another format.
    """
    refusal = gettext_noop("The picture “%(name)s” is refused: %(reason)s")
    if path.stat().st_size > BYTE_LIMIT:
        raise ArchiveProblem(refusal, name=entry["name"], reason=gettext("it is larger than 20 MB."))
    raw = path.read_bytes()
    try:
        clean, ending = clean_picture(raw)
    except ValidationError as error:
        raise ArchiveProblem(refusal, name=entry["name"], reason=" ".join(error.messages)) from error
    given = Path(entry["name"]).suffix.lower()
    if given != ending and (given, ending) != (".jpeg", ".jpg"):
        raise ArchiveProblem(
            gettext_noop("The picture “%(name)s” is refused: its content is %(ending)s, not what its name says."),
            name=entry["name"], ending=ending,
        )  # fmt: skip
    if not has_only_image_data(raw):
        raw = clean
        path.write_bytes(raw)
    with Image.open(io.BytesIO(raw)) as picture:
        width, height = picture.size
    return CheckedPicture(entry, path, len(raw), width, height, sha256(raw))


def has_only_image_data(raw: bytes) -> bool:
    """Whether a picture that Pillow could decode holds only blocks that draw: no text, place, or tail."""
    try:
        if raw.startswith(b"\x89PNG\r\n\x1a\n"):
            return _bare_png(raw)
        if raw.startswith(b"\xff\xd8"):
            return _bare_jpeg(raw)
        if raw.startswith((b"GIF87a", b"GIF89a")):
            return _bare_gif(raw)
        return raw.startswith(b"RIFF") and _bare_webp(raw)
    except (IndexError, struct.error):
        return False


def _bare_png(raw: bytes) -> bool:
    """PNG, section 5.3: length, type, data, checksum."""
    at = 8
    while True:
        (length,) = struct.unpack_from(">L", raw, at)
        kind = raw[at + 4 : at + 8]
        at += 12 + length
        if kind not in _PNG_CHUNKS or at > len(raw):
            return False
        if kind == b"IEND":
            return bool(length == 0 and at == len(raw))


def _bare_jpeg(raw: bytes) -> bool:
    """JPEG (ITU T.81, annex B): segments up to the end marker, entropy-coded data after each scan."""
    at = 2
    while True:
        if raw[at] != 0xFF:
            return False
        marker = raw[at + 1]
        if marker == 0xD9:
            return at + 2 == len(raw)
        (length,) = struct.unpack_from(">H", raw, at + 2)
        if not _bare_segment(marker, raw[at + 4 : at + 2 + length]):
            return False
        at += 2 + length
        if marker == 0xDA:
            at = _after_scan(raw, at)


def _bare_segment(marker: int, data: bytes) -> bool:
    """Whether a segment draws: tables, frames, scans, JFIF without thumbnail, colours."""
    if marker == 0xE0:
        return data.startswith(b"JFIF\0") and len(data) == 14
    if marker == 0xE2:
        return data.startswith(b"ICC_PROFILE\0")
    if marker == 0xEE:
        return data.startswith(b"Adobe") and len(data) == 12
    return marker in _JPEG_TABLES or marker == 0xDA


def _after_scan(raw: bytes, at: int) -> int:
    """Where the entropy-coded data that begins at `at` ends: at a marker that is no restart or stuffing."""
    while True:
        at = raw.find(b"\xff", at)
        if at < 0:
            raise IndexError
        if raw[at + 1] == 0 or 0xD0 <= raw[at + 1] <= 0xD7:
            at += 2
            continue
        return at


def _bare_gif(raw: bytes) -> bool:
    """GIF89a: images, graphic controls and the one application block that says how often to repeat."""
    at = 13 + (3 * 2 ** ((raw[10] & 7) + 1) if raw[10] & 0x80 else 0)
    while True:
        kind = raw[at]
        if kind == 0x3B:
            return at + 1 == len(raw)
        if kind == 0x2C:
            flags = raw[at + 9]
            at += 10 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0) + 1
        elif kind == 0x21 and raw[at + 1] == 0xF9:
            at += 2
        elif kind == 0x21 and raw[at + 1 : at + 14] == b"\xff\x0bNETSCAPE2.0" and raw[at + 14] == 3:
            at += 14
        else:
            return False
        while size := raw[at]:
            at += 1 + size
        at += 1


def _bare_webp(raw: bytes) -> bool:
    """WebP (RIFF): chunks of pixels, animation and colour."""
    (size,) = struct.unpack_from("<L", raw, 4)
    if raw[8:12] != b"WEBP" or size + 8 != len(raw):
        return False
    at = 12
    while at < len(raw):
        (length,) = struct.unpack_from("<L", raw, at + 4)
        if raw[at : at + 4] not in _WEBP_CHUNKS:
            return False
        at += 8 + length + length % 2
    return at == len(raw)
