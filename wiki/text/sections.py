"""Sections of a text: a heading and what follows, up to the next heading of the same or a higher level."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wiki.text.markup.headings import TocEntry

_HEADING = re.compile(r" {0,3}(?:#{1,6}(?:[ \t]|\Z)|(?!\d{1,9}[.)])[^\s>#|*+-])")
"""How a heading begins that is in no quote and no list: with its marks, or (above a line of `=`) with its words."""


def section_lines(text: str, toc: Sequence[TocEntry], heading_id: str) -> tuple[int, int] | None:
    """Return the first line of a section and the line after its last one, from 0; None if there is no such section.

    `toc` are the headings of this text with their lines. Headings in quotes and lists begin no section.
    """
    lines = text.split("\n")
    headings = [one for one in toc if 0 < one.line <= len(lines) and _HEADING.match(lines[one.line - 1])]
    headings.sort(key=lambda one: one.line)
    for number, one in enumerate(headings):
        if one.id == heading_id:
            ends = (other.line - 1 for other in headings[number + 1 :] if other.level <= one.level)
            return one.line - 1, next(ends, len(lines))
    return None


def lines_of(text: str, span: tuple[int, int]) -> str:
    """Return the lines of a text from the first of `span` up to the second, without the blank lines at their end."""
    return "\n".join(text.split("\n")[span[0] : span[1]]).rstrip("\n")


def with_lines(text: str, span: tuple[int, int], new: str) -> str:
    """Return a text in which `new` stands in place of these lines; the blank lines at their end stay."""
    lines = text.split("\n")
    first, end = span
    while end > first and not lines[end - 1].strip():
        end -= 1
    middle = new.rstrip("\n").split("\n") if new.strip() else []
    while not middle and end < len(lines) and not lines[end].strip():  # nothing is left between the blank lines
        end += 1
    return "\n".join([*lines[:first], *middle, *lines[end:]])
