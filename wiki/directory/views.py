"""The directory of a kind: list, map and facets on one screen, and the markers of the map as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from movilab.middleware import PERMISSIONS_POLICY, public_policy
from wiki.accounts import rate_limits
from wiki.ask.embedding.opening_line import opening_line
from wiki.ask.language.query_errors import AskProblem, message_for
from wiki.directory import table_cache
from wiki.directory.answering_pages import find_answering_pages
from wiki.directory.directory_query import (
    DISTANCE,
    EDITED,
    NEAR_KILOMETRES,
    NEWEST,
    RELEVANCE,
    TITLE,
    DirectoryQuery,
    parse_bounds,
    query_string,
    read_query,
)
from wiki.directory.directory_results import DirectoryResults, distance, evaluate, find_rows, is_open
from wiki.directory.directory_table import DirectoryRow, DirectoryTable
from wiki.directory.facet_options import ChosenCondition, list_chosen, list_facets
from wiki.directory.map_clusters import ZOOM_LIMIT, bounds_of, make_markers, zoom_for
from wiki.forms.field_inputs import input_of
from wiki.pages.content_negotiation import oembed_address
from wiki.pages.models import Kind, WikiPage
from wiki.pages.page_urls import address
from wiki.pages.views.page_lists import add_thumbnails
from wiki.search.search_results import search_pages

PER_PAGE = 24
HOURS_COUNTED = 2_000
"""Pages with opening hours whose state is counted beside “open now”."""
DETAILS = 3
"""Values of the first facet that an entry shows."""
AREAS = ("commune", "department", "region")


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A page in the list, with what its row shows."""

    page: WikiPage
    where: str
    details: list[str]
    kilometres: float | None
    opening: SafeString | None


