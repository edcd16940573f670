"""Timestamps in MediaWiki's format (ISO 8601)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone


def now() -> str:
    """Return the timestamp of the current time."""
    return format_timestamp(timezone.now())


def format_timestamp(time: datetime) -> str:
    """Format a time in UTC, in whole seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
