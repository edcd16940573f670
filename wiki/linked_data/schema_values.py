"""Values of facts as values of schema.org, in JSON-LD."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from wiki.ask.formats.aggregates import NUMERIC_DATATYPES
from wiki.ask.formats.cells import BOOLEAN, DATE, PAGE
from wiki.ask.formats.rdf import printable, xml_date
from wiki.facts.datatypes import registry
from wiki.facts.datatypes.coordinates import Coordinates
from wiki.facts.datatypes.dates import Date
from wiki.facts.datatypes.money import FREE, Money
from wiki.facts.datatypes.numbers import json_number
from wiki.facts.datatypes.recurrence_rules import CODES, NotRecurring, Recurrence, read_rule, write_duration
from wiki.facts.values import Context, Declaration, Value
from wiki.linked_data.hours_specification import DAYS, hours_specifications
from wiki.linked_data.vocabulary import SCHEMA, SchemaTerm, Shape
from wiki.pages.media_models import Picture, file_key
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address
from wiki.pages.rendering import page_cache
from wiki.text.titles import fold

if TYPE_CHECKING:
    from wiki.ask.execution.results import PageRef

Json = dict[str, Any]
_CURRENCIES = {"€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD", "chf": "CHF",
               "francs": "CHF", "£": "GBP", "gbp": "GBP"}  # fmt: skip
_SPAN = re.compile(
    r"(?:environ |about |~ ?)?(?P<number>\d+(?:[.,]\d+)?) ?(?P<unit>[a-z]+)\.?(?: (?:et |and )?(?=\d)|$)"
)
_UNITS = {
    **dict.fromkeys(("min", "mn", "minute", "minutes"), "M"),
    **dict.fromkeys(("h", "heure", "heures", "hour", "hours"), "H"),
    **dict.fromkeys(("j", "jour", "jours", "day", "days"), "D"),
    **dict.fromkeys(("semaine", "semaines", "week", "weeks"), "W"),
    **dict.fromkeys(("mois", "month", "months"), "MO"),
    **dict.fromkeys(("an", "ans", "annee", "annees", "year", "years"), "Y"),
}
_COUNT = re.compile(r"(\d{1,9})(?![\d.,])")
_FREQUENCIES = {"DAILY": "P{}D", "WEEKLY": "P{}W", "MONTHLY": "P{}M", "YEARLY": "P{}Y"}


def iso_duration(text: str) -> str:
    """Return a duration in words, such as «2 heures» or «1 h 30 min», in ISO 8601; "" for what is none."""
    folded, position, days, times = " ".join(fold(text).split()), 0, "", ""
    for match in _SPAN.finditer(folded):
        unit, number = _UNITS.get(match["unit"], ""), match["number"].replace(",", ".")
        if match.start() != position or not unit:
            return ""
        position = match.end()
        if unit in ("M", "H"):
            times += number + unit
        else:
            days += number + unit[:1]
    if not (days or times) or position != len(folded) or ("W" in days and len(days + times) > days.index("W") + 1):
        return ""
    return f"P{days}" + (f"T{times}" if times else "")


@dataclass(frozen=True, slots=True)
class ValueWriter:
    """Writes values of the facts of one page."""

    language: str
    pages: Mapping[str, PageRef]
    """The pages that values name, by canonical value."""
    pictures: Mapping[str, Picture]
    """Pictures by file key."""
    full_title: str = ""
    place_title: str = ""

    def write(self, term: SchemaTerm, value: Value, declaration: Declaration) -> list[Any]:
        """Return what a value is at schema.org; nothing if it cannot be written in the shape of the term."""
        context = Context(self.language, declaration, self.full_title, self.place_title)
        text = printable(registry.show(value, context) if value.datatype != PAGE else value.raw).strip()
        match term.shape:
            case Shape.COORDINATES:
                return self._coordinates(value, context)
            case Shape.DATE:
                return self._date(value, context)
            case Shape.HOURS:
                return hours_specifications(value.raw)
            case Shape.SCHEDULE:
                return self._schedule(term, value, text)
            case Shape.PICTURE:
                return self._picture(value.raw)
            case Shape.DURATION:
                return [found] if (found := iso_duration(text)) else []
            case Shape.MONEY:
                return self._money(term, value, context)
            case Shape.PRICE:
                return self._price(value, context, text)
            case Shape.COUNT:
                return [int(number[1])] if (number := _COUNT.match(text)) else []
            case Shape.NAMED:
                return [self._named(term, value, text)]
            case Shape.PROPERTY_VALUE:
                name = declaration.label(self.language)
                return [{"@type": "PropertyValue", "name": name, "value": self._plain(value, context, text)}]
        return [self._plain(value, context, text)]

    def _plain(self, value: Value, context: Context, text: str) -> Any:
        """Return a value by its datatype."""
        if value.datatype == PAGE:  # without a declared datatype, any text may be one
            return self._page(value, "Thing") if context.declaration.datatype == PAGE else text
        if value.datatype in NUMERIC_DATATYPES and value.number is not None:
            return json_number(value.number) if text.isdecimal() or not context.declaration.units else text
        if value.datatype == BOOLEAN:
            return bool(value.number)
        if value.datatype == DATE:
            return xml_date(value)[0] or text
        link = registry.link(value, context)
        return link if link.startswith(("http://", "https://")) else text

    def _page(self, value: Value, type_: str) -> Json:
        """Return a page by its address and title; what has no page yet by its name."""
        page = self.pages.get(value.canonical_value)
        if page is None or not page.exists:
            return {"@type": type_, "name": printable(value.raw)}
        return {"@type": type_, "@id": settings.BASE_ADDRESS + page.url, "name": page.shown_title}

    def _named(self, term: SchemaTerm, value: Value, text: str) -> Json:
        """Return a thing by its page, or else by its name; an offer or a demand is one of such a thing."""
        if term.type in ("Offer", "Demand"):
            return {"@type": term.type, "itemOffered": self._named(SchemaTerm("", type="Service"), value, text)}
        page = self.pages.get(value.canonical_value) if value.datatype == PAGE else None
        found = self._page(value, term.type) if page else {"@type": term.type, term.value_name: text}
        return found | ({"value": True} if term.type == "LocationFeatureSpecification" else {})

    def _coordinates(self, value: Value, context: Context) -> list[Json]:
        if value.lat is None or value.lon is None:
            value = Coordinates().parse(value.raw, context)
        if value.lat is None or value.lon is None:
            return []
        return [{"@type": "GeoCoordinates", "latitude": value.lat, "longitude": value.lon}]

    def _date(self, value: Value, context: Context) -> list[str]:
        if value.datatype != DATE:
            value = Date().parse(value.raw, context)
        date = xml_date(value)[0] if value.number is not None else ""
        return [date] if date else []

    def _picture(self, name: str) -> list[Json]:
        """Return a picture with its author and licence; nothing for one that does not exist."""
        picture = self.pictures.get(file_key(name.rpartition(":")[2]))
        if picture is None:
            return []
        return [picture_object(picture)]

    def _money(self, term: SchemaTerm, value: Value, context: Context) -> list[Json]:
        """Return an amount; of a grant in `funding`."""
        read = value if value.datatype in NUMERIC_DATATYPES else Money().parse(value.raw, context)
        if read.number is None or read.problem is not None:
            return []
        units = [name for unit in context.declaration.units for name in unit.names if unit.factor == 1]
        currency = next((_CURRENCIES[fold(name)] for name in units if fold(name) in _CURRENCIES), "")
        if units and not currency:
            return []
        amount = {"@type": "MonetaryAmount", "currency": currency or "EUR", "value": json_number(read.number)}
        return [{"@type": "MonetaryGrant", "amount": amount} if term.name == "funding" else amount]

    def _price(self, value: Value, context: Context, text: str) -> list[Json]:
        """Return an offer: with its price where the words are an amount, else with its description."""
        if fold(text) in FREE:
            return [{"@type": "Offer", "price": 0, "priceCurrency": "EUR"}]
        if amounts := self._money(SchemaTerm("price"), value, context):
            return [{"@type": "Offer", "price": amounts[0]["value"], "priceCurrency": amounts[0]["currency"]}]
        return [{"@type": "Offer", "description": text}]

    def _schedule(self, term: SchemaTerm, value: Value, text: str) -> list[Json]:
        """Return a recurring date; as an event of its own in `event`."""
        try:
            schedule = schedule_object(read_rule(value.canonical_value))
        except NotRecurring:
            return []
        if term.name == "event":
            return [{"@type": "Event", "name": text, "eventSchedule": schedule}]
        return [schedule]


def own_picture_key(page: WikiPage) -> str:
    """Return the key of the first file in the text of a page; "" for none."""
    return file_key(page.picture_name.partition(":")[2]) if page.picture_name else ""


def picture_object(picture: Picture) -> Json:
    """Return a picture with its address, size, author and licence."""
    found: Json = {
        "@type": "ImageObject",
        "@id": settings.BASE_ADDRESS + address("page", f"File:{picture.name}"),
        "contentUrl": settings.BASE_ADDRESS + picture.content_url,
        "width": picture.width,
        "height": picture.height,
    }
    if picture.description:
        found["caption"] = str(picture.description)
    if picture.author:
        found["creator"] = {"@type": "Person", "name": picture.author}
        found["creditText"] = picture.author
    if picture.license and (urls := page_cache.license_urls(picture.license)):
        found["license"] = urls[0]
    return found


def schedule_object(recurrence: Recurrence) -> Json:
    """Return a rule of repetition as schema.org's `Schedule`."""
    found: Json = {
        "@type": "Schedule",
        "repeatFrequency": _FREQUENCIES[recurrence.freq].format(recurrence.interval),
        "scheduleTimezone": settings.TIME_ZONE,
    }
    if recurrence.days:
        found["byDay"] = [
            f"{number}{CODES[day]}" if number else SCHEMA + DAYS[day] for number, day in recurrence.days
        ]  # fmt: skip
    details = {
        "byMonth": list(recurrence.months),
        "byMonthDay": list(recurrence.month_days),
        "startDate": recurrence.start.isoformat() if recurrence.start else "",
        "endDate": recurrence.until.isoformat() if recurrence.until else "",
        "repeatCount": recurrence.count,
        "startTime": recurrence.time.isoformat() if recurrence.time else "",
        "duration": write_duration(recurrence.duration) if recurrence.duration else "",
    }
    return found | {name: detail for name, detail in details.items() if detail}
