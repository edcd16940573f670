"""Reading the rows of directory tables from the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from wiki.directory.directory_table import DirectoryRow, FacetValues
from wiki.directory.facet_fields import CATEGORY, PLACE, DirectoryFields
from wiki.facts.models import Fact
from wiki.facts.property_declarations import property_keys_by_row
from wiki.forms.field_inputs import input_of
from wiki.pages.array_lookup import column_in
from wiki.pages.models import PageLink, WikiPage, WikiPageQuerySet
from wiki.text.titles import fold

BATCH = 2_000
"""Pages whose rows are read by one query, where not all are read."""
_PAGE_COLUMNS = (
    "pk", "title", "full_title", "display_title", "title_fold", "created_at", "edited_at", "place__title",
    "place__display_title", "place__title_key",
)  # fmt: skip


@dataclass(slots=True)
class _Values:
    """What is read of one page, until its row is made."""

    facets: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Key and spelling of each value, by name of facet."""
    numbers: dict[str, float] = field(default_factory=dict)
    hours: list[str] = field(default_factory=list)
    point: tuple[float, float] | None = None


class TableLoader:
    """Reads pages of a kind as the anonymous user may: nothing that not everybody may read is in a table."""

    def __init__(self, kind_key: str, fields: DirectoryFields) -> None:
        self.kind_key = kind_key
        self.fields = fields
        self._names = {one.key: one.name for one in fields.facets if one.key}
        self._names |= {one.key: one.name for one in fields.ranges}
        self._ranges = {one.name for one in fields.ranges}
        self._pages = {one.name for one in fields.facets if one.is_page}
        self._yes_no = {one.name for one in fields.facets if one.field and input_of(one.field).id == "yes-no"}

    def load(self, values: Sequence[FacetValues], only: Collection[int] | None = None) -> list[DirectoryRow]:
        """Return the rows of all pages, or of those among `only` (primary keys). Three queries for each 2,000 of them.

        Values that are new get ids in `values`.
        """
        if only is None:
            return self._rows(values, self._readable())
        keys = sorted(only)
        batches = [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
        return [row for batch in batches for row in self._rows(values, self._readable().filter(column_in("pk", batch)))]

    def _readable(self) -> WikiPageQuerySet:
        readable = WikiPage.objects.readable_by(AnonymousUser()).articles()
        return readable.filter(kind__key=self.kind_key)  # type: ignore[no-any-return]

    def _rows(self, values: Sequence[FacetValues], pages: WikiPageQuerySet) -> list[DirectoryRow]:
        rows = list(pages.order_by().values_list(*_PAGE_COLUMNS))
        found: dict[int, _Values] = defaultdict(_Values)
        self._read_facts(found, pages)
        self._read_categories(found, pages)
        return [self._row(values, row, found[row[0]]) for row in rows]

    def _read_facts(self, found: dict[int, _Values], pages: WikiPageQuerySet) -> None:
        """Add the facts of pages themselves, not of parts of them. Values that cannot be used are left out."""
        properties = property_keys_by_row(self.fields.keys)
        facts = Fact.objects.filter(
            column_in("property_id", list(properties)) | Q(lat__isnull=False),
            page__in=pages.order_by().values("pk"),
            removed_in=None, part_of=None, problem__isnull=True, subject__fragment="",
        )  # fmt: skip
        columns = ("page_id", "property_id", "raw", "canonical_value", "number", "lat", "lon")
        for page, of_property, raw, canonical, number, lat, lon in facts.order_by("page_id", "position").values_list(
            *columns
        ):
            values, key = found[page], properties.get(of_property, "")
            if lat is not None and lon is not None:
                values.point = values.point or (lat, lon)
            if not key:
                continue
            if key == self.fields.hours_key:
                values.hours.append(raw)
                continue
            name = self._names[key]
            if name in self._ranges:
                if number is not None:
                    values.numbers.setdefault(name, number)
            elif name in self._pages:
                values.facets[name].append((canonical, canonical))
            else:
                values.facets[name].append((canonical if name in self._yes_no else fold(raw), raw))

    def _read_categories(self, found: dict[int, _Values], pages: WikiPageQuerySet) -> None:
        links = PageLink.objects.filter(way=PageLink.Way.CATEGORY, page__in=pages.order_by().values("pk"))
        for page, key in links.order_by("page_id", "key").values_list("page_id", "key"):
            name = key.partition(":")[2]
            found[page].facets[CATEGORY].append((fold(name), name))

    def _row(self, values: Sequence[FacetValues], row: Sequence[Any], found: _Values) -> DirectoryRow:
        pk, title, full_title, display_title, title_fold, created_at, edited_at, *place = row
        if place[2]:
            found.facets[PLACE].append((place[2], place[1] or place[0]))
        lat, lon = found.point or (None, None)
        return DirectoryRow(
            pk, display_title or title, full_title, title_fold, created_at.timestamp(), edited_at.timestamp(),
            lat, lon, tuple(found.hours),
            tuple(
                tuple(dict.fromkeys(known.id_of(key, label) for key, label in found.facets.get(one.name, ())))
                for one, known in zip(self.fields.facets, values, strict=True)
            ),
            tuple(found.numbers.get(one.name) for one in self.fields.ranges),
        )  # fmt: skip
