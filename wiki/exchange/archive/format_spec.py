"""The archive format: file names, limits, deltas and digest, shared by export and import.

One zip holds one folder, a bag (BagIt 1.0, RFC 8493). Its `data/` is both an RO-Crate 1.3 and a project that follows
REUSE 3.3. `README.md` in each archive documents the files; this module implements what it specifies about
`history/revisions.jsonl` and the Content-Digest.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wiki.text import titles

FORMAT = "movilab-archive/1"

TEXT = "page.md"
PAGE = "page.json"
CREDITS = "credits.json"
FACT_RELATION = "fact"
"""Relation of a source from which only some facts of the text come, under a licence of their own."""
REVISIONS = "history/revisions.jsonl"
STREAM = "history/history.fast-import"
MEDIA = "media/"
DIGEST_TAG = "Content-Digest"

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of an import. The export screen warns about an archive beyond them."""

    zip_bytes: int = 128 * MB
    total_bytes: int = 512 * MB
    file_bytes: int = 256 * MB
    files: int = 2_000
    directory_bytes: int = 1 * MB
    """Size of the zip's central directory, read before Python builds an object per entry."""
    ratio: int = 200
    ratio_from: int = 1 * MB
    """Unpacked size in bytes from which `ratio` is checked: small repetitive files compress well."""
    path_length: int = 200
    path_depth: int = 8
    json_bytes: int = 16 * MB
    line_bytes: int = 8 * MB
    """One line of `revisions.jsonl`: a text of 1 MB in which each character is escaped."""
    versions: int = 100_000
    texts_bytes: int = 256 * MB
    """All texts of the history together, rebuilt from their deltas."""


LIMITS = Limits()

STREAM_LIMIT = 200 * MB
"""Size of all texts above which the archive has no git stream, which repeats each text in full."""


def canonical_json(value: Any) -> str:
    """Return `value` as deterministic JSON on one line: sorted keys, no spaces, Unicode not escaped."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def readable_json(value: Any) -> str:
    """Return `value` as deterministic JSON for people: sorted keys, indented, with a final newline."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n"


def sha256(raw: bytes) -> str:
    """Return the checksum that identifies texts and files, in hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


# ---------------------------------------------------------------- deltas


def make_delta(before: str | None, after: str | None) -> dict[str, Any]:
    """Return the delta from `before` to `after`, as a line of `revisions.jsonl` holds it.

    With both texts: the numbers of characters retained at the start (`keep_start`) and at the end (`keep_end`, never
    overlapping), and the text between them (`insert`), in Unicode code points. Otherwise the full text,
    `{"text": after}`; null for a deletion. Deterministic.
    """
    if before is None or after is None:
        return {"text": after}
    shorter = min(len(before), len(after))
    start = _common_start(before, after, shorter)
    end = _common_start(before[::-1], after[::-1], shorter - start)
    return {"keep_start": start, "keep_end": end, "insert": after[start : len(after) - end]}


def _common_start(first: str, second: str, limit: int) -> int:
    """Return the length of the common prefix, at most `limit`. Binary search, so that slices are compared in C."""
    low, high = 0, limit
    if first[:limit] == second[:limit]:
        return limit
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def apply_delta(before: str | None, line: Mapping[str, Any]) -> str | None:
    """Return the text of a line of `revisions.jsonl`, given the text of the line before.

    Raises ValueError when the delta retains more than `before` has, KeyError when a key is missing.
    """
    if "text" in line:
        text: str | None = line["text"]
        return text
    start, end, insert = line["keep_start"], line["keep_end"], line["insert"]
    if before is None or start < 0 or end < 0 or start + end > len(before):
        raise ValueError("keeps more than there is")
    return f"{before[:start]}{insert}{before[len(before) - end :]}"


# ---------------------------------------------------------------- digest


def is_content(path: str) -> bool:
    """Whether the file is covered by the Content-Digest: content of the page, independent of the wiki."""
    return path in (TEXT, CREDITS, REVISIONS) or path.startswith(MEDIA)


def content_digest(checksums: Iterable[tuple[str, str]]) -> str:
    """Return the Content-Digest of an archive from (path in `data/`, sha256) of its files.

    It is the sha256 of the lines of `manifest-sha256.txt` for the text, the credits (with all licence ids), the
    history (with all its texts) and the media, sorted by path.
    """
    lines = sorted((path, checksum) for path, checksum in checksums if is_content(path))
    listing = "".join(f"{checksum}  data/{path}\n" for path, checksum in lines)
    return f"sha256:{sha256(listing.encode())}"


# ---------------------------------------------------------------- names


def file_stem(name: str, fallback: str = "page") -> str:
    """Return `name` reduced to `[a-z0-9._-]`, beginning with a letter or digit, at most 80 characters."""
    plain = unicodedata.normalize("NFKD", titles.fold(name)).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9.]+", "-", plain)
    plain = re.sub(r"\.{2,}|-?\.-", ".", plain).strip(".-_")
    return plain[:80].strip(".-_") or fallback


def media_paths(names: Iterable[str]) -> dict[str, str]:
    """Return the path in `data/` of each picture name. Deterministic; the order of names does not matter."""
    paths: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names):
        stem, dot, ending = name.rpartition(".")
        stem, ending = file_stem(stem or ending, "picture"), file_stem(ending, "bin") if dot else "bin"
        path, number = f"{MEDIA}{stem}.{ending}", 1
        while path in taken:
            number += 1
            path = f"{MEDIA}{stem}-{number}.{ending}"
        taken.add(path)
        paths[name] = path
    return paths
