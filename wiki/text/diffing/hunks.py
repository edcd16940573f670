"""How a text became another, in pieces that can be taken one by one."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wiki.text.diffing.sequence_matching import Budget, matching_blocks

_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that were replaced: what stood there, and what stands there now."""

    old: str
    new: str


DiffPieces = Sequence[str | Hunk]


def split_hunks(old: str, new: str) -> list[str | Hunk]:
    """The lines that both texts have, and between them the hunks, in order. Never raises; bounded time."""
    a, b = _LINES.findall(old), _LINES.findall(new)
    found: list[str | Hunk] = []
    i = j = 0
    for at, bt, size in [*matching_blocks(a, b, Budget()), (len(a), len(b), 0)]:
        if at > i or bt > j:
            found.append(Hunk("".join(a[i:at]), "".join(b[j:bt])))
        if size:
            found.append("".join(a[at : at + size]))
        i, j = at + size, bt + size
    return found


def hunks_of(some: DiffPieces) -> list[Hunk]:
    """The hunks among pieces, in order."""
    return [piece for piece in some if isinstance(piece, Hunk)]


def apply_hunks(some: DiffPieces, taken: Collection[int]) -> str:
    """The old text with the hunks of these numbers (from 0) taken."""
    text, number = "", 0
    for piece in some:
        if isinstance(piece, str):
            text += piece
            continue
        text += piece.new if number in taken else piece.old
        number += 1
    return text
