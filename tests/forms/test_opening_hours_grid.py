"""Opening hours as a table: what OpenStreetMap's syntax says is shown and written without loss, or left alone."""

from __future__ import annotations

import itertools
import json
import subprocess
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from opening_hours import OpeningHours, validate

from movilab.assets import find_node
from wiki.facts.datatypes.opening_hours import NoOpeningHours, read_opening_hours

SCRIPT = Path(__file__).parent / "opening_hours.mjs"
DAY_TEXTS = ["Mo-Fr", "Mo", "Tu,Th", "Sa-Mo", "We-Su", "Mo-Su", ""]
HOUR_TEXTS = ["09:00-12:00", "9:00-12:00,14:00-18:30", "00:00-24:00", "18:00-00:00", "off", "closed"]
RESTS = [
    "",
    "; Sa 10:00-13:00",
    "; PH off",
    ", We 20:00-21:00",
    "; We off; PH 10:00-12:00",
    "; Su 11:00-12:00; PH closed",
]
SHOWN = [
    *(
        f"{days} {hours}{rest}".strip()
        for days, hours, rest in itertools.product(DAY_TEXTS, HOUR_TEXTS, RESTS)
        if not (rest.startswith(",") and hours in {"off", "closed"})
    ),
    "24/7", "24/7; Mo off", "24/7; PH off", 'Mo-Fr 09:00-12:00 "sonner"', '24/7 unknown "sur rendez-vous"', "",
    'Mo-Fr 09:00-12:00 "a"; Sa 10:00-12:00 "a"; Su off', "mo-fr 09:00-12:00; PH off", "Mo,PH 10:00-11:00", 'off "été"',
    "Mo-Su,PH 10:00-12:00", "Fr-Sa 18:00-02:00", "Fr 18:00-26:00", "Su,PH off", "  Mo 09:00-12:00 ;  Tu 10:00-12:00",
    "Mo 9:00 - 12:00, 14:00 - 18:00", "Tu-Fr 09:00-12:00,14:00-18:30; Sa 10:00-13:00",
]  # fmt: skip
"""Texts that the table shows. `opening_hours` reads all of them."""
NOT_SHOWN = [
    "Mo,09:00-12:00", "PH-Tu 09:00-12:00", "Mo 09:00-12:000", "Mo[1],Tu 09:00-12:00", "Month,Tu 09:00-12:00",
    "Mo[1] 09:00-12:00", "Jan-Mar Mo 09:00-12:00", "week 1-10 Mo 09:00-12:00", "sunrise-sunset", "Mo 09:00+", "SH off",
    'Mo 09:00-12:00 || "rdv"', '24/7 unknown "rdv"; Tu 09:00-12:00', 'Mo 09:00-12:00 "a"; Tu 10:00-12:00 "b"', "open",
    'Mo 09:00-12:00; Su off "vacances"', 'Mo 09:00-12:00 "a"; Tu 10:00-12:00', "Dec 25 off",
    "Mo 09:00-12:00; Dec 25 off", "2026 Mo 09:00-12:00", "PH off; Mo-Fr 09:00-12:00", "Mo-Fr", "easter off", '"rdv"',
    "unknown", "Mo 10:00-16:00/01:30", "Mo,PH 10:00-11:00; Tu 10:00-12:00", "PH -1 day off", "Mo 09:00-12:00 unknown",
    "Mo 09:00-12:00+", "Mo-PH 10:00-12:00", "Du mardi au vendredi 9h-12h", "sur rendez-vous", "Mo 25:00-26:00",
    "Mo 09:60-12:00", "Mo 09:00", "Mo 09:00-", "Mo 09:00-12:00;", "; Mo 09:00-12:00", "Mo 09:00-12:00 Tu 10:00-12:00",
    "Mo off, Mo", "Mo 09:00-12:00, Mo off", "Mo,", "Mo 09:00-12:00,", "Mo, Tu 09:00-12:00",
    "Mo 09:00-12:00 , 14:00-18:00", "Mo 09:00-12:00,  14:00-18:00", "Mo 09:00-12:00,Tu 09:00-12:00", "Mo 10:00-47:00",
    "Mo: 09:00-12:00", 'Mo 09:00-12:00 "a', "lundi", "x", "Mo 9-12", "Month 09:00-10:00",
]  # fmt: skip
"""Texts that the table leaves alone: they say more than a week, or are words, or mistakes."""


