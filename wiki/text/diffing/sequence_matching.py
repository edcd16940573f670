"""Matching parts of two sequences of strings, in bounded time.

Myers' shortest edit script (E. Myers, "An O(ND) Difference Algorithm", 1986), which git uses, while
the sequences differ little; if they differ much, they are first divided at tokens that occur once in
each (patience diff).  Tokens that only one of the sequences has are left out before (as xdiff does), so
that texts with little in common cost little.  A budget of steps bounds the time: parts beyond it are
reported as different, which is never wrong, only coarse.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from math import isqrt

MatchingBlock = tuple[int, int, int]
"""Start in the first sequence, start in the second, length."""

STEPS = 1_000_000
"""Inner steps of one comparison; about a second of pure Python at worst."""

_FIRST_TRY = 160
"""Maximum number of edits of a script before division at unique tokens is tried."""


class Budget:
    """The number of steps that comparisons may still take; several comparisons can share one budget."""

    def __init__(self, steps: int = STEPS) -> None:
        self.steps = steps

    def reserve(self, steps: int) -> Budget:
        """Return a budget of at most `steps` for one comparison, taken from this one; return the rest by `release`."""
        granted = min(steps, max(self.steps, 0))
        self.steps -= granted
        return Budget(granted)

    def release(self, share: Budget) -> None:
        """Add the unused steps of a reserved budget to this one."""
        self.steps += max(share.steps, 0)


def matching_blocks(a: Sequence[str], b: Sequence[str], budget: Budget | None = None) -> list[MatchingBlock]:
    """Return ascending, disjoint blocks that are equal in `a` and `b`, without an empty block at the end."""
    return _Matcher(a, b, budget or Budget()).blocks()


class BoundedSequenceMatcher:
    """`matching_blocks` with the interface of difflib.SequenceMatcher that merge3 needs."""

    def __init__(self, budget: Budget, isjunk: object, a: Sequence[str], b: Sequence[str]) -> None:
        self._budget, self._a, self._b = budget, a, b

    def get_matching_blocks(self) -> list[MatchingBlock]:
        """Return the blocks, followed by an empty one at the end of both sequences."""
        return [*matching_blocks(self._a, self._b, self._budget), (len(self._a), len(self._b), 0)]


class _Matcher:
    """One comparison of two sequences, its budget, and the blocks found so far (`pairs`)."""

    def __init__(self, a: Sequence[str], b: Sequence[str], budget: Budget) -> None:
        in_b, codes = set(b), dict[str, int]()
        self.a_positions = [at for at, token in enumerate(a) if token in in_b]
        self.a = [codes.setdefault(a[at], len(codes)) for at in self.a_positions]
        self.b_positions = [at for at, token in enumerate(b) if token in codes]
        self.b = [codes[b[at]] for at in self.b_positions]
        self.budget = budget
        self.pairs: list[MatchingBlock] = []

    def blocks(self) -> list[MatchingBlock]:
        """Return all blocks in order, adjacent ones joined."""
        pending = [(0, len(self.a), 0, len(self.b))]
        while pending:
            pending.extend(self._region(*pending.pop()))
        joined: list[MatchingBlock] = []
        for i, j in self._equal_positions():
            if joined and joined[-1][0] + joined[-1][2] == i and joined[-1][1] + joined[-1][2] == j:
                joined[-1] = (joined[-1][0], joined[-1][1], joined[-1][2] + 1)
            else:
                joined.append((i, j, 1))
        return joined

    def _equal_positions(self) -> Iterator[tuple[int, int]]:
        """Yield the pairs of positions found, in the sequences as they were given, in order."""
        for start, other_start, size in sorted(self.pairs):
            for step in range(size):
                yield self.a_positions[start + step], self.b_positions[other_start + step]

    def _region(self, alo: int, ahi: int, blo: int, bhi: int) -> list[tuple[int, int, int, int]]:
        """Match one region; return the regions into which it was divided and that still have to be matched."""
        a, b = self.a, self.b
        start = alo
        while alo < ahi and blo < bhi and a[alo] == b[blo]:
            alo, blo = alo + 1, blo + 1
        if alo > start:
            self.pairs.append((start, blo - (alo - start), alo - start))
        end = ahi
        while alo < ahi and blo < bhi and a[ahi - 1] == b[bhi - 1]:
            ahi, bhi = ahi - 1, bhi - 1
        if end > ahi:
            self.pairs.append((ahi, bhi, end - ahi))
        if alo == ahi or blo == bhi:
            return []
        if self._shortest(alo, ahi, blo, bhi, _FIRST_TRY):
            return []
        anchors = self._anchors(alo, ahi, blo, bhi)
        if not anchors:
            self._shortest(alo, ahi, blo, bhi, ahi - alo + bhi - blo)
            return []
        regions, i, j = [], alo, blo
        for at, bt in anchors:
            self.pairs.append((at, bt, 1))
            regions.append((i, at, j, bt))
            i, j = at + 1, bt + 1
        regions.append((i, ahi, j, bhi))
        return regions

    def _anchors(self, alo: int, ahi: int, blo: int, bhi: int) -> list[tuple[int, int]]:
        """Return positions of the longest common subsequence of tokens that occur once in each side (patience sort)."""
        in_a, in_b = Counter(self.a[alo:ahi]), Counter(self.b[blo:bhi])
        where = {token: j for j, token in enumerate(self.b[blo:bhi], blo) if in_b[token] == 1}
        tails: list[int] = []
        nodes: list[tuple[int, int, int]] = []  # position in a, position in b, node before
        ends: list[int] = []
        for i in range(alo, ahi):
            token = self.a[i]
            if in_a[token] != 1 or token not in where:
                continue
            j = where[token]
            pile = bisect_left(tails, j)
            nodes.append((i, j, ends[pile - 1] if pile else -1))
            tails[pile : pile + 1] = [j]
            ends[pile : pile + 1] = [len(nodes) - 1]
        found: list[tuple[int, int]] = []
        node = ends[-1] if ends else -1
        while node >= 0:
            i, j, node = nodes[node]
            found.append((i, j))
        return found[::-1]

    def _shortest(self, alo: int, ahi: int, blo: int, bhi: int, limit: int) -> bool:
        """Record the blocks of the shortest edit script of the region; return whether one has at most `limit` edits.

        Runs in O(limit²) steps of the budget; a smaller budget lowers the limit.
        """
        a, b, n, m = self.a, self.b, ahi - alo, bhi - blo
        limit = min(limit, n + m, isqrt(2 * max(self.budget.steps, 0)))
        middle = limit + 1  # the index of diagonal 0 in `furthest`
        furthest = [-1] * (2 * limit + 3)
        furthest[middle + 1] = 0
        trace: list[array[int]] = []
        for edits in range(limit + 1):
            self.budget.steps -= edits + 1
            trace.append(array("i", furthest[middle - edits - 1 : middle + edits + 2]))
            for k in range(-edits, edits + 1, 2):
                below, above = furthest[middle + k + 1], furthest[middle + k - 1]
                x = below if k == -edits or (k != edits and above < below) else above + 1
                y = x - k
                while x < n and y < m and a[alo + x] == b[blo + y]:
                    x, y = x + 1, y + 1
                furthest[middle + k] = x
                if x >= n and y >= m:
                    self._walk_back(trace, alo, blo, n, m)
                    return True
        return False

    def _walk_back(self, trace: list[array[int]], alo: int, blo: int, x: int, y: int) -> None:
        """Record the blocks of an edit script, from the trace of its furthest points."""
        for edits in range(len(trace) - 1, -1, -1):
            furthest, k = trace[edits], x - y
            below, above = furthest[edits + k + 2], furthest[edits + k]
            down = k == -edits or (k != edits and above < below)
            edit_x = below if down else above + 1
            size = x - edit_x
            if size:
                self.pairs.append((alo + x - size, blo + y - size, size))
            x = below if down else above
            y = x - (k + 1 if down else k - 1)
