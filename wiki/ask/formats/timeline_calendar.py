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
"""Events in one cell of the calendar; further ones are counted."""


def time_html(event: Event, cells: Cells) -> SafeString:
    """Return start and end of an event as text, in a `time` element where the calendar allows."""
    context = cells.result.columns[event.column].context
    output_format = cells.result.columns[event.column].printout.output_format
    text = cells.value_text(event.start, context, output_format)
    if event.end is not None:
        text = f"{text} – {cells.value_text(event.end, context, output_format)}"
    if event.begins is None:
        return escape(text)
    machine_readable = event.begins.date().isoformat() if event.whole_days else event.begins.isoformat()
    return format_html('<time datetime="{}">{}</time>', machine_readable, text)


def details_html(event: Event, cells: Cells) -> SafeString:
    """Return the other printouts of the row."""
    dates = event_rows.date_columns(cells.result)
    lines = []
    for index, column in enumerate(cells.result.columns):
        values = cells.html(event.row, index)
        if index in dates or not values:
            continue
        value = join_html(", ", values)
        lines.append(with_label(escape(column.label), value) if cells.headers != "hide" and column.label else value)
    return format_html('<div class="ask-details">{}</div>', join_html(" · ", lines)) if lines else EMPTY_HTML


def _year(event: Event) -> str:
    return str(event.begins.year) if event.begins else ""


def timeline(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render events along a line, earliest first, under their years."""
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
def month_to_show(result: QueryResult, events: list[Event], today: date) -> date:
    """Return the month to show: that of the parameter `month`, else the next with an event, else the last with one."""
    given = re.fullmatch(r"(\d{4})-(\d{1,2})", option(result, "month"))
    if given and 1 <= int(given[2]) <= 12 and 1 < int(given[1]) < 9999:
        return date(int(given[1]), int(given[2]), 1)
    days = [event.begins.date() for event in events if event.begins]
    upcoming = [day for day in days if day >= today.replace(day=1)]
    day = (upcoming or days[-1:] or [today])[0]
    return day.replace(day=1) if 1 < day.year < 9999 else today.replace(day=1)


def _by_day(events: list[Event], month: date) -> dict[date, list[Event]]:
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    days: dict[date, list[Event]] = {}
    for event in events:
        for day in event.days(month, last):
            days.setdefault(day, []).append(event)
    return days


def _day(day: date, month: date, events: list[Event], cells: Cells, today: date) -> SafeString:
    if day.month != month.month:
        return format_html('<td class="ask-other"></td>{}', EMPTY_HTML)
    items = format_html_join(
        "", "<li>{}{}</li>", ((_time(event), cells.subject_html(event.row)) for event in events[:EVENTS_PER_DAY])
    )
    more = len(events) - EVENTS_PER_DAY
    further = format_html("<li>{}</li>", gettext("%(number)s more") % {"number": more}) if more > 0 else EMPTY_HTML
    listed = format_html("<ul>{}{}</ul>", items, further) if events else EMPTY_HTML
    name = "ask-today" if day == today else "ask-empty" if not events else ""
    return format_html(
        '<td{}><time datetime="{}"><span class="ask-weekday">{} </span>{}</time>{}</td>',
        format_html(' class="{}"', name) if name else EMPTY_HTML,
        day.isoformat(), WEEKDAYS[day.weekday()], day.day, listed,
    )  # fmt: skip


def _time(event: Event) -> SafeString:
    if event.whole_days or event.begins is None:
        return EMPTY_HTML
    return format_html('<span class="ask-hour">{} </span>', event.begins.strftime("%H:%M"))


def _month_links(month: date, format_context: FormatContext) -> SafeString:
    """Return links to the previous and the next month."""
    before, after = (month - timedelta(days=1)).replace(day=1), (month + timedelta(days=31)).replace(day=1)
    links = []
    for other, rel, pattern in ((before, "prev", "← {}"), (after, "next", "{} →")):
        url = format_context.url_with({"month": f"{other:%Y-%m}"})
        label = pattern.format(date_format(other, "YEAR_MONTH_FORMAT"))
        links.append(format_html('<a rel="{} nofollow" href="{}">{}</a>', rel, url, label) if url else EMPTY_HTML)
    return join_html(" ", links)


def calendar(result: QueryResult, format_context: FormatContext) -> SafeString:
    """Render one month as a grid of days."""
    events, cells = build_events(result), Cells(result)
    month = month_to_show(result, events, format_context.today)
    sunday = option(result, "firstday").lower() in ("sunday", "dimanche")
    weeks = months.Calendar(6 if sunday else 0)
    order = list(weeks.iterweekdays())
    heads = format_html_join(
        "", '<th scope="col"><abbr title="{}">{}</abbr></th>', ((WEEKDAYS[day], WEEKDAYS_ABBR[day]) for day in order)
    )
    days = _by_day(events, month)
    body = format_html_join(
        "",
        "<tr>{}</tr>",
        (
            (join_html("", (_day(day, month, days.get(day, []), cells, format_context.today) for day in week)),)
            for week in weeks.monthdatescalendar(month.year, month.month)
        ),
    )
    return format_html(
        '<div class="ask-calendar"><table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
        '<p class="ask-turning">{}</p></div>',
        date_format(month, "YEAR_MONTH_FORMAT"), heads, body, _month_links(month, format_context),
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
        calendar, limit=INLINE_LIMIT, shows_today=True,
    ),
)  # fmt: skip
