"""What a three-way merge could not join, beside what it could."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wiki.text.merging import line_merge
from wiki.text.passages import split_passages


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """A piece that both sides changed in ways that cannot be joined: a property, or lines of the text."""

    base: str
    mine: str
    theirs: str
    combined: str
    """What stands there when both shall."""
    property: str = ""
    """The name of the property; "" for lines of the text."""


MergePiece = str | MergeConflict


def merge_lines(base: str, mine: str, theirs: str) -> Iterator[MergePiece]:
    """The pieces of a merge by lines, then words, in order."""
    for chunk in line_merge.merge(base, mine, theirs).chunks:
        if chunk.kind == "conflict":
            yield MergeConflict(chunk.base, chunk.mine, chunk.theirs, concatenate_blocks(chunk.mine, chunk.theirs))
        else:
            yield chunk.text


def concatenate_blocks(text: str, words: str) -> str:
    """Two texts one after the other: paragraphs stay two, items of a list or rows of a table follow each other."""
    joined = append_on_new_line(text, words)
    if len(split_passages(joined)) < len(split_passages(text)) + len(split_passages(words)):
        return f"{text.rstrip()}\n\n{words}" if text.strip() and words.strip() else joined
    return joined


def append_on_new_line(text: str, words: str) -> str:
    """`text` and then `words`, which begin on a line of their own."""
    return f"{text}\n{words}" if text and words and not text.endswith("\n") else text + words
