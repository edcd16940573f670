"""Dividing a block of front matter into entries by its lines, before any value is read.

A line that cannot be read costs that line at most, never its neighbours: an entry begins where a line at the margin
has a key and a colon, and ends before the next such line. Joining the lines of all entries gives the block byte for
byte.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from wiki.text.frontmatter.yaml_values import YamlRefused, load_value
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
LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_RULE = re.compile(r"-{2,}\s*")
CLOSING_SIGNS = {"[": "]", "{": "}", '"': '"', "'": "'"}
FLOW_LINES, FLOW_ATTEMPTS = 50, 3
"""Lines of a value in brackets or quotes at most, and closing signs at which its end is looked for."""
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
        return [line.rstrip("\r\n") for line in LINE.findall(self.lines)[1:] if line.strip()]


def split_entries(block: str, first_line: int = 2) -> list[FrontMatterLines]:
    """Divide a block, without the `---` lines, into entries; `first_line` is the line of the text where it begins."""
    lines = LINE.findall(block)
    entries: list[FrontMatterLines] = []
    index = 0
    while index < len(lines):
        entry = _entry(lines[index].rstrip("\r\n"), first_line + index)
        end = index + 1
        if entry.kind == LineKind.KEY:
            end = _end_of_flow_value(lines, index, len(entry.head)) or _end_of_entry(lines, index, entry)
        entries.append(replace(entry, lines="".join(lines[index:end])))
        index = end
    return entries


def _end_of_entry(lines: Sequence[str], start: int, entry: FrontMatterLines) -> int:
    """Return the index after the last line of an entry: blank and indented lines belong to it, and a list.

    A list may stand at the margin below a key without a value, with remarks in it.
    """
    is_list = not entry.lines[len(entry.head) :].strip()
    end = number = start + 1
    while number < len(lines):
        text = lines[number].rstrip("\r\n")
        is_item = is_list and text.startswith("-") and not _RULE.fullmatch(text)
        if is_item or not text.strip() or text[0] in " \t":
            end = number + 1
        elif not (is_list and text.startswith("#")):
            break
        number += 1
    return end


def _end_of_flow_value(lines: Sequence[str], start: int, head: int) -> int | None:
    """Return the index after a value in brackets, braces or quotes that closes on a later line; None if it does not."""
    first = lines[start][head:].strip(f"{BLANKS}\r\n")
    closing = CLOSING_SIGNS.get(first[:1])
    if closing is None or (len(first) > 1 and first.endswith(closing)):
        return None
    attempts = 0
    for number in range(start + 1, min(start + FLOW_LINES, len(lines))):
        text = lines[number].rstrip("\r\n")
        if attempts == FLOW_ATTEMPTS or (closing in "\"'" and _ENTRY.match(text)):
            return None
        if text.rstrip(BLANKS).endswith(closing):
            attempts += 1
            if _is_yaml("".join(lines[start : number + 1])[head:]):
                return number + 1
    return None


def _is_yaml(text: str) -> bool:
    try:
        load_value(text)
    except YamlRefused:
        return False
    return True


def has_key_line(block: str) -> bool:
    """Return whether a line of a block is a key, a colon and a blank, or the end of the line."""
    return any(_ENTRY.match(match[0].rstrip("\r\n")) for match in LINE.finditer(block))


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
