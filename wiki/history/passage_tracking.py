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
    def begun(self) -> list[PassageLifetime]:
        """The passages that began, in order."""
        return word_attribution.added_passages(self.hunks)

    @property
    def ended(self) -> list[PassageLifetime]:
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
    alive: list[PassageLifetime] = field(default_factory=list)
    ended: list[PassageLifetime] = field(default_factory=list)
    """In the order in which they removed_in."""
    dead: dict[str, list[PassageLifetime]] = field(default_factory=lambda: defaultdict(list))
    """The ended ones by identity."""
    dates: list[datetime | None] = field(default_factory=list)
    """What the authors of the versions say, as far as they were looked at."""
    waiting: VersionDelta | None = None
    """The version after `number`, when it has ended and begun passages and is not settled."""

    def shift(self) -> VersionDelta | None:
        """Let the next version end and begin passages; None after the last."""
        if self.waiting is None and (item := next(self.steps, None)) is not None:
            self.waiting = self._shift(*item)
        return self.waiting

    def _shift(self, step: VersionState, blocks: list[Block]) -> VersionDelta:
        shift = VersionDelta(self.number + 1, step, [])
        self.dates.append(step.date)
        kept: list[PassageLifetime] = []
        rank = i = j = 0
        matches = _matches(self.alive, blocks)
        for at, bt, size in [*matches, (len(self.alive), len(blocks), 0)]:
            old, fresh = self.alive[i:at], blocks[j:bt]
            following = self.alive[at].position if at < len(self.alive) else None
            positions = keys_between(kept[-1].position if kept else None, following, len(fresh)) if fresh else []
            new = [
                PassageLifetime(block.kind, position, block.text, block.identity, shift.number, rank + count)
                for count, (block, position) in enumerate(zip(fresh, positions, strict=True))
            ]
            if old or new:
                shift.hunks.append((old, new))
            kept += new
            kept += self.alive[at : at + size]
            rank += len(new)
            i, j = at + size, bt + size
        for life in shift.ended:
            life.removed_in = shift.number
        self.alive = kept
        return shift

    def settled(self) -> None:
        """The version that was waiting is done with."""
        if self.waiting is not None:
            for life in self.waiting.ended:
                self.ended.append(life)
                self.dead[life.identity].append(life)
            self.number, self.waiting = self.waiting.number, None

    def at(self, number: int) -> list[PassageLifetime]:
        """The passages that were alive in a version up to `number` (of the page), in order."""
        ending = self.waiting.ended if self.waiting else ()
        then = [
            life for life in (*self.ended, *ending, *self.alive)
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

    def past(
        self, weave: PageTimeline, shift: VersionDelta
    ) -> tuple[dict[str, list[PassageLifetime]], list[PassageLifetime]]:
        """The dead of the page that are not in the weave: by identity, as far as `shift` begins such; the recent ones.

        Passages of the weave whose words `shift` may need are whole after this.
        """

    def complete(self, lives: Sequence[PassageLifetime]) -> None:
        """Make passages whole."""

    def at(self, loom: PassageTracker, page: int, number: int) -> list[PassageLifetime]:
        """The passages alive in a version of another page."""

    def beside(self, loom: PassageTracker, weave: PageTimeline, shift: VersionDelta) -> list[tuple[PageTimeline, int]]:
        """The versions of other pages that were made in the same act."""


class PassageTracker:
    """Weaves pages, in whatever order they need of each other."""

    def __init__(self, sources: PassageSource) -> None:
        self.sources = sources

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
        shift = weave.shift()
        if shift is None:
            return False
        if shift.begun:
            self._settle(weave, shift)
        weave.settled()
        return True

    def _settle(self, weave: PageTimeline, shift: VersionDelta) -> None:
        """Find out whose the words of the new passages are."""
        past, recent = self.sources.past(weave, shift)
        since = shift.number - word_attribution.RECENT_VERSIONS
        recent += takewhile(
            lambda life: life.removed_in is not None and life.removed_in >= since, reversed(weave.ended)
        )
        own = {life.identity: weave.dead[life.identity] for life in shift.begun if life.identity in weave.dead}
        for identity, lives in own.items():
            past[identity] = [*past.get(identity, ()), *lives]
        self.sources.complete([*recent, *(life for lives in own.values() for life in lives)])
        word_attribution.attribute_within_page(shift.hunks, past, weave.alive, recent)
        if shift.step.source is not None:
            page, number = shift.step.source
            word_attribution.attribute_from_source(shift.hunks, self.sources.at(self, page, number), page)
        wanting = [life for life in shift.begun if word_attribution.may_have_moved(life)]
        if wanting and shift.step.in_changeset:
            for other, number in self.sources.beside(self, weave, shift):
                word_attribution.attribute_from_changeset(wanting, self._ended(other, number), other.ref)

    def _ended(self, other: PageTimeline, number: int) -> list[PassageLifetime]:
        """The passages that version `number` of another page ended, with what is known of their words."""
        self.advance(other, number - 1)
        if other.number == number - 1:
            other.shift()
        ending = other.waiting.ended if other.waiting else []
        found = [life for life in (*ending, *other.ended) if life.removed_in == number]
        self.sources.complete(found)
        return found


def blocks_of(step: VersionState) -> list[Block]:
    """The passages of a version; none of a deletion."""
    return [] if step.text is None else split_passages(step.text)
