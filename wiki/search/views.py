"""Search page, for current pages and history, and the JSON suggestions of the search box."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
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
"""Most pages suggested while a user types into the search box."""
MAX_PERIODS = 6
"""Most periods shown of each page in a history search of all pages."""


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the search page: the pages that match the query, best first, with facets; current pages or their history."""
    text = request.GET.get("q", "").strip()
    if text:
        rate_limits.limit_searches(request)
    selected = facets.select_facets(request.GET, request.user)
    time_input = TimeFilterInput.from_parameters(request.GET)
    if time_input.searches_history or request.GET.get("page"):
        return _history(request, text, selected, time_input)
    results = search_results.search_pages(text, request.user, selected.where)
    pages, context = _results_page(request, results.hits, selected)
    context |= {
        "time_filter": time_input,
        "results": search_results.load_results(list(pages.object_list), results.leaves, request.user),
        "warnings": [query_warnings.message_for(warning) for warning in results.query.warnings],
        "by_title_only": results.by_title_only,
        "suggestion": search_results.suggest_query(results, request.user, selected.where),
        "saved_query": saved_searches.canonical_query(request.GET),
        "similar_pages": find_fuzzy_titles(text, request.user) if text and not results.hits else [],
    }
    return render(request, "wiki/search/search.html", context)


def _history(request: HttpRequest, text: str, selected: SelectedFacets, time_input: TimeFilterInput) -> HttpResponse:
    """Show the results of a history search: of all pages, or of the page that `?page=` names."""
    page, warnings = _page_of(request)
    if not time_input.mode and "page" in request.GET:
        time_input.mode = "ever"
    page_ids = None if page is None else [page.pk]
    results = history_results.search_history(text, request.user, time_input, selected.where, page_ids)
    if time_input.is_oldest_first:
        history_results.sort_oldest_first(results, request.user)
    pages, context = _results_page(request, results.hits, selected)
    shown = history_results.load_history_results(
        results, list(pages.object_list), request.user, None if page else MAX_PERIODS
    )
    context |= {
        "time_filter": time_input,
        "is_history": True,
        "only_page": page,
        "results": shown,
        "first_written": history_results.first_written(results, shown) if time_input.is_oldest_first or page else None,
        "warnings": [query_warnings.message_for(warning) for warning in (*warnings, *results.query.warnings)],
        "index_available": results.index_available,
        "is_complete": results.found.is_complete,
    }
    return render(request, "wiki/search/search.html", context)


def _page_of(request: HttpRequest) -> tuple[WikiPage | None, list[QueryWarning]]:
    """Return the page that `?page=` names, or None, and a warning where no such page can be read."""
    title = request.GET.get("page", "")
    if not title:
        return None, []
    try:
        found = page_lookup.find_in_history(title, request.user)
    except titles.TitleProblem:
        found = None
    return found, [] if found else [QueryWarning("unknown_page", title[:60])]


def _results_page(request: HttpRequest, hits: list[Any], selected: SelectedFacets) -> tuple[Any, dict[str, Any]]:
    """Return one page of `hits`, and the template context that both kinds of search share."""
    text = request.GET.get("q", "").strip()
    has_query = bool(text or selected.values)
    pages = Paginator(hits, PER_PAGE).get_page(request.GET.get("p"))
    return pages, {
        "query": text,
        "has_query": has_query,
        "pages": pages,
        "total": pages.paginator.count,
        "facets": facets.list_facets(hits, selected, request.GET, request.user) if has_query else [],
        "selected": selected.values,
    }


@require_safe
@never_cache
def suggest(request: HttpRequest) -> JsonResponse:
    """Return pages for the text in the search box so far, as JSON: title, URL, kind, place and language of each."""
    rate_limits.limit_completions(request)
    text = request.GET.get("q", "").strip()
    results = search_results.autocomplete_pages(text, request.user, MAX_SUGGESTIONS)
    return JsonResponse({"query": text, "results": _suggestions(results.hits, results, request)})


def _suggestions(
    hits: list[SearchHit], results: search_results.SearchResults, request: HttpRequest
) -> list[dict[str, Any]]:
    return [
        {
            "title": result.page.shown_title,
            "full_title": result.page.full_title,
            "url": result.page.get_absolute_url(),
            "kind": result.page.kind.name if result.page.kind else "",
            "colour": result.page.kind.colour if result.page.kind else "grey",
            "place": result.page.place.shown_title if result.page.place else "",
            "language": result.page.language,
        }
        for result in search_results.load_results(hits, results.leaves, request.user)
    ]
