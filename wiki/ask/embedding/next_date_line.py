"""The line below recurring dates in the fact box: when they come next, in the wiki's time zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.translation import gettext

from wiki.ask.embedding.expiring_line import ExpiringLine
from wiki.facts.datatypes.recurrence_days import WINDOW_YEARS, has_ended, next_start
from wiki.facts.datatypes.recurrence_rules import Recurrence, read_rule


def next_date_line(canonical_values: Sequence[str], now: datetime) -> ExpiringLine | None:
    """Return when the earliest of these recurring dates comes after an aware `now`; None if no days are known."""
    known = [found for found in map(read_rule, canonical_values) if found.names_days]
    if not known:
        return None
    midnight = _at(datetime.combine(timezone.localtime(now).date() + timedelta(days=1), time()))
    starts = [(start, found) for found in known if (start := _next_start(found, now)) is not None]
    if starts:
        start, found = min(starts, key=lambda pair: pair[0])
        text = gettext("Next date: %(when)s") % {"when": _when(start, found)}
        ends = start if found.time is not None else start + timedelta(days=1)
        return ExpiringLine(format_html('<span class="next-date">{}</span>', text), _at(ends))
    if all(has_ended(found, timezone.localtime(now).date()) for found in known):
        return ExpiringLine(format_html('<span class="next-date">{}</span>', gettext("No more dates")), None)
    text = gettext("No date in the next %(years)s years") % {"years": WINDOW_YEARS}
    return ExpiringLine(format_html('<span class="next-date">{}</span>', text), midnight)


def _next_start(recurrence: Recurrence, now: datetime) -> datetime | None:
    """Return the next local time at which it begins, without its zone; today for what lasts all day."""
    local = timezone.localtime(now).replace(tzinfo=None)
    if recurrence.time is None:
        return next_start(recurrence, datetime.combine(local.date(), time()))
    start = next_start(recurrence, local)
    if start is not None and _at(start) <= now:  # an hour that the end of summer time repeats: it began in the first
        return next_start(recurrence, start + timedelta(minutes=1))
    return start


def _at(local: datetime) -> datetime:
    """Return a local time in UTC; in the hour that summer time skips, as if winter time went on (RFC 5545)."""
    return local.replace(tzinfo=timezone.get_default_timezone()).astimezone(UTC)


def _when(start: datetime, recurrence: Recurrence) -> str:
    """Return a moment with its day of the week; without a time of day for what lasts all day."""
    day = f"{date_format(start, 'l')} {date_format(start, 'DATE_FORMAT')}"
    if recurrence.time is None:
        return day
    return gettext("%(day)s at %(time)s") % {"day": day, "time": time_format(start.time(), "TIME_FORMAT")}
