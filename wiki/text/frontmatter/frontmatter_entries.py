"""Dividing a block of front matter into entries by its lines, before any value is read.

A line that cannot be read costs that line at most, never its neighbours: an entry begins where a line at the margin
has a key and a colon, and ends before the next such line. Joining the lines of all entries gives the block byte for
byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from wiki.text.titles import fold

KEY_LIMIT = 80
"""Characters of a key at most."""
BLANKS = " \t\u00a0\u202f"
"""What separates: French typography has no-break spaces before colons."""

_KEY = (
    r'"(?:[^"\\\r\n]|\\.)*"|\'(?:[^\'\r\n]|\'\')*\''  # in quotes
    r"|(?![#\"'\[\]{}!&*%@`>|]|[-?](?:[ \t]|$))[^\s:][^:\r\n]{0,79}?"  # without a colon
)
_PREFIXED_KEY = r"\w+:[^\s:](?:[^:\r\n]{0,60}[^\s:])?"
_ENTRY = re.compile(
    rf"(?:(?P<key>{_KEY})[{BLANKS}]*|(?P<prefixed>{_PREFIXED_KEY})):(?=[{BLANKS}]|$)[{BLANKS}]*(?P<rest>.*)$"
)
_ENTRY_WITHOUT_BLANK = re.compile(r"(?P<key>[^\W\d_](?:[^\W\d_]|[ '’-]){0,60}):(?!//)(?P<rest>[^\s:].*)$")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_RULE = re.compile(r"-{2,}\s*")
_ESCAPE = re.compile(r'\\(["\\/])')


class LineKind(StrEnum):
    """What the lines of an entry are."""

    KEY = "key"
    """A key with its value."""
    REST = "rest"
    """A comment, or blank lines."""
    ODD = "odd"
    """Neither: it states nothing."""


@dataclass(frozen=True, slots=True)
class FrontMatterLines:
    """Consecutive lines of a block: those of one key, a comment, blank lines, or a line that states nothing."""

    kind: LineKind
    lines: str
    """As written, with their line ends."""
    line: int
    """Number of the first line in the text (from 1)."""
    key: str = ""
    """The key without quotes; "" for other kinds."""
    head: str = ""
    """The key, colon and blanks as written, before the value."""

    @property
    def first_value(self) -> str:
        """What follows the colon on the line of the key, stripped."""
        return self.lines[len(self.head) :].split("\n")[0].split("\r")[0].strip(BLANKS)

    @property
    def further_lines(self) -> list[str]:
        """The lines below that of the key, without blank lines and line ends."""
        return [line for line in self.lines.splitlines()[1:] if line.strip()]


def split_entries(block: str, first_line: int = 2) -> list[FrontMatterLines]:
    """Divide a block, without the `---` lines, into entries; `first_line` is the line of the text where it begins."""
    entries: list[FrontMatterLines] = []
    parts: list[str] = []

    def close() -> None:
        """Give the last entry the lines collected for it."""
        if parts:
            last = entries[-1]
            entries[-1] = FrontMatterLines(last.kind, "".join(parts), last.line, last.key, last.head)
            parts.clear()

    for number, match in enumerate(_LINE.finditer(block), start=first_line):
        line, text = match[0], match[0].rstrip("\r\n")
        if entries and _continues(text, entries[-1], parts):
            parts.append(line)
            continue
        close()
        entries.append(_entry(text, number))
        parts.append(line)
    close()
    return entries


def has_key_line(block: str) -> bool:
    """Return whether a line of a block is a key, a colon and a blank, or the end of the line."""
    return any(_ENTRY.match(match[0].rstrip("\r\n")) for match in _LINE.finditer(block))


def _entry(text: str, number: int) -> FrontMatterLines:
    """Return the entry that a line begins."""
    if not text.strip() or text.startswith("#"):
        return FrontMatterLines(LineKind.REST, text, number)
    match = _ENTRY.match(text) or _ENTRY_WITHOUT_BLANK.match(text)
    if match is None:
        return FrontMatterLines(LineKind.ODD, text, number)
    written = match["key"] or match.groupdict().get("prefixed", "")
    key = _unquoted(written).strip(BLANKS)
    if not key or len(key) > KEY_LIMIT:
        return FrontMatterLines(LineKind.ODD, text, number)
    return FrontMatterLines(LineKind.KEY, text, number, key, text[: match.start("rest")])


def _continues(text: str, last: FrontMatterLines, parts: list[str]) -> bool:
    """Return whether a line belongs to the last entry: blank and indented lines do, and a list at the margin."""
    if last.kind != LineKind.KEY:
        return False
    if not text.strip() or text[0] in " \t":
        return True
    is_item = text.startswith("-") and not _RULE.fullmatch(text)
    return is_item and (not last.lines[len(last.head) :].strip() or any(line.startswith("-") for line in parts[1:]))


def _unquoted(key: str) -> str:
    """Return a key without the quotes around it."""
    if key.startswith("'"):
        return key[1:-1].replace("''", "'")
    return _ESCAPE.sub(r"\1", key[1:-1]) if key.startswith('"') else key


@dataclass(frozen=True)
class FrontMatterKeys:
    """A block of front matter by its keys; if no key is repeated, joining the parts gives the block byte for byte."""

    opening: str
    """The opening `---` line and everything before the first key."""
    keys: dict[str, str]
    """The lines of each key and those that follow it, by its folded name, in order; a repeated key's lines together."""
    closing: str


def group_by_key(block: str, opening: str, closing: str) -> FrontMatterKeys:
    """Group the lines of a block by keys; `opening` and `closing` are the lines around it."""
    keys: dict[str, str] = {}
    name = None
    for entry in split_entries(block):
        name = fold(entry.key) if entry.kind == LineKind.KEY else name
        if name is None:
            opening += entry.lines
        else:
            keys[name] = keys.get(name, "") + entry.lines
    return FrontMatterKeys(opening, keys, closing)
