"""Days as people write them, as moments: 2019, 2019-03, 2019-03-05, 05/03/2019, or a moment of ISO 8601."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\Z|(\d{1,2})/(\d{1,2})/(\d{4})\Z", re.ASCII)


class InvalidDate(ValueError):
    """A text that names no day."""


def parse_period_start(text: str) -> datetime:
    """The beginning of a year, month or day, or a moment as it stands. Raises NoDate."""
    return _exact(text) or _begin(text.strip())


def parse_period_end(text: str) -> datetime:
    """The first moment after a year, month or day, or after a moment. Raises NoDate."""
    exact = _exact(text)
    if exact:
        return exact + timedelta(microseconds=1)
    first = _begin(text.strip())
    signs = text.count("-") + text.count("/")
    try:
        if signs == 2:
            return timezone.make_aware(timezone.make_naive(first) + timedelta(days=1))
        year, month = (first.year + 1, 1) if not signs or first.month == 12 else (first.year, first.month + 1)
        return first.replace(year=year, month=month)
    except (ValueError, OverflowError) as error:
        raise InvalidDate(text) from error


def _begin(text: str) -> datetime:
    match = _DATE.match(text)
    if match is None:
        raise InvalidDate(text)
    year, month, day = match[1] or match[6], match[2] or match[5], match[3] or match[4]
    try:
        return timezone.make_aware(datetime(int(year), int(month or 1), int(day or 1)))
    except (ValueError, OverflowError) as error:
        raise InvalidDate(text) from error


def _exact(text: str) -> datetime | None:
    """A moment with its time; None for anything else."""
    if "T" not in text and ":" not in text:
        return None
    try:
        found = parse_datetime(text.strip())
        return timezone.make_aware(found) if found is not None and timezone.is_naive(found) else found
    except (ValueError, OverflowError):
        return None
