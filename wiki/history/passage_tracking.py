"""The lives of passages: folded over the versions of pages, several pages at once.

A version first ends and begins passages (`Weave.shift`); whose words the new ones carry is settled after that
(`Loom`), since they may have come from other pages: from the version that a fork or a renamed file declares as its
source, or, 12 words and more, from a page where they ended in the same act. Those pages are woven up to there first.
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
    """What one version did to the passages of its page."""

    number: int
    step: VersionState
    hunks: list[Hunk]
    """Passages that ended, and those that began, where the text differs."""

    @property
    def added(self) -> list[PassageLifetime]:
        """The passages that began, in order."""
        return word_attribution.added_passages(self.hunks)

    @property
    def removed(self) -> list[PassageLifetime]:
        """The passages that ended, in order."""
        return [life for old, _ in self.hunks for life in old]


@dataclass(slots=True, eq=False)
class PageTimeline:
    """One page: what is alive in it, what has ended, and the versions still to come."""

    ref: Ref
    """The page: its key, or the page itself while it has none."""
    steps: Iterator[tuple[VersionState, list[Block]]]
    number: int = 0
    """The version that is settled."""
    current: list[PassageLifetime] = field(default_factory=list)
    removed: list[PassageLifetime] = field(default_factory=list)
    """In the order in which they removed_in."""
    removed_by_identity: dict[str, list[PassageLifetime]] = field(default_factory=lambda: defaultdict(list))
    """The ended ones by identity."""
    dates: list[datetime | None] = field(default_factory=list)
    """What the authors of the versions say, as far as they were looked at."""
    pending: VersionDelta | None = None
    """The version after `number`, when it has ended and begun passages and is not settled."""

    def start_version(self) -> VersionDelta | None:
        """Let the next version end and begin passages; None after the last."""
        if self.pending is None and (item := next(self.steps, None)) is not None:
            self.pending = self._shift(*item)
        return self.pending

    def _shift(self, step: VersionState, blocks: list[Block]) -> VersionDelta:
        shift = VersionDelta(self.number + 1, step, [])
        self.dates.append(step.date)
        kept: list[PassageLifetime] = []
        rank = i = j = 0
        matches = _matches(self.current, blocks)
        for at, bt, size in [*matches, (len(self.current), len(blocks), 0)]:
            old, fresh = self.current[i:at], blocks[j:bt]
            following = self.current[at].position if at < len(self.current) else None
            positions = keys_between(kept[-1].position if kept else None, following, len(fresh)) if fresh else []
            new = [
                PassageLifetime(block.kind, position, block.text, block.identity, shift.number, rank + count)
                for count, (block, position) in enumerate(zip(fresh, positions, strict=True))
            ]
            if old or new:
                shift.hunks.append((old, new))
            kept += new
            kept += self.current[at : at + size]
            rank += len(new)
            i, j = at + size, bt + size
        for life in shift.removed:
            life.removed_in = shift.number
        self.current = kept
        return shift

    def finish_version(self) -> None:
        """The version that was waiting is done with."""
        if self.pending is not None:
            for life in self.pending.removed:
                self.removed.append(life)
                self.removed_by_identity[life.identity].append(life)
            self.number, self.pending = self.pending.number, None

    def passages_at(self, number: int) -> list[PassageLifetime]:
        """The passages that were alive in a version up to `number` (of the page), in order."""
        ending = self.pending.removed if self.pending else ()
        then = [
            life for life in (*self.removed, *ending, *self.current)
            if life.added_in <= number and (life.removed_in is None or life.removed_in > number)
        ]  # fmt: skip
        return sorted(then, key=lambda life: life.position)


def _matches(alive: Sequence[PassageLifetime], blocks: Sequence[Block]) -> list[tuple[int, int, int]]:
    """Which passages live on: ascending runs. Beginning and end are mostly untouched, and compared as they stand."""
    short = min(len(alive), len(blocks))
    start = 0
    while start < short and alive[start].text == blocks[start].text:
        start += 1
    end = 0
    while end < short - start and alive[-1 - end].text == blocks[-1 - end].text:
        end += 1
    old = [life.identity for life in alive[start : len(alive) - end]]
    new = [block.identity for block in blocks[start : len(blocks) - end]]
    found = [(0, 0, start)] if start else []
    if old and new:
        found += [(start + i, start + j, size) for i, j, size in matching_blocks(old, new, Budget(STEPS))]
    if end:
        found.append((len(alive) - end, len(blocks) - end, end))
    return found


class PassageSource(Protocol):
    """Where a loom finds what it does not hold."""

    def past_lifetimes(
        self, weave: PageTimeline, shift: VersionDelta
    ) -> tuple[dict[str, list[PassageLifetime]], list[PassageLifetime]]:
        """The dead of the page that are not in the weave: by identity, as far as `shift` begins such; the recent ones.

        Passages of the weave whose words `shift` may need are whole after this.
        """

    def load_details(self, lives: Sequence[PassageLifetime]) -> None:
        """Make passages whole."""

    def passages_at(self, loom: PassageTracker, page: int, number: int) -> list[PassageLifetime]:
        """The passages alive in a version of another page."""

    def same_changeset(
        self, loom: PassageTracker, weave: PageTimeline, shift: VersionDelta
    ) -> list[tuple[PageTimeline, int]]:
        """The versions of other pages that were made in the same act."""


class PassageTracker:
    """Weaves pages, in whatever order they need of each other."""

    def __init__(self, sources: PassageSource) -> None:
        self.source = sources

    def finish(self, weave: PageTimeline) -> None:
        """Weave a page to its last version."""
        while self.step(weave):
            continue

    def advance(self, weave: PageTimeline, number: int) -> None:
        """Weave a page up to version `number`."""
        while weave.number < number and self.step(weave):
            continue

    def step(self, weave: PageTimeline) -> bool:
        """Weave one version; False after the last."""
        shift = weave.start_version()
        if shift is None:
            return False
        if shift.added:
            self._settle(weave, shift)
        weave.finish_version()
        return True

    def _settle(self, weave: PageTimeline, shift: VersionDelta) -> None:
        """Find out whose the words of the new passages are."""
        past, recent = self.source.past_lifetimes(weave, shift)
        since = shift.number - word_attribution.RECENT_VERSIONS
        recent += takewhile(
            lambda life: life.removed_in is not None and life.removed_in >= since, reversed(weave.removed)
        )
        own = {
            life.identity: weave.removed_by_identity[life.identity]
            for life in shift.added
            if life.identity in weave.removed_by_identity
        }
        for identity, lives in own.items():
            past[identity] = [*past.get(identity, ()), *lives]
        self.source.load_details([*recent, *(life for lives in own.values() for life in lives)])
        word_attribution.attribute_within_page(shift.hunks, past, weave.current, recent)
        if shift.step.source is not None:
            page, number = shift.step.source
            word_attribution.attribute_from_source(shift.hunks, self.source.passages_at(self, page, number), page)
        wanting = [life for life in shift.added if word_attribution.may_have_moved(life)]
        if wanting and shift.step.in_changeset:
            for other, number in self.source.same_changeset(self, weave, shift):
                word_attribution.attribute_from_changeset(wanting, self._ended(other, number), other.ref)

    def _ended(self, other: PageTimeline, number: int) -> list[PassageLifetime]:
        """The passages that version `number` of another page ended, with what is known of their words."""
        self.advance(other, number - 1)
        if other.number == number - 1:
            other.start_version()
        ending = other.pending.removed if other.pending else []
        found = [life for life in (*ending, *other.removed) if life.removed_in == number]
        self.source.load_details(found)
        return found


def blocks_of(step: VersionState) -> list[Block]:
    """The passages of a version; none of a deletion."""
    return [] if step.text is None else split_passages(step.text)
