"""Recurring dates in the format `icalendar`, and their values in others."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar

from tests.ask.formats.building import column, content, moment, page_ref, result, text
from wiki.facts.datatypes import registry
from wiki.facts.values import Context, Declaration, Value

EDITED = datetime(2026, 11, 30, 11, 0, tzinfo=UTC)
"""A Monday."""


def recurring(raw: str) -> Value:
    return registry.parse(raw, Context("fr", Declaration("P", "P", "_rrule")))


def written(*texts: str, form: str = "icalendar", edited_at: datetime | None = EDITED) -> bytes:
    """Return the file of one page with these recurring dates."""
    values = [recurring(one) for one in texts]
    rows = [(page_ref("Atelier", edited_at=edited_at), [values, [text("Quai 3")]])]
    query_result = result(rows, [column("Rendez-vous", "_rrule"), column("Lieu")], format=form)
    return content(query_result)


def events(*texts: str, **more: Any) -> list[icalendar.Component]:
    return icalendar.Calendar.from_ical(written(*texts, **more)).walk("VEVENT")


def test_it_is_an_event_that_repeats_in_the_zone_of_the_wiki() -> None:
    (event,) = events("tous les mardis de 18h à 20h")
    begin = event.decoded("DTSTART")
    assert (begin.isoformat(), str(begin.tzinfo)) == ("2026-12-01T18:00:00+01:00", "Europe/Paris")
    assert event.decoded("DURATION") == timedelta(hours=2)
    assert event["RRULE"].to_ical() == b"FREQ=WEEKLY;BYDAY=TU"
    assert str(event["SUMMARY"]) == "Atelier"
    assert str(event["LOCATION"]) == "Quai 3"
    assert "DESCRIPTION" not in event
    assert b"DTSTART;TZID=Europe/Paris:20261201T180000" in written("tous les mardis de 18h à 20h")
    assert b"TZID:Europe/Paris" in written("tous les mardis de 18h à 20h")


def test_its_end_is_in_utc_where_its_start_has_a_zone() -> None:
    (timed,) = events("tous les mardis à 18h jusqu'au 29 juin 2027")
    assert b"UNTIL=20270629T160000Z" in timed["RRULE"].to_ical(), "six o'clock in summer"
    (winter,) = events("tous les mardis à 18h jusqu'au 29 décembre 2026")
    assert b"UNTIL=20261229T170000Z" in winter["RRULE"].to_ical()
    (whole,) = events("tous les mardis jusqu'au 29 juin 2027")
    assert b"UNTIL=20270629;" in whole["RRULE"].to_ical()


def test_an_event_without_a_time_has_a_day() -> None:
    (event,) = events("chaque année le 21 juin")
    assert event.decoded("DTSTART") == date(2027, 6, 21)
    assert event["RRULE"].to_ical() == b"FREQ=YEARLY;BYMONTHDAY=21;BYMONTH=6"
    assert "DURATION" not in event


def test_it_begins_at_its_own_start() -> None:
    (event,) = events("DTSTART:20260105T183000 RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=5")
    assert event.decoded("DTSTART").isoformat() == "2026-01-06T18:30:00+01:00"
    assert event["RRULE"].to_ical() == b"FREQ=WEEKLY;COUNT=5;INTERVAL=2;BYDAY=TU"


def test_what_has_no_known_day_is_no_event() -> None:
    assert events("un mardi sur deux", "tous les mardis jusqu'au 30 juin 2020") == []
    assert len(events("un mardi sur deux", "tous les mardis", "tous les jeudis")) == 2
    assert len(events("tous les mardis", edited_at=None)) == 1


def test_each_value_is_an_event_of_its_own_and_the_file_is_the_same_every_day() -> None:
    first, second = events("tous les mardis", "tous les jeudis")
    assert first["UID"] != second["UID"]
    assert written("tous les mardis") == written("tous les mardis")


def test_it_stands_beside_events_with_a_date() -> None:
    rows = [("Fête", [[moment("2026-06-12")], [recurring("tous les mardis")]])]
    query_result = result(rows, [column("Date", "_dat"), column("Rendez-vous", "_rrule")], format="icalendar")
    feast, weekly = icalendar.Calendar.from_ical(content(query_result)).walk("VEVENT")
    assert feast.decoded("DTSTART") == date(2026, 6, 12)
    assert "RRULE" not in feast
    assert weekly["RRULE"].to_ical() == b"FREQ=WEEKLY;BYDAY=TU"


def test_other_formats_have_the_words_or_the_rule() -> None:
    assert "tous les mardis" in written("tous les mardis", form="turtle").decode()
    (data,) = json.loads(written("tous les mardis", form="json"))["results"].values()
    assert data["printouts"]["Rendez-vous"] == [{"text": "tous les mardis", "rule": "RRULE:FREQ=WEEKLY;BYDAY=TU"}]
    assert "RRULE:FREQ=WEEKLY;BYDAY=TU" in written("tous les mardis", form="csv").decode()
