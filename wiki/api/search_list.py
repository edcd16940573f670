"""`list=search` of `action=query`, in MediaWiki's format; the query language is that of the search page."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.html import escape, format_html

from wiki.accounts import rate_limits
from wiki.api.api_request import ApiError
from wiki.api.module_parameters import ModuleParameters
from wiki.api.page_sets import PageSet
from wiki.api.timestamps import format_timestamp
from wiki.errors import gettext_noop
from wiki.pages.models import WikiPage
from wiki.search import search_results
from wiki.search.page_search import SearchHit
from wiki.search.search_results import SearchResult, SearchResults
from wiki.search.snippets import Piece

MAX_OFFSET = 1_000_000
PROPERTIES = ("size", "wordcount", "timestamp", "snippet", "titlesnippet", "score", "redirecttitle")


def rows(parameters: ModuleParameters) -> tuple[dict[str, Any], dict[str, Any]]:
    """Search by the `sr…` parameters; return the results, and the continuation (empty at the end). Raises ApiError."""
    results, hits, more = _find(parameters)
    requested = parameters.choices("prop", PROPERTIES, "size|wordcount|timestamp|snippet")
    found = search_results.load_results(hits, results.leaves, parameters.user)
    response: dict[str, Any] = {"search": [_row(result, requested) for result in found]}
    # The query is never rewritten, so that `rewrittenquery` is always answered by its absence.
    infos = parameters.choices("info", ("totalhits", "suggestion", "rewrittenquery"), "totalhits|suggestion")
    info: dict[str, Any] = {"totalhits": len(results.hits)} if "totalhits" in infos else {}
    if "suggestion" in infos:
        suggestion = search_results.suggest_query(results, parameters.user, _condition(parameters))
        if suggestion:
            info |= {"suggestion": suggestion, "suggestionsnippet": escape(suggestion)}
    return response | ({"searchinfo": info} if info else {}), more


def generate(parameters: ModuleParameters, named: PageSet) -> tuple[PageSet, dict[str, Any]]:
    """Return the pages that the search finds, with their ranks, and the continuation. Raises ApiError."""
    _, hits, more = _find(parameters)
    pages = WikiPage.objects.readable_by(parameters.user).in_bulk([hit.pk for hit in hits])
    first = parameters.number("offset", 0, MAX_OFFSET) + 1
    ranks = {hit.pk: first + place for place, hit in enumerate(hits)}
    return PageSet([pages[hit.pk] for hit in hits if hit.pk in pages], ranks=ranks), more


def _find(parameters: ModuleParameters) -> tuple[SearchResults, list[SearchHit], dict[str, Any]]:
    """Return the results, those hits that were asked for, and the continuation. Raises ApiError."""
    text = parameters.required("search").strip()
    if not text:
        message = gettext_noop('The "%(name)s" parameter must be set.')
        raise ApiError("missingparam", message, name=f"{parameters.prefix}search")
    rate_limits.limit_searches(parameters.request.http_request)
    parameters.choice("sort", ("relevance",), "relevance")
    if parameters.choice("what", ("text", "title", "nearmatch"), "text") != "text":
        text = f"intitle:{text}" if " " not in text else f'intitle:"{text}"'
    results = search_results.search_pages(text, parameters.user, _condition(parameters))
    offset, limit = parameters.number("offset", 0, MAX_OFFSET), parameters.limit()
    end = offset + limit
    more = {f"{parameters.prefix}offset": end} if end < len(results.hits) else {}
    return results, results.hits[offset:end], more


def _condition(parameters: ModuleParameters) -> Q | None:
    """Return the condition of `srnamespace`: numbers, by default 0; None for all. Raises ApiError."""
    numbers = parameters.namespaces("0")
    return None if numbers is None else Q(namespace__in=numbers)


def _row(result: SearchResult, requested: list[str]) -> dict[str, Any]:
    """Return a search result with the `requested` properties."""
    page = result.page
    row: dict[str, Any] = {"ns": page.namespace, "title": page.full_title, "pageid": page.pk}
    values: dict[str, Any] = {
        "size": page.size,
        "wordcount": result.word_count,
        "timestamp": format_timestamp(page.edited_at),
        "snippet": _highlighted(result.snippet),
        "titlesnippet": _highlighted(result.title),
        "score": round(result.score, 4),
    }
    if result.via:
        values["redirecttitle"] = result.via
    return row | {name: value for name, value in values.items() if name in requested}


def _highlighted(pieces: list[Piece]) -> str:
    """Return text as HTML, with matches highlighted as MediaWiki does."""
    return "".join(
        format_html('<span class="searchmatch">{}</span>', text) if is_match else escape(text)
        for text, is_match in pieces
    )
