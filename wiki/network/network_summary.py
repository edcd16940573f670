"""The network of places in numbers, by grouped queries whose number does not depend on the size of the wiki."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import CharField, Count, Min, Q
from django.db.models.functions import Cast, Substr

from wiki.facts.models import Fact
from wiki.facts.property_declarations import property_keys_by_row
from wiki.network import place_properties
from wiki.network.place_layers import LAYER_BY_PROPERTY, LAYERS, layer_of_kind
from wiki.pages.models import Fork, WikiPage

if TYPE_CHECKING:
    from django.db.models import QuerySet

LISTED = 12
"""Pages, needs and offers that are listed at most."""


@dataclass(frozen=True, slots=True)
class LayerCount:
    """How many places have documented a layer."""

    layer_id: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class GrowthMonth:
    """How many pages and places the wiki had at the end of a month, of those that it has today."""

    month: str
    """As `2026-11`."""
    pages: int
    places: int


@dataclass(frozen=True, slots=True)
class ForkedPage:
    """A page with the number of its forks, and of the places that they are in."""

    title: str
    shown_title: str
    fork_count: int
    place_count: int


@dataclass(frozen=True, slots=True)
class StatedText:
    """A need or an offer, with the number of pages that state it in any spelling."""

    text: str
    property_title: str
    page_count: int


@dataclass(frozen=True, slots=True)
class NetworkSummary:
    """Everything that the page of the network shows."""

    place_count: int
    kinds: Mapping[str, int]
    """Number of pages by key of kind."""
    layers: list[LayerCount]
    growth: list[GrowthMonth]
    forked: list[ForkedPage]
    needs: list[StatedText]
    offers: list[StatedText]


def compute_summary() -> NetworkSummary:
    """Return the summary for anonymous readers. Twelve queries."""
    readable = WikiPage.objects.readable_by(AnonymousUser()).order_by()
    properties = place_properties
    rows = property_keys_by_row(LAYER_BY_PROPERTY.keys() | properties.IN_PLACE | properties.NEEDS | properties.OFFERS)
    places = dict(readable.filter(is_place=True, redirect_key="").values_list("title_key", "pk"))
    kinds = readable.articles().exclude(kind=None).values_list("kind__key").annotate(Count("pk"))
    return NetworkSummary(
        len(places), dict(kinds), _layer_counts(places, rows), _growth(), _most_forked(),
        _most_stated(rows, properties.NEEDS), _most_stated(rows, properties.OFFERS),
    )  # fmt: skip


def _layer_counts(places: Mapping[str, int], rows: Mapping[int, str]) -> list[LayerCount]:
    """Count the places that documented each layer by a page or by a fact. Four queries."""
    documented: dict[str, set[int]] = defaultdict(set)
    readable = WikiPage.objects.readable_by(AnonymousUser()).articles().filter(is_place=False).order_by()
    for place, kind in readable.filter(place__isnull=False).values_list("place_id", "kind__key").distinct():
        documented[layer_of_kind(kind or "")].add(place)
    named = dict(places)
    redirects = WikiPage.objects.readable_by(AnonymousUser()).filter(redirect_key__gt="").order_by()
    of_places = WikiPage.objects.readable_by(AnonymousUser()).filter(is_place=True).order_by().values("title_key")
    for title_key, target in redirects.filter(redirect_key__in=of_places).values_list("title_key", "redirect_key"):
        named[title_key] = places.get(target, 0)
    facts = _facts(rows, place_properties.IN_PLACE).filter(
        page__is_place=False, page__namespace=0, page__redirect_key="", subject__fragment=""
    )
    for value, kind in facts.values_list("canonical_value", "page__kind__key").distinct():
        documented[layer_of_kind(kind or "")].add(named.get(value, 0))
    stated = _facts(rows, LAYER_BY_PROPERTY, with_problems=True).filter(page__is_place=True, subject__fragment="")
    for page, property_row in stated.values_list("page_id", "property_id").distinct():
        documented[LAYER_BY_PROPERTY[rows[property_row]]].add(page)
    known = set(places.values())
    counts = {layer.id: len(documented[layer.id] & known) for layer in LAYERS}
    return [LayerCount(key, count, round(100 * count / (len(known) or 1))) for key, count in counts.items()]


def _facts(rows: Mapping[int, str], keys: Collection[str], *, with_problems: bool = False) -> QuerySet[Fact]:
    """Return the current facts of properties, on readable pages."""
    properties = [pk for pk, key in rows.items() if key in keys]
    facts = Fact.objects.filter(property__in=properties, removed_in=None, part_of=None, page__title_key__isnull=False)
    return facts if with_problems else facts.filter(problem__isnull=True)


def _growth() -> list[GrowthMonth]:
    """Return the growth by month, by the dates of the first versions. One query."""
    pages = WikiPage.objects.readable_by(AnonymousUser()).articles().order_by()
    # Both databases write a time as 2026-11-30…; on SQLite, TruncMonth would call Python for each row.
    by_month = pages.annotate(month=Substr(Cast("created_at", CharField()), 1, 7)).values("month")
    counted = by_month.annotate(pages=Count("pk"), places=Count("pk", filter=Q(is_place=True))).order_by("month")
    found: list[GrowthMonth] = []
    all_pages = all_places = 0
    for month, new_pages, new_places in counted.values_list("month", "pages", "places"):
        all_pages, all_places = all_pages + new_pages, all_places + new_places
        found.append(GrowthMonth(month, all_pages, all_places))
    return found


def _most_forked() -> list[ForkedPage]:
    """Return the pages with the most forks. Two queries."""
    readable = WikiPage.objects.readable_by(AnonymousUser()).order_by()
    forks = Fork.objects.filter(upstream__in=readable, page__in=readable).order_by()
    counted = forks.values("upstream").annotate(number=Count("pk"), places=Count("page__place", distinct=True))
    rows = list(counted.order_by("-number", "upstream").values_list("upstream", "number", "places")[:LISTED])
    pages = readable.in_bulk([upstream for upstream, _, _ in rows])
    return [
        ForkedPage(pages[pk].full_title, pages[pk].shown_title, number, places)
        for pk, number, places in rows
        if pk in pages
    ]


def _most_stated(rows: Mapping[int, str], keys: Collection[str]) -> list[StatedText]:
    """Return the values of properties that most pages state, whatever their case and accents. One query."""
    facts = _facts(rows, keys).exclude(folded_text="")
    counted = facts.values("folded_text").annotate(
        number=Count("page", distinct=True), text=Min("raw"), title=Min("property__title")
    )
    found = counted.order_by("-number", "folded_text").values_list("text", "title", "number")[:LISTED]
    return [StatedText(*row) for row in found]
