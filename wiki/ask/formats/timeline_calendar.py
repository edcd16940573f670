"""Results in time: `timeline` and `calendar`."""

from __future__ import annotations

import calendar as months
import re
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wiki.ask.formats import event_rows
from wiki.ask.formats.base import EMPTY_HTML, Format, FormatContext, Parameter, option
from wiki.ask.formats.cells import Cells, join_html, with_label
from wiki.ask.formats.event_rows import Event, build_events
from wiki.ask.language.query_ast import INLINE_LIMIT
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult

EVENTS_PER_DAY = 6
"""Events in one cell of the calendar; the others are counted."""


def time_html(event: Event, cells: Cells) -> SafeString:
    """From when to when, in words, readable by machines where the calendar allows."""
    context = cells.result.columns[event.column].context
    form = cells.result.columns[event.column].printout.output_format
    words = cells.value_text(event.start, context, form)
    if event.end is not None:
        words = f"{words} – {cells.value_text(event.end, context, form)}"
    if event.begins is None:
        return escape(words)
    stamp = event.begins.date().isoformat() if event.whole_days else event.begins.isoformat()
    return format_html('<time datetime="{}">{}</time>', stamp, words)


def details_html(event: Event, cells: Cells) -> SafeString:
    """What else the row prints."""
    dates = event_rows.date_columns(cells.result)
    lines = []
    for index, column in enumerate(cells.result.columns):
        values = cells.html(event.row, index)
        if index in dates or not values:
            continue
        words = join_html(", ", values)
        lines.append(with_label(escape(column.label), words) if cells.headers != "hide" and column.label else words)
    return format_html('<div class="ask-details">{}</div>', join_html(" · ", lines)) if lines else EMPTY_HTML


def _year(event: Event) -> str:
    return str(event.begins.year) if event.begins else ""


def timeline(result: QueryResult, shown: FormatContext) -> SafeString:
    """Events along a line, earliest first, under their years."""
    cells = Cells(result)
    years = []
    for year, group in groupby(build_events(result), key=_year):
        items = format_html_join(
            "",
            '<li><div class="ask-when">{}</div>{}{}</li>',
            ((time_html(event, cells), cells.subject_html(event.row), details_html(event, cells)) for event in group),
        )
        head = format_html('<p class="ask-year"><strong>{}</strong></p>', year) if year else EMPTY_HTML
        years.append(format_html("{}<ol>{}</ol>", head, items))
    return format_html('<div class="ask-timeline">{}</div>', join_html("", years)) if years else _no_dates()


def _no_dates() -> SafeString:
    return format_html('<p class="rows-note">{}</p>', gettext("No result has a date. Print a property of dates."))


# --- calendar
def month_to_show(result: QueryResult, found: list[Event], today: date) -> date:
    """The month to show: the one asked for, else the next with an event, else the last with one."""
    asked = re.fullmatch(r"(\d{4})-(\d{1,2})", option(result, "month"))
    if asked and 1 <= int(asked[2]) <= 12 and 1 < int(asked[1]) < 9999:
        return date(int(asked[1]), int(asked[2]), 1)
    days = [event.begins.date() for event in found if event.begins]
    coming = [day for day in days if day >= today.replace(day=1)]
    chosen = (coming or days[-1:] or [today])[0]
    return chosen.replace(day=1) if 1 < chosen.year < 9999 else today.replace(day=1)


def _by_day(found: list[Event], month: date) -> dict[date, list[Event]]:
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    days: dict[date, list[Event]] = {}
    for event in found:
        for day in event.days(month, last):
            days.setdefault(day, []).append(event)
    return days


def _day(day: date, month: date, happening: list[Event], cells: Cells, today: date) -> SafeString:
    if day.month != month.month:
        return format_html('<td class="ask-other"></td>{}', EMPTY_HTML)
    items = format_html_join(
        "", "<li>{}{}</li>", ((_time(event), cells.subject_html(event.row)) for event in happening[:EVENTS_PER_DAY])
    )
    more = len(happening) - EVENTS_PER_DAY
    rest = format_html("<li>{}</li>", gettext("%(number)s more") % {"number": more}) if more > 0 else EMPTY_HTML
    listed = format_html("<ul>{}{}</ul>", items, rest) if happening else EMPTY_HTML
    name = "ask-today" if day == today else "ask-empty" if not happening else ""
    return format_html(
        '<td{}><time datetime="{}"><span class="ask-weekday">{} </span>{}</time>{}</td>',
        format_html(' class="{}"', name) if name else EMPTY_HTML,
        day.isoformat(), WEEKDAYS[day.weekday()], day.day, listed,
    )  # fmt: skip


def _time(event: Event) -> SafeString:
    if event.whole_days or event.begins is None:
        return EMPTY_HTML
    return format_html('<span class="ask-hour">{} </span>', event.begins.strftime("%H:%M"))


def _turning(month: date, shown: FormatContext) -> SafeString:
    """Links to the months before and after."""
    before, after = (month - timedelta(days=1)).replace(day=1), (month + timedelta(days=31)).replace(day=1)
    links = []
    for other, rel, pattern in ((before, "prev", "← {}"), (after, "next", "{} →")):
        url = shown.url_with({"month": f"{other:%Y-%m}"})
        words = pattern.format(date_format(other, "YEAR_MONTH_FORMAT"))
        links.append(format_html('<a rel="{} nofollow" href="{}">{}</a>', rel, url, words) if url else EMPTY_HTML)
    return join_html(" ", links)


def calendar(result: QueryResult, shown: FormatContext) -> SafeString:
    """One month as a grid of days."""
    found, cells = build_events(result), Cells(result)
    month = month_to_show(result, found, shown.today)
    sunday = option(result, "firstday").lower() in ("sunday", "dimanche")
    weeks = months.Calendar(6 if sunday else 0)
    order = list(weeks.iterweekdays())
    heads = format_html_join(
        "", '<th scope="col"><abbr title="{}">{}</abbr></th>', ((WEEKDAYS[day], WEEKDAYS_ABBR[day]) for day in order)
    )
    days = _by_day(found, month)
    body = format_html_join(
        "",
        "<tr>{}</tr>",
        (
            (join_html("", (_day(day, month, days.get(day, []), cells, shown.today) for day in week)),)
            for week in weeks.monthdatescalendar(month.year, month.month)
        ),
    )
    return format_html(
        '<div class="ask-calendar"><table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
        '<p class="ask-turning">{}</p></div>',
        date_format(month, "YEAR_MONTH_FORMAT"), heads, body, _turning(month, shown),
    )  # fmt: skip


FORMATS = (
    Format(
        "timeline", gettext_noop("timeline"), gettext_noop("Events along a line, earliest first."),
        ("eventline",), event_rows.PARAMETERS, timeline,
    ),
    Format(
        "calendar", gettext_noop("calendar"), gettext_noop("Events in the days of a month."),
        ("eventcalendar",),
        (
            *event_rows.PARAMETERS,
            Parameter("month", "text", "", gettext_noop("The month shown, as 2026-11; else the next with an event.")),
            Parameter("firstday", "choice", "monday", gettext_noop("The first day of the week."),
                      ("monday", "sunday")),
        ),
        calendar, limit=INLINE_LIMIT,
    ),
)  # fmt: skip
