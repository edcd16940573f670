"""Form data of merges with conflicts: what a person chose for each conflict.

One part of a screen shows them for every merge: edits, restored versions, undone edits, pulls, proposals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wiki.text.diffing.text_difference import Difference
from wiki.text.merging.conflicts import SIDES, MergeConflict, Side
from wiki.text.merging.document_merge import MergedDocument
from wiki.text.normalization import clean_text


@dataclass(frozen=True, slots=True)
class ConflictSides:
    """What a screen calls the two sides of its conflicts, and the choice of each."""

    mine: str | Promise
    theirs: str | Promise
    choose_mine: str | Promise
    choose_theirs: str | Promise


EDIT = ConflictSides(
    _("What you wrote here"), _("What stands now"), _("Take what you wrote"), _("Keep what stands now")
)  # fmt: skip
RESTORE = ConflictSides(
    _("The version to be restored"), _("What stands now"), _("Take that version"), _("Keep what stands now")
)
UNDO = ConflictSides(_("Before that edit"), _("What stands now"), _("Take it as before"), _("Keep what stands now"))
PULL = ConflictSides(
    _("Here"), _("In the original"), _("Keep what stands here"), _("Take what stands in the original")
)  # fmt: skip
PROPOSAL = ConflictSides(
    _("In the original"),
    pgettext_lazy("words", "Proposed"),
    _("Keep what stands in the original"),
    _("Take what is proposed"),
)


@dataclass(frozen=True, slots=True)
class ConflictChoice:
    """A merge conflict with the resolution chosen in the form."""

    number: int
    conflict: MergeConflict
    choice: str
    """A side, or "own"; "" while nothing is chosen."""
    own_text: str
    """The text typed by the user."""

    @classmethod
    def of(cls, number: int, conflict: MergeConflict, data: Mapping[str, Any]) -> ConflictChoice:
        """Return conflict `number` with its resolution in the form `data`."""
        choice = data.get(f"choice-{number}", "")
        own_text = clean_text(data.get(f"own-{number}", conflict.combined))
        return cls(number, conflict, choice if choice in (*SIDES, "own") else "", own_text)

    def resolved_text(self, default: Side) -> str:
        """Return the resolution; that of the side `default` while nothing is chosen."""
        if self.choice == "own":
            return self.own_text
        return self.conflict.resolution(next((side for side in SIDES if side == self.choice), default))

    @property
    def mine(self) -> Difference:
        """The changes of `mine` against the base."""
        return Difference.of(self.conflict.base, self.conflict.mine)

    @property
    def theirs(self) -> Difference:
        """The changes of `theirs` against the base."""
        return Difference.of(self.conflict.base, self.conflict.theirs)


class ConflictChoices:
    """All conflicts of a merge, with the resolutions chosen in the form."""

    def __init__(self, merged: MergedDocument, data: Mapping[str, Any], sides: ConflictSides) -> None:
        """Read the choices from the form `data`, which may be empty."""
        self.merged = merged
        self.sides = sides
        self.items = [ConflictChoice.of(number, conflict, data) for number, conflict in enumerate(merged.conflicts)]

    @property
    def is_resolved(self) -> bool:
        """Whether something is chosen for every conflict."""
        return all(item.choice for item in self.items)

    def text(self, default: Side) -> str:
        """Return the merged text with the resolutions; where nothing is chosen, that of the side `default`."""
        return self.merged.resolved([item.resolved_text(default) for item in self.items])
