"""Parses times of day and their zones, as people write them after a date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from wiki.facts.datatypes.partial_dates import FRACTION, HOUR, MILLI, MINUTE, SECOND

ZONES: Mapping[str, int] = {
    "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "mez": 60, "cest": 120, "mesz": 120,
    "eet": 120, "eest": 180, "msk": 180, "ist": 330, "jst": 540, "kst": 540, "aest": 600, "aedt": 660, "nst": -210,
    "ast": -240, "adt": -180, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480,
    "pdt": -420, "akst": -540, "hst": -600,
}  # fmt: skip
"""Minutes east of Greenwich. Where two zones share a name: the zone in RFC 2822, or the one in Europe."""
MILITARY: Mapping[str, int] = (
    {letter: 60 * hours for hours, letter in enumerate("abcdefghiklm", 1)}
    | {letter: -60 * hours for hours, letter in enumerate("nopqrstuvwxy", 1)}
    | {"z": 0}
)
"""Minutes east of Greenwich of the military zones."""
MAX_OFFSET = 14 * 60
"""Maximum number of minutes between a zone and Greenwich."""

_NAMES = "|".join(sorted(ZONES, key=len, reverse=True))
_CLOCK = re.compile(
    r"(?:(?<=\s)|^|(?<=\d)t)(?:a |at )?"
    r"(?:(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,6}))?)?|(\d{1,2}) ?h(?: ?(\d\d)(?: ?(?:min|m))?(?: ?(\d\d) ?s)?)?"
    r"(?![a-z])|(\d{1,2})(?= ?[ap]\.?m\b))"
    r"(?: ?([ap])\.?m\b\.?)?"
    rf"(?: ?(?:(?:utc|gmt)?([+-]\d{{1,2}})(?::?(\d\d))?|({_NAMES})|([a-z])(?![\w.]))(?!\w))?"
    r"(?: \([a-z]{2,5}\))?"
)
_MILITARY = re.compile(r"(?:(?<=\s)|^)([01]\d|2[0-3])([0-5]\d)([a-ik-z])(?!\w)")
_ZONE_ALONE = re.compile(rf"(?:(?<=\s)|(?<=\d))(?:z|{_NAMES}|(?:utc|gmt)[+-]\d{{1,2}}(?::?\d\d)?|[+-]\d{{1,2}}:\d\d)$")


class NotADate(Exception):
    """A text is not a date; `code` is the code of the problem."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ParsedTime:
    """A time of day, its precision, and its zone in minutes east of Greenwich; None for the site's time zone."""

    hour: int
    minute: int
    second: int
    precision: int
    thousandths: int = 0
    offset: int | None = None

    def __post_init__(self) -> None:
        if self.hour > 23 or self.minute > 59 or self.second > 59:
            raise NotADate("date_hour")
        if self.offset is not None and abs(self.offset) > MAX_OFFSET:
            raise NotADate("date_zone")

    @property
    def millis(self) -> int:
        """Milliseconds since midnight."""
        return ((self.hour * 60 + self.minute) * 60 + self.second) * MILLI + self.thousandths


def extract_time(text: str) -> tuple[str, ParsedTime | None]:
    """Return a folded text without its time, and the time, or None if it has none. Raises NotADate."""
    match = _MILITARY.search(text)
    if match:
        time = ParsedTime(int(match[1]), int(match[2]), 0, MINUTE, 0, MILITARY[match[3]])
        return _without(match, text), time
    match = _CLOCK.search(text)
    if match is None:
        if _ZONE_ALONE.search(text):
            raise NotADate("date_zone")
        return text, None
    hour = int(match[1] or match[5] or match[8])
    minute, second, fraction = match[2] or match[6], match[3] or match[7], match[4]
    precision = FRACTION if fraction else SECOND if second else MINUTE if minute else HOUR
    if match[9]:
        if not 1 <= hour <= 12:
            raise NotADate("date_hour")
        hour = hour % 12 + (12 if match[9] == "p" else 0)
    thousandths = int((fraction or "0").ljust(3, "0")[:3])
    return _without(match, text), ParsedTime(
        hour, int(minute or 0), int(second or 0), precision, thousandths, _offset(match)
    )


def _offset(match: re.Match[str]) -> int | None:
    if match[10]:
        minutes = abs(int(match[10])) * 60 + int(match[11] or 0)
        return -minutes if match[10].startswith("-") else minutes
    if match[12]:
        return ZONES[match[12]]
    if match[13] and match[13] not in MILITARY:
        raise NotADate("date_zone")
    return MILITARY[match[13]] if match[13] else None


def _without(match: re.Match[str], text: str) -> str:
    return f"{text[: match.start()].rstrip(' ,')} {text[match.end() :].lstrip(' ,')}".strip()
