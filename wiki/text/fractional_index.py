"""Positions that never have to be given anew: between any two there is room for more.

A position is a fraction, written as its digits in base 62 (`0-9A-Za-z`, in the order of their bytes) without the
zero before the point. What is added after everything, or before, takes a small step; what is put between two
neighbours divides the gap, with more digits where it is too narrow. So things keep the order in which they stand
beside each other without any of them being touched when others come.
"""

from __future__ import annotations

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_BASE = len(_DIGITS)
_WIDTH = 7
_STEP = _BASE**2


def keys_between(low: str | None, high: str | None, count: int) -> list[str]:
    """`count` positions in ascending order after `low` and before `high` (None: no such neighbour)."""
    width = _WIDTH
    while True:
        start = _floor(low, width) if low is not None else 0
        end = _ceiling(high, width) if high is not None else _BASE**width
        room = end - start
        if room > count:
            return [_written(value, width) for value in _values(low, high, start, room, count)]
        width += 1


def _values(low: str | None, high: str | None, start: int, room: int, count: int) -> list[int]:
    """Numbers inside the gap, evenly spaced; small steps where one end is open."""
    step = min(room // (count + 1), _STEP)
    if low is None and high is None:
        return [start + room // 2 + step * number for number in range(count)]
    if high is None:
        return [start + step * number for number in range(1, count + 1)]
    if low is None:
        return [start + room - step * number for number in range(count, 0, -1)]
    return [start + room * number // (count + 1) for number in range(1, count + 1)]


def _floor(position: str, width: int) -> int:
    value = 0
    for digit in position[:width].ljust(width, "0"):
        value = value * _BASE + _VALUES[digit]
    return value


def _ceiling(position: str, width: int) -> int:
    return _floor(position, width) + (len(position) > width)


def _written(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, digit = divmod(value, _BASE)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)).rstrip("0")
