"""Parser of dates that users type: 2019, 2019-03, 2019-03-05, 05/03/2019, or an ISO 8601 date and time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\Z|(\d{1,2})/(\d{1,2})/(\d{4})\Z", re.ASCII)


class InvalidDate(ValueError):
    """Text that is no year, month, day, or date and time."""


def parse_period_start(text: str) -> datetime:
    """Return the start of a year, month or day, or a date and time unchanged. Raises InvalidDate."""
    return _parse_datetime(text) or _start(text.strip())


def parse_period_end(text: str) -> datetime:
    """Return the exclusive end of a year, month or day; for a date and time, 1 µs later. Raises InvalidDate."""
    exact = _parse_datetime(text)
    if exact:
        return exact + timedelta(microseconds=1)
    first = _start(text.strip())
    separators = text.count("-") + text.count("/")  # 0: a year, 1: a month, 2: a day
    try:
        if separators == 2:
            return timezone.make_aware(timezone.make_naive(first) + timedelta(days=1))
        year, month = (first.year + 1, 1) if not separators or first.month == 12 else (first.year, first.month + 1)
        return first.replace(year=year, month=month)
    except (ValueError, OverflowError) as error:
        raise InvalidDate(text) from error


def _start(text: str) -> datetime:
    """Return the start of a year, month or day. Raises InvalidDate."""
    match = _DATE.match(text)
    if match is None:
        raise InvalidDate(text)
    year, month, day = match[1] or match[6], match[2] or match[5], match[3] or match[4]
    try:
        return timezone.make_aware(datetime(int(year), int(month or 1), int(day or 1)))
    except (ValueError, OverflowError) as error:
        raise InvalidDate(text) from error


def _parse_datetime(text: str) -> datetime | None:
    """Parse an ISO 8601 date and time; None for any other text."""
    if "T" not in text and ":" not in text:
        return None
    try:
        found = parse_datetime(text.strip())
        return timezone.make_aware(found) if found is not None and timezone.is_naive(found) else found
    except (ValueError, OverflowError):
        return None
