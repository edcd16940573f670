"""Parser of the edit history of a work (one version per line), and choice of titles for its files.

Format: JSON Lines (jsonlines.org) in UTF-8, oldest first; each line an object with `path`, `date`
(ISO 8601 with its time zone), `author`, `comment` and `text` (null: the file was deleted).
"""

from __future__ import annotations

import json
import operator
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from wiki.errors import ImportProblem, gettext_noop
from wiki.text import titles
from wiki.text.frontmatter import frontmatter_reader
from wiki.text.markup.markdown_parser import TEXT_LIMIT
from wiki.text.normalization import clean_text

LINE_LIMIT = 8 * TEXT_LIMIT
"""Maximum bytes of a line: JSON may escape one byte as six."""
TITLE_LIMIT = 200
TEXT_EXTENSIONS = {".md", ".markdown", ".mdown", ".mkd", ".txt"}
README, INDEX = "readme", {"index", "_index"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t]*#*[ \t]*$|^(\S.*)\n=+[ \t]*$", re.MULTILINE)


RENAME_LIKENESS = 0.5
"""How alike two texts must be to count as one renamed file; git's default."""
PAIRS_LIMIT = 10_000
"""Pairs of files compared by likeness at most, for one author and time."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One version of one file."""

    line: int
    path: str
    date: datetime
    author: str
    comment: str
    text: str | None


def read_history(path: Path) -> list[HistoryEntry]:
    """Parse the file; return its entries in order. Raises ImportProblem with the line."""
    entries = []
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(iter(lambda: file.readline(LINE_LIMIT + 1), b""), start=1):
                if len(raw) > LINE_LIMIT:
                    raise ImportProblem(gettext_noop("Line %(line)d is too long."), line=number)
                if raw.strip():
                    entries.append(_parse_entry(number, raw))
    except OSError as error:
        raise ImportProblem(
            gettext_noop("The file “%(file)s” cannot be read: %(reason)s."),
            file=str(path),
            reason=error.strerror or str(error),
        ) from error
    if not entries:
        raise ImportProblem(gettext_noop("The file “%(file)s” holds no versions."), file=path.name)
    return entries


def _parse_entry(line: int, raw: bytes) -> HistoryEntry:
    """Parse one line. Raises ImportProblem."""
    try:
        record = json.loads(raw.decode("utf-8-sig" if line == 1 else "utf-8"))
    except (ValueError, RecursionError) as error:
        raise ImportProblem(gettext_noop("Line %(line)d is not JSON in UTF-8."), line=line) from error
    if not isinstance(record, dict):
        raise ImportProblem(gettext_noop("Line %(line)d is not an object of JSON."), line=line)
    text = record.get("text", False)
    if text is not None:
        text = clean_text(_get_text(line, record, "text", TEXT_LIMIT, empty=True))
    path = _get_text(line, record, "path", 255)
    if ".." in path.split("/") or not path.strip("/. "):
        raise ImportProblem(
            gettext_noop("Line %(line)d: “%(path)s” is not a path within the work."), line=line, path=path
        )
    comment = _get_text(line, record, "comment", TEXT_LIMIT, empty=True) if record.get("comment") else ""
    author = " ".join(_CONTROL.sub(" ", _get_text(line, record, "author", 255)).split())
    return HistoryEntry(line, path, _get_date(line, record), author or "?", _CONTROL.sub("", comment), text)


def _get_text(line: int, record: Mapping[str, object], key: str, limit: int, *, empty: bool = False) -> str:
    """Return the text of `key`. Raises ImportProblem when it is missing, no text, or longer than `limit` bytes."""
    value = record.get(key)
    if not isinstance(value, str) or not (value.strip() or empty):
        raise ImportProblem(gettext_noop("Line %(line)d: “%(key)s” is missing or not a text."), line=line, key=key)
    value = clean_text(value)
    if len(value.encode()) > limit:
        raise ImportProblem(
            gettext_noop("Line %(line)d: “%(key)s” is longer than %(limit)d bytes."), line=line, key=key, limit=limit
        )
    return value


def _get_date(line: int, record: Mapping[str, object]) -> datetime:
    """Return the date of a version, with its time zone. Raises ImportProblem."""
    try:
        date = datetime.fromisoformat(_get_text(line, record, "date", 40))
        if date.tzinfo is not None and 1000 <= date.year < 9999:
            return date
    except ValueError:
        pass
    raise ImportProblem(
        gettext_noop("Line %(line)d: “%(date)s” is not a date with its time zone (2018-01-23T09:25:33+01:00)."),
        line=line,
        date=str(record.get("date")),
    )


# ---------------------------------------------------------------- titles and renames


