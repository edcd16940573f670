"""Zip files with an inconsistent structure, and the exact limits of unpacking."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from stat import S_IFLNK
from typing import Any

import pytest
from django.utils import translation

from tests.exchange.archives import Bag, zip_entry
from wiki.errors import ArchiveProblem
from wiki.exchange.archive import format_spec, safe_unzip
from wiki.exchange.archive.format_spec import MB, Limits

Change = Callable[[Bag], Any]

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def small_zip(*more: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    """Return a valid zip of one folder with two files, and `more` files."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", method) as archive:
        for name, content in [("top/data/a", b"aaaa " * 50), ("top/data/b", b"bbbb " * 50), *more]:
            archive.writestr(name, content)
    return bytearray(raw.getvalue())


def altered(signature: bytes, offset: int, form: str, change: Callable[[int], int]) -> bytes:
    """Return a small zip with one number changed in the last record that begins with `signature`."""
    raw = small_zip()
    at = raw.rindex(signature) + offset
    (value,) = struct.unpack_from(form, raw, at)
    struct.pack_into(form, raw, at, change(value))
    return bytes(raw)


def with_comment_like_an_end() -> bytes:
    """Return a zip whose comment has the numbers of a matching end record, but not its signature."""
    raw = small_zip()
    at = raw.rindex(END)
    struct.pack_into("<H", raw, at + 20, 22)
    length, offset = struct.unpack_from("<2L", raw, at + 12)
    assert offset + length == at
    return bytes(raw) + b"none" + struct.pack("<4H2LH", 0, 0, 2, 2, length, len(raw) - length, 0)


def with_large_end() -> bytes:
    """Return a zip whose directory ends with bytes that Python reads as a Zip64 locator."""
    last = zip_entry("top/data/c", comment=b"PK\x06\x07" + bytes(16))
    raw = io.BytesIO(small_zip())
    with zipfile.ZipFile(raw, "a") as archive:
        archive.writestr(last, b"c")
    return raw.getvalue()


def unpacked(raw: bytes, target: Path, limits: Limits = format_spec.LIMITS) -> list[str]:
    """Unpack `raw`; return the paths of the files relative to `target`."""
    safe_unzip.unpack(io.BytesIO(raw), target, limits)
    return sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())


def test_it_unpacks_the_small_zip_that_the_others_are_made_of(tmp_path: Path) -> None:
    assert unpacked(bytes(small_zip()), tmp_path / "whole") == ["top/data/a", "top/data/b"]
    assert unpacked(altered(CENTRAL, 24, "<L", lambda size: size), tmp_path / "same") == ["top/data/a", "top/data/b"]