@require_safe
def directory(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Show the pages of a kind that answer the URL parameters, as a list and on a map."""
    found_kind = get_object_or_404(Kind, key=kind[:40])
    table = table_cache.table_of(found_kind.key)
    query = read_query(request.GET, table.fields)
    now = timezone.now()
    results = evaluate(table, query, _local(now), *_given_pages(request, query, found_kind))
    pages = Paginator(results.rows, PER_PAGE).get_page(request.GET.get("p"))
    language = (get_language() or "fr")[:2]
    facets = list_facets(results, query, language)
    is_embedded = "embed" in request.GET
    context: dict[str, Any] = {
        "kind": found_kind,
        "query": query,
        "order": query.order,
        "orders": _orders(query, table),
        "total": len(results.rows),
        "pages": pages,
        "entries": _entries(request, table, query, list(pages.object_list), now, language),
        "facets": facets,
        "ranges": _ranges(results, query, language),
        "chosen": [
            *list_chosen(results, query, request.GET, facets, language), *_other_conditions(query, request),
        ],
        "open_count": _open_count(results, now),
        "has_hours": bool(table.fields.hours_key) and any(row.hours for row in table.rows),
        "has_map": bool(table.located),
        "near_kilometres": NEAR_KILOMETRES,
        "markers": _first_markers(results),
        "is_embedded": is_embedded,
    }  # fmt: skip
    context["parameters"] = query_string(request.GET, {"embed": None})
    embedded = f"{context['parameters']}{context['parameters'] and '&'}embed=1"
    context["embed_address"] = request.build_absolute_uri(f"{request.path}?{embedded}")
    context["oembed_address"] = oembed_address(f"{request.path}?{context['parameters']}")
    response = render(request, f"wiki/directory/{'embedded' if is_embedded else 'directory'}.html", context)
    return _with_policies(response, is_embedded=is_embedded)


def _with_policies(response: HttpResponse, *, is_embedded: bool) -> HttpResponse:
    """Allow “near me”, and other sites to show an embedded directory: it has no form that changes anything."""
    response.headers["Permissions-Policy"] = PERMISSIONS_POLICY.replace("geolocation=()", "geolocation=(self)")
    if is_embedded:
        response.headers["Content-Security-Policy"] = public_policy().replace(
            "frame-ancestors 'none'", "frame-ancestors *"
        )
        response.xframe_options_exempt = True  # read by Django's clickjacking middleware
    return response


def list_pages(request: HttpRequest, kind: Kind) -> list[int]:
    """Return the primary keys of the pages that answer the URL parameters of a directory, in order.

    Raises RateLimitExceeded.
    """
    table = table_cache.table_of(kind.key)
    query = read_query(request.GET, table.fields)
    found = find_rows(table, query, _local(timezone.now()), *_given_pages(request, query, kind))
    return [table.rows[index].pk for index in found]


@require_safe
def markers(request: HttpRequest, kind: str) -> HttpResponse:
    """Return the markers of a directory within `?bbox=` (the visible map) at the zoom `?z=`, as JSON."""
    found_kind = get_object_or_404(Kind, key=kind[:40])
    table = table_cache.table_of(found_kind.key)
    query = read_query(request.GET, table.fields)
    bounds, query.bounds = query.bounds, parse_bounds(request.GET.get("within_bbox", ""))
    zoom = request.GET.get("z", "")
    if bounds is None or not zoom.isdecimal() or len(zoom) > 2:
        return JsonResponse({"error": gettext("The address has no part of the map.")}, status=400)
    found = find_rows(table, query, _local(timezone.now()), *_given_pages(request, query, found_kind))
    made = make_markers(table.rows, found, bounds, min(int(zoom), ZOOM_LIMIT))
    response = JsonResponse({"markers": [_marker_data(table, marker) for marker in made]})
    response["Cache-Control"] = "no-cache"
    return response


def _given_pages(
    request: HttpRequest, query: DirectoryQuery, kind: Kind
) -> tuple[dict[int, float] | None, set[int] | None]:
    """Return the scores of pages with the words of a query, and the pages that meet its conditions; None without any.

    Raises RateLimitExceeded.
    """
    scores = None
    if query.text:
        rate_limits.limit_searches(request)
        found = search_pages(query.text, AnonymousUser(), Q(kind=kind, namespace=0))
        scores = {hit.pk: hit.score for hit in found.hits}
    return scores, _answering(request, query)


def _answering(request: HttpRequest, query: DirectoryQuery) -> set[int] | None:
    """Return the pages that meet the conditions of a query; None without conditions, or if they cannot be read.

    Raises RateLimitExceeded.
    """
    if not query.ask:
        return None
    rate_limits.limit_previews(request)
    try:
        return find_answering_pages(query.ask, (get_language() or "fr")[:2])
    except AskProblem as problem:
        query.problems.append(message_for(problem))
        return None


def _local(now: datetime) -> datetime:
    return timezone.localtime(now).replace(tzinfo=None, second=0, microsecond=0)


def _marker_data(table: DirectoryTable, marker: Any) -> list[Any]:
    """Return latitude, longitude, number of pages, and title and address of those that it lists."""
    pages = [[table.rows[index].title, address("page", table.rows[index].full_title)] for index in marker.pages]
    return [round(marker.lat, 5), round(marker.lon, 5), marker.count, pages]


def _first_markers(results: DirectoryResults) -> dict[str, Any] | None:
    """Return the bounds of the results, and the markers of a map that shows all of them; None without coordinates."""
    rows = results.table.rows
    bounds = bounds_of(rows[index] for index in results.rows)
    if bounds is None:
        return None
    zoom = zoom_for(bounds)
    return {
        "bounds": [bounds.south, bounds.west, bounds.north, bounds.east],
        "zoom": zoom,
        "markers": [
            _marker_data(results.table, marker) for marker in make_markers(rows, results.rows, bounds, zoom)
        ],
    }  # fmt: skip


def _entries(
    request: HttpRequest, table: DirectoryTable, query: DirectoryQuery, indexes: list[int], now: datetime, language: str
) -> list[DirectoryEntry]:
    """Return the pages of one page of the list, without those that were deleted since the table was made."""
    rows = [table.rows[index] for index in indexes]
    readable = WikiPage.objects.readable_by(request.user).select_related("kind", "place")
    pages = readable.in_bulk([row.pk for row in rows])
    add_thumbnails(pages.values())
    return [_entry(table, query, row, pages[row.pk], now, language) for row in rows if row.pk in pages]


def _entry(
    table: DirectoryTable, query: DirectoryQuery, row: DirectoryRow, page: WikiPage, now: datetime, language: str
) -> DirectoryEntry:
    by_input: dict[str, list[str]] = {}
    for facet, known, ids in zip(table.fields.facets, table.values, row.values, strict=True):
        if facet.field is not None:
            labels = [facet.value_label(known.labels[value], language) for value in ids]
            by_input.setdefault(input_of(facet.field).id, []).extend(labels)
    areas = [by_input[name][0] for name in AREAS if by_input.get(name)]
    line = opening_line(row.hours, now) if row.hours else None
    return DirectoryEntry(
        page,
        ", ".join(dict.fromkeys(areas[:2])),
        [*by_input.get("choices", []), *by_input.get("choice", [])][:DETAILS],
        distance(query.near, row) if query.near is not None and row.lat is not None else None,
        line.html if line is not None else None,
    )


def _orders(query: DirectoryQuery, table: DirectoryTable) -> list[tuple[str, str]]:
    """Return the orders that can be chosen, with their names."""
    orders = [(TITLE, gettext("by name")), (EDITED, gettext("last changed first")), (NEWEST, gettext("newest first"))]
    if query.near is not None:
        orders.insert(0, (DISTANCE, gettext("nearest first")))
    if query.text:
        orders.insert(0, (RELEVANCE, gettext("best match first")))
    return orders


def _ranges(results: DirectoryResults, query: DirectoryQuery, language: str) -> list[dict[str, Any]]:
    """Return the ranges that some page has a number for, as the template shows them."""
    shown = []
    for one, extent in zip(results.table.fields.ranges, results.extents, strict=True):
        if extent is not None or one.name in query.ranges:
            least, greatest = query.ranges.get(one.name, (None, None))
            shown.append(
                {"name": one.name, "label": one.label(language), "extent": extent, "min": least, "max": greatest}
            )
    return shown


def _open_count(results: DirectoryResults, now: datetime) -> int | None:
    """Return how many of the results are open now; None where there are too many to look at."""
    hours = [row.hours for row in map(results.table.rows.__getitem__, results.rows) if row.hours]
    return sum(is_open(one, _local(now)) for one in hours) if len(hours) <= HOURS_COUNTED else None


def _other_conditions(query: DirectoryQuery, request: HttpRequest) -> list[ChosenCondition]:
    """Return the conditions that are no facets, each with the address without it."""
    found = []
    if query.text:
        found.append(ChosenCondition(f"“{query.text}”", query_string(request.GET, {"q": None})))
    if query.ask:
        found.append(ChosenCondition(query.ask[:80], query_string(request.GET, {"ask": None})))
    if query.near is not None:
        name = gettext("near %(place)s") % {"place": query.near_name}
        if query.within is not None:
            name += f" · {query.within:g} km"
        found.append(ChosenCondition(name, query_string(request.GET, {"near": None, "within": None})))
    if query.bounds is not None:
        found.append(ChosenCondition(gettext("this part of the map"), query_string(request.GET, {"bbox": None})))
    if query.is_open_now:
        found.append(ChosenCondition(gettext("open now"), query_string(request.GET, {"open": None})))
    return found