def is_readme(path: str) -> bool:
    """Whether a file is the README of its folder, or of the whole work."""
    return _strip_extension(posixpath.basename(path)).lower() == README


def _strip_extension(path: str) -> str:
    """Return `path` without the extension of a text file."""
    stem, ending = posixpath.splitext(path)
    return stem if stem and ending.lower() in TEXT_EXTENSIONS else path


def first_heading(text: str) -> str:
    """Return the first heading of level 1 in a Markdown text, or ""."""
    match = _HEADING.search(frontmatter_reader.parse_front_matter(text).body)
    return (match.group(1) or match.group(2)).strip() if match else ""


def titles_of_work(entries: Iterable[HistoryEntry], fallback: str) -> tuple[str, str]:
    """Return the first and the latest name of the work: the heading of its top-level README, else `fallback`.

    The first name identifies the work, since it does not change when the history grows.
    """
    names = [
        first_heading(entry.text or "")
        for entry in entries
        if is_readme(entry.path) and "/" not in entry.path.strip("./")
    ]
    nonempty = [name for name in names if name]
    return (nonempty[0], nonempty[-1]) if nonempty else (fallback, fallback)


def title_candidates(path: str, work: str) -> list[str]:
    """Return candidate titles for a file, best first: its path without extension; for a README or index its folder."""
    path = posixpath.normpath(path.strip("/"))
    folder, stem = posixpath.dirname(path), _strip_extension(path)
    name = posixpath.basename(stem).lower()
    first = [folder or work] if name == README or name in INDEX else []
    return [*first, stem, path, f"{stem} ({work})", f"{path} ({work})"]


def paths_by_title_priority(entries: Sequence[HistoryEntry]) -> list[str]:
    """Return the paths in the order in which titles are chosen for them.

    Existing files come before deleted ones; READMEs come after other files, indexes after READMEs.
    """
    last = {entry.path: entry for entry in entries}
    paths = list(dict.fromkeys(entry.path for entry in entries))

    def rank(path: str) -> tuple[bool, int]:
        name = _strip_extension(posixpath.basename(path)).lower()
        return last[path].text is None, 1 if name == README else 2 if name in INDEX else 0

    return sorted(paths, key=rank)


def make_title(raw: str) -> str:
    """Return a valid title: invalid characters replaced by lookalikes, long titles truncated. Raises TitleProblem."""
    if len(raw.encode()) > TITLE_LIMIT:
        raw = raw.encode()[: TITLE_LIMIT - 3].decode("utf-8", "ignore") + "…"
    return titles.clean_title(titles.replace_forbidden_characters(raw, colon=True))


def find_renames(entries: Sequence[HistoryEntry]) -> dict[str, str]:
    """Return {new path: old path} of renamed files.

    A rename is a deletion and an addition by one author at the same time, of the same text or, as in git, of texts
    that are half alike; of several candidates the most alike pairs count.
    """
    latest: dict[str, str | None] = {}
    changes: dict[tuple[datetime, str], _FileChanges] = {}
    for entry in entries:
        together = changes.setdefault((entry.date, entry.author), _FileChanges())
        before = latest.get(entry.path)
        if entry.text is None and before is not None:
            together.deleted[entry.path] = before
        elif entry.text is not None and entry.path not in latest:
            together.added[entry.path] = entry.text
        latest[entry.path] = entry.text
    renames: dict[str, str] = {}
    for together in changes.values():
        renames |= together.renames()
    return renames


@dataclass(slots=True)
class _FileChanges:
    """Texts of the files that one author deleted and added at one time, by path."""

    deleted: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)

    def renames(self) -> dict[str, str]:
        """Return {new path: old path}; beyond PAIRS_LIMIT pairs only files with the same text are compared."""
        found: dict[str, str] = {}
        compare = _likeness if len(self.deleted) * len(self.added) <= PAIRS_LIMIT else operator.eq
        old_lines = {path: Counter(text.splitlines(keepends=True)) for path, text in self.deleted.items()}
        new_lines = {path: Counter(text.splitlines(keepends=True)) for path, text in self.added.items()}
        pairs = [
            (compare(lines, others), old, new) for old, lines in old_lines.items() for new, others in new_lines.items()
        ]
        for alike, old, new in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
            if alike >= RENAME_LIKENESS and new not in found and old not in found.values():
                found[new] = old
        return found


def _likeness(old: Counter[str], new: Counter[str]) -> float:
    """Return which share of the larger text stands in lines that both have, from 0 to 1 (as git's similarity index)."""
    if old == new:
        return 1.0
    return _size(old & new) / max(_size(old), _size(new), 1)


def _size(lines: Counter[str]) -> int:
    return sum(len(line) * count for line, count in lines.items())
