"""Form data of the merge of a fork into its upstream: resolutions of conflicts, and the choice of hunks."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from wiki.pages import conflict_choices
from wiki.pages.conflict_choices import ConflictChoices
from wiki.text.diffing import hunks
from wiki.text.diffing.hunks import Hunk
from wiki.text.diffing.text_difference import Difference
from wiki.text.merging.document_merge import MergedDocument


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
        self.conflicts = ConflictChoices(merged, data, conflict_choices.PROPOSAL)
        self.is_resolved = self.conflicts.is_resolved
        """Whether every conflict is resolved, so that hunks can be chosen."""
        self.has_chosen_hunks = self.is_resolved and "hunks" in data
        """Whether the form has a choice of hunks."""
        self._pieces = hunks.split_hunks(mine, self.conflicts.text("ours"))
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
        return all(item.is_taken for item in self.hunks) and all(item.choice != "ours" for item in self.conflicts.items)
