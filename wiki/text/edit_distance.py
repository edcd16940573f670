"""The distance of two words: how many letters one has to change to make the other."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=20_000)
def edit_distance(word: str, other: str) -> int:
    """Return the Damerau-Levenshtein distance (optimal string alignment), with 3 for any distance above 2."""
    if abs(len(word) - len(other)) > 2:
        return 3
    before: list[int] = []
    line = list(range(len(other) + 1))
    for row, left in enumerate(word, start=1):
        before, line, above = line, [row], before
        for column, right in enumerate(other, start=1):
            cost = min(before[column] + 1, line[-1] + 1, before[column - 1] + (left != right))
            if row > 1 and column > 1 and left == other[column - 2] and word[row - 2] == right:
                cost = min(cost, above[column - 2] + 1)
            line.append(cost)
    return min(line[-1], 3)
