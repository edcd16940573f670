"""Which words of changed passages were there before: what authorship is carried by.

Words are compared in the order of the text (`matching`), all passages of a hunk together, so that a paragraph that
was divided, or two that were joined, keep their words. A passage inherits from another only when they are alike by
half their words, or by half those of the shorter one where that is more than a phrase, or where one is in the other
whole; a lone short word between two changes («de», «la») is nobody's heirloom.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wiki.text.diffing.sequence_matching import Budget, matching_blocks

STEPS = 100_000
"""Budget of one comparison: about a tenth of a second at worst; what it does not reach counts as new."""

SHORT_WORD = 3
"""Letters of a word that says nothing alone."""

WORDS_PER_DIFFERENCE = 10
"""One word in so many may differ where texts are compared word for word."""

PHRASE_WORDS = 4
"""Words that passages of unlike length have to share."""

Words = Sequence[str]


@dataclass(frozen=True, slots=True)
class MatchingRun:
    """`size` words of a new passage, from `start`, that are those of an old one, from `old_start`."""

    start: int
    old_index: int
    """Which of the old passages."""
    old_start: int
    size: int


@dataclass(slots=True)
class WordOrigins:
    """What one new passage has from old ones."""

    runs: list[MatchingRun] = field(default_factory=list)
    main_source: int | None = None
    """The old passage that it has most words from."""


def match_words(old: Sequence[Words], new: Sequence[Words], *, closely: bool = False) -> list[WordOrigins]:
    """For each of the `new` passages of a hunk, what it has from the `old` ones. Never raises; bounded time.

    `closely`: only from those that are the same but for a quarter of the words.
    """
    found = [WordOrigins() for _ in new]
    pieces: dict[tuple[int, int], list[MatchingRun]] = defaultdict(list)
    for size, one, run in _equal_runs(old, new, closely):
        if not _means_nothing(run, size, new[one], old[run.old_index]):
            pieces[one, run.old_index].append(run)
    most: dict[int, int] = {}
    for (one, other), runs in sorted(pieces.items()):
        common = sum(run.size for run in runs)
        shorter = min(len(new[one]), len(old[other]))
        whole = len(runs) == 1 and 1 < common == shorter and not closely
        if whole or _alike(common, len(new[one]), len(old[other]), closely):
            found[one].runs += runs
            if common > most.get(one, 0):
                found[one].main_source, most[one] = other, common
    return found


def _equal_runs(old: Sequence[Words], new: Sequence[Words], closely: bool) -> Iterator[tuple[int, int, MatchingRun]]:
    """Equal runs of words, divided where a passage ends: the size before division, the new passage, the run."""
    if len(old) == len(new) == 1:
        for old_start, new_start, size in _blocks(old[0], new[0], closely):
            yield size, 0, MatchingRun(new_start, 0, old_start, size)
        return
    before, after = _joined(old), _joined(new)
    words, other_words = [word for _, _, word in before], [word for _, _, word in after]
    for old_start, new_start, size in _blocks(words, other_words, closely):
        for one, run in _divided(before, after, old_start, new_start, size):
            yield size, one, run


def _blocks(before: Words, after: Words, closely: bool) -> list[tuple[int, int, int]]:
    """The equal runs of two texts; none where too few words are common, in whatever order, to be alike `closely`."""
    in_step = _in_step(before, after)
    if in_step:
        return in_step
    if closely and not _alike((Counter(before) & Counter(after)).total(), len(before), len(after), closely):
        return []
    return matching_blocks(before, after, Budget(STEPS))


def _in_step(before: Words, after: Words) -> list[tuple[int, int, int]]:
    """The equal runs of two texts of as many words that differ in few places, word for word; else none.

    What most edits are, many words apart: found in one pass, where comparing orders costs by the distance.
    """
    size = len(before)
    if size != len(after) or not size:
        return []
    differing = [at for at, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    if len(differing) * WORDS_PER_DIFFERENCE > size:
        return []
    ends = [-1, *differing, size]
    pairs = itertools.pairwise(ends)
    return [(start + 1, start + 1, end - start - 1) for start, end in pairs if end > start + 1]


def _alike(common: int, one: int, other: int, closely: bool) -> bool:
    """Whether passages of so many words, so many of them `common`, are alike."""
    if closely:
        return 4 * common >= 3 * max(one, other)
    return 2 * common >= max(one, other) or (2 * common >= min(one, other) and common >= PHRASE_WORDS)


def _joined(passages: Sequence[Words]) -> list[tuple[int, int, str]]:
    """All words, each with its passage and its place in that."""
    return [(number, at, word) for number, words in enumerate(passages) for at, word in enumerate(words)]


def _divided(
    before: list[tuple[int, int, str]], after: list[tuple[int, int, str]], old_start: int, new_start: int, size: int
) -> list[tuple[int, MatchingRun]]:
    """A run of equal words, divided where a passage ends on either side; with the new passage of each."""
    (other, old_at, _), (one, at, _) = before[old_start], after[new_start]
    if before[old_start + size - 1][0] == other and after[new_start + size - 1][0] == one:
        return [(one, MatchingRun(at, other, old_at, size))]  # the usual case, in no time
    found: list[tuple[int, MatchingRun]] = []
    start = 0
    for step in range(1, size + 1):
        other, old_at, _ = before[old_start + start]
        one, at, _ = after[new_start + start]
        if step == size or before[old_start + step][0] != other or after[new_start + step][0] != one:
            found.append((one, MatchingRun(at, other, old_at, step - start)))
            start = step
    return found


def _means_nothing(run: MatchingRun, size: int, new: Words, old: Words) -> bool:
    """Whether a match is one short word alone, in passages that have more to say."""
    return size == 1 and len(new[run.start]) <= SHORT_WORD and min(len(new), len(old)) > 1
