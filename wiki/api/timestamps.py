"""Moments as MediaWiki writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone


def now() -> str:
    """The present moment."""
    return format_timestamp(timezone.now())


def format_timestamp(moment: datetime) -> str:
    """A moment in UTC, in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
