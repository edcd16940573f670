"""A text cut into passages: the blocks that live, die and come back, each with its place in the source.

A passage is what someone would call one thing said: a heading, a paragraph, one list item without those inside it,
a paragraph of a quotation, a block of code, the head of a table, and each row under it (so that a mended cell touches
one row). Front matter is no passage: what it says are facts, which have lives of their own. Two passages are the same
when their words and signs are, however they are spaced: to wrap a line anew is no change.

Cutting looks at the beginnings of lines only, once each; it never fails, and Markdown is not parsed for it.
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
"""Passages of one text; the one being read then is its last but one, and all that comes after is the last."""

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
_SIGNS = frozenset(" \t#-*+_>`~[:=0123456789")
"""With what lines begin that may be more than prose."""
_GROWING = ("paragraph", "item", "quote")


@dataclass(frozen=True, slots=True)
class Block:
    """A passage of a text: `text` is what stands from `start` to `end` (code points)."""

    kind: BlockKind
    start: int
    end: int
    text: str

    @property
    def identity(self) -> str:
        """What it shares with every passage that says the same."""
        return identity_of(self.text)


def identity_of(text: str) -> str:
    """The checksum of what a passage says, its spacing aside: 24 hexadecimal digits."""
    said = " ".join(text.split()).encode("utf-8", "replace")
    return hashlib.blake2b(said, digest_size=12).hexdigest()


@lru_cache(maxsize=4_000)
def _folded(text: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(fold(text)))


def folded_words(text: str) -> tuple[str, ...]:
    """The words of a passage without case and accents, in order: what authorship and search look at."""
    return _folded(text) if len(text) < 2_000 else tuple(_WORDS.findall(fold(text)))


def split_passages(text: str) -> list[Block]:
    """The passages of a text in order. Never raises; linear time; a bounded number of them."""
    cutter = _Cutter(text)
    at = len(frontmatter_reader.split_front_matter(text)[0])
    line = cutter.line_at(at)
    while at < len(text) and len(cutter.found) < PASSAGES_LIMIT:
        after = at + len(line) + 1
        following = cutter.line_at(after)
        cutter.take(at, line, following)
        at, line = after, following
    cutter.close()
    rest = text[at:]
    if rest.strip():
        start, end = at + len(rest) - len(rest.lstrip()), at + len(rest.rstrip())
        cutter.found.append(Block("paragraph", start, end, text[start:end]))
    return cutter.found


class _Cutter:
    """One walk over the lines of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Block] = []
        self.kind: BlockKind | None = None
        """Of the block that is open, if one is."""
        self.start = self.end = self.lines = 0
        self.in_list = self.in_table = False
        self.fence = ""

    def line_at(self, start: int) -> str:
        """The line that begins there, without its end."""
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def close(self) -> None:
        """End the block that is open."""
        if self.kind is not None:
            self.found.append(Block(self.kind, self.start, self.end, self.text[self.start : self.end]))
        self.kind, self.fence = None, ""

    def _open(self, kind: BlockKind, at: int, line: str) -> None:
        self.close()
        self.kind, self.start, self.lines = kind, at, 0
        self._extend(at, line)

    def _extend(self, at: int, line: str) -> None:
        self.end = at + len(line.rstrip())
        self.lines += 1

    def _alone(self, kind: BlockKind, at: int, line: str) -> None:
        """A block of one line."""
        self._open(kind, at, line)
        self.close()

    def take(self, at: int, line: str, following: str) -> None:
        """What the next line begins, goes on with or ends."""
        if self.fence:
            self._extend(at, line)
            if line.strip().startswith(self.fence) and not line.strip(" \t`~"):
                self.close()
        elif not line or line.isspace():
            self.close()
            self.in_table = False
        elif self.in_table and self.kind == "table":
            self._extend(at, line)  # the line that rules off the head
            self.close()
        elif self.in_table:
            self._alone("table", at, line)
        elif self.kind == "quote" and _QUOTE.match(line):
            self._extend(at, line)
            if not line.strip(" \t>"):
                self.close()
        elif line[0] in _SIGNS or "|" in line:
            self._begin(at, line, following)
        else:
            self._go_on(at, line)

    def _begin(self, at: int, line: str, following: str) -> None:
        """A line that may begin something, by its first sign."""
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
            self._alone("heading", at, line)
        elif _RULE.match(line):
            self._alone("rule", at, line)
        elif _heads_table(line, following):
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
            self._go_on(at, line)

    def _go_on(self, at: int, line: str) -> None:
        """A line that begins nothing by a sign: more of the same, prose, or code by its indentation."""
        if self.kind in _GROWING or (self.kind == "code" and _INDENTED.match(line)):
            self._extend(at, line)
            return
        self.in_list = self.in_list and line[0] in " \t"
        self._open("code" if _INDENTED.match(line) and not self.in_list else "paragraph", at, line)


def _heads_table(line: str, following: str) -> bool:
    """Whether a line is the head of a table: the next one rules it off."""
    return "|" in line and "-" in following and "|" in following and _DELIMITERS.issuperset(following)
