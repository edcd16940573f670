"""Shares of public, private and contributed resources of a place, by year, as its page states them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wiki.facts.models import Fact
from wiki.facts.property_declarations import property_keys_by_row
from wiki.network import place_properties
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address

if TYPE_CHECKING:
    from wiki.pages.models import Reader

WHOLE, ROUNDING = 100.0, 1.0
SHARE_NAMES = ("public", "private", "contributed")
_SHARE = re.compile(r"\s*(\d{1,3}(?:[.,]\d{1,6})?)\s*(?:%|pour\s?cent|percent|per cent)?\s*", re.IGNORECASE)
_YEAR = re.compile(r"\s*(\d{4})\s*")
_FIELDS = {
    **dict.fromkeys(place_properties.YEAR, "year"),
    **dict.fromkeys(place_properties.PUBLIC, "public"),
    **dict.fromkeys(place_properties.PRIVATE, "private"),
    **dict.fromkeys(place_properties.CONTRIBUTED, "contributed"),
    **dict.fromkeys(place_properties.SOURCE, "source"),
}


@dataclass(slots=True)
class EconomyRecord:
    """What a place states of one year. Texts are as written; nothing is computed but the part not stated."""

    title: str
    """Full title of the place."""
    shown_title: str
    version: int = 0
    """The version of the page that stated the last of it."""
    texts: dict[str, str] = field(default_factory=dict)
    """What is written, by `year`, `source`, and SHARE_NAMES; what is not stated is left out."""

    @property
    def year(self) -> int | None:
        """The year, if it could be read."""
        match = _YEAR.fullmatch(self.texts.get("year", ""))
        return int(match[1]) if match else None

    @property
    def year_text(self) -> str:
        """The year as written; "" without one."""
        return self.texts.get("year", "").strip()

    @property
    def source(self) -> str:
        """The source that the place names; "" without one."""
        return self.texts.get("source", "")

    @property
    def url(self) -> str:
        """The address of the version of the page that states it."""
        return f"{address('page', self.title)}?version={self.version}"

    def number(self, name: str) -> float | None:
        """Return a share in per cent; None if it is not stated, or is no number from 0 to 100."""
        match = _SHARE.fullmatch(self.texts.get(name, ""))
        number = float(match[1].replace(",", ".")) if match else None
        return number if number is not None and number <= WHOLE else None

    @property
    def numbers(self) -> list[float | None]:
        """The shares, in the order of SHARE_NAMES."""
        return [self.number(name) for name in SHARE_NAMES]

    @property
    def total(self) -> float:
        """The sum of the shares that could be read."""
        return round(sum(number for number in self.numbers if number is not None), 2)

    @property
    def not_stated(self) -> float:
        """What the stated shares leave of 100; 0 if they are more."""
        return round(max(0.0, WHOLE - self.total), 2)

    @property
    def is_readable(self) -> bool:
        """Whether every share that is written is a number from 0 to 100, and one is."""
        written = [name for name in SHARE_NAMES if name in self.texts]
        return bool(written) and all(self.number(name) is not None for name in written)

    @property
    def can_be_drawn(self) -> bool:
        """Whether its shares fit in a bar: sums of rounded shares may be a little more than 100."""
        return self.is_readable and self.total <= WHOLE + ROUNDING


def load_records(
    user: Reader, place: WikiPage | None = None, rows: Mapping[int, str] | None = None
) -> list[EconomyRecord]:
    """Return the records of all places, or of one, newest year first. One query, two without `rows`."""
    rows = property_keys_by_row(place_properties.RECORD) if rows is None else rows
    properties = [pk for pk, key in rows.items() if key in place_properties.RECORD]
    facts = Fact.objects.filter(property__in=properties, removed_in=None, part_of=None)
    if place is not None:
        facts = facts.filter(page=place)
    else:
        facts = facts.filter(page__in=WikiPage.objects.readable_by(user).filter(is_place=True, redirect_key=""))
    columns = ("subject_id", "property_id", "raw", "added_in", "page__full_title", "page__display_title", "page__title")
    return _group(facts.order_by("position", "pk").values_list(*columns), rows)


def _group(facts: Iterable[tuple[Any, ...]], rows: Mapping[int, str]) -> list[EconomyRecord]:
    """Return the records of facts; of several values of one property in a record, the first. Others have no share."""
    records: dict[int, EconomyRecord] = {}
    for subject, row, raw, added_in, full_title, display_title, title in facts:
        record = records.setdefault(subject, EconomyRecord(full_title, display_title or title))
        record.texts.setdefault(_FIELDS[rows[row]], raw)
        record.version = max(record.version, added_in)
    stated = [record for record in records.values() if record.texts.keys() & set(SHARE_NAMES)]
    return sorted(stated, key=lambda record: -(record.year or 0))


def latest_of_places(records: Sequence[EconomyRecord]) -> list[EconomyRecord]:
    """Return the latest readable record of each place, from records with the newest first."""
    latest: dict[str, EconomyRecord] = {}
    for record in records:
        if record.year is not None and record.is_readable:
            latest.setdefault(record.title, record)
    return list(latest.values())
