"""Results as events: which columns are their start and end, and the dates of these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from wiki.ask.formats.base import Parameter, option
from wiki.ask.formats.cells import DATE, columns_with_datatype, find_column, usable_values
from wiki.errors import gettext_noop

if TYPE_CHECKING:
    from wiki.ask.execution.results import QueryResult, ResultRow
    from wiki.facts.values import Value

EPOCH_DAY = 2440587.5
"""The Julian day of 1970-01-01 0h."""
EPOCH = datetime(1970, 1, 1)
MINUTE = 1 / 1440
START_LABELS, END_LABELS = ("start", "début", "debut"), ("end", "fin")
"""Labels of the start and end columns, as in SMW's formats."""
PARAMETERS = (
    Parameter("start", "property", "", gettext_noop("The printout that says when it begins; else the first date.")),
    Parameter("end", "property", "", gettext_noop("The printout that says when it ends; else the second date.")),
)


def datetime_of_julian_day(julian_day: float | None) -> datetime | None:
    """Convert a Julian day to a datetime in the site's time zone, to the second; None outside the years 1 to 9999."""
    if julian_day is None:
        return None
    try:
        local = EPOCH + timedelta(seconds=round((julian_day - EPOCH_DAY) * 86400))
    except OverflowError:
        return None
    return local.replace(tzinfo=timezone.get_default_timezone())


def in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; as it is on the first and last days of Python's calendar."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def is_whole_days(value: Value) -> bool:
    """Whether a date is a day, month or year without time of day."""
    return value.number is not None and value.number_end is not None and value.number_end - value.number > 1 - MINUTE


@dataclass(frozen=True, slots=True)
class Event:
    """An event: a row with a start and perhaps an end."""

    row: ResultRow
    start: Value
    end: Value | None
    begins: datetime | None
    """None for dates outside Python's calendar."""
    ends: datetime | None
    """The exclusive end; for a whole-day event the midnight after its last day."""
    column: int
    """The index of the start column."""

    @property
    def whole_days(self) -> bool:
        """Whether no time of day is known."""
        return is_whole_days(self.start) and (self.end is None or is_whole_days(self.end))

    def days(self, first: date, last: date) -> list[date]:
        """Return the days of the event between `first` and `last`."""
        if self.begins is None:
            return []
        ends = max(self.begins, (self.ends or self.begins) - timedelta(seconds=1))
        begin, end = max(first, self.begins.date()), min(last, ends.date())
        return [begin + timedelta(days=day) for day in range((end - begin).days + 1)]


def date_columns(result: QueryResult) -> tuple[int | None, int | None]:
    """Return the start and end columns: named by parameters, by their labels, else the first two columns of dates."""
    dates = columns_with_datatype(result, DATE)

    def find_date_column(parameter: str, labels: tuple[str, ...]) -> int | None:
        for name in (option(result, parameter), *labels):
            index = find_column(result, name) if name else None
            if index in dates:
                return index
        return None

    start, end = find_date_column("start", START_LABELS), find_date_column("end", END_LABELS)
    remaining = [index for index in dates if index not in (start, end)]
    if start is None and remaining:
        start = remaining.pop(0)
    if end is None and remaining:
        end = remaining.pop(0)
    return start, end


def build_events(result: QueryResult) -> list[Event]:
    """Return the events of a result, earliest first. A row with several starts is several events."""
    start, end = date_columns(result)
    if start is None:
        return []
    found = []
    for row in result.rows:
        ends = usable_values(row, [end], DATE) if end is not None else []
        for number, value in enumerate(usable_values(row, [start], DATE)):
            end_value = ends[number] if number < len(ends) else None
            if end_value is not None and (end_value.number or 0) < (value.number or 0):
                end_value = None  # an end before the start is a mistake: show the event without an end
            begins, ends_at = (
                datetime_of_julian_day(value.number),
                datetime_of_julian_day((end_value or value).number_end),
            )
            found.append(Event(row, value, end_value, begins, ends_at, start))
    return sorted(found, key=lambda event: event.start.number or 0)
