"""Fractional indexing: sort keys between any two of which new keys fit.

A key is a fraction between 0 and 1, written as its digits in base 62 (`0-9A-Za-z`, in byte order) without the
leading zero and point. A key after the last or before the first one is a small step away; keys between two
neighbours divide the gap evenly, with more digits if it is too narrow. Existing keys never change when others
are inserted.
"""

from __future__ import annotations

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_BASE = len(_DIGITS)
_WIDTH = 7
_STEP = _BASE**2


def keys_between(low: str | None, high: str | None, count: int) -> list[str]:
    """Return `count` ascending keys greater than `low` and less than `high` (None: no such neighbour)."""
    width = _WIDTH
    while True:
        start = _round_down(low, width) if low is not None else 0
        end = _round_up(high, width) if high is not None else _BASE**width
        gap = end - start
        if gap > count:
            return [_to_digits(value, width) for value in _values(low, high, start, gap, count)]
        width += 1


def _values(low: str | None, high: str | None, start: int, gap: int, count: int) -> list[int]:
    """Return `count` numbers inside the gap: evenly spaced, or in small steps from the one given neighbour."""
    step = min(gap // (count + 1), _STEP)
    if low is None and high is None:
        return [start + gap // 2 + step * number for number in range(count)]
    if high is None:
        return [start + step * number for number in range(1, count + 1)]
    if low is None:
        return [start + gap - step * number for number in range(count, 0, -1)]
    return [start + gap * number // (count + 1) for number in range(1, count + 1)]


def _round_down(key: str, width: int) -> int:
    value = 0
    for digit in key[:width].ljust(width, "0"):
        value = value * _BASE + _VALUES[digit]
    return value


def _round_up(key: str, width: int) -> int:
    return _round_down(key, width) + (len(key) > width)


def _to_digits(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, digit = divmod(value, _BASE)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)).rstrip("0")
