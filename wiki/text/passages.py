"""Splitting a text into passages: the blocks whose history the wiki tracks, with their positions in the source.

A passage is a heading, a paragraph, one list item without the items nested in it, a paragraph of a quotation, a block
of code, the head of a table, or one table row (so that a changed cell changes one passage). Front matter is not part of
any passage: it states facts, which are tracked by themselves. Passages that differ only in white space are identical:
wrapping a line again is no change.

The splitter looks only at the beginning of each line, once; it never fails, and does not parse Markdown.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from wiki.text.frontmatter import frontmatter_reader
from wiki.text.titles import fold

BlockKind = Literal["heading", "paragraph", "item", "quote", "code", "table", "rule"]

PASSAGES_LIMIT = 5_000
"""Passages of one text after which splitting stops: the open block is closed, and the rest is one more passage."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*\Z")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*\Z")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?=[ \t]|\Z)")
_QUOTE = re.compile(r" {0,3}>")
_NOTE = re.compile(r" {0,3}(?:\*?\[[^\]]{1,200}\]:|:[ \t])")
_INDENTED = re.compile(r" {4}| {0,3}\t")
_DELIMITERS = frozenset("|:- \t")
_WORDS = re.compile(r"\w+")
_MARKUP_CHARACTERS = frozenset(" \t#-*+_>`~[:=0123456789")
"""First characters of lines that may be more than prose."""
_CONTINUED_BY_PROSE = ("paragraph", "item", "quote")
"""Kinds of blocks that a line of prose continues (CommonMark: lazy continuation)."""


@dataclass(frozen=True, slots=True)
class Block:
    """A passage of a text: `text` is the source from `start` to `end` (in code points)."""

    kind: BlockKind
    start: int
    end: int
    text: str

    @property
    def identity(self) -> str:
        """The checksum of the passage, equal for passages that differ only in white space."""
        return identity_of(self.text)


def identity_of(text: str) -> str:
    """Return the checksum of a passage, white space normalised: 24 hexadecimal digits."""
    normalized = " ".join(text.split()).encode("utf-8", "replace")
    return hashlib.blake2b(normalized, digest_size=12).hexdigest()


@lru_cache(maxsize=4_000)
def _cached_folded_words(text: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(fold(text)))


def folded_words(text: str) -> tuple[str, ...]:
    """Return the words of a passage in order, without case and accents, for authorship and search."""
    return _cached_folded_words(text) if len(text) < 2_000 else tuple(_WORDS.findall(fold(text)))


def split_passages(text: str) -> list[Block]:
    """Return the passages of a text in order, at most PASSAGES_LIMIT + 2. Never raises; linear time."""
    splitter = _Splitter(text)
    at = len(frontmatter_reader.split_front_matter(text)[0])
    line = splitter.line_at(at)
    while at < len(text) and len(splitter.blocks) < PASSAGES_LIMIT:
        next_at = at + len(line) + 1
        next_line = splitter.line_at(next_at)
        splitter.add_line(at, line, next_line)
        at, line = next_at, next_line
    splitter.close()
    rest = text[at:]
    if rest.strip():
        start, end = at + len(rest) - len(rest.lstrip()), at + len(rest.rstrip())
        splitter.blocks.append(Block("paragraph", start, end, text[start:end]))
    return splitter.blocks


class _Splitter:
    """State of one pass over the lines of a text: the finished blocks and the open one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.blocks: list[Block] = []
        self.kind: BlockKind | None = None
        """The kind of the open block; None if none is open."""
        self.start = self.end = self.lines = 0
        self.in_list = self.in_table = False
        self.fence = ""

    def line_at(self, start: int) -> str:
        """Return the line that begins at `start`, without its line break."""
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def close(self) -> None:
        """End the open block, if there is one."""
        if self.kind is not None:
            self.blocks.append(Block(self.kind, self.start, self.end, self.text[self.start : self.end]))
        self.kind, self.fence = None, ""

    def _open(self, kind: BlockKind, at: int, line: str) -> None:
        self.close()
        self.kind, self.start, self.lines = kind, at, 0
        self._extend(at, line)

    def _extend(self, at: int, line: str) -> None:
        self.end = at + len(line.rstrip())
        self.lines += 1

    def _add_one_line_block(self, kind: BlockKind, at: int, line: str) -> None:
        self._open(kind, at, line)
        self.close()

    def add_line(self, at: int, line: str, next_line: str) -> None:
        """Let the line at `at` begin, continue or end a block; `next_line` decides whether it heads a table."""
        if self.fence:
            self._extend(at, line)
            if line.strip().startswith(self.fence) and not line.strip(" \t`~"):
                self.close()
        elif not line or line.isspace():
            self.close()
            self.in_table = False
        elif self.in_table and self.kind == "table":
            self._extend(at, line)  # the delimiter row under the head
            self.close()
        elif self.in_table:
            self._add_one_line_block("table", at, line)
        elif self.kind == "quote" and _QUOTE.match(line):
            self._extend(at, line)
            if not line.strip(" \t>"):
                self.close()
        elif line[0] in _MARKUP_CHARACTERS or "|" in line:
            self._begin(at, line, next_line)
        else:
            self._continue(at, line)

    def _begin(self, at: int, line: str, next_line: str) -> None:
        """Process a line whose first character may begin a block."""
        fence = _FENCE.match(line)
        if self.kind == "paragraph" and self.lines == 1 and _UNDERLINE.match(line):
            self._extend(at, line)
            self.kind = "heading"
            self.close()
        elif fence:
            self._open("code", at, line)
            self.fence = fence[1]
        elif _HEADING.match(line):
            self.in_list = False
            self._add_one_line_block("heading", at, line)
        elif _RULE.match(line):
            self._add_one_line_block("rule", at, line)
        elif _heads_table(line, next_line):
            self._open("table", at, line)
            self.in_table = True
        elif _ITEM.match(line) and (self.in_list or not _INDENTED.match(line)):
            self.in_list = True
            self._open("item", at, line)
        elif _QUOTE.match(line):
            self._open("quote", at, line)
        elif _NOTE.match(line):
            self._open("paragraph", at, line)
        else:
            self._continue(at, line)

    def _continue(self, at: int, line: str) -> None:
        """Process a line that begins no marked block: it continues the open one, or begins prose or indented code."""
        if self.kind in _CONTINUED_BY_PROSE or (self.kind == "code" and _INDENTED.match(line)):
            self._extend(at, line)
            return
        self.in_list = self.in_list and line[0] in " \t"
        self._open("code" if _INDENTED.match(line) and not self.in_list else "paragraph", at, line)


def _heads_table(line: str, next_line: str) -> bool:
    """Return whether a line is the head of a table: the next line is a delimiter row."""
    return "|" in line and "-" in next_line and "|" in next_line and _DELIMITERS.issuperset(next_line)
