"""Where the blocks of a page stand in its source: lines of the whole text, counted from 1.

markdown-it-py counts the lines of what it reads, which is the text without front matter, redirect and `<includeonly>`;
`SourceLines` gives the lines of the text for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it.token import Token

KINDS = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "list_item_open": "item",
    "blockquote_open": "quote",
    "fence": "code",
    "code_block": "code",
    "math_block": "formula",
    "html_block": "html",
    "hr": "rule",
    "table_open": "table",
    "tr_open": "row",
    "dl_open": "definitions",
    "dt_open": "term",
    "dd_open": "definition",
    "footnote_reference_open": "footnote",
    "wiki_call": "call",
}
"""Kinds of blocks by the types of markdown-it-py's tokens; other tokens (the parts of a table) are no blocks."""


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """One block of a page: what it is, its first and last line in the text, and in how many blocks it is."""

    kind: str
    first: int
    last: int
    depth: int


class SourceLines:
    """The lines of a text by the lines of the part of it that is read as Markdown, which are counted from 0."""

    def __init__(self, body: str, kept: Sequence[tuple[int, int]], first: int) -> None:
        """`kept` are the slices of `body` that are read, in order; `first` is the line on which `body` begins."""
        self._body, self._kept, self._first = body, kept, first
        self._lines = None if kept == [(0, len(body))] else self._numbers()

    def _numbers(self) -> list[int]:
        numbers, line, position = list[int](), self._first, 0
        for start, end in self._kept:
            line += self._body.count("\n", position, start)
            if not numbers:
                numbers.append(line)
            breaks = self._body.count("\n", start, end)
            numbers += range(line + 1, line + breaks + 1)
            line, position = line + breaks, end
        return numbers

    def number(self, line: int) -> int:
        """Return the line of the text for a line of what is read."""
        if self._lines is None:
            return self._first + line
        return self._lines[min(line, len(self._lines) - 1)] if self._lines else self._first


def blocks_of(tokens: Sequence[Token], source: Sequence[str]) -> list[tuple[str, int, int, int]]:
    """Return kind, first and last line (from 0, in `source`) and depth of the blocks, in the order of the page.

    A block holds no blank lines at its end, except within code. Paragraphs of tight lists are not listed: they are
    their items.
    """
    blocks, depth = [], 0
    for index, token in enumerate(tokens):
        kind = KINDS.get(token.type)
        if kind and token.map and not token.hidden:
            first, last = token.map[0], max(token.map[1] - 1, token.map[0])
            if tokens[index - 1].type == "dt_close" and (term := tokens[index - 3].map):
                first = term[0] + (
                    1 if source[term[0] + 1].strip(" \t>") else 2
                )  # markdown-it says the line of the term
            while last > first and (last >= len(source) or not source[last].strip(" \t>")):
                last -= 1
            blocks.append((kind, first, last, depth))
        if kind and not token.hidden and token.nesting == 1:
            depth += 1
        elif token.nesting == -1 and not token.hidden and KINDS.get(_opening(token)):
            depth -= 1
    return blocks


def _opening(token: Any) -> str:
    """Return the type of the token that a closing token closes."""
    return str(token.type).removesuffix("_close") + "_open"
