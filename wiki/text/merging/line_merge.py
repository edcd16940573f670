"""Three-way merge of texts: lines first, then words inside the clashes.

In Markdown a paragraph is often one long line, so a merge by lines alone clashes where
two people changed different sentences of it; a second pass by words heals those.  Words
that touch each other clash (a word carries the spaces after it), so that two opinions on
one phrase are never mixed.  Measured against other ways in the licence reference,
section 5.
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
"""Budget for all clashes together; lines have one of their own."""

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_WORDS = re.compile(r"\n|\w+[^\S\n]*|[^\w\s]+[^\S\n]*|[^\S\n]+")


@dataclass(frozen=True)
class LineConflict:
    """Lines that both sides changed in ways that cannot be joined.

    `line` is the line of `base` (from 1) at which they begin.
    """

    base: str
    mine: str
    theirs: str
    line: int


@dataclass(frozen=True)
class Chunk:
    """A piece of the merge, in order.

    `kind`: "same" (nobody changed it), "mine" or "theirs" (one did), "both" (both did,
    alike or joined by words), "conflict" (`text` is then empty).  The three sources are
    the lines of each text that the piece covers.
    """

    kind: ChunkKind
    text: str
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class MergedLines:
    """A merge: `text` is the joined text, or None where there are conflicts."""

    text: str | None
    conflicts: list[LineConflict]
    chunks: list[Chunk]

    @property
    def is_clean(self) -> bool:
        """Whether everything could be joined."""
        return self.text is not None

    def resolved(self, choices: Sequence[str]) -> str:
        """The whole text with each conflict, in order, replaced by the text chosen for it.

        Raises ValueError when there are not as many choices as conflicts.
        """
        if len(choices) != len(self.conflicts):
            raise ValueError(f"{len(self.conflicts)} conflicts, {len(choices)} choices")
        rest = iter(choices)
        return "".join(next(rest) if chunk.kind == "conflict" else chunk.text for chunk in self.chunks)


def merge(base: str, mine: str, theirs: str) -> MergedLines:
    """Join the changes base→mine and base→theirs.  Never raises; bounded time."""
    if mine == theirs or theirs == base:
        kind: ChunkKind = "same" if mine == base else "both" if mine == theirs else "mine"
        return _whole(kind, mine, base, mine, theirs)
    if mine == base:
        return _whole("theirs", theirs, base, mine, theirs)
    words = Budget(WORD_STEPS)
    chunks = [_healed(chunk, words) for chunk in _merged(_lines(base), _lines(mine), _lines(theirs), Budget())]
    conflicts, line = [], 1
    for chunk in chunks:
        if chunk.kind == "conflict":
            conflicts.append(LineConflict(chunk.base, chunk.mine, chunk.theirs, line))
        line += chunk.base.count("\n")
    text = None if conflicts else "".join(chunk.text for chunk in chunks)
    return MergedLines(text, conflicts, chunks)


def _whole(kind: ChunkKind, text: str, base: str, mine: str, theirs: str) -> MergedLines:
    return MergedLines(text, [], [Chunk(kind, text, base, mine, theirs)])


def _lines(text: str) -> list[str]:
    """Lines with their ends, as git divides them."""
    return _LINES.findall(text)


def _healed(chunk: Chunk, budget: Budget) -> Chunk:
    """A clash of lines joined by words where that is possible; other chunks as they are."""
    if chunk.kind != "conflict" or not (chunk.base and chunk.mine and chunk.theirs):
        return chunk
    base, mine, theirs = (_WORDS.findall(text) for text in (chunk.base, chunk.mine, chunk.theirs))
    parts = list(_merged(base, mine, theirs, budget))
    if any(part.kind == "conflict" for part in parts):
        return chunk
    joined = "".join(part.text for part in parts)
    return Chunk("both", joined, chunk.base, chunk.mine, chunk.theirs)


def _merged(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], budget: Budget) -> Iterator[Chunk]:
    """The chunks of a merge of tokens."""
    positions = [0, 0, 0]

    def taken(ends: tuple[int, int, int]) -> tuple[str, str, str]:
        """The three sources up to `ends`."""
        texts = [
            "".join(tokens[start:end]) for tokens, start, end in zip((base, mine, theirs), positions, ends, strict=True)
        ]
        positions[:] = ends
        return texts[0], texts[1], texts[2]

    for region in _regions(base, mine, theirs, budget):
        kind, sources = region[0], taken(region[1])
        text = {"theirs": sources[2], "conflict": ""}.get(kind, sources[1])
        yield Chunk(kind, text, *sources)


def _regions(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], budget: Budget
) -> Iterator[tuple[ChunkKind, tuple[int, int, int]]]:
    """Kinds of the regions with their ends in base, mine and theirs."""
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
    """What happened between two synchronous regions; None where there is nothing."""
    if not (base or mine or theirs):
        return None
    if mine == theirs:
        return "same" if mine == base else "both"
    if mine == base:
        return "theirs"
    if theirs == base:
        return "mine"
    return "conflict"