@pytest.mark.parametrize(
    "raw",
    [
        with_comment_like_an_end(),
        altered(CENTRAL, 20, "<L", lambda size: size + 1),
        altered(LOCAL, 8, "<H", lambda method: zipfile.ZIP_STORED),
        altered(LOCAL, 6, "<H", lambda flags: flags | 1),
        altered(LOCAL, 0, "<B", lambda letter: letter + 1),
        altered(LOCAL, 30, "<B", lambda letter: letter + 1),
        altered(CENTRAL, 42, "<L", lambda offset: offset + 1),
        altered(END, 4, "<H", lambda disk: 1),
        altered(END, 6, "<H", lambda disk: 1),
        altered(END, 8, "<H", lambda here: here - 1),
        altered(END, 16, "<L", lambda offset: offset + 1),
        with_large_end(),
    ],
    ids=[
        "end",
        "beyond the files",
        "method",
        "encrypted",
        "signature",
        "name",
        "position",
        "disk",
        "first disk",
        "files on this disk",
        "directory",
        "zip64",
    ],
)
def test_it_writes_nothing_of_a_zip_that_contradicts_itself(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(ArchiveProblem, match="cut off or altered"):
        unpacked(raw, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_refuses_a_file_that_is_shorter_than_its_directory_says(tmp_path: Path) -> None:
    with pytest.raises(ArchiveProblem, match="cut off or altered"):
        unpacked(altered(CENTRAL, 24, "<L", lambda size: size + 1), tmp_path)


def test_it_writes_no_more_of_a_file_than_its_directory_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bytes(small_zip())
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda self, entry: io.BytesIO(b"x" * (entry.file_size + 1)))
    with pytest.raises(ArchiveProblem, match="cut off or altered"):
        unpacked(raw, tmp_path)
    assert [path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()] == [0]


def long_name(length: int) -> str:
    """Return a path of `length` characters whose parts are short enough."""
    return ("top/data/" + "a" * 80 + "/" + "b" * 80 + "/" + "c" * 80)[:length]


def sizes(raw: bytes | bytearray) -> tuple[int, int]:
    """Return the length of the directory of a zip, and the size of its largest compressed file."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return len(raw) - 22 - archive.start_dir, max(one.compress_size for one in archive.infolist())


@pytest.mark.parametrize(
    ("limit", "most", "reason"),
    [
        ("zip_bytes", len(small_zip()), "larger than 0 MB"),
        ("files", 2, "too many files: 2 at most|too many files: 1 at most"),
        ("directory_bytes", sizes(small_zip())[0], "too many files"),
        ("total_bytes", 500, "unpack to more than 0 MB"),
        ("file_bytes", 250, "“top/data/a” is larger than 0 MB"),
        ("path_length", len("top/data/a"), "not allowed: “top/data/a”"),
        ("path_depth", 3, "not allowed: “top/data/a”"),
    ],
)
def test_each_limit_holds_to_the_byte(tmp_path: Path, limit: str, most: int, reason: str) -> None:
    raw = bytes(small_zip())
    assert unpacked(raw, tmp_path / "all", replace(format_spec.LIMITS, **{limit: most}))
    with translation.override("en"), pytest.raises(ArchiveProblem, match=reason):
        unpacked(raw, tmp_path / "none", replace(format_spec.LIMITS, **{limit: most - 1}))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("ratio_from", "ratio", "good"),
    [(249, 1, False), (250, 1, True), (249, 250, True), (0, 30, True)],
    ids=["grows too much", "too small to count", "allowed to grow", "grows as texts do"],
)
def test_a_file_may_grow_by_so_much(tmp_path: Path, ratio_from: int, ratio: int, good: bool) -> None:
    raw, limits = bytes(small_zip()), replace(format_spec.LIMITS, ratio_from=ratio_from, ratio=ratio)
    if good:
        assert unpacked(raw, tmp_path, limits)
    else:
        with pytest.raises(ArchiveProblem, match="out of all proportion"):
            unpacked(raw, tmp_path, limits)


def test_a_ratio_holds_to_the_byte(tmp_path: Path) -> None:
    raw = bytes(small_zip(method=zipfile.ZIP_STORED))
    limits = replace(format_spec.LIMITS, ratio_from=0, ratio=1)
    assert unpacked(raw, tmp_path, limits), "what is not compressed does not grow"


def test_what_is_said_to_take_no_room_counts_as_one_byte(tmp_path: Path) -> None:
    raw = altered(CENTRAL, 20, "<L", lambda size: 0)
    with translation.override("en"), pytest.raises(ArchiveProblem, match="out of all proportion"):
        unpacked(raw, tmp_path, replace(format_spec.LIMITS, ratio_from=0, ratio=200))


def test_a_compressed_size_of_zero_is_compared_as_one_byte(tmp_path: Path) -> None:
    raw = altered(CENTRAL, 20, "<L", lambda size: 0)
    with translation.override("en"), pytest.raises(ArchiveProblem, match="cut off or altered"):
        unpacked(raw, tmp_path, replace(format_spec.LIMITS, ratio_from=0, ratio=250))


def test_extra_fields_belong_to_their_file(tmp_path: Path) -> None:
    entry = zip_entry("top/data/c")
    entry.extra = b"\xfe\xca\x04\x00abcd"
    stream = io.BytesIO(small_zip())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(entry, b"cccc " * 50, zipfile.ZIP_DEFLATED)
    raw = bytearray(stream.getvalue())
    assert "top/data/c" in unpacked(bytes(raw), tmp_path / "whole")
    at = raw.rindex(CENTRAL) + 20
    struct.pack_into("<L", raw, at, struct.unpack_from("<L", raw, at)[0] + 1)
    with pytest.raises(ArchiveProblem, match="cut off or altered"):
        unpacked(bytes(raw), tmp_path / "altered")


def test_a_file_outside_any_folder_is_refused(tmp_path: Path) -> None:
    with translation.override("en"), pytest.raises(ArchiveProblem, match="holds one folder"):
        unpacked(altered_name("top"), tmp_path)


def test_a_tag_file_of_one_megabyte_is_unpacked_and_no_larger_one(tmp_path: Path) -> None:
    raws = [small_zip(("top/bagit.txt", b"x" * size), method=zipfile.ZIP_STORED) for size in (MB, MB + 1)]
    assert "top/bagit.txt" in unpacked(bytes(raws[0]), tmp_path / "small")
    with translation.override("en"), pytest.raises(ArchiveProblem, match="does not belong"):
        unpacked(bytes(raws[1]), tmp_path / "large")


def test_nothing_stands_before_the_first_file(tmp_path: Path) -> None:
    raw = io.BytesIO(LOCAL + b"#!/bin/sh")
    with zipfile.ZipFile(raw, "a") as archive:
        archive.writestr("top/data/a", b"a")
    with translation.override("en"), pytest.raises(ArchiveProblem, match="overlap"):
        unpacked(raw.getvalue(), tmp_path)


@pytest.mark.parametrize("bit", [0, 5, 6])
def test_each_kind_of_encryption_is_refused(tmp_path: Path, bit: int) -> None:
    with translation.override("en"), pytest.raises(ArchiveProblem, match="encrypted"):
        unpacked(altered(CENTRAL, 8, "<H", lambda flags: flags | 1 << bit), tmp_path)


@pytest.mark.parametrize("bit", [1, 2, 4])
def test_other_flags_are_no_encryption(tmp_path: Path, bit: int) -> None:
    assert unpacked(altered(CENTRAL, 8, "<H", lambda flags: flags | 1 << bit), tmp_path)


def test_no_more_than_a_hundred_signs_of_a_name_are_shown(tmp_path: Path) -> None:
    name = long_name(180)
    for raw, limits in [
        (small_zip((name + "!", b"x")), format_spec.LIMITS),
        (altered_name(name, S_IFLNK | 0o777), format_spec.LIMITS),
        (altered_name(name, compress_type=zipfile.ZIP_BZIP2), format_spec.LIMITS),
        (small_zip((name, b"x" * 300)), replace(format_spec.LIMITS, file_bytes=250)),
    ]:
        with pytest.raises(ArchiveProblem) as caught:
            unpacked(bytes(raw), tmp_path, limits)
        assert caught.value.params["path"] == name[:100]
    twice = small_zip((name, b"one"), (name.upper(), b"another"))
    with pytest.raises(ArchiveProblem) as caught:
        unpacked(bytes(twice), tmp_path)
    assert caught.value.params["path"] == name.upper()[:100]
    inside = small_zip((name[:89], b"a file"), (name, b"in a file"))
    with pytest.raises(ArchiveProblem) as caught:
        unpacked(bytes(inside), tmp_path)
    assert caught.value.params["path"] == name[:100]


def altered_name(name: str, mode: int = 0o100644, **values: Any) -> bytes:
    """Return a zip with one entry of this name and mode."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr(zip_entry(name, mode, **values), b"x")
    return raw.getvalue()


def test_a_file_may_hold_what_looks_like_an_end(tmp_path: Path) -> None:
    raw = small_zip(("top/data/c", b"PK\x06\x07" * 9), method=zipfile.ZIP_STORED)
    assert "top/data/c" in unpacked(bytes(raw), tmp_path)


def test_folders_are_unpacked_and_not_counted_as_files(tmp_path: Path) -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name in ("top/", "top/data/"):
            archive.writestr(zip_entry(name, 0o040755), b"")
        archive.writestr("top/data/a", b"a")
    assert unpacked(raw.getvalue(), tmp_path) == ["top/data/a"]
