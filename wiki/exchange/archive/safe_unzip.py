"""Safe extraction of an untrusted zip file: everything is checked before it is written.

`ZipFile.extract` is never called. What Python's zipfile accepts (names truncated or rewritten, later duplicates
winning, overlapping entries, a central directory of any size) is refused here. Format of a zip: APPNOTE 6.3, sections
4.3.7 (local header) and 4.3.16 (end of central directory).
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from stat import S_IFMT, S_ISDIR, S_ISREG
from typing import BinaryIO

from wiki.errors import ArchiveProblem, gettext_noop
from wiki.exchange.archive.format_spec import LIMITS, MB, Limits

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
"""Names of devices on Windows, where people unpack archives too."""
_TAG_FILE = re.compile(r"bagit\.txt|bag-info\.txt|(?:tag)?manifest-(?:md5|sha1|sha256|sha512)\.txt")
_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_CHUNK = 256 * 1024
_DAMAGED = gettext_noop("The archive was cut off or altered: its directory does not fit its content.")
_BAD_NAME = gettext_noop("The archive holds a file with a name that is not allowed: “%(path)s”.")


def unpack(file: BinaryIO, target: Path, limits: Limits = LIMITS) -> Path:
    """Extract the zip `file` into the empty folder `target`; return the path of its single top folder.

    Raises ArchiveProblem with the reason: before anything is written, or for problems found only while reading
    (checksums, sizes) with files left in `target`, which the caller removes.
    """
    _check_end(file, limits)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            for entry in entries:
                _check_name(entry, limits)
            _check_entries(file, entries, archive.start_dir, limits)
            files = [entry for entry in entries if not entry.is_dir()]
            top = _check_paths(entries, files)
            for entry in files:
                _write(archive, entry, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error) as error:
        raise ArchiveProblem(_DAMAGED) from error
    return target / top


def check_structure(file: BinaryIO, limits: Limits) -> None:
    """Check a zip of another program, such as a spreadsheet: all but the names of its files. Raises ArchiveProblem."""
    _check_end(file, limits)
    try:
        with zipfile.ZipFile(file) as archive:
            _check_entries(file, archive.infolist(), archive.start_dir, limits)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, struct.error, ValueError) as error:
        raise ArchiveProblem(_DAMAGED) from error


def _check_end(file: BinaryIO, limits: Limits) -> None:
    """Check both ends of the zip before zipfile reads the central directory."""
    size = file.seek(0, 2)
    if size > limits.zip_bytes:
        raise ArchiveProblem(gettext_noop("The archive is larger than %(limit)d MB."), limit=limits.zip_bytes // MB)
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        raise ArchiveProblem(gettext_noop("This is not an archive of a wiki: a zip file is expected."))
    file.seek(max(0, size - _END.size - 20))
    tail = file.read()
    if len(tail) < _END.size or tail[-_END.size :][:4] != b"PK\x05\x06":
        raise ArchiveProblem(_DAMAGED)
    _, disk, first_disk, disk_count, count, length, offset, _ = _END.unpack(tail[-_END.size :])
    if b"PK\x06\x07" in tail or disk or first_disk or disk_count != count or offset + length + _END.size != size:
        raise ArchiveProblem(_DAMAGED)
    if count > limits.files or length > limits.directory_bytes:
        raise ArchiveProblem(gettext_noop("The archive holds too many files: %(limit)d at most."), limit=limits.files)


def _check_entries(file: BinaryIO, entries: Sequence[zipfile.ZipInfo], end: int, limits: Limits) -> None:
    """Check type, compression method and size of each entry, and that no entries overlap."""
    position = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        _check_entry(entry, limits)
        if entry.header_offset < position or (position == 0 and entry.header_offset):
            raise ArchiveProblem(gettext_noop("The archive is a trap: its files overlap."))
        position = _end_offset(file, entry)
    if position > end:
        raise ArchiveProblem(_DAMAGED)
    if sum(entry.file_size for entry in entries) > limits.total_bytes:
        raise ArchiveProblem(
            gettext_noop("The archive would unpack to more than %(limit)d MB."), limit=limits.total_bytes // MB
        )


def _check_entry(entry: zipfile.ZipInfo, limits: Limits) -> None:
    """Check the central directory record of one entry."""
    mode = entry.external_attr >> 16
    is_regular = S_ISDIR(mode) if entry.is_dir() else S_ISREG(mode)
    if S_IFMT(mode) and not is_regular:
        raise ArchiveProblem(
            gettext_noop("“%(path)s” is not an ordinary file: links and devices are refused."),
            path=entry.filename[:100],
        )
    if entry.flag_bits & 0b0110_0001:  # encrypted, patched data, strongly encrypted
        raise ArchiveProblem(gettext_noop("The archive is encrypted."))
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveProblem(gettext_noop("“%(path)s” is compressed in an unusual way."), path=entry.filename[:100])
    if entry.file_size > limits.file_bytes:
        raise ArchiveProblem(
            gettext_noop("“%(path)s” is larger than %(limit)d MB."),
            path=entry.filename[:100], limit=limits.file_bytes // MB,
        )  # fmt: skip
    if entry.file_size > limits.ratio_from and entry.file_size > limits.ratio * max(1, entry.compress_size):
        raise ArchiveProblem(gettext_noop("The archive is a trap: it would grow out of all proportion."))


def _check_name(entry: zipfile.ZipInfo, limits: Limits) -> None:
    """Check the name of one entry: plain characters, short, relative, valid on every system."""
    name = entry.filename.removesuffix("/") if entry.is_dir() else entry.filename
    segments = name.split("/")
    if (
        entry.orig_filename != entry.filename
        or len(name) > limits.path_length
        or len(segments) > limits.path_depth
        or any(
            not _SEGMENT.fullmatch(segment) or segment.endswith(".") or _RESERVED.fullmatch(segment)
            for segment in segments
        )
    ):
        raise ArchiveProblem(_BAD_NAME, path=ascii(entry.orig_filename[:100])[1:-1])


def _end_offset(file: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Return the end offset of an entry by its local header, which must agree with the central directory."""
    file.seek(entry.header_offset)
    header = file.read(_LOCAL.size)
    signature, _, flags, method, _, _, _, _, _, name_length, extra_length = _LOCAL.unpack(header)
    name, length = file.read(name_length), int(name_length + extra_length)
    if (
        signature != b"PK\x03\x04"
        or name != entry.orig_filename.encode("ascii", "replace")
        or method != entry.compress_type
        or flags & 1
    ):
        raise ArchiveProblem(_DAMAGED)
    return entry.header_offset + _LOCAL.size + length + entry.compress_size


