"""Opening hours as schema.org's `OpeningHoursSpecification`: one for each span of hours, with its days."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from opening_hours import OpeningHours, State

from wiki.facts.datatypes.opening_hours import NoOpeningHours, read_opening_hours
from wiki.linked_data.vocabulary import SCHEMA

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEK = datetime(2024, 1, 8)
"""A Monday without a public holiday in its week."""
DAY, NIGHT = timedelta(days=1), timedelta(hours=12)
_NOT_WEEKLY = re.compile(
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|week|easter|SH|\d{4}|sunrise|sunset|dawn|dusk)\b"
    r"|\[[-\d,]+\]"
)
"""What hours name that are not the same in every week."""


@lru_cache(maxsize=1_000)
def weekly_spans(text: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return when a place opens and closes and on which days, in any week; nothing for hours that are not weekly."""
    try:
        hours = read_opening_hours(text)
    except NoOpeningHours:
        return ()
    if _NOT_WEEKLY.search(hours):
        return ()
    found: dict[tuple[str, str], list[str]] = {}
    for start, end, state, _ in OpeningHours(hours).intervals(WEEK - DAY, WEEK + 8 * DAY):
        while state == State.OPEN and start < end:
            midnight = datetime(start.year, start.month, start.day) + DAY
            # What ends in the night belongs to the evening before; longer is divided into days.
            until = end if end - start <= DAY and end - midnight < NIGHT else min(midnight, end)
            if WEEK <= start < WEEK + 7 * DAY:
                found.setdefault((f"{start:%H:%M}", _closing(until)), []).append(DAYS[start.weekday()])
            start = until
    return tuple((opens, closes, tuple(days)) for (opens, closes), days in found.items())


def _closing(moment: datetime) -> str:
    """Return when a place closes; the last minute of the day for midnight."""
    return "23:59" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%H:%M}"


def hours_specifications(text: str) -> list[dict[str, Any]]:
    """Return the specifications of opening hours as written, in words or in OpenStreetMap's syntax."""
    return [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": [SCHEMA + day for day in days],
            "opens": opens,
            "closes": closes,
        }
        for opens, closes, days in weekly_spans(text)
    ]
