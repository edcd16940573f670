"""Three-way merge of texts by lines, then by words inside the conflicts.

In Markdown a paragraph is often one long line, so a merge by lines alone has a conflict if two people
changed different sentences of it; a second pass by words resolves those.  Changes of adjacent words
are a conflict (a word includes the spaces after it), so that two versions of one phrase are never
mixed.  Compared with other methods in the licence reference, section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast

from merge3 import Merge3

from wiki.text.diffing.sequence_matching import BoundedSequenceMatcher, Budget

ChunkKind = Literal["same", "mine", "theirs", "both", "conflict"]

WORD_STEPS = 500_000
"""Budget of steps for all conflicts together; the merge by lines has a separate one."""

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_WORDS = re.compile(r"\n|\w+[^\S\n]*|[^\w\s]+[^\S\n]*|[^\S\n]+")


@dataclass(frozen=True)
class LineConflict:
    """Lines that both sides changed in incompatible ways; they begin at `line` of `base` (from 1)."""

    base: str
    mine: str
    theirs: str
    line: int


@dataclass(frozen=True)
class Chunk:
    """A piece of the merge, in order.

    `kind`: "same" (unchanged), "mine" or "theirs" (one side changed it), "both" (both sides did,
    equally or merged by words), "conflict" (`text` is then empty).  `base`, `mine` and `theirs` are
    the lines of each text that the piece covers.
    """

    kind: ChunkKind
    text: str
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class MergedLines:
    """A merge: `text` is the merged text, or None if there are conflicts."""

    text: str | None
    conflicts: list[LineConflict]
    chunks: list[Chunk]

    def resolved(self, choices: Sequence[str]) -> str:
        """Return the whole text with each conflict, in order, replaced by the text chosen for it.

        Raises ValueError if there are not as many choices as conflicts.
        """
        if len(choices) != len(self.conflicts):
            raise ValueError(f"{len(self.conflicts)} conflicts, {len(choices)} choices")
        rest = iter(choices)
        return "".join(next(rest) if chunk.kind == "conflict" else chunk.text for chunk in self.chunks)


def merge(base: str, mine: str, theirs: str) -> MergedLines:
    """Merge the changes base→mine and base→theirs.  Never raises; bounded time."""
    if mine == theirs or theirs == base:
        kind: ChunkKind = "same" if mine == base else "both" if mine == theirs else "mine"
        return _without_conflict(kind, mine, base, mine, theirs)
    if mine == base:
        return _without_conflict("theirs", theirs, base, mine, theirs)
    word_budget = Budget(WORD_STEPS)
    line_chunks = _merge_tokens(_lines(base), _lines(mine), _lines(theirs), Budget())
    chunks = [_merge_by_words(chunk, word_budget) for chunk in line_chunks]
    conflicts, line = [], 1
    for chunk in chunks:
        if chunk.kind == "conflict":
            conflicts.append(LineConflict(chunk.base, chunk.mine, chunk.theirs, line))
        line += chunk.base.count("\n")
    text = None if conflicts else "".join(chunk.text for chunk in chunks)
    return MergedLines(text, conflicts, chunks)


def _without_conflict(kind: ChunkKind, text: str, base: str, mine: str, theirs: str) -> MergedLines:
    return MergedLines(text, [], [Chunk(kind, text, base, mine, theirs)])


def _lines(text: str) -> list[str]:
    """Split a text into lines with their line breaks, as git does (only at LF)."""
    return _LINES.findall(text)


def _merge_by_words(chunk: Chunk, budget: Budget) -> Chunk:
    """Return a conflict of lines merged by words if possible; return other chunks unchanged."""
    if chunk.kind != "conflict" or not (chunk.base and chunk.mine and chunk.theirs):
        return chunk
    base, mine, theirs = (_WORDS.findall(text) for text in (chunk.base, chunk.mine, chunk.theirs))
    parts = list(_merge_tokens(base, mine, theirs, budget))
    if any(part.kind == "conflict" for part in parts):
        return chunk
    merged = "".join(part.text for part in parts)
    return Chunk("both", merged, chunk.base, chunk.mine, chunk.theirs)


def _merge_tokens(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], budget: Budget) -> Iterator[Chunk]:
    """Yield the chunks of a merge of tokens (lines or words)."""
    positions = [0, 0, 0]

    def advance(ends: tuple[int, int, int]) -> tuple[str, str, str]:
        """Return the three sources from `positions` to `ends`, and move `positions` there."""
        texts = [
            "".join(tokens[start:end]) for tokens, start, end in zip((base, mine, theirs), positions, ends, strict=True)
        ]
        positions[:] = ends
        return texts[0], texts[1], texts[2]

    for region in _regions(base, mine, theirs, budget):
        kind, sources = region[0], advance(region[1])
        text = {"theirs": sources[2], "conflict": ""}.get(kind, sources[1])
        yield Chunk(kind, text, *sources)


def _regions(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], budget: Budget
) -> Iterator[tuple[ChunkKind, tuple[int, int, int]]]:
    """Yield the kind of each region with its ends in base, mine and theirs."""
    merge3 = Merge3(base, mine, theirs, sequence_matcher=cast(Any, partial(BoundedSequenceMatcher, budget)))
    at_base = at_mine = at_theirs = 0
    syncs = merge3.find_sync_regions()
    for zmatch, zend, amatch, aend, bmatch, bend in syncs:
        kind = _kind(base[at_base:zmatch], mine[at_mine:amatch], theirs[at_theirs:bmatch])
        if kind is not None:
            yield kind, (zmatch, amatch, bmatch)
        if zend > zmatch:
            yield "same", (zend, aend, bend)
        at_base, at_mine, at_theirs = zend, aend, bend


def _kind(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> ChunkKind | None:
    """Return the kind of a region between two unchanged regions; None if it is empty."""
    if not (base or mine or theirs):
        return None
    if mine == theirs:
        return "same" if mine == base else "both"
    if mine == base:
        return "theirs"
    if theirs == base:
        return "mine"
    return "conflict"
