"""`icalendar` (RFC 5545) and `vcard` (RFC 6350), both by the library icalendar: their content lines are alike."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from wiki.ask.formats.base import Format, FormatContext, Parameter, ResultFile, file_name, option
from wiki.ask.formats.cells import PLACE, Cells, columns_with_datatype, find_column, usable_values
from wiki.ask.formats.event_rows import PARAMETERS, Event, build_events, date_columns, in_utc
from wiki.errors import gettext_noop
from wiki.facts.datatypes.recurrence_days import occurrence_days
from wiki.facts.datatypes.recurrence_rules import read_rule
from wiki.facts.datatypes.recurring_dates import RECURRING_DATE

if TYPE_CHECKING:
    from icalendar import Component

    from wiki.ask.execution.results import QueryResult, ResultRow
    from wiki.facts.values import Value

DEFAULT_DTSTAMP = datetime(2000, 1, 1, tzinfo=UTC)
LOCATION_LABELS, DESCRIPTION_LABELS = ("location", "lieu", "adresse", "address"), ("description", "summary", "résumé")


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable() or character == "\n")


def _find_column_by_labels(result: QueryResult, names: tuple[str, ...]) -> int | None:
    return next((index for name in names if (index := find_column(result, name)) is not None), None)


def _cell_text(row: ResultRow, index: int | None, cells: Cells, between: str = ", ") -> str:
    return _printable(between.join(cells.texts(row, index))) if index is not None else ""


# --- icalendar
def _event(event: Event, cells: Cells, format_context: FormatContext) -> Component | None:
    """Return an event with a date; None outside Python's calendar."""
    if event.begins is None:
        return None
    entry = _entry(event.row, event.start, cells, format_context)
    if event.whole_days:
        entry.add("dtstart", event.begins.date())
        # The end is exclusive (RFC 5545): the day after the day, month or year.
        entry.add("dtend", (event.ends or event.begins + timedelta(days=1)).date())
    else:
        entry.add("dtstart", in_utc(event.begins))
        if event.end is not None and event.ends is not None:
            entry.add("dtend", in_utc(event.ends))
    return entry


def _recurring_event(row: ResultRow, value: Value, cells: Cells, format_context: FormatContext) -> Component | None:
    """Return an event with a rule; None if no days are known, or none comes.

    Without a start it begins on its first day since the page was edited: so the file changes only with the page.
    """
    from icalendar import vRecur

    recurrence = read_rule(value.canonical_value)
    edited = timezone.localtime(row.subject.edited_at or DEFAULT_DTSTAMP).date()
    day = next(occurrence_days(recurrence, recurrence.start or edited), None)
    if day is None:
        return None
    entry, last = _entry(row, value, cells, format_context), ""
    if recurrence.time is None:
        entry.add("dtstart", day)
    else:
        zone = timezone.get_default_timezone()
        entry.add("dtstart", datetime.combine(day, recurrence.time, zone))
        if recurrence.until is not None:  # in UTC, where the start has a zone (RFC 5545)
            last = f"{in_utc(datetime.combine(recurrence.until, recurrence.time, zone)):%Y%m%dT%H%M%SZ}"
    if recurrence.duration is not None:
        entry.add("duration", recurrence.duration)
    entry.add("rrule", vRecur.from_ical(recurrence.rule(last=last)))
    return entry


def _entry(row: ResultRow, start: Value, cells: Cells, format_context: FormatContext) -> Component:
    """Return an event without its time: name, place and what else its row says."""
    from icalendar import Event as Entry  # heavy, and needed by few requests

    result, subject = cells.result, row.subject
    entry = Entry()
    address = format_context.absolute_url(subject.url)
    digest = hashlib.sha256(f"{address} {start.raw}".encode()).hexdigest()[:32]
    entry.add("uid", f"{digest}@{format_context.base_url.partition('://')[2]}")
    entry.add("dtstamp", subject.edited_at or DEFAULT_DTSTAMP)
    entry.add("summary", _printable(subject.shown_title))
    entry.add("url", address)
    used = {*date_columns(result), *columns_with_datatype(result, RECURRING_DATE)}
    places = columns_with_datatype(result, PLACE)
    location, description = (
        _find_column_by_labels(result, LOCATION_LABELS),
        _find_column_by_labels(result, DESCRIPTION_LABELS),
    )
    for value in usable_values(row, places, PLACE)[:1]:
        entry.add("geo", (value.lat, value.lon))
    used.update(places)
    if location not in places and (text := _cell_text(row, location, cells)):
        entry.add("location", text)
    rest = [index for index in range(len(result.columns)) if index not in used | {location, description}]
    lines = [
        _cell_text(row, description, cells, "\n"),
        *(_labelled_text(row, index, cells) for index in rest),
    ]
    if text := "\n".join(line for line in lines if line):
        entry.add("description", text)
    return entry


