"""Checks of what a file contains: each says whether the content has one format. They read little, and never raise.

Sources: PDF 32000-1 (7.5.2), OpenDocument 1.3 part 2 (3.3), ECMA-376 part 2, 3MF core specification, ISO/IEC 14496-12
(`ftyp`), RFC 3533 (Ogg), RFC 9559 (Matroska and WebM), ISO/IEC 11172-3 (frames of MP3), the DXF reference of Autodesk.
"""

from __future__ import annotations

import contextlib
import re
import struct
import zipfile
import zlib
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

HEAD = 4096
DIRECTORY_LIMIT = 1_000_000
"""Maximal number of bytes of the directory of a zip file: it is read into memory."""
MEMBER_LIMIT = 1_000_000
"""Maximal number of bytes that are unpacked from a zip file."""
XML_DEPTH, XML_ELEMENTS = 50, 2_000_000
_END = struct.Struct("<4s4H2LH")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_DXF = re.compile(rb"(?:\s*999\s*\n[^\n]*\n)*\s*0\s*\n\s*SECTION\s*\n")
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, ValueError, OSError,
)  # fmt: skip


def _head(file: BinaryIO, size: int = HEAD) -> bytes:
    file.seek(0)
    return file.read(size)


def is_pdf(file: BinaryIO) -> bool:
    """Whether the file begins as PDF."""
    return _head(file, 1024).lstrip().startswith(b"%PDF-")


def _open_zip(file: BinaryIO) -> zipfile.ZipFile | None:
    """Return the zip file, if its directory may be read."""
    if _head(file, 4) != b"PK\x03\x04":
        return None
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size - 65_535))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size or b"PK\x06\x07" in tail[max(0, at - 20) : at]:
        return None
    if _END.unpack_from(tail, at)[5] > DIRECTORY_LIMIT:
        return None
    with contextlib.suppress(*_ZIP_ERRORS):
        return zipfile.ZipFile(file)
    return None


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return at most MEMBER_LIMIT bytes of a file in a zip file; b"" if there is none or it is damaged."""
    with contextlib.suppress(KeyError, *_ZIP_ERRORS), archive.open(name) as member:
        return member.read(MEMBER_LIMIT)
    return b""


def is_opendocument(file: BinaryIO, kind: str) -> bool:
    """Whether the file is an OpenDocument of a kind, such as `text`."""
    archive = _open_zip(file)
    wanted = f"application/vnd.oasis.opendocument.{kind}".encode()
    return archive is not None and _member(archive, "mimetype").strip() == wanted and _holds(archive, "content.xml")


def is_office_open_xml(file: BinaryIO, kind: str) -> bool:
    """Whether the file is Office Open XML of a kind, such as `wordprocessingml.document`, and without macros."""
    archive = _open_zip(file)
    if archive is None:
        return False
    types = _member(archive, "[Content_Types].xml")
    return f"openxmlformats-officedocument.{kind}.main+xml".encode() in types and b"macroEnabled" not in types


def is_3mf(file: BinaryIO) -> bool:
    """Whether the file is a 3D model in the format 3MF."""
    archive = _open_zip(file)
    return archive is not None and b"3dmanufacturing-3dmodel+xml" in _member(archive, "[Content_Types].xml")


def _holds(archive: zipfile.ZipFile, name: str) -> bool:
    return name in archive.NameToInfo


def is_stl(file: BinaryIO) -> bool:
    """Whether the file is a 3D model in the format STL: binary with the length that its count says, or text."""
    head = _head(file)
    size = file.seek(0, 2)
    if len(head) >= 84 and size == 84 + 50 * int.from_bytes(head[80:84], "little"):
        return True
    return head.lstrip().startswith(b"solid") and b"facet" in head and not _CONTROLS.search(head)


def is_dxf(file: BinaryIO) -> bool:
    """Whether the file is a drawing in the format DXF, as text or binary."""
    head = _head(file)
    if head.startswith(b"AutoCAD Binary DXF\r\n\x1a\x00"):
        return True
    return _DXF.match(head.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"")) is not None


class _GpxReader:
    """Target of an XML parser that stops at what is no GPX, or too deep or large, with ValueError."""

    def __init__(self) -> None:
        self.depth = self.count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count an element; the first is `gpx`."""
        self.depth += 1
        self.count += 1
        if self.count == 1 and not re.fullmatch(r"\{http://www\.topografix\.com/GPX/1/[01]\}gpx", tag):
            raise ValueError(tag)
        if self.depth > XML_DEPTH or self.count > XML_ELEMENTS:
            raise ValueError(tag)

    def end(self, tag: str) -> None:
        """Leave an element."""
        self.depth -= 1

    def close(self) -> None:
        """Do nothing: nothing is kept."""


def is_gpx(file: BinaryIO) -> bool:
    """Whether the file is GPX: well-formed XML, without entities, with its root. Read as a stream."""
    parser = DefusedXMLParser(target=_GpxReader())
    file.seek(0)
    try:
        while chunk := file.read(64 * 1024):
            parser.feed(chunk)
        parser.close()
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        return False
    return True


def is_csv(file: BinaryIO) -> bool:
    """Whether the file is text that is no markup, as tables are written: UTF-8, or one byte for a letter."""
    head = _head(file, 64 * 1024)
    return (
        bool(head.strip()) and not _CONTROLS.search(head) and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    )


def is_mp3(file: BinaryIO) -> bool:
    """Whether the file begins with an ID3 tag, or with the head of a frame of MPEG audio."""
    head = _head(file, 16)
    if head.startswith(b"ID3") and len(head) > 9:
        return head[3] in (2, 3, 4) and max(head[6:10]) < 0x80
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, rate, frequency = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and rate not in (0, 15) and frequency != 3


def is_ogg(file: BinaryIO, *, is_video: bool) -> bool:
    """Whether the file is Ogg, with Theora as its first stream if `is_video`, else with a codec of sound."""
    head = _head(file, 512)
    codecs = (b"\x80theora",) if is_video else (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
    return head.startswith(b"OggS\0") and any(codec in head for codec in codecs)


def is_wav(file: BinaryIO) -> bool:
    """Whether the file is RIFF with sound."""
    head = _head(file, 12)
    return head[:4] == b"RIFF" and head[8:12] == b"WAVE"


def is_flac(file: BinaryIO) -> bool:
    """Whether the file begins as FLAC."""
    return _head(file, 4) == b"fLaC"


def is_mp4(file: BinaryIO, *, is_video: bool) -> bool:
    """Whether the file is MP4 that browsers play; files of sound alone may say so, or not."""
    head = _head(file, 12)
    if head[4:8] != b"ftyp":
        return False
    sound = {b"M4A ", b"M4B "}
    both = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"MSNV"}
    return head[8:12] in (both | {b"M4V ", b"3gp4", b"3gp5"} if is_video else both | sound)


def is_webm(file: BinaryIO) -> bool:
    """Whether the file is WebM."""
    head = _head(file, 64)
    return head.startswith(b"\x1a\x45\xdf\xa3") and b"\x42\x82\x84webm" in head
