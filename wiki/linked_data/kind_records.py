"""The pages of a kind with their values in the order of its form: what the exports write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from wiki.ask.formats.aggregates import NUMERIC_DATATYPES
from wiki.ask.formats.cells import BOOLEAN, DATE, PAGE, PLACE
from wiki.ask.formats.rdf import printable, xml_date
from wiki.facts.datatypes import registry
from wiki.facts.datatypes.coordinates import Coordinates
from wiki.facts.datatypes.numbers import json_number
from wiki.facts.datatypes.opening_hours import OPENING_HOURS, read_opening_hours
from wiki.facts.fact_sources import SOURCED, FactSource, load_sources
from wiki.facts.models import Fact
from wiki.facts.property_declarations import declarations_for
from wiki.facts.values import Context, Declaration, Value
from wiki.forms.field_inputs import has_several_values, is_group
from wiki.forms.form_definition import FormField
from wiki.forms.form_lookup import form_of_kind, property_key
from wiki.pages.models import WikiPage
from wiki.pages.rendering import page_cache
from wiki.text.titles import fold

BATCH = 500
"""Pages that are loaded at once."""


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A field of the form, as a column of the exports."""

    name: str
    """The name of the property."""
    field: FormField
    declaration: Declaration

    @property
    def is_repeated(self) -> bool:
        """Whether pages may have several values."""
        return has_several_values(self.field)

    @property
    def datatype(self) -> str:
        """The type of its values, from the declaration of the property; "" if it has none."""
        return self.declaration.datatype


@dataclass(slots=True)
class KindRecord:
    """A page with its values by the folded names of properties, those outside the form too."""

    page: WikiPage
    values: dict[str, list[Value]] = field(default_factory=dict)
    declarations: dict[str, Declaration] = field(default_factory=dict)
    sources: list[FactSource] = field(default_factory=list)
    """Sources of single facts, with their licences, where these are not those of the page."""
    subobjects: list[dict[str, Any]] = field(default_factory=list)
    """Values that belong together, by the names of properties: the accounts of a year, a need with its period."""

    @property
    def url(self) -> str:
        """The absolute URL of the page, which is its identifier everywhere."""
        return f"{settings.BASE_ADDRESS}{self.page.get_absolute_url()}"

    @property
    def license_url(self) -> str:
        """The URL of the licence of the page; of the first one if readers may choose."""
        return next(iter(page_cache.license_urls(self.page.license)), "")

    def typed(self, name: str) -> list[Any]:
        """Return the values of a property for JSON: numbers, truth values, ISO dates, texts."""
        declaration = self.declarations.get(fold(name))
        if declaration is None:
            return []
        return _typed_values(self.values[fold(name)], self.page, declaration)

    def texts(self, *names: str) -> list[str]:
        """Return the values of the first of these properties that has any, as texts."""
        return next(([str(value) for value in found] for name in names if (found := self.typed(name))), [])

    def text(self, *names: str) -> str:
        """Return the first value of the first of these properties that has any; "" for none."""
        return next(iter(self.texts(*names)), "")

    def coordinates(self) -> tuple[float, float] | None:
        """Return latitude and longitude: of the first value that is coordinates."""
        for name, values in self.values.items():
            for value in values:
                if value.datatype != PLACE and name in ("coordonnees", "coordinates"):
                    value = Coordinates().parse(value.raw, Context(self.page.language))
                if value.datatype == PLACE and value.lat is not None and value.lon is not None:
                    return value.lat, value.lon
        return None


def _typed_values(values: Sequence[Value], page: WikiPage, declaration: Declaration) -> list[Any]:
    context = Context(page.language, declaration, page.full_title)
    return [found for value in values if (found := typed_value(value, context)) is not None]


def typed_value(value: Value, context: Context) -> Any:
    """Return a value for JSON."""
    if value.datatype in NUMERIC_DATATYPES:
        return json_number(value.number)
    if value.datatype == BOOLEAN:
        return bool(value.number)
    if value.datatype == DATE:
        return xml_date(value)[0] or value.raw
    if value.datatype == OPENING_HOURS:
        return read_opening_hours(value.raw)
    if value.datatype == PAGE:
        return printable(value.raw.strip())
    return printable(registry.show(value, context, "-").strip() or value.raw.strip()) or None


def kind_columns(kind: str) -> list[ExportColumn]:
    """Return the columns of a kind: the fields of its form, without groups. Two queries."""
    source = form_of_kind(kind, AnonymousUser())
    fields = [one for one in source.definition.fields if not is_group(one)] if source else []
    declarations = declarations_for({property_key(one.property) for one in fields})
    return [ExportColumn(one.property, one, declarations[property_key(one.property)]) for one in fields]


def kind_records(kind: str) -> Iterator[KindRecord]:
    """Iterate over the pages of a kind that anonymous readers may read, by primary key. Four queries per BATCH."""
    pages = WikiPage.objects.readable_by(AnonymousUser()).articles().filter(kind__key=kind).select_related("kind")
    last = 0
    while batch := list(pages.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        yield from _load(batch)


def _load(pages: Sequence[WikiPage]) -> Iterator[KindRecord]:
    """Load the values of pages, and of their subobjects."""
    facts = Fact.objects.filter(page__in=pages, removed_in=None, problem__isnull=True, part_of=None, whole=None)
    rows: dict[int, dict[str, list[tuple[str, Value]]]] = defaultdict(lambda: defaultdict(list))
    for fact in facts.select_related("subject", "property__redirects_to").order_by("position", "pk"):
        rows[fact.page_id][fact.subject.fragment].append(
            ((fact.property.redirects_to or fact.property).key, fact.value())
        )
    of_pages = [values for subjects in rows.values() for values in subjects.values()]
    declarations = declarations_for({key for values in of_pages for key, _ in values if not key.startswith("_")})
    sources = load_sources([page.pk for page in pages])
    for page in pages:
        record = KindRecord(page, sources=sources.get(page.pk, []))
        for key, value in rows[page.pk].pop("", []):
            if declaration := declarations.get(key):
                record.values.setdefault(fold(declaration.title), []).append(value)
                record.declarations[fold(declaration.title)] = declaration
        found = (_subobject(page, values, declarations) for values in rows[page.pk].values())
        record.subobjects = [one for one in found if one]
        yield record


def _subobject(
    page: WikiPage, values: Sequence[tuple[str, Value]], declarations: Mapping[str, Declaration]
) -> dict[str, Any]:
    """Return the values of a subobject by property, a list where there are several; a source of facts is none."""
    by_key: dict[str, list[Value]] = defaultdict(list)
    for key, value in values:
        by_key[key].append(value)
    if SOURCED in by_key:
        return {}
    found = {
        declarations[key].title: _typed_values(some, page, declarations[key])
        for key, some in by_key.items()
        if key in declarations
    }
    return {name: some if len(some) > 1 else some[0] for name, some in found.items() if some}