def _labelled_text(row: ResultRow, index: int, cells: Cells) -> str:
    text, label = _cell_text(row, index, cells), cells.result.columns[index].label
    return f"{label}: {text}" if text and label else text


def icalendar_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return every event with a date in Python's calendar, and every recurring one."""
    from icalendar import Calendar  # heavy, and needed by few requests

    cells, calendar = Cells(result), Calendar()
    calendar.add("prodid", "-//Movilab//Movilab//FR")
    calendar.add("version", "2.0")
    if title := option(result, "title"):
        calendar.add("x-wr-calname", _printable(title))
    recurring = columns_with_datatype(result, RECURRING_DATE)
    entries = [_event(event, cells, format_context) for event in build_events(result)] + [
        _recurring_event(row, value, cells, format_context)
        for row in result.rows
        for value in usable_values(row, recurring, RECURRING_DATE)
    ]
    for entry in entries:
        if entry is not None:
            calendar.add_component(entry)
    if recurring:
        calendar.add_missing_timezones()
    return ResultFile("text/calendar; charset=utf-8", file_name(result, "ics"), calendar.to_ical())


# --- vcard
VCARD_LABELS: dict[str, tuple[str, ...]] = {
    "n-given": ("firstname", "given name", "prénom"),
    "n-family": ("lastname", "family name", "surname", "nom", "nom de famille"),
    "org": ("organization", "organisation", "org"),
    "title": ("title", "titre", "fonction"),
    "role": ("role", "rôle"),
    "email": ("email", "e-mail", "courriel", "mail", "adresse électronique"),
    "tel": ("tel", "phone", "telephone", "téléphone", "workphone", "cellphone", "homephone", "mobile"),
    "url": ("url", "web", "site", "site web", "website"),
    "adr": ("address", "adresse", "street", "rue"),
    "adr-city": ("city", "locality", "ville", "commune"),
    "adr-code": ("postalcode", "postal code", "code postal"),
    "adr-country": ("country", "pays"),
    "note": ("note", "description"),
}
"""Labels of printouts by vCard property; the first label present is used."""


def _vcard(row: ResultRow, cells: Cells, format_context: FormatContext, columns: dict[str, int | None]) -> Component:
    from icalendar import Component, vText
    from icalendar.prop import vAdr, vN, vOrg

    def texts(field: str) -> list[str]:
        index = columns[field]
        return [_printable(text) for text in cells.texts(row, index)] if index is not None else []

    def first(field: str) -> str:
        return next(iter(texts(field)), "")

    class Card(Component):
        name = "VCARD"

    card = Card()
    card.add("version", vText("4.0"))
    card.add("kind", vText("org" if not first("n-family") and first("org") else "individual"))
    card.add("fn", vText(_printable(row.subject.shown_title)))
    if first("n-family") or first("n-given"):
        card.add("n", vN((first("n-family"), first("n-given"), "", "", "")))
    for field in ("title", "role", "email", "note"):
        for text in texts(field):
            card.add(field, vText(text))
    for text in texts("tel"):
        card.add("tel", vText(text))
    if first("org"):
        card.add("org", vOrg((first("org"),)))
    address = ("", "", first("adr"), first("adr-city"), "", first("adr-code"), first("adr-country"))
    if any(address):
        card.add("adr", vAdr(address))
    for text in (*texts("url"), format_context.absolute_url(row.subject.url)):
        card.add("url", "".join(text.split()))
    return card


def vcard_file(result: QueryResult, format_context: FormatContext) -> ResultFile:
    """Return one vCard for each row; its properties are found by printout labels in French or English."""
    cells = Cells(result)
    columns = {field: _find_column_by_labels(result, names) for field, names in VCARD_LABELS.items()}
    cards = (_vcard(row, cells, format_context, columns).to_ical(sorted=False) for row in result.rows)
    return ResultFile("text/vcard; charset=utf-8", file_name(result, "vcf"), b"".join(cards))


FILENAME = Parameter("filename", "text", "", gettext_noop("The name of the file, instead of that of the question."))
FORMATS = (
    Format(
        "icalendar", "iCalendar", gettext_noop("Events for calendar programs."), ("ical", "ics"),
        (*PARAMETERS, Parameter("title", "text", "", gettext_noop("The title of the calendar.")), FILENAME),
        file=icalendar_file,
    ),
    Format("vcard", "vCard", gettext_noop("Addresses for address books."), ("vcf",), (FILENAME,), file=vcard_file),
)  # fmt: skip
