"""Three-way merge of whole texts: the front matter property by property, the body by lines and words.

The result is a sequence of merged text and conflicts, so that a person has to resolve only the conflicts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wiki.text.frontmatter.frontmatter_reader import split_front_matter
from wiki.text.merging.conflicts import MergeConflict, MergePiece, append_on_new_line, merge_lines
from wiki.text.merging.frontmatter_merge import merge_front_matter


@dataclass(frozen=True, slots=True)
class MergedDocument:
    """A merge: merged text and conflicts, in order."""

    pieces: tuple[MergePiece, ...]

    @property
    def conflicts(self) -> list[MergeConflict]:
        """The conflicts, in order."""
        return [piece for piece in self.pieces if isinstance(piece, MergeConflict)]

    @property
    def text(self) -> str | None:
        """The merged text; None if there are conflicts."""
        return None if self.conflicts else "".join(piece for piece in self.pieces if isinstance(piece, str))

    def resolved(self, choices: Sequence[str]) -> str:
        """Return the whole text with the text chosen for each conflict, in order; every piece begins on a new line.

        Raises ValueError if there are not as many choices as conflicts.
        """
        if len(choices) != len(self.conflicts):
            raise ValueError(f"{len(self.conflicts)} conflicts, {len(choices)} choices")
        rest = iter(choices)
        text = ""
        for piece in self.pieces:
            text = append_on_new_line(text, next(rest) if isinstance(piece, MergeConflict) else piece)
        return text


def merge_documents(base: str, mine: str, theirs: str) -> MergedDocument:
    """Merge the changes base→mine and base→theirs. Never raises; bounded time."""
    if mine in (theirs, base) or theirs == base:
        return MergedDocument((theirs if mine == base else mine,))
    (front, body), (my_front, my_body), (their_front, their_body) = map(split_front_matter, (base, mine, theirs))
    pieces = (*merge_front_matter(front, my_front, their_front), *merge_lines(body, my_body, their_body))
    return MergedDocument(tuple(_join_text(pieces)))


def _join_text(pieces: Iterable[MergePiece]) -> Iterator[MergePiece]:
    """Yield `pieces`, adjacent texts joined to one."""
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
