"""Days that are named by their distance from today, in questions: `today`, `hier`, `-7 days`, `il y a 2 mois`.

A result that depends on one is out of date at the end of the day. Statements cannot name such days: their meaning would
change without an edit.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from wiki.facts.datatypes.base import split_comparator
from wiki.facts.datatypes.calendars import GREGORIAN, days_in
from wiki.text.titles import fold

_DAYS = {
    "today": 0, "now": 0, "yesterday": -1, "tomorrow": 1, "aujourd'hui": 0, "maintenant": 0, "hier": -1, "demain": 1,
}  # fmt: skip
_UNITS = {
    "day": (1, 0), "week": (7, 0), "month": (0, 1), "year": (0, 12), "jour": (1, 0), "semaine": (7, 0), "mois": (0, 1),
    "an": (0, 12), "annee": (0, 12),
}  # fmt: skip
"""Days and months of each unit."""
_UNIT = rf"(?:{'|'.join(_UNITS)})s?"
_WORD_AND_DISTANCE = re.compile(rf"({'|'.join(_DAYS)})?(?:\s*([+-])\s*(\d{{1,5}})\s*({_UNIT}))?")
_AGO = re.compile(rf"(?:(\d{{1,5}})\s*({_UNIT}) ago|(il y a|dans|in) (\d{{1,5}})\s*({_UNIT}))")


def names_relative_date(text: str) -> bool:
    """Return whether the text of a condition, or a field of it, names a day by its distance from today."""
    return any(_distance(split_comparator(field)[1].strip("* ")) is not None for field in text.split(";"))


def resolve_relative_date(text: str, today: date) -> str | None:
    """Return the day that a text names by its distance from `today`, in ISO 8601; None for any other text."""
    distance = _distance(text)
    if distance is None:
        return None
    days, months = distance
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    try:
        found = date(year, month + 1, min(today.day, days_in(GREGORIAN, year, month + 1))) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return found.isoformat()


def _distance(text: str) -> tuple[int, int] | None:
    """Return days and months from today; None for a text of another form."""
    folded = " ".join(fold(text[:60]).replace("−", "-").split())
    if not folded or len(text) > 60:
        return None
    match = _WORD_AND_DISTANCE.fullmatch(folded)
    if match:
        days, months = _times(match[3], match[4], -1 if match[2] == "-" else 1) if match[2] else (0, 0)
        return days + (_DAYS[match[1]] if match[1] else 0), months
    match = _AGO.fullmatch(folded)
    if match is None:
        return None
    return _times(match[1], match[2], -1) if match[1] else _times(match[4], match[5], -1 if match[3] == "il y a" else 1)


def _times(number: str, unit: str, sign: int) -> tuple[int, int]:
    days, months = _UNITS.get(unit) or _UNITS[unit.removesuffix("s")]
    return sign * int(number) * days, sign * int(number) * months
