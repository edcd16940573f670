"""The line below opening hours in the fact box: whether it is open now, and when that changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.translation import gettext

from wiki.ask.embedding.expiring_line import ExpiringLine
from wiki.facts.datatypes.opening_hours import NoOpeningHours, join_rules, opening_state, read_opening_hours

DAYS_OF_WEEK = 7


def opening_line(raw_values: Sequence[str], now: datetime) -> ExpiringLine | None:
    """Return whether a place with these opening hours, as written, is open at an aware `now`; None without a rule."""
    local = timezone.localtime(now).replace(tzinfo=None, second=0, microsecond=0)
    try:
        state = opening_state(join_rules([read_opening_hours(raw) for raw in raw_values]), local, holiday_country())
    except NoOpeningHours:
        return None
    if state.is_open is None:
        text, style = gettext("By appointment"), "opening-unknown"
    elif state.is_open:
        text, style = gettext("Open now"), "opening-open"
    else:
        text, style = gettext("Closed now"), "opening-closed"
    change = state.changes_at
    if change is not None and state.is_open is not None:
        template = gettext("%(state)s, closes %(when)s") if state.is_open else gettext("%(state)s, opens %(when)s")
        text = template % {"state": text, "when": _when(change, local)}
    midnight = local.replace(hour=0, minute=0) + timedelta(days=1)
    ends = min(change, midnight) if change is not None else midnight
    aware = timezone.make_aware(ends, timezone.get_default_timezone())
    return ExpiringLine(format_html('<span class="opening {}">{}</span>', style, text), aware)


def holiday_country() -> str:
    """Return the country whose holidays count: France, where the site's time is that of Paris."""
    return "FR" if settings.TIME_ZONE == "Europe/Paris" else ""


def _when(change: datetime, now: datetime) -> str:
    """Return the moment of a change as people say it: the time today, the day of this week, or the date."""
    days = (change.date() - now.date()).days
    time = time_format(change.time(), "TIME_FORMAT")
    if days == 0:
        return gettext("at %(time)s") % {"time": time}
    if days == 1 and change.hour == change.minute == 0:
        return gettext("at midnight")
    if days == 1:
        return gettext("tomorrow at %(time)s") % {"time": time}
    if days < DAYS_OF_WEEK:
        return gettext("%(day)s at %(time)s") % {"day": date_format(change, "l").lower(), "time": time}
    return gettext("on %(date)s") % {"date": date_format(change, "DATE_FORMAT")}
