"""What a need or an offer says beside its words: from when until when, for which price, and how far away.

Read from the facts of the subobject that has the text, whatever datatypes their properties have. What cannot be read is
shown as written, and limits nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext

from wiki.facts.datatypes.date_formatter import format_date
from wiki.facts.datatypes.dates import Date
from wiki.facts.datatypes.partial_dates import DATE, parse_canonical_date
from wiki.facts.values import Context
from wiki.forms.form_lookup import property_key
from wiki.text.titles import fold

START = frozenset(map(property_key, ("Début", "Start")))
END = frozenset(map(property_key, ("Fin", "End")))
PRICE = frozenset(map(property_key, ("Prix", "Price")))
RADIUS = frozenset(map(property_key, ("Rayon", "Radius")))
DETAILS = START | END | PRICE | RADIUS
TEXT_LIMIT = 100
"""Characters of a price, or of what cannot be read, that are shown."""
_JULIAN_DAY_OF_ORDINAL = 1_721_424.5
"""The Julian day of midnight before the first day of year 1, whose ordinal is 1, less 1."""
_FREE = frozenset({"gratuit", "gratuite", "gratuitement", "gratis", "free", "free of charge"})
_NOTHING = re.compile(r"0+(?:[.,]0+)?\s*(?:€|eur|euros?)?", re.IGNORECASE)
_KILOMETRES = re.compile(r"(\d{1,6}(?:[.,]\d{1,6})?)\s*(?:km|kilom[eè]tres?|kilometers?)?", re.IGNORECASE)


def julian_day(day: date) -> float:
    """Return the Julian day on which a day begins."""
    return day.toordinal() + _JULIAN_DAY_OF_ORDINAL


@dataclass(frozen=True, slots=True)
class DetailDate:
    """A date of a need or an offer, as written and as read."""

    raw: str
    canonical_value: str = ""
    """"" for what is no date."""
    ends: float | None = None
    """The Julian day on which it ends: a month ends with its last day."""

    @property
    def text(self) -> str:
        """The date in the language of the reader."""
        return format_date(parse_canonical_date(self.canonical_value), _language()) if self.is_simple else self.raw

    @property
    def is_simple(self) -> bool:
        """Whether it is a date that can be written in any language."""
        try:
            return bool(parse_canonical_date(self.canonical_value))
        except ValueError:
            return False

    @property
    def is_day(self) -> bool:
        """Whether it is a day, and no month or year."""
        return self.is_simple and parse_canonical_date(self.canonical_value).precision == DATE


@dataclass(frozen=True, slots=True)
class StatementDetails:
    """The details of a need or an offer; none of them has to be given."""

    start: DetailDate | None = None
    end: DetailDate | None = None
    price: str = ""
    radius_text: str = ""
    radius: float | None = None
    """Kilometres; None without a limit."""

    def is_past(self, today: float) -> bool:
        """Whether it is over on the Julian day on which today begins."""
        return self.end is not None and self.end.ends is not None and self.end.ends <= today

    @property
    def is_free(self) -> bool:
        """Whether it says that it costs nothing."""
        return fold(self.price) in _FREE or _NOTHING.fullmatch(self.price) is not None

    @property
    def period(self) -> str:
        """From when until when, in the language of the reader; "" where that is not said."""
        start, end = self.start, self.end
        if start is not None and end is not None:
            text = gettext("from %(start)s to %(end)s") if start.is_day and end.is_day else "%(start)s – %(end)s"
            return text % {"start": start.text, "end": end.text}
        if start is not None:
            text = gettext("from %(start)s on") if start.is_day else gettext("beginning: %(start)s")
            return text % {"start": start.text}
        if end is not None:
            text = gettext("until %(end)s") if end.is_day else gettext("end: %(end)s")
            return text % {"end": end.text}
        return ""

    @property
    def texts(self) -> list[str]:
        """All that is said, in the language of the reader: period, price, distance."""
        reach = self.radius_text
        if self.radius is not None:
            reach = gettext("up to %(kilometres)s km away") % {"kilometres": number_format(f"{self.radius:g}")}
        return [text for text in (self.period, gettext("free") if self.is_free else self.price, reach) if text]


NO_DETAILS = StatementDetails()


def read_details(texts: Mapping[str, str], language: str) -> StatementDetails:
    """Return the details of values by key of property, as written on a page in a language."""
    found = {names: texts[key].strip() for names in (START, END, PRICE, RADIUS) for key in names & texts.keys()}
    radius = found.get(RADIUS, "")
    kilometres = _KILOMETRES.fullmatch(radius)
    return StatementDetails(
        _read_date(found.get(START, ""), language),
        _read_date(found.get(END, ""), language),
        found.get(PRICE, "")[:TEXT_LIMIT],
        radius[:TEXT_LIMIT],
        float(kilometres[1].replace(",", ".")) if kilometres else None,
    )


def _read_date(text: str, language: str) -> DetailDate | None:
    if not text:
        return None
    value = Date().parse(text, Context(language))
    return DetailDate(text[:TEXT_LIMIT], value.canonical_value, value.number_end)


def _language() -> str:
    return get_language() or "fr"
