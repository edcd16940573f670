"""The search page, and what the search box offers while one types."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from wiki.pages import listing
from wiki.search import answering, facets, notes, saved
from wiki.search.finding import Hit

PER_PAGE = 20
OFFERED = 8
"""Pages offered while one types."""


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The pages that match a reader's words, best first, and what they can be narrowed by."""
    text = request.GET.get("q", "").strip()
    narrowed = facets.chosen(request.GET, request.user)
    given = answering.answer(text, request.user, narrowed.where)
    pages = Paginator(given.hits, PER_PAGE).get_page(request.GET.get("p"))
    asked = bool(text or narrowed.values)
    context: dict[str, Any] = {
        "query": text,
        "asked": asked,
        "pages": pages,
        "total": pages.paginator.count,
        "results": answering.results(list(pages.object_list), given.leaves, request.user),
        "facets": facets.offered(given.hits, narrowed, request.GET, request.user) if asked else [],
        "chosen": narrowed.values,
        "notes": [notes.in_words(note) for note in given.query.notes],
        "by_title_only": given.by_title_only,
        "suggestion": answering.suggestion(given, request.user, narrowed.where),
        "saved": saved.kept_query(request.GET),
        "near": listing.near(text, request.user) if text and not given.hits else [],
    }
    return render(request, "wiki/search/search.html", context)


@require_safe
@never_cache
def suggest(request: HttpRequest) -> JsonResponse:
    """Pages for what is in the search box so far: title, address, kind and place of each."""
    text = request.GET.get("q", "").strip()
    given = answering.beginning(text, request.user, OFFERED)
    return JsonResponse({"query": text, "results": _offered(given.hits, given, request)})


def _offered(hits: list[Hit], given: answering.Answer, request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "title": result.page.shown_title,
            "url": result.page.get_absolute_url(),
            "kind": result.page.kind.name if result.page.kind else "",
            "colour": result.page.kind.colour if result.page.kind else "grey",
            "place": result.page.place.shown_title if result.page.place else "",
            "language": result.page.language,
        }
        for result in answering.results(hits, given.leaves, request.user)
    ]
