"""Three-way merge of whole texts: facts of the front matter property by property, the rest by lines and words.

What clashes stays in its place between the pieces that could be joined, so that a person settles just that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wiki.text.frontmatter.frontmatter_reader import split_front_matter
from wiki.text.merging.conflicts import MergeConflict, MergePiece, append_on_new_line, merge_lines
from wiki.text.merging.frontmatter_merge import merge_front_matter


@dataclass(frozen=True, slots=True)
class MergedDocument:
    """A merge: pieces of text and clashes, in order."""

    pieces: tuple[MergePiece, ...]

    @property
    def conflicts(self) -> list[MergeConflict]:
        """What could not be joined, in order."""
        return [piece for piece in self.pieces if isinstance(piece, MergeConflict)]

    @property
    def text(self) -> str | None:
        """The joined text; None where there are clashes."""
        return None if self.conflicts else "".join(piece for piece in self.pieces if isinstance(piece, str))

    def resolved(self, choices: Sequence[str]) -> str:
        """The whole text with the words chosen for each clash, in order; a piece begins on a line of its own.

        Raises ValueError when there are not as many choices as clashes.
        """
        if len(choices) != len(self.conflicts):
            raise ValueError(f"{len(self.conflicts)} clashes, {len(choices)} choices")
        rest = iter(choices)
        text = ""
        for piece in self.pieces:
            text = append_on_new_line(text, next(rest) if isinstance(piece, MergeConflict) else piece)
        return text

    @property
    def text_with_mine(self) -> str:
        """The whole text with mine where there are clashes."""
        return self.resolved([clash.mine for clash in self.conflicts])


def merge_documents(base: str, mine: str, theirs: str) -> MergedDocument:
    """Join the changes base→mine and base→theirs. Never raises; bounded time."""
    if mine in (theirs, base) or theirs == base:
        return MergedDocument((theirs if mine == base else mine,))
    (front, body), (my_front, my_body), (their_front, their_body) = map(split_front_matter, (base, mine, theirs))
    pieces = (*merge_front_matter(front, my_front, their_front), *merge_lines(body, my_body, their_body))
    return MergedDocument(tuple(_gathered(pieces)))


def _gathered(pieces: Iterable[MergePiece]) -> Iterator[MergePiece]:
    """`pieces` with neighbours that are text as one."""
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        if text:
            yield text
            text = ""
        yield piece
    if text:
        yield text
