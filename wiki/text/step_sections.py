"""Steps in a text: the headings beneath one heading, such as `### 1. Prepare` beneath `## Steps`, as rows.

A row has the title, the text and the picture of a step. `step_writing` writes rows back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from wiki.text.markup.block_rules import block_parser
from wiki.text.markup.images import picture_name
from wiki.text.markup.markdown_parser import NESTING_LIMIT, nesting_depth
from wiki.text.titles import fold

STEPS_LIMIT = 200
"""Steps of one section at most; a section with more is not divided."""
LENGTH_LIMIT, LINES_LIMIT = 200_000, 3_000
"""Characters and lines of a text at most; a longer one is not divided, since that takes too long."""
LEVEL_LIMIT = 6
"""The lowest level of headings."""
NAME_LIMIT = 300
"""Characters of the heading of a section at most."""
NUMBER = re.compile(r"(?P<number>[0-9]{1,3})(?P<mark>[.)])(?:[ \t\u00a0\u202f]+|\Z)")
PICTURE = re.compile(
    r" {0,3}!\[(?:\\.|[^\\\[\]])*\]\([ ]*(?:<(?P<bracketed>[^<>]*)>|(?P<plain>[^\s<>\[\]]+))"
    r"""(?:[ ]+(?:"[^"]*"|'[^']*'))?[ ]*\)(?P<size>(?:\{[^{}]*\})?)[ \t]*"""
)
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)*")


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step as it is entered."""

    title: str = ""
    text: str = ""
    picture: str = ""
    """The name of a picture, without its namespace."""
    origin: int | None = None
    """Which step of the section it was, from 0; None for a new one."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is entered in it."""
        return not (self.title or self.text or self.picture)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a text: its source without the blank lines at its end, and what it says."""

    heading: str
    """The line of the heading."""
    content: str
    """What follows the line of the heading."""
    trail: str
    """The blank lines at the end, with the end of the last line."""
    title: str
    number: int | None = None
    picture_span: tuple[int, int] | None = None
    """Where in `content` the line of the picture is."""

    @property
    def picture(self) -> str:
        """The name of its picture; "" for none."""
        return _name_in(self.content[slice(*self.picture_span)]) or "" if self.picture_span else ""

    @property
    def around_picture(self) -> tuple[str, str]:
        """The text before the picture and after it; without a picture, all of it is before."""
        first, last = self.picture_span or (len(self.content), len(self.content))
        return trimmed(self.content[:first]), trimmed(self.content[last:])

    @property
    def text(self) -> str:
        """Its text, without the picture."""
        return "\n\n".join(filter(None, self.around_picture))

    def row(self, origin: int) -> StepRow:
        """Return it as a row."""
        return StepRow(self.title, self.text, self.picture, origin)


@dataclass(frozen=True, slots=True)
class StepSection:
    """The section of a text that has the steps."""

    start: int
    """Where in the text it begins."""
    steps_start: int
    """Where its first step begins; where the section ends if it has none."""
    end: int
    source: str
    following: str
    """The heading after it as written; "" at the end of a text."""
    step_level: int
    """The level of the headings of steps."""
    steps: tuple[Step, ...] = ()

    @property
    def introduction(self) -> str:
        """The heading of the section, and what stands between it and the first step."""
        return self.source[: self.steps_start - self.start]

    @property
    def is_numbered(self) -> bool:
        """Whether the titles of all steps have numbers."""
        return all(step.number is not None for step in self.steps)

    @property
    def rows(self) -> list[StepRow]:
        """The steps as rows."""
        return [step.row(index) for index, step in enumerate(self.steps)]


class Heading(NamedTuple):
    """A heading: level, first line, the line after it, whether it is written with `#`, and its words as written."""

    level: int
    line: int
    end_line: int
    has_marks: bool
    words: str


@dataclass(slots=True)
class TextBlocks:
    """What is found in a text outside of quotes, lists and code."""

    headings: list[Heading] = field(default_factory=list)
    single_lines: set[int] = field(default_factory=set)
    """Lines that are a paragraph each."""


def is_short(text: str) -> bool:
    """Return whether a text is short enough to look for its headings."""
    return len(text) <= LENGTH_LIMIT and text.count("\n") <= LINES_LIMIT


def _blocks_of(text: str) -> TextBlocks | None:
    """Return the headings and single lines of a text outside of quotes, lists and code; None if it is not read."""
    if not is_short(text) or "\r" in text or nesting_depth(text) > NESTING_LIMIT:
        return None
    blocks = TextBlocks()
    tokens = block_parser().parse(text)
    for token, following in pairwise(tokens):
        if token.level or not token.map:
            continue
        first, end = token.map
        if token.type == "heading_open":
            has_marks = token.markup.startswith("#")
            blocks.headings.append(Heading(int(token.tag[1]), first, end, has_marks, following.content))
        elif token.type == "paragraph_open" and end == first + 1:
            blocks.single_lines.add(first)
    return blocks


def trimmed(text: str) -> str:
    """Return a text without the blank lines at its beginning and the blanks at its end."""
    text = text.rstrip(" \t\n")
    return text[blank_lines_before(text) :]


def blank_lines_before(text: str) -> int:
    """Return the length of the blank lines at the beginning of a text."""
    found = _BLANK_LINES.match(text)
    return found.end() if found else 0


def _name_in(line: str) -> str | None:
    """Return the name of the picture that a line shows; None if it is no picture of this wiki, or more than one."""
    found = PICTURE.fullmatch(line)
    return picture_name(found["bracketed"] or found["plain"] or "") if found else None


def _is_name(heading: str, names: Collection[str]) -> bool:
    """Return whether a heading as written is one of these folded names."""
    return len(heading) < NAME_LIMIT and fold(heading.strip(" \t*_:\u00a0\u202f")) in names


def find_section(text: str, names: Collection[str]) -> StepSection | None:
    """Return the first section whose heading is one of `names`; None if there is none, or if it cannot be divided.

    Headings in code, quotes and lists are none. Headings of steps are those of the highest level within the section.
    """
    found = find_heading(text, names)
    if found is None:
        return None
    blocks, index = found
    level, first = blocks.headings[index].level, blocks.headings[index].line
    offsets, following = line_offsets(text), blocks.headings[index + 1 :]
    after = next((number for number, one in enumerate(following) if one.level <= level), len(following))
    end, next_end = len(text), len(text)
    if after < len(following):
        end, next_end = offsets[following[after].line], offsets[following[after].end_line] - 1
    step_level = min((one.level for one in following[:after]), default=level + 1)
    steps = [one for one in following[:after] if one.level == step_level]
    if step_level > LEVEL_LIMIT or len(steps) > STEPS_LIMIT or not all(one.has_marks for one in steps):
        return None
    bounds = [*(offsets[one.line] for one in steps), end]
    is_numbered = all(NUMBER.match(one.words) for one in steps)
    divided = tuple(
        _step(text, offsets, blocks, one.line, bounds[number + 1], is_numbered) for number, one in enumerate(steps)
    )
    return StepSection(
        offsets[first], bounds[0], end, text[offsets[first] : end], text[end:next_end], step_level, divided
    )


def find_heading(text: str, names: Collection[str]) -> tuple[TextBlocks, int] | None:
    """Return the blocks of a text, and which of its headings is the first that is one of `names`."""
    folded = {fold(name) for name in names}
    if not any(_is_name(line.strip(" \t#"), folded) for line in text.split("\n")):  # the usual case, and cheap
        return None
    blocks = _blocks_of(text)
    if blocks is None:
        return None
    found = (number for number, one in enumerate(blocks.headings) if _is_name(one.words, folded))
    index = next(found, None)
    return (blocks, index) if index is not None else None


def line_offsets(text: str) -> list[int]:
    """Return where each line of a text begins."""
    offsets = [0]
    for line in text.split("\n"):
        offsets.append(offsets[-1] + len(line) + 1)
    return offsets


def _step(text: str, offsets: Sequence[int], blocks: TextBlocks, line: int, end: int, is_numbered: bool) -> Step:
    """Return the step whose heading is on a line, and whose source ends before `end`."""
    start = offsets[line]
    core, trail = divide_trail(text[start:end])
    heading, _, _ = core.partition("\n")
    content = core[len(heading) :]
    words = divide_heading(heading)[1]
    mark = NUMBER.match(words) if is_numbered else None
    title, number = (words[mark.end() :], int(mark["number"])) if mark else (words, None)
    while (line := line + 1) < len(offsets) and offsets[line] < start + len(core):
        first = offsets[line] - start - len(heading)
        last = min(offsets[line + 1] - 1 - start, len(core)) - len(heading)
        if line in blocks.single_lines and _name_in(content[first:last]):
            return Step(heading, content, trail, title, number, (first, last))
    return Step(heading, content, trail, title, number)


def divide_heading(line: str) -> tuple[str, str, str]:
    """Return the marks of a heading with the blanks after them, its words, and what closes it."""
    words = line.lstrip(" ").lstrip("#").lstrip(" \t")
    before = line[: len(line) - len(words)]
    words = words.rstrip(" \t")
    open_words = words.rstrip("#")
    if open_words != words and open_words[-1:] in ("", " ", "\t"):
        words = open_words.rstrip(" \t")
    return before, words, line[len(before) + len(words) :]


def divide_trail(source: str) -> tuple[str, str]:
    """Return a source without the blank lines at its end, and those, with the end of the last line."""
    end = source.find("\n", len(source.rstrip(" \t\n")))
    return (source, "") if end < 0 else (source[:end], source[end:])


def leaves_block_open(text: str) -> bool:
    """Return whether code, a comment or the like begins in a text and takes in a heading that follows it."""
    blocks = _blocks_of(f"{text}\n\n# end")
    return blocks is not None and (not blocks.headings or blocks.headings[-1].words != "end")
