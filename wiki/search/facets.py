"""Facets of search results: kinds, places, categories, licences and languages among the pages found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils.translation import gettext

from wiki.licenses import catalogue
from wiki.pages import page_lookup
from wiki.pages.array_lookup import column_in
from wiki.pages.models import LANGUAGES, Kind, PageLink, WikiPage
from wiki.search.page_search import SearchHit, count_hits_by
from wiki.text import titles

if TYPE_CHECKING:
    from django.http import QueryDict

    from wiki.pages.models import Reader

NAMES = ("kind", "place", "category", "license", "language")
"""Names of the facets, which are those of the URL parameters, in display order."""
MAX_OPTIONS = 8
"""Most values offered per facet."""


@dataclass(frozen=True, slots=True)
class FacetOption:
    """A value of a facet, with the number of pages that have it."""

    label: str
    count: int
    query: str
    """The query string that selects the value, or clears it where it is selected."""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its values."""

    name: str
    label: str
    options: list[FacetOption]


@dataclass(slots=True)
class SelectedFacets:
    """The facet values that the user selected."""

    values: dict[str, str] = field(default_factory=dict)
    """Selected values by facet name."""
    labels: dict[str, str] = field(default_factory=dict)
    where: Q | None = None


def select_facets(parameters: Mapping[str, str], user: Reader) -> SelectedFacets:
    """Read the selected facets from URL parameters; unknown values are ignored."""
    found = SelectedFacets()
    for name in NAMES:
        value = parameters.get(name, "")[:255]
        selected = _FILTERS[name](value, user) if value else None
        if selected is not None:
            found.values[name], (found.labels[name], where) = value, selected
            found.where = where if found.where is None else found.where & where
    return found


def list_facets(
    hits: Sequence[SearchHit], selected: SelectedFacets, parameters: QueryDict, user: Reader
) -> list[Facet]:
    """Return the facets of a result: values that would narrow it, and selected values."""
    labels = {
        "kind": gettext("Kind"),
        "place": gettext("Place"),
        "category": gettext("Category"),
        "license": gettext("Licence"),
        "language": gettext("Language"),
    }
    found = []
    for name in NAMES:
        options = []
        if name in selected.values:
            query = _query(parameters, name, None)
            options = [FacetOption(selected.labels[name], len(hits), query, chosen=True)]
        elif hits:
            options = [
                FacetOption(label, count, _query(parameters, name, value))
                for value, label, count in _COUNTS[name](hits, user)
                if count < len(hits) or name == "kind"
            ]
        if options:
            found.append(Facet(name, labels[name], options))
    return found


def _query(parameters: QueryDict, name: str, value: str | None) -> str:
    """Return the query string with one parameter changed (None: removed), for the first page of results."""
    changed = parameters.copy()
    changed.pop("p", None)
    changed.pop(name, None)
    if value is not None:
        changed[name] = value
    return changed.urlencode()


# --- Filters of facets --------------------------------------------------------------------------------
LabelledFilter = tuple[str, Q]


def _by_kind(value: str, user: Reader) -> LabelledFilter | None:
    kind = Kind.objects.filter(key=value[:40]).first()
    return (kind.name, Q(kind=kind, namespace=0)) if kind else None


def _by_place(value: str, user: Reader) -> LabelledFilter | None:
    try:
        place = page_lookup.find(value, user)
    except titles.TitleProblem:
        return None
    return (place.shown_title, Q(place=place)) if place is not None and place.is_place else None


def _by_category(value: str, user: Reader) -> LabelledFilter | None:
    try:
        key = titles.key_of(f"Category:{value}")
    except titles.TitleProblem:
        return None
    return key.partition(":")[2], Q(
        pk__in=PageLink.objects.filter(way=PageLink.Way.CATEGORY, key=key).values("page_id")
    )


def _by_license(value: str, user: Reader) -> LabelledFilter | None:
    if not WikiPage.objects.readable_by(user).filter(license=value).exists():
        return None
    return catalogue.license_name(value), Q(license=value)


def _by_language(value: str, user: Reader) -> LabelledFilter | None:
    label = dict(LANGUAGES).get(value)
    return (str(label), Q(language=value)) if label else None


_FILTERS = {
    "kind": _by_kind,
    "place": _by_place,
    "category": _by_category,
    "license": _by_license,
    "language": _by_language,
}


# --- Counts of values -----------------------------------------------------------------------------------
FacetCounts = list[tuple[str, str, int]]
"""Triples of value, label and number of pages."""


def _kinds(hits: Sequence[SearchHit], user: Reader) -> FacetCounts:
    counts = count_hits_by(hits, "kind")
    return [(kind.key, kind.name, counts[kind.pk]) for kind in Kind.objects.filter(pk__in=counts) if kind.pk in counts]


def _places(hits: Sequence[SearchHit], user: Reader) -> FacetCounts:
    ranking = [(pk, count) for pk, count in count_hits_by(hits, "place").most_common(MAX_OPTIONS + 1) if pk is not None]
    rows = WikiPage.objects.readable_by(user).in_bulk([pk for pk, _ in ranking])
    return [(rows[pk].full_title, rows[pk].shown_title, count) for pk, count in ranking[:MAX_OPTIONS] if pk in rows]


def _categories(hits: Sequence[SearchHit], user: Reader) -> FacetCounts:
    links = PageLink.objects.filter(column_in("page_id", [hit.pk for hit in hits]), way=PageLink.Way.CATEGORY)
    rows = links.order_by().values_list("key").annotate(count=Count("page", distinct=True)).order_by("-count", "key")
    return [(key.partition(":")[2], key.partition(":")[2], count) for key, count in rows[:MAX_OPTIONS]]


def _licenses(hits: Sequence[SearchHit], user: Reader) -> FacetCounts:
    ranking = count_hits_by(hits, "license").most_common(MAX_OPTIONS)
    return [(value, catalogue.license_name(value), count) for value, count in ranking if value]


def _languages(hits: Sequence[SearchHit], user: Reader) -> FacetCounts:
    labels = dict(LANGUAGES)
    return [
        (value, str(labels.get(value, value)), count) for value, count in count_hits_by(hits, "language").most_common()
    ]


_COUNTS = {
    "kind": _kinds,
    "place": _places,
    "category": _categories,
    "license": _licenses,
    "language": _languages,
}
