"""Form data of merges: resolutions of conflicts, and the choice of hunks."""

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
    """A merge conflict with the resolution chosen in the form."""

    number: int
    conflict: MergeConflict
    choice: str
    """"ours", "theirs", "both" or "own"; "" while nothing is chosen."""
    own_text: str
    """The text typed by the user."""

    @classmethod
    def of(cls, number: int, conflict: MergeConflict, data: Any) -> ConflictChoice:
        """Return conflict `number` with its resolution in the form `data`."""
        choice = data.get(f"choice-{number}", "")
        own_text = data.get(f"own-{number}", conflict.combined).replace("\r\n", "\n")
        return cls(number, conflict, choice if choice in (*SIDES, "own") else "", own_text)

    @property
    def resolved_text(self) -> str:
        """The resolution; the text of `mine` while nothing is chosen."""
        return {"own": self.own_text, "theirs": self.conflict.theirs, "both": self.conflict.combined}.get(
            self.choice, self.conflict.mine
        )

    @property
    def mine(self) -> Difference:
        """The changes of `mine` against the base."""
        return Difference.of(self.conflict.base, self.conflict.mine)

    @property
    def theirs(self) -> Difference:
        """The changes of `theirs` against the base."""
        return Difference.of(self.conflict.base, self.conflict.theirs)


@dataclass(frozen=True, slots=True)
class HunkChoice:
    """A hunk with the choice whether to apply it."""

    number: int
    hunk: Hunk
    is_taken: bool

    @property
    def difference(self) -> Difference:
        """The lines before and after."""
        return Difference.of(self.hunk.old, self.hunk.new)


class MergeChoice:
    """Choices of a merge in the form: first a resolution for each conflict, then the hunks to apply."""

    def __init__(self, merged: MergedDocument, mine: str, data: QueryDict, versions_key: str) -> None:
        """`mine` is the current text, `data` the form (may be empty), `versions_key` identifies the merged versions."""
        self.versions_key = versions_key
        self.is_stale = data.get("at", versions_key) != versions_key
        """Whether the form was made for other versions; its data is ignored then."""
        data = QueryDict() if self.is_stale else data
        self.conflicts = [ConflictChoice.of(number, conflict, data) for number, conflict in enumerate(merged.conflicts)]
        self.is_resolved = all(item.choice for item in self.conflicts)
        """Whether every conflict is resolved, so that hunks can be chosen."""
        self.has_chosen_hunks = self.is_resolved and "hunks" in data
        """Whether the form has a choice of hunks."""
        self._pieces = hunks.split_hunks(mine, merged.resolved([item.resolved_text for item in self.conflicts]))
        all_hunks = hunks.hunks_of(self._pieces)
        chosen = set(data.getlist("hunk"))
        self.hunks = [
            HunkChoice(number, hunk, not self.has_chosen_hunks or str(number) in chosen)
            for number, hunk in enumerate(all_hunks)
        ]

    @property
    def text(self) -> str:
        """The text with the chosen hunks applied."""
        return hunks.apply_hunks(self._pieces, {item.number for item in self.hunks if item.is_taken})

    @property
    def is_whole(self) -> bool:
        """Whether all hunks are chosen, and no conflict is resolved as "ours"."""
        return all(item.is_taken for item in self.hunks) and all(item.choice != "ours" for item in self.conflicts)
