"""Times of facts are those of the site's time zone (`TIME_ZONE`): conversion from and to UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from wiki.facts.datatypes.partial_dates import PartialDate

ORDINAL_OF_DAY_0 = 1_721_425
"""The Julian day number of the day before 1 January of the year 1."""


def to_local(moment: PartialDate) -> PartialDate:
    """Convert a time in UTC to the site's time zone; outside the years of Python's calendar it stays as it is."""
    try:
        utc = _datetime(moment).replace(tzinfo=UTC)
        return moment.add_minutes(_minutes(utc.astimezone(timezone.get_default_timezone()).utcoffset()))
    except (ValueError, OverflowError):
        return moment


def utc_offset(moment: PartialDate) -> int:
    """Return how many minutes a time of the site is ahead of UTC; 0 outside the years of Python's calendar."""
    try:
        return _minutes(_datetime(moment).replace(tzinfo=timezone.get_default_timezone()).utcoffset())
    except (ValueError, OverflowError):
        return 0


def zone_name(moment: PartialDate) -> str:
    """Return the abbreviation of the site's time zone at a time, such as CET."""
    try:
        return _datetime(moment).replace(tzinfo=timezone.get_default_timezone()).tzname() or ""
    except (ValueError, OverflowError):
        return str(timezone.get_default_timezone())


def _datetime(moment: PartialDate) -> datetime:
    """Return the same day and time of day without a time zone. Raises ValueError, OverflowError."""
    return datetime.fromordinal(moment.number - ORDINAL_OF_DAY_0) + timedelta(milliseconds=moment.millis)


def _minutes(offset: timedelta | None) -> int:
    return round((offset or timedelta()).total_seconds() / 60)
