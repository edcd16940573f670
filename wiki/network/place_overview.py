"""What the page of a place shows above its text: its head, its five layers, and its shares of resources.

Facts come from the fact box of the page, which is cached with it and is written in HTML already. Everything else takes
a fixed number of queries, whatever the number of pages of the place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString

from wiki.ask.embedding.fact_box import SECTIONS_FROM
from wiki.ask.formats.maps import Pin, map_html
from wiki.facts.models import Fact
from wiki.facts.property_declarations import property_keys_by_row
from wiki.needs.past_values import find_past_values
from wiki.needs.statement_details import DETAILS
from wiki.network import economy_charts, network_cache, place_properties
from wiki.network.economy_records import EconomyRecord, load_records
from wiki.network.economy_statistics import NetworkShares
from wiki.network.layer_pages import PlacePages, find_place_pages
from wiki.network.place_layers import LAYER_BY_PROPERTY, LAYERS, Layer
from wiki.pages.deferred_content import FactBox, FactBoxRow
from wiki.pages.models import WikiPage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wiki.pages.models import Reader

MAP_HEIGHT, MAP_ZOOM = 240, 12
NEARBY_KILOMETRES = 30
RECORDS_SHOWN = 10


@dataclass(slots=True)
class PlaceLayer:
    """A layer with what documents it in one place."""

    layer: Layer
    facts: list[FactBoxRow]
    pages: list[WikiPage]
    """Pages to list; without those that the head offers for taking."""
    page_count: int
    more_count: int
    """Number of pages that neither the layer nor the head lists."""
    offered_count: int
    """Number of its pages that the head offers for taking."""
    missing_facts: list[Promise]

    @property
    def is_documented(self) -> bool:
        """Whether a page or a fact of the place documents it."""
        return bool(self.page_count or self.facts)


@dataclass(slots=True)
class PlaceEconomy:
    """The shares of resources of a place, beside those of the network."""

    records: list[EconomyRecord]
    network: NetworkShares
    years_chart: SafeString = field(default_factory=SafeString)
    network_chart: SafeString = field(default_factory=SafeString)


@dataclass(slots=True)
class OpenAndPast:
    """The needs or the offers of a place, as safe HTML."""

    open: list[str] = field(default_factory=list)
    past: list[str] = field(default_factory=list)
    """Those of which the last day is over."""


@dataclass(slots=True)
class PlaceOverview:
    """Everything above the text of a place."""

    pages: PlacePages
    layers: list[PlaceLayer]
    picture: FactBoxRow | None
    where: list[FactBoxRow]
    hours: FactBoxRow | None
    contact: list[FactBoxRow]
    sort: FactBoxRow | None
    needs: OpenAndPast
    offers: OpenAndPast
    other_facts: FactBox
    """Rows of the fact box that no other part of the page shows."""
    map_html: SafeString
    """A map of the place; "" without coordinates."""
    neighbours_address: str
    """The address of the directory with the places around it; "" without coordinates."""
    economy: PlaceEconomy | None

    @property
    def has_exchange(self) -> bool:
        """Whether the place needs or offers something, or did."""
        return any((self.needs.open, self.needs.past, self.offers.open, self.offers.past))

    @property
    def documented_count(self) -> int:
        """Number of documented layers."""
        return sum(layer.is_documented for layer in self.layers)


def find_place_overview(place: WikiPage, facts: FactBox, user: Reader) -> PlaceOverview:
    """Return the overview of a place from the rows of its fact box. At most eleven queries, and two for pictures."""
    properties = place_properties
    keys = properties.IN_PLACE | properties.SKILLS | properties.RECORD | properties.COORDINATES
    keys |= properties.NEEDS | properties.OFFERS | DETAILS
    rows = property_keys_by_row(keys)
    pages = find_place_pages(place, user, rows)
    layers = [_place_layer(layer, facts, pages) for layer in LAYERS]
    point = _find_point(place, rows)
    past = find_past_values(place, rows, properties.NEEDS | properties.OFFERS)
    shown = properties.HEAD | LAYER_BY_PROPERTY.keys()
    records = load_records(user, place, rows)[:RECORDS_SHOWN]
    return PlaceOverview(
        pages=pages,
        layers=layers,
        picture=_row(facts, properties.PICTURE),
        where=_rows(facts, properties.STREET, properties.POSTAL_CODE, properties.TOWN, properties.DEPARTMENT),
        hours=_row(facts, properties.HOURS),
        contact=_rows(facts, properties.CONTACT),
        sort=_row(facts, properties.SORT),
        needs=_open_and_past(facts, properties.NEEDS, past),
        offers=_open_and_past(facts, properties.OFFERS, past),
        other_facts=_without(facts, shown | properties.ACCOUNTS if records else shown),
        map_html=_map_html(place, point),
        neighbours_address=_neighbours_address(point),
        economy=_economy(records) if records else None,
    )


def _rows(facts: FactBox, *groups: Collection[str]) -> list[FactBoxRow]:
    """Return the rows of some properties, in the order of `groups`."""
    return [row for keys in groups for row in facts if row.key in keys]


def _row(facts: FactBox, keys: Collection[str]) -> FactBoxRow | None:
    """Return the row of a property with one of several names; the values of all, if a page uses several."""
    found = _rows(facts, keys)
    return found[0]._replace(values=[value for row in found for value in row.values]) if found else None


def _open_and_past(facts: FactBox, keys: Collection[str], past: Mapping[str, list[bool]]) -> OpenAndPast:
    """Return the values of properties; `past` says which are over, in the same order."""
    found = OpenAndPast()
    for row in _rows(facts, keys):
        for value, is_past in zip_longest(row.values, past.get(row.key, ())[: len(row.values)], fillvalue=False):
            (found.past if is_past else found.open).append(str(value))
    return found


def _without(facts: FactBox, keys: Collection[str]) -> FactBox:
    """Return the rows of other properties, with the titles of sections that still have rows if there are many."""
    left = [row for row in facts if row.key not in keys]
    if sum(bool(row.key) for row in left) < SECTIONS_FROM:
        return [row for row in left if row.key]
    return [row for row, after in zip(left, [*left[1:], None], strict=True) if row.key or (after and after.key)]


def _place_layer(layer: Layer, facts: FactBox, pages: PlacePages) -> PlaceLayer:
    """Return a layer of a place."""
    offered = {page.pk for page in pages.taken if page.layer == layer.id}
    listed = [page for page in pages.listed.get(layer.id, []) if page.pk not in offered]
    count = pages.counts.get(layer.id, 0)
    stated = {row.key for row in facts}
    return PlaceLayer(
        layer,
        _rows(facts, layer.properties),
        listed,
        count,
        count - len(listed) - len(offered),
        len(offered),
        [name for key, name in layer.expected.items() if key not in stated],
    )


def _find_point(place: WikiPage, rows: Mapping[int, str]) -> tuple[float, float] | None:
    """Return the first coordinates of a place, in degrees. One query."""
    properties = [pk for pk, key in rows.items() if key in place_properties.COORDINATES]
    facts = Fact.objects.filter(page=place, property__in=properties, removed_in=None, lat__isnull=False)
    lat, lon = facts.order_by("position", "pk").values_list("lat", "lon").first() or (None, None)
    return None if lat is None or lon is None else (lat, lon)


def _map_html(place: WikiPage, point: tuple[float, float] | None) -> SafeString:
    if point is None:
        return SafeString()
    pin = Pin(*point, escape(place.shown_title), SafeString(), f"{point[0]:.5f}, {point[1]:.5f}")
    return map_html([pin], height=MAP_HEIGHT, zoom=MAP_ZOOM, cluster=False)


def _neighbours_address(point: tuple[float, float] | None) -> str:
    if point is None:
        return ""
    query = {"near": f"{point[0]:.4f}, {point[1]:.4f}", "within": NEARBY_KILOMETRES}
    return f"{reverse('directory', args=['place'])}?{urlencode(query)}"


def _economy(records: Sequence[EconomyRecord]) -> PlaceEconomy:
    """Return the charts of records, which have the newest first. One query if the network's statistics are known."""
    network = network_cache.get_network_shares()
    latest = next((record for record in records if record.is_readable), None)
    economy = PlaceEconomy(list(records), network, economy_charts.draw_years(records))
    if latest is not None and network.is_known:
        economy.network_chart = economy_charts.draw_beside_network(latest, network)
    return economy