def _check_paths(entries: Sequence[zipfile.ZipInfo], files: Sequence[zipfile.ZipInfo]) -> str:
    """Check all names together; return the name of the single top folder."""
    seen: set[str] = set()
    for entry in entries:
        key = _normalize_name(entry.filename.removesuffix("/"))
        if key in seen:
            raise ArchiveProblem(
                gettext_noop("The archive holds two files of the same name: “%(path)s”."), path=entry.filename[:100]
            )
        seen.add(key)
    names = {_normalize_name(entry.filename) for entry in files}
    for entry in entries:
        if any(_normalize_name(str(parent)) in names for parent in PurePosixPath(entry.filename).parents):
            raise ArchiveProblem(_BAD_NAME, path=entry.filename[:100])
    tops = {entry.filename.partition("/")[0] for entry in entries}
    if len(tops) != 1 or any("/" not in entry.filename for entry in files):
        raise ArchiveProblem(gettext_noop("An archive holds one folder, with everything in it."))
    for entry in files:
        _check_location(entry.filename.partition("/")[2], entry.file_size)
    return tops.pop()


def _check_location(path: str, size: int) -> None:
    """Check that a file is allowed at its path: below `data/`, or a small tag file of the bag; an SVG only as a file.

    Those are cleaned (`image_check.py`).
    """
    is_media = path.startswith("data/media/")
    if path.casefold().endswith(".svgz") or (path.casefold().endswith(".svg") and not is_media):
        raise ArchiveProblem(gettext_noop("“%(path)s” is an SVG picture: those cannot be imported."), path=path)
    if not path.startswith("data/") and (not _TAG_FILE.fullmatch(path) or size > MB):
        raise ArchiveProblem(gettext_noop("“%(path)s” does not belong into an archive."), path=path)


def _normalize_name(name: str) -> str:
    """Return the normal form of a name: equal for names that are the same file on some system."""
    return unicodedata.normalize("NFC", name).casefold()


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one file; raise ArchiveProblem when its size differs from that in the directory."""
    path = target.joinpath(*entry.filename.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    remaining = entry.file_size
    with archive.open(entry) as source, path.open("xb") as file:
        while chunk := source.read(_CHUNK):
            remaining -= len(chunk)
            if remaining < 0:
                raise ArchiveProblem(_DAMAGED)
            file.write(chunk)
    if remaining:
        raise ArchiveProblem(_DAMAGED)