def run(texts: list[str]) -> dict[str, Any]:
    """Return what the script answers."""
    command = [*find_node().node, str(SCRIPT)]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@cache
def outcome() -> dict[str, Any]:
    """Return what the script makes of each text."""
    return dict(zip([*SHOWN, *NOT_SHOWN], run([*SHOWN, *NOT_SHOWN])["results"], strict=True))


def schedule(text: str) -> list[tuple[Any, ...]]:
    """Return when a place is open in two months with many holidays; adjoining intervals are one."""
    start = datetime(2024, 4, 22)
    found: list[tuple[Any, ...]] = []
    for begin, end, state, comment in OpeningHours(text, country="FR").intervals(start, start + timedelta(days=60)):
        if "closed" in str(state).lower():
            continue
        if found and (found[-1][1], *found[-1][2:]) == (begin, str(state), comment):
            found[-1] = (found[-1][0], end, *found[-1][2:])
        else:
            found.append((begin, end, str(state), comment))
    return found


def test_the_library_reads_what_the_table_shows() -> None:
    assert [text for text in SHOWN if text and not validate(text)] == []
    assert [text for text in SHOWN if outcome()[text] is None] == []


def test_what_is_written_means_the_same() -> None:
    results = outcome()
    differ = [
        (text, results[text]["written"])
        for text in SHOWN
        if text and schedule(text) != schedule(results[text]["written"])
    ]
    assert differ == []


def test_what_is_written_is_read_again_and_is_what_the_wiki_reads() -> None:
    written = [outcome()[text]["written"] for text in SHOWN if text]
    assert [text for text in written if not read_opening_hours(text)] == []
    assert [again["written"] for again in run(written)["results"]] == written


def days_but_wednesdays(text: str) -> list[tuple[Any, ...]]:
    """Return the hours of days that are neither Wednesdays nor holidays."""
    holidays = {datetime(2024, 5, day).date() for day in (1, 8, 9, 20)}
    begins = [row[:2] for row in schedule(text) if row[0].weekday() != 2]
    return [row for row in begins if row[0].date() not in holidays]


def test_one_changed_day_changes_that_day_only() -> None:
    for text in SHOWN:
        changed = outcome()[text]["changed"]
        assert "07:00-08:00" in changed
        assert "09:00-," not in changed
        around_midnight = any(sign in text for sign in ("24/7", "00:00", ":00-02", "26:00"))
        if text and "unknown" not in text and not around_midnight:
            assert days_but_wednesdays(text) == days_but_wednesdays(changed), text


@pytest.mark.parametrize("text", NOT_SHOWN)
def test_what_says_more_than_a_week_is_left_alone(text: str) -> None:
    assert outcome()[text] is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", ""),
        ("24/7", "24/7"),
        ("off", "Mo-Su off"),
        ("Mo 09:00-12:00; Tu 09:00-12:00; Th 09:00-12:00; PH off", "Mo-Tu,Th 09:00-12:00; PH off"),
        ("Sa-Mo 9:00-12:00", "Mo,Sa-Su 09:00-12:00"),
        ("Fr 18:00-26:00", "Fr 18:00-02:00"),
        ("Mo off; Fr 18:00-02:00; Sa 10:00-12:00", "Mo off; Fr 18:00-02:00, Sa 10:00-12:00"),
        ('24/7 unknown "sur rendez-vous"', '24/7 unknown "sur rendez-vous"'),
    ],
)
def test_a_week_is_written_shortly(text: str, written: str) -> None:
    answer = run([text])
    assert answer["results"][0]["written"] == written
    assert answer["empty"] == ""


def test_words_are_read_by_the_wiki_though_not_by_the_table() -> None:
    assert read_opening_hours("Du mardi au vendredi 9h-12h")
    with pytest.raises(NoOpeningHours):
        read_opening_hours("lundi")
