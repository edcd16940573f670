"""Timestamps in MediaWiki's format (ISO 8601)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from wiki.api.api_request import ApiError
from wiki.errors import gettext_noop


def now() -> str:
    """Return the timestamp of the current time."""
    return format_timestamp(timezone.now())


def format_timestamp(time: datetime) -> str:
    """Format a time in UTC, in whole seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(value: str, name: str) -> datetime:
    """Parse the parameter `name`: ISO 8601, 14 digits, or `now`. Raises ApiError."""
    if value == "now":
        return timezone.now()
    try:
        if value.isdecimal() and len(value) == 14:
            return datetime.strptime(f"{value}+0000", "%Y%m%d%H%M%S%z")
        found = parse_datetime(value)
    except ValueError:
        found = None
    if found is None:
        message = gettext_noop('Invalid value "%(value)s" for timestamp parameter "%(name)s".')
        raise ApiError("badtimestamp", message, value=value[:40], name=name)
    return found if timezone.is_aware(found) else found.replace(tzinfo=UTC)
