"""Merges on the screen: clashes that a person settles, and hunks that are taken one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from wiki.forks.pull_merge import SIDES
from wiki.history.version_comparison import Difference
from wiki.text.diffing import hunks
from wiki.text.diffing.hunks import Hunk
from wiki.text.merging.conflicts import MergeConflict
from wiki.text.merging.document_merge import MergedDocument


@dataclass(frozen=True, slots=True)
class ConflictChoice:
    """A clash as it is settled on the screen."""

    number: int
    conflict: MergeConflict
    choice: str
    """"ours", "theirs", "both" or "own"; "" while nothing is chosen."""
    own_text: str
    """The reader's own words."""

    @classmethod
    def of(cls, number: int, clash: MergeConflict, data: Any) -> ConflictChoice:
        """The clash with what the form `data` says of it."""
        choice = data.get(f"choice-{number}", "")
        own = data.get(f"own-{number}", clash.combined).replace("\r\n", "\n")
        return cls(number, clash, choice if choice in (*SIDES, "own") else "", own)

    @property
    def resolved_text(self) -> str:
        """What shall stand in its place; as it is here, while nothing is chosen."""
        return {"own": self.own_text, "theirs": self.conflict.theirs, "both": self.conflict.combined}.get(
            self.choice, self.conflict.mine
        )

    @property
    def mine(self) -> Difference:
        """What was made of it here."""
        return Difference.of(self.conflict.base, self.conflict.mine)

    @property
    def theirs(self) -> Difference:
        """What the original made of it."""
        return Difference.of(self.conflict.base, self.conflict.theirs)


@dataclass(frozen=True, slots=True)
class HunkChoice:
    """A hunk as it is taken or left on the screen."""

    number: int
    hunk: Hunk
    is_taken: bool

    @property
    def difference(self) -> Difference:
        """The lines before and after."""
        return Difference.of(self.hunk.old, self.hunk.new)


class MergeChoice:
    """What of a merge is wanted: first each clash is settled, then hunks are taken or left."""

    def __init__(self, joined: MergedDocument, mine: str, data: QueryDict, at: str) -> None:
        """`mine` is the text that stands now; `data` the form, as far as it was sent; `at` names the texts joined."""
        self.versions_key = at
        self.is_stale = data.get("at", at) != at
        """Whether the form was made for other texts than these: its numbers mean nothing then."""
        data = QueryDict() if self.is_stale else data
        self.conflicts = [ConflictChoice.of(number, clash, data) for number, clash in enumerate(joined.conflicts)]
        self.is_resolved = all(card.choice for card in self.conflicts)
        """Whether every clash is settled, so that hunks can be chosen."""
        self.has_chosen_hunks = self.is_resolved and "hunks" in data
        """Whether the form says which hunks are wanted."""
        self._pieces = hunks.split_hunks(mine, joined.resolved([card.resolved_text for card in self.conflicts]))
        found = hunks.hunks_of(self._pieces)
        wanted = set(data.getlist("hunk"))
        self.hunks = [
            HunkChoice(number, hunk, not self.has_chosen_hunks or str(number) in wanted)
            for number, hunk in enumerate(found)
        ]

    @property
    def text(self) -> str:
        """The text with the hunks that are taken."""
        return hunks.apply_hunks(self._pieces, {card.number for card in self.hunks if card.is_taken})

    @property
    def is_whole(self) -> bool:
        """Whether no hunk is left out, and no clash settled by leaving the other side's words out."""
        return all(card.is_taken for card in self.hunks) and all(card.choice != "ours" for card in self.conflicts)
