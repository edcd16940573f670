"""Reading front matter: the block of keys and values at the beginning of a text.

The block is read entry by entry (`frontmatter_entries`), so that a line that cannot be read loses its own meaning at
most. `raw + body` is always the whole text, byte for byte. A block of at most 64 KB is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wiki.text.frontmatter import entry_values
from wiki.text.frontmatter.frontmatter_entries import (
    FrontMatterKeys,
    LineKind,
    group_by_key,
    has_key_line,
    split_entries,
)
from wiki.text.frontmatter.yaml_values import FrontMatterValue, YamlRefused, joined, load_mapping
from wiki.text.problems import Problem
from wiki.text.titles import fold

FRONT_MATTER_LIMIT = 64 * 1024
PROBLEMS_LIMIT = 30
FOUND_LIMIT = 80
"""Characters of a line that a problem quotes."""

_OPENING = re.compile(r"\ufeff?---[ \t]*(\r\n|\n|\r)")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)


@dataclass(frozen=True)
class FrontMatterEntry:
    """One key of the front matter with its value and its line in the text (from 1)."""

    key: str
    value: FrontMatterValue
    line: int | None = None


@dataclass(frozen=True)
class FrontMatter:
    """A text split into front matter and body.

    `raw` is the block as written, with both `---` lines ("" if there is none). `problems` say what could not be read
    as its author may have meant it; the rest is in `data`. `body_line` is the line of the text (from 1) on which the
    body begins.
    """

    data: list[FrontMatterEntry]
    raw: str
    body: str
    body_line: int
    problems: list[Problem] = field(default_factory=list)

    def get(self, *names: str) -> list[str]:
        """Return all non-empty string values of the keys with these names (any case or accents), in source order."""
        folded_names = {fold(name) for name in names}
        strings: list[str] = []
        for entry in self.data:
            if fold(entry.key) in folded_names:
                values = entry.value if isinstance(entry.value, list) else [entry.value]
                strings.extend(value for value in values if isinstance(value, str) and value)
        return strings

    def source_of(self, problem: Problem) -> str:
        """Return the line of a problem as written; the whole block if it concerns the block."""
        lines = re.split(r"\r\n|\n|\r", self.raw)
        return lines[problem.line - 1] if problem.line is not None and problem.line <= len(lines) else self.raw


@dataclass(frozen=True, slots=True)
class BlockSpan:
    """Where the lines between the two `---` lines begin and end in a text, and where its body begins."""

    start: int
    end: int
    body: int


def find_block(text: str) -> BlockSpan | None:
    """Return where the front matter of a text is; None if it has none."""
    opening = _OPENING.match(text)
    closing = opening and _CLOSING.search(text, opening.end())
    if not opening or not closing:
        return None
    block = text[opening.end() : closing.start()]
    if block.strip() and not _has_keys(block[:FRONT_MATTER_LIMIT]):
        return None  # two horizontal rules with prose between them
    return BlockSpan(opening.end(), closing.start(), closing.end())


def _has_keys(block: str) -> bool:
    """Return whether a line has a key, a colon and a blank, or every line is an entry without the blank."""
    if has_key_line(block) or block.lstrip().startswith("{"):
        return True
    kinds = {entry.kind for entry in split_entries(block)}
    return LineKind.KEY in kinds and LineKind.ODD not in kinds


def split_front_matter(text: str) -> tuple[str, str]:
    """Return the front matter as written, with both `---` lines ("" if there is none), and the body."""
    found = find_block(text)
    return (text[: found.body], text[found.body :]) if found else ("", text)


def parse_front_matter(text: str) -> FrontMatter:
    """Split a text into front matter and body, and read the front matter. Never raises; errors are in `problems`."""
    found = find_block(text)
    if found is None:
        return FrontMatter([], "", text, 1)
    block, raw, body = text[found.start : found.end], text[: found.body], text[found.body :]
    body_line = len(re.findall(r"\r\n|\n|\r", raw)) + 1
    if len(block.encode("utf-8", "replace")) > FRONT_MATTER_LIMIT:
        problem = Problem("front_matter_size", {"limit": str(FRONT_MATTER_LIMIT)})
        return FrontMatter([], raw, body, body_line, [problem])
    data, problems = _read_flow_mapping(block) or _read_entries(block)
    return FrontMatter(data, raw, body, body_line, _bounded(problems))


def _read_flow_mapping(block: str) -> tuple[list[FrontMatterEntry], list[Problem]] | None:
    """Read a block that is one YAML mapping in braces; None if it is none."""
    if not block.lstrip().startswith("{"):
        return None
    try:
        return [FrontMatterEntry(key, value, 2) for key, value in load_mapping(block).items()], []
    except YamlRefused:
        return None


def _read_entries(block: str) -> tuple[list[FrontMatterEntry], list[Problem]]:
    """Read a block line by line; values of a repeated key are added to its first entry, equal ones once."""
    by_key: dict[str, list[FrontMatterEntry]] = {}
    problems = []
    for entry in split_entries(block):
        if entry.kind == LineKind.ODD:
            found = entry.lines.strip()
            problems.append(Problem("front_matter_odd", {"found": found[:FOUND_LIMIT]}, entry.line))
        elif entry.kind == LineKind.KEY:
            value, problem = entry_values.value_of(entry)
            problems += [problem] if problem else []
            by_key.setdefault(fold(entry.key), []).append(FrontMatterEntry(entry.key, value, entry.line))
    data = [
        FrontMatterEntry(entries[0].key, joined([entry.value for entry in entries]), entries[0].line)
        for entries in by_key.values()
    ]
    return data, problems


def _bounded(problems: list[Problem]) -> list[Problem]:
    """Return the first problems, and one that counts the others."""
    more = len(problems) - PROBLEMS_LIMIT
    if more <= 0:
        return problems
    return [*problems[:PROBLEMS_LIMIT], Problem("front_matter_more", {"count": str(more)})]


def split_by_key(raw: str) -> FrontMatterKeys | None:
    """Split `raw` (as `split_front_matter` returns it) by keys; None if keys have no lines of their own (`{a: 1}`)."""
    found = find_block(raw)
    if found is None or found.body != len(raw):
        return None
    grouped = group_by_key(raw[found.start : found.end], raw[: found.start], raw[found.end :])
    return grouped if grouped.keys else None
