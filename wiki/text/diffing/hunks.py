"""The difference of two texts as hunks that can be applied one by one."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wiki.text.diffing.sequence_matching import Budget, matching_blocks

_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Replaced lines: the old and the new text."""

    old: str
    new: str


DiffPieces = Sequence[str | Hunk]


def split_hunks(old: str, new: str) -> list[str | Hunk]:
    """Return the common text as strings and the differences as hunks, in order. Never raises; bounded time."""
    a, b = _LINES.findall(old), _LINES.findall(new)
    pieces: list[str | Hunk] = []
    i = j = 0
    for at, bt, size in [*matching_blocks(a, b, Budget()), (len(a), len(b), 0)]:
        if at > i or bt > j:
            pieces.append(Hunk("".join(a[i:at]), "".join(b[j:bt])))
        if size:
            pieces.append("".join(a[at : at + size]))
        i, j = at + size, bt + size
    return pieces


def hunks_of(pieces: DiffPieces) -> list[Hunk]:
    """Return the hunks among the pieces, in order."""
    return [piece for piece in pieces if isinstance(piece, Hunk)]


def apply_hunks(pieces: DiffPieces, numbers: Collection[int]) -> str:
    """Return the old text with the hunks of these numbers (from 0) applied."""
    text, number = "", 0
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        text += piece.new if number in numbers else piece.old
        number += 1
    return text
