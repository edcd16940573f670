"""Malicious or damaged zips and bags: refused with the reason, and nothing of them is stored."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from stat import S_IFIFO, S_IFLNK
from typing import TYPE_CHECKING, Any

import pytest

from tests.exchange.archives import NEW, Bag, check_refused, zip_entry
from wiki.errors import ArchiveProblem
from wiki.exchange.archive import safe_unzip
from wiki.exchange.archive.format_spec import Limits
from wiki.exchange.archive.importer import import_archive

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.only_on("sqlite")
Change = Callable[[Bag], Any]


def test_it_imports_the_valid_archive(archive: bytes) -> None:
    page = import_archive(io.BytesIO(Bag.opened(archive).seal().zip()), None, NEW).page
    assert page.full_title == "Importée"


# --- The zip --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../evil.md", "not allowed"),
        ("/etc/cron.d/evil", "not allowed"),
        ("atelier-bois/data/../../../evil", "not allowed"),
        ("C:\\Windows\\evil.exe", "not allowed"),
        ("C:/Windows/evil.exe", "not allowed"),
        ("atelier-bois/data\\evil", "not allowed"),
        ("atelier-bois/data/.git/config", "not allowed"),
        ("atelier-bois/data/.htaccess", "not allowed"),
        ("atelier-bois/data//x", "not allowed"),
        ("atelier-bois/data/./x", "not allowed"),
        ("atelier-bois/data/nul.txt", "not allowed"),
        ("atelier-bois/data/CON", "not allowed"),
        ("atelier-bois/data/point.", "not allowed"),
        ("atelier-bois/data/espace x", "not allowed"),
        ("atelier-bois/data/œuvre.md", "not allowed"),
        ("atelier-bois/data/ligne\nx", "not allowed"),
        ("atelier-bois/data/" + "x" * 150, "not allowed"),
        ("atelier-bois/" + "d/" * 9 + "x", "not allowed"),
        ("atelier-bois/data/page.md/x", "not allowed"),
        ("atelier-bois/data/PAGE.MD", "same name"),
        ("other/data/page.md", "one folder"),
        ("evil.md", "one folder"),
        ("atelier-bois/fetch.txt", "does not belong"),
        ("atelier-bois/evil.sh", "does not belong"),
        ("atelier-bois/data/media/x.svgz", "SVG"),
        ("atelier-bois/data/x.svg", "SVG"),
        ("atelier-bois/data/extra.md", "checksums do not fit"),
    ],
)
def test_it_refuses_a_name(archive: bytes, name: str, reason: str) -> None:
    check_refused(Bag.opened(archive).zip((zip_entry(name), b"evil")), reason)


def test_it_refuses_a_name_that_python_would_cut(archive: bytes) -> None:
    raw = Bag.opened(archive).zip((zip_entry("atelier-bois/data/safe.md#x.exe"), b"evil"))
    check_refused(raw.replace(b"safe.md#x.exe", b"safe.md\x00x.exe"), "not allowed")


@pytest.mark.parametrize("mode", [S_IFLNK | 0o777, S_IFIFO | 0o644])
def test_it_refuses_links_and_devices(archive: bytes, mode: int) -> None:
    check_refused(
        Bag.opened(archive).zip((zip_entry("atelier-bois/data/x", mode), b"/etc/passwd")), "not an ordinary file"
    )


def test_it_refuses_a_file_twice(archive: bytes) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        raw = Bag.opened(archive).zip(("atelier-bois/data/page.md", b"other"))
    check_refused(raw, "same name")


def test_it_refuses_a_bomb(archive: bytes) -> None:
    bag = Bag.opened(archive)
    bag.files["data/zeros"] = bytes(20_000_000)
    check_refused(bag.seal().zip(), "out of all proportion")


def test_it_refuses_many_files_and_large_ones(archive: bytes) -> None:
    bag = Bag.opened(archive)
    bag.files |= {f"data/x/{number}": b"" for number in range(2_001)}
    check_refused(bag.seal().zip(), "too many files")
    small = Limits(zip_bytes=1_000, total_bytes=50_000, file_bytes=50_000)
    for limits, reason in [
        (Limits(zip_bytes=1_000), "larger than"),
        (Limits(total_bytes=50_000), "unpack to more than"),
        (Limits(file_bytes=10_000), "larger than"),
        (small, "larger than"),
    ]:
        with pytest.raises(ArchiveProblem, match=reason):
            safe_unzip.unpack(io.BytesIO(archive), Path("/nowhere"), limits)


def test_it_refuses_overlapping_files(archive: bytes) -> None:
    raw = bytearray(Bag.opened(archive).zip(("atelier-bois/data/a", b"x" * 400), ("atelier-bois/data/b", b"x" * 400)))
    first = raw.rfind(b"PK\x03\x04", 0, raw.rfind(b"PK\x03\x04"))
    central = raw.rfind(b"PK\x01\x02")
    raw[central + 42 : central + 46] = struct.pack("<L", first)
    check_refused(bytes(raw), "overlap")


def test_it_refuses_an_encrypted_file(archive: bytes) -> None:
    raw = bytearray(archive)
    central = raw.index(b"PK\x01\x02")
    raw[central + 8] |= 1
    check_refused(bytes(raw), "encrypted")


def test_it_refuses_an_unusual_method(archive: bytes) -> None:
    check_refused(Bag.opened(archive).zip(method=zipfile.ZIP_BZIP2), "unusual way")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda raw: b"", "a zip file is expected"),
        (lambda raw: b"%PDF-1.4" + raw, "a zip file is expected"),
        (lambda raw: b"#!/bin/sh\n" + raw, "a zip file is expected"),
        (lambda raw: b"PK\x03\x04" + bytes(50) + raw, "cut off or altered"),
        (lambda raw: raw[: len(raw) // 2], "cut off or altered"),
        (lambda raw: raw[:-5], "cut off or altered"),
        (lambda raw: raw + b"tail", "cut off or altered"),
        (lambda raw: raw[:-22] + b"PK\x06\x07" + bytes(16) + raw[-22:], "cut off or altered"),
        (lambda raw: raw[:-12] + struct.pack("<L", 9) + raw[-8:], "cut off or altered"),
    ],
    ids=["empty", "pdf", "script", "prefix", "half", "end", "tail", "zip64", "directory"],
)
def test_it_refuses_what_is_no_whole_zip(archive: bytes, change: Callable[[bytes], bytes], reason: str) -> None:
    check_refused(change(archive), reason)


def test_it_refuses_a_broken_file_inside(archive: bytes) -> None:
    bag = Bag.opened(archive)
    raw = bytearray(bag.zip(method=zipfile.ZIP_STORED))
    at = raw.index(b"# Bienvenue")
    raw[at] ^= 1
    check_refused(bytes(raw), "cut off or altered")


def test_it_refuses_a_name_that_its_own_header_contradicts(archive: bytes) -> None:
    raw = bytearray(archive)
    at = raw.index(b"data/page.md")
    raw[at : at + 12] = b"data/page.mx"
    check_refused(bytes(raw), "cut off or altered")


# --- The bag --------------------------------------------------------------------------------------
def unsealed(path: str, content: bytes | None) -> Change:
    """Alter or remove a file without updating the checksums."""

    def change(bag: Bag) -> None:
        if content is None:
            del bag.files[path]
        else:
            bag.files[path] = content

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (unsealed("data/page.md", b"other"), "checksums do not fit"),
        (unsealed("data/page.md", None), "checksums do not fit"),
        (unsealed("data/README.md", b"other"), "checksums do not fit"),
        (unsealed("data/media/etabli.jpg", b"other"), "checksums do not fit"),
        (unsealed("bag-info.txt", b"Content-Digest: sha256:0\n"), "checksums do not fit"),
        (unsealed("manifest-sha256.txt", b""), "checksums do not fit"),
        (unsealed("manifest-sha256.txt", b"0  ../../../etc/passwd\n"), "checksums do not fit"),
        (unsealed("bagit.txt", b"BagIt-Version: x\n"), "checksums do not fit"),
        (unsealed("bagit.txt", b"\xff\xfe"), "checksums do not fit"),
        (unsealed("bagit.txt", None), "checksums do not fit"),
        (unsealed("bag-info.txt", b"x" * 2_000_000), "does not belong"),
    ],
)
def test_it_refuses_altered_checksums(archive: bytes, change: Change, reason: str) -> None:
    bag = Bag.opened(archive)
    change(bag)
    check_refused(bag.zip(method=zipfile.ZIP_STORED), reason)


def test_it_refuses_another_digest_than_that_of_its_content(archive: bytes) -> None:
    bag = Bag.opened(archive).seal()
    bag.files["bag-info.txt"] = b"Content-Digest: sha256:" + b"0" * 64 + b"\n"
    check_refused(bag.zip(), "Content-Digest")
