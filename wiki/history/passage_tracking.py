"""Lifetimes of passages, computed version by version, for several pages at once.

A version first removes and adds passages (`PageTimeline.start_version`). Then `PassageTracker` attributes the words of
the added passages, since they may come from other pages: from the version that a fork or a renamed file declares as its
source, or, from 12 words on, from a page that lost them in the same changeset. Those pages are brought up to that
version first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Protocol

from wiki.history import word_attribution
from wiki.history.word_attribution import Hunk, PassageLifetime, Ref
from wiki.pages.writing.derived_data import VersionState
from wiki.text.diffing.sequence_matching import Budget, matching_blocks
from wiki.text.fractional_index import keys_between
from wiki.text.passages import Block, split_passages

STEPS = 100_000
"""Budget for matching the passages of two versions."""


@dataclass(slots=True)
class VersionDelta:
    """What one version changed in the passages of its page."""

    number: int
    step: VersionState
    hunks: list[Hunk]
    """Where the text differs: the passages that were removed, and those that were added."""

    @property
    def added(self) -> list[PassageLifetime]:
        """The added passages, in order."""
        return word_attribution.added_passages(self.hunks)

    @property
    def removed(self) -> list[PassageLifetime]:
        """The removed passages, in order."""
        return [passage for old, _ in self.hunks for passage in old]


@dataclass(slots=True, eq=False)
class PageTimeline:
    """The passages of one page: current ones, removed ones, and the versions still to be processed."""

    ref: Ref
    """Primary key of the page, or the page itself while it is unsaved."""
    steps: Iterator[tuple[VersionState, list[Block]]]
    number: int = 0
    """The last version that is processed completely."""
    current: list[PassageLifetime] = field(default_factory=list)
    removed: list[PassageLifetime] = field(default_factory=list)
    """In the order of removal."""
    removed_by_identity: dict[str, list[PassageLifetime]] = field(default_factory=lambda: defaultdict(list))
    """The removed passages by identity."""
    dates: list[datetime | None] = field(default_factory=list)
    """Dates that authors claim for the versions that were started."""
    pending: VersionDelta | None = None
    """The version after `number`, once it has removed and added passages, until their words are attributed."""

    def start_version(self) -> VersionDelta | None:
        """Remove and add the passages of the next version; return its changes, or None after the last version.

        Calling it again before `finish_version` returns the same changes.
        """
        if self.pending is None and (item := next(self.steps, None)) is not None:
            self.pending = self._apply_next(*item)
        return self.pending

    def _apply_next(self, version: VersionState, blocks: list[Block]) -> VersionDelta:
        """Remove and add the passages of one version."""
        delta = VersionDelta(self.number + 1, version, [])
        self.dates.append(version.date)
        current: list[PassageLifetime] = []
        rank = old_end = new_end = 0
        matches = _matches(self.current, blocks)
        for old_start, new_start, size in [*matches, (len(self.current), len(blocks), 0)]:
            old_passages, new_blocks = self.current[old_end:old_start], blocks[new_end:new_start]
            next_position = self.current[old_start].position if old_start < len(self.current) else None
            positions = (
                keys_between(current[-1].position if current else None, next_position, len(new_blocks))
                if new_blocks
                else []
            )
            new_passages = [
                PassageLifetime(block.kind, position, block.text, block.identity, delta.number, rank + count)
                for count, (block, position) in enumerate(zip(new_blocks, positions, strict=True))
            ]
            if old_passages or new_passages:
                delta.hunks.append((old_passages, new_passages))
            current += new_passages
            current += self.current[old_start : old_start + size]
            rank += len(new_passages)
            old_end, new_end = old_start + size, new_start + size
        for passage in delta.removed:
            passage.removed_in = delta.number
        self.current = current
        return delta

    def finish_version(self) -> None:
        """Mark the pending version as processed."""
        if self.pending is not None:
            for passage in self.pending.removed:
                self.removed.append(passage)
                self.removed_by_identity[passage.identity].append(passage)
            self.number, self.pending = self.pending.number, None

    def passages_at(self, number: int) -> list[PassageLifetime]:
        """Return the passages of a version that is started or processed, in order."""
        pending_removals = self.pending.removed if self.pending else ()
        passages = [
            passage for passage in (*self.removed, *pending_removals, *self.current)
            if passage.added_in <= number and (passage.removed_in is None or passage.removed_in > number)
        ]  # fmt: skip
        return sorted(passages, key=lambda passage: passage.position)


def _matches(passages: Sequence[PassageLifetime], blocks: Sequence[Block]) -> list[tuple[int, int, int]]:
    """Match passages with blocks of the next version; return ascending (passage index, block index, size).

    Beginning and end are mostly unchanged, and compared directly.
    """
    short = min(len(passages), len(blocks))
    start = 0
    while start < short and passages[start].text == blocks[start].text:
        start += 1
    end = 0
    while end < short - start and passages[-1 - end].text == blocks[-1 - end].text:
        end += 1
    old = [passage.identity for passage in passages[start : len(passages) - end]]
    new = [block.identity for block in blocks[start : len(blocks) - end]]
    matches = [(0, 0, start)] if start else []
    if old and new:
        matches += [(start + i, start + j, size) for i, j, size in matching_blocks(old, new, Budget(STEPS))]
    if end:
        matches.append((len(passages) - end, len(blocks) - end, end))
    return matches


class PassageSource(Protocol):
    """Loads passages that a tracker does not hold."""

    def past_lifetimes(
        self, timeline: PageTimeline, delta: VersionDelta
    ) -> tuple[dict[str, list[PassageLifetime]], list[PassageLifetime]]:
        """Return removed passages of the page that the timeline does not hold: by identity, and the recently removed.

        Only identities of passages that `delta` adds are looked up. It also loads the details of passages in the
        timeline whose words may be needed for `delta`.
        """

    def load_details(self, passages: Sequence[PassageLifetime]) -> None:
        """Load the details of passages (`PassageLifetime.is_complete`)."""

    def passages_at(self, tracker: PassageTracker, page: int, number: int) -> list[PassageLifetime]:
        """Return the passages of a version of another page."""

    def same_changeset(
        self, tracker: PassageTracker, timeline: PageTimeline, delta: VersionDelta
    ) -> list[tuple[PageTimeline, int]]:
        """Return the versions of other pages that were made in the same changeset at the same time."""


class PassageTracker:
    """Processes timelines, in the order in which they need each other."""

    def __init__(self, source: PassageSource) -> None:
        self.source = source

    def finish(self, timeline: PageTimeline) -> None:
        """Process a page up to its last version."""
        while self.step(timeline):
            continue

    def advance(self, timeline: PageTimeline, number: int) -> None:
        """Process a page up to version `number`."""
        while timeline.number < number and self.step(timeline):
            continue

    def step(self, timeline: PageTimeline) -> bool:
        """Process one version; return False after the last."""
        delta = timeline.start_version()
        if delta is None:
            return False
        if delta.added:
            self._attribute_words(timeline, delta)
        timeline.finish_version()
        return True

    def _attribute_words(self, timeline: PageTimeline, delta: VersionDelta) -> None:
        """Attribute the words of the added passages."""
        past, recent = self.source.past_lifetimes(timeline, delta)
        since = delta.number - word_attribution.RECENT_VERSIONS
        recent += takewhile(
            lambda passage: passage.removed_in is not None and passage.removed_in >= since, reversed(timeline.removed)
        )
        removed_here = {
            passage.identity: timeline.removed_by_identity[passage.identity]
            for passage in delta.added
            if passage.identity in timeline.removed_by_identity
        }
        for identity, passages in removed_here.items():
            past[identity] = [*past.get(identity, ()), *passages]
        self.source.load_details([*recent, *(passage for passages in removed_here.values() for passage in passages)])
        word_attribution.attribute_within_page(delta.hunks, past, timeline.current, recent)
        if delta.step.source is not None:
            page, number = delta.step.source
            word_attribution.attribute_from_source(delta.hunks, self.source.passages_at(self, page, number), page)
        unattributed = [passage for passage in delta.added if word_attribution.may_have_moved(passage)]
        if unattributed and delta.step.in_changeset:
            for other, number in self.source.same_changeset(self, timeline, delta):
                word_attribution.attribute_from_changeset(unattributed, self._removed_by(other, number), other.ref)

    def _removed_by(self, other: PageTimeline, number: int) -> list[PassageLifetime]:
        """Return the passages that version `number` of another page removed, with details."""
        self.advance(other, number - 1)
        if other.number == number - 1:
            other.start_version()
        pending_removals = other.pending.removed if other.pending else []
        passages = [passage for passage in (*pending_removals, *other.removed) if passage.removed_in == number]
        self.source.load_details(passages)
        return passages


def blocks_of(version: VersionState) -> list[Block]:
    """Return the passages of a version; none for a deletion."""
    return [] if version.text is None else split_passages(version.text)
