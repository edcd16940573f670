"""The form of an archive: names, limits, deltas and digest, shared by export and import.

One zip holds one folder, a bag (BagIt 1.0, RFC 8493). Its `data/` is at once an RO-Crate 1.3
and a project that follows REUSE 3.3. `README.md` in each archive describes the files; what is
said there about `history/revisions.jsonl` and the Content-Digest is what this module does.
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
REVISIONS = "history/revisions.jsonl"
STREAM = "history/history.fast-import"
MEDIA = "media/"
DIGEST_TAG = "Content-Digest"

MB = 1_000_000

PICTURE_EXTENSION = re.compile(r"\.(?:png|jpe?g|gif|webp)", re.IGNORECASE)
PICTURE_PATTERN = re.compile(
    r"(?:(?:File|Fichier|Image)[ _]*:|\]\([ ]*<?|\]:[ ]*<?)"
    r"(?P<name>[^\[\]|<>\n\"]{1,200}?\.(?:png|jpe?g|gif|webp))",
    re.IGNORECASE,
)
"""Where a text shows a picture, found without parsing it: perhaps too often, never too rarely."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an importer takes at most. An export says so when it goes beyond."""

    zip_bytes: int = 128 * MB
    total_bytes: int = 512 * MB
    file_bytes: int = 256 * MB
    files: int = 2_000
    directory_bytes: int = 1 * MB
    """Size of the zip's central directory, read before Python builds an object per entry."""
    ratio: int = 200
    ratio_from: int = 1 * MB
    """Unpacked size from which the ratio counts: small files of one word compress well."""
    path_length: int = 200
    path_depth: int = 8
    json_bytes: int = 16 * MB
    line_bytes: int = 8 * MB
    """One line of `revisions.jsonl`: a text of 1 MB in which each sign is escaped."""
    versions: int = 100_000
    texts_bytes: int = 256 * MB
    """All texts of the history together, put back whole from their deltas."""


LIMITS = Limits()

STREAM_LIMIT = 200 * MB
"""The git stream repeats each text whole; where it would be larger, it is left out."""


def canonical_json(value: Any) -> str:
    """`value` on one line, always the same: sorted keys, no spaces, Unicode as it is."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def readable_json(value: Any) -> str:
    """`value` for people too: sorted keys, indented, ended by a newline; always the same."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n"


def sha256(raw: bytes) -> str:
    """The checksum by which texts and files are known, in hexadecimal digits."""
    return hashlib.sha256(raw).hexdigest()


# ---------------------------------------------------------------- deltas


def make_delta(before: str | None, after: str | None) -> dict[str, Any]:
    """How `after` is written after `before`: whole (`text`), or what changed between two ends.

    `keep_start` signs stay at the beginning and `keep_end` at the end (never the same sign
    twice), `insert` stands between them. Counted in Unicode code points. A deletion is
    `{"text": null}`. The same two texts always give the same answer.
    """
    if before is None or after is None:
        return {"text": after}
    shorter = min(len(before), len(after))
    start = _common_start(before, after, shorter)
    end = _common_start(before[::-1], after[::-1], shorter - start)
    return {"keep_start": start, "keep_end": end, "insert": after[start : len(after) - end]}


def _common_start(one: str, other: str, limit: int) -> int:
    """How many signs at the beginning are the same, at most `limit`; by halving, in C."""
    low, high = 0, limit
    if one[:limit] == other[:limit]:
        return limit
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def apply_delta(before: str | None, line: Mapping[str, Any]) -> str | None:
    """The text that a line of `revisions.jsonl` means after the text before it.

    Raises ValueError when the line keeps more than there is; KeyError when it says nothing.
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
    """Whether the file counts for the Content-Digest: it says what the page is, not where."""
    return path in (TEXT, CREDITS, REVISIONS) or path.startswith(MEDIA)


def content_digest(checksums: Iterable[tuple[str, str]]) -> str:
    """The Content-Digest of an archive from (path in `data/`, sha256) of its files.

    sha256 over the lines that `manifest-sha256.txt` has for the text, the credits (with all
    licence ids), the history (with all its texts) and the media, sorted by path.
    """
    lines = sorted((path, checksum) for path, checksum in checksums if is_content(path))
    listing = "".join(f"{checksum}  data/{path}\n" for path, checksum in lines)
    return f"sha256:{sha256(listing.encode())}"


# ---------------------------------------------------------------- names


def file_stem(name: str, fallback: str = "page") -> str:
    """`name` in `[a-z0-9._-]` alone, beginning with a letter or digit, at most 80 signs."""
    plain = unicodedata.normalize("NFKD", titles.fold(name)).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9.]+", "-", plain)
    plain = re.sub(r"\.{2,}|-?\.-", ".", plain).strip(".-_")
    return plain[:80].strip(".-_") or fallback


def media_paths(names: Iterable[str]) -> dict[str, str]:
    """For each picture name its path in `data/`; the same names always give the same paths."""
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
