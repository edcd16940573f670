"""The search page, and what the search box offers while one types."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.search import facets, history_results, query_warnings, saved_searches, search_results
from wiki.search.facets import SelectedFacets
from wiki.search.fuzzy_titles import find_fuzzy_titles
from wiki.search.page_search import SearchHit
from wiki.search.search_ast import QueryWarning
from wiki.search.time_filter import TimeFilterInput
from wiki.text import titles

PER_PAGE = 20
MAX_SUGGESTIONS = 8
"""Pages offered while one types."""
MAX_PERIODS = 6
"""Periods shown of each page, where several pages were asked for."""


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The pages that match a reader's words, best first, and what they can be narrowed by; of now or of the past."""
    text = request.GET.get("q", "").strip()
    narrowed = facets.select_facets(request.GET, request.user)
    wish = TimeFilterInput.from_parameters(request.GET)
    if wish.searches_history or request.GET.get("page"):
        return _past(request, text, narrowed, wish)
    given = search_results.search_pages(text, request.user, narrowed.where)
    pages, context = _found(request, given.hits, narrowed)
    context |= {
        "wish": wish,
        "results": search_results.load_results(list(pages.object_list), given.leaves, request.user),
        "notes": [query_warnings.message_for(note) for note in given.query.warnings],
        "by_title_only": given.by_title_only,
        "suggestion": search_results.suggest_query(given, request.user, narrowed.where),
        "saved": saved_searches.canonical_query(request.GET),
        "near": find_fuzzy_titles(text, request.user) if text and not given.hits else [],
    }
    return render(request, "wiki/search/search.html", context)


def _past(request: HttpRequest, text: str, narrowed: SelectedFacets, wish: TimeFilterInput) -> HttpResponse:
    """The same page for the past: of all pages, or of the one that `?page=` names."""
    page, unknown = _page_of(request)
    if not wish.mode and "page" in request.GET:
        wish.mode = "ever"
    only = None if page is None else [page.pk]
    given = history_results.search_history(text, request.user, wish, narrowed.where, only)
    pages, context = _found(request, given.hits, narrowed)
    context |= {
        "wish": wish,
        "is_past": True,
        "only": page,
        "results": history_results.load_history_results(
            given, list(pages.object_list), request.user, None if page else MAX_PERIODS
        ),
        "notes": [query_warnings.message_for(note) for note in (*unknown, *given.query.warnings)],
        "is_there": given.index_available,
        "is_whole": given.found.is_complete,
    }
    return render(request, "wiki/search/search.html", context)


def _page_of(request: HttpRequest) -> tuple[WikiPage | None, list[QueryWarning]]:
    """The only page whose past is asked for, if one is; with a note where there is none of that title."""
    title = request.GET.get("page", "")
    if not title:
        return None, []
    try:
        found = page_lookup.find(title, request.user)
    except titles.TitleProblem:
        found = None
    return found, [] if found else [QueryWarning("unknown_page", title[:60])]


def _found(request: HttpRequest, hits: list[Any], narrowed: SelectedFacets) -> tuple[Any, dict[str, Any]]:
    """The piece of an answer that is shown, and what its screen says of the whole."""
    text = request.GET.get("q", "").strip()
    asked = bool(text or narrowed.values)
    pages = Paginator(hits, PER_PAGE).get_page(request.GET.get("p"))
    return pages, {
        "query": text,
        "asked": asked,
        "pages": pages,
        "total": pages.paginator.count,
        "facets": facets.list_facets(hits, narrowed, request.GET, request.user) if asked else [],
        "chosen": narrowed.values,
    }


@require_safe
@never_cache
def suggest(request: HttpRequest) -> JsonResponse:
    """Pages for what is in the search box so far: title, address, kind and place of each."""
    text = request.GET.get("q", "").strip()
    given = search_results.autocomplete_pages(text, request.user, MAX_SUGGESTIONS)
    return JsonResponse({"query": text, "results": _offered(given.hits, given, request)})


def _offered(hits: list[SearchHit], given: search_results.SearchResults, request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "title": result.page.shown_title,
            "url": result.page.get_absolute_url(),
            "kind": result.page.kind.name if result.page.kind else "",
            "colour": result.page.kind.colour if result.page.kind else "grey",
            "place": result.page.place.shown_title if result.page.place else "",
            "language": result.page.language,
        }
        for result in search_results.load_results(hits, given.leaves, request.user)
    ]
