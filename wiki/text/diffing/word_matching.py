"""Word matching between old and new passages, on which authorship is based.

Words are compared in text order (`sequence_matching`), all passages of a hunk together, so that words keep their
origin if a paragraph is divided or two are joined. A passage is matched with another only if they have half their words
in common, or half the words of the shorter one if those are PHRASE_WORDS or more, or if one contains the other whole.
A single short word between two changes («de», «la») is not matched.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wiki.text.diffing.sequence_matching import Budget, matching_blocks

STEPS = 100_000
"""Budget of steps of one comparison: about a tenth of a second at worst; words beyond the budget count as new."""

SHORT_WORD = 3
"""Maximum length of a word that is no evidence when it matches alone."""

WORDS_PER_DIFFERENCE = 10
"""Texts of equal length are compared position by position if at most one word in this many differs."""

PHRASE_WORDS = 4
"""Words that passages of different length must have in common at least."""

Words = Sequence[str]


@dataclass(frozen=True, slots=True)
class MatchingRun:
    """`size` words of a new passage from `start` that equal those of an old passage from `old_start`."""

    start: int
    old_index: int
    """The index of the old passage."""
    old_start: int
    size: int


@dataclass(slots=True)
class WordOrigins:
    """The old passages from which the words of one new passage come."""

    runs: list[MatchingRun] = field(default_factory=list)
    main_source: int | None = None
    """The index of the old passage from which most words come."""


def match_words(old: Sequence[Words], new: Sequence[Words], *, closely: bool = False) -> list[WordOrigins]:
    """Return for each of the `new` passages of a hunk its words from the `old` ones. Never raises; bounded time.

    With `closely`, only passages match that have three quarters of the words of the longer one in common.
    """
    origins = [WordOrigins() for _ in new]
    runs_by_pair: dict[tuple[int, int], list[MatchingRun]] = defaultdict(list)
    for size, new_index, run in _equal_runs(old, new, closely):
        if not _is_insignificant(run, size, new[new_index], old[run.old_index]):
            runs_by_pair[new_index, run.old_index].append(run)
    most: dict[int, int] = {}
    for (new_index, old_index), runs in sorted(runs_by_pair.items()):
        common = sum(run.size for run in runs)
        new_size, old_size = len(new[new_index]), len(old[old_index])
        is_contained = len(runs) == 1 and 1 < common == min(new_size, old_size) and not closely
        if is_contained or _is_similar(common, new_size, old_size, closely):
            origins[new_index].runs += runs
            if common > most.get(new_index, 0):
                origins[new_index].main_source, most[new_index] = old_index, common
    return origins


def _equal_runs(old: Sequence[Words], new: Sequence[Words], closely: bool) -> Iterator[tuple[int, int, MatchingRun]]:
    """Yield equal runs of words, divided at the ends of passages: size before division, index of new passage, run."""
    if len(old) == len(new) == 1:
        for old_start, new_start, size in _blocks(old[0], new[0], closely):
            yield size, 0, MatchingRun(new_start, 0, old_start, size)
        return
    before, after = _concatenate(old), _concatenate(new)
    old_words, new_words = [word for _, _, word in before], [word for _, _, word in after]
    for old_start, new_start, size in _blocks(old_words, new_words, closely):
        for new_index, run in _split_run(before, after, old_start, new_start, size):
            yield size, new_index, run


def _blocks(before: Words, after: Words, closely: bool) -> list[tuple[int, int, int]]:
    """Return the equal runs of two texts; none if `closely` and too few words are common in any order."""
    runs = _blocks_by_position(before, after)
    if runs:
        return runs
    if closely and not _is_similar((Counter(before) & Counter(after)).total(), len(before), len(after), closely):
        return []
    return matching_blocks(before, after, Budget(STEPS))


def _blocks_by_position(before: Words, after: Words) -> list[tuple[int, int, int]]:
    """Return the equal runs of two texts with the same number of words and few differences; else none.

    Most edits are of this form; one pass finds the runs, while `matching_blocks` costs more with each difference.
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


def _is_similar(common: int, new_size: int, old_size: int, closely: bool) -> bool:
    """Return whether passages of these numbers of words, `common` of them equal, are similar enough to match."""
    shorter, longer = sorted((new_size, old_size))
    if closely:
        return 4 * common >= 3 * longer
    return 2 * common >= longer or (2 * common >= shorter and common >= PHRASE_WORDS)


def _concatenate(passages: Sequence[Words]) -> list[tuple[int, int, str]]:
    """Return all words, each with the index of its passage and its position in the passage."""
    return [(number, at, word) for number, words in enumerate(passages) for at, word in enumerate(words)]


def _split_run(
    before: list[tuple[int, int, str]], after: list[tuple[int, int, str]], old_start: int, new_start: int, size: int
) -> list[tuple[int, MatchingRun]]:
    """Divide a run of equal words at the ends of passages on either side; return (index of new passage, run) pairs."""
    (old_index, old_at, _), (new_index, at, _) = before[old_start], after[new_start]
    if before[old_start + size - 1][0] == old_index and after[new_start + size - 1][0] == new_index:
        return [(new_index, MatchingRun(at, old_index, old_at, size))]  # the usual case: no passage ends inside the run
    runs: list[tuple[int, MatchingRun]] = []
    start = 0
    for step in range(1, size + 1):
        old_index, old_at, _ = before[old_start + start]
        new_index, at, _ = after[new_start + start]
        if step == size or before[old_start + step][0] != old_index or after[new_start + step][0] != new_index:
            runs.append((new_index, MatchingRun(at, old_index, old_at, step - start)))
            start = step
    return runs


def _is_insignificant(run: MatchingRun, size: int, new: Words, old: Words) -> bool:
    """Return whether a match is a single short word, in passages of more than one word."""
    return size == 1 and len(new[run.start]) <= SHORT_WORD and min(len(new), len(old)) > 1
