"""The pieces of a three-way merge: merged text and conflicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from wiki.text.merging import line_merge
from wiki.text.passages import split_passages

Side = Literal["ours", "theirs", "both"]
SIDES: tuple[Side, ...] = get_args(Side)


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """A piece that both sides changed in incompatible ways: a property, or lines of the text."""

    base: str
    mine: str
    theirs: str
    combined: str
    """The text that resolves the conflict by using both sides."""
    property: str = ""
    """The name of the property; "" for lines of the text."""

    def resolution(self, side: Side) -> str:
        """Return the text that replaces the conflict when `side` is chosen."""
        return {"ours": self.mine, "theirs": self.theirs, "both": self.combined}[side]


MergePiece = str | MergeConflict


def merge_lines(base: str, mine: str, theirs: str) -> Iterator[MergePiece]:
    """Yield the pieces of a merge of texts by lines, then by words, in order."""
    for chunk in line_merge.merge(base, mine, theirs).chunks:
        if chunk.kind == "conflict":
            yield MergeConflict(chunk.base, chunk.mine, chunk.theirs, concatenate_blocks(chunk.mine, chunk.theirs))
        else:
            yield chunk.text


def concatenate_blocks(first: str, second: str) -> str:
    """Return two texts one after the other, with a blank line between them if their passages would run together."""
    joined = append_on_new_line(first, second)
    if len(split_passages(joined)) < len(split_passages(first)) + len(split_passages(second)):
        return f"{first.rstrip()}\n\n{second}" if first.strip() and second.strip() else joined
    return joined


def append_on_new_line(text: str, addition: str) -> str:
    """Return `text` followed by `addition`, which begins on a new line."""
    return f"{text}\n{addition}" if text and addition and not text.endswith("\n") else text + addition
