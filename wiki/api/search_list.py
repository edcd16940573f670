"""`list=search` of `action=query`, in MediaWiki's format; the query language is that of the search page."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.html import escape, format_html

from wiki.api.api_request import ApiError, ApiRequest
from wiki.api.timestamps import format_timestamp
from wiki.errors import gettext_noop
from wiki.search import search_results
from wiki.search.search_results import SearchResult
from wiki.search.snippets import Piece
from wiki.text import titles

MAX_LIMIT = 500
DEFAULT_LIMIT = 10


def search(request: ApiRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """Search by the `sr…` parameters; return the results, and the continuation (empty at the end). Raises ApiError."""
    text = request.required("srsearch").strip()
    if not text:
        message = gettext_noop('The "%(name)s" parameter must be set.')
        raise ApiError("missingparam", message, name="srsearch")
    if request.get("srwhat") in ("title", "nearmatch"):
        text = f"intitle:{text}" if " " not in text else f'intitle:"{text}"'
    results = search_results.search_pages(text, request.user, _namespaces(request))
    offset, limit = request.number("sroffset", 0, 1_000_000), request.number("srlimit", DEFAULT_LIMIT, MAX_LIMIT, 1)
    page_hits = results.hits[offset : offset + limit]
    response: dict[str, Any] = {
        "search": [
            _row(result, request) for result in search_results.load_results(page_hits, results.leaves, request.user)
        ]
    }
    if "totalhits" in request.get_multi("srinfo", "totalhits|suggestion"):
        response["searchinfo"] = {"totalhits": len(results.hits)}
        suggestion = search_results.suggest_query(results, request.user, _namespaces(request))
        if suggestion:
            response["searchinfo"] |= {"suggestion": suggestion, "suggestionsnippet": escape(suggestion)}
    has_more = offset + limit < len(results.hits)
    return response, {"sroffset": offset + limit, "continue": "-||"} if has_more else {}


def _namespaces(request: ApiRequest) -> Q | None:
    """Return the condition of `srnamespace`: numbers, by default 0; None for `*`. Raises ApiError."""
    requested = request.get_multi("srnamespace", "0")
    if "*" in requested:
        return None
    numbers = [int(number) for number in requested if number.isdecimal() and len(number) < 6]
    unknown = [
        number
        for number in requested
        if not number.isdecimal() or len(number) >= 6 or int(number) not in titles.NAMESPACES
    ]
    if unknown:
        message = gettext_noop('Unrecognized value for parameter "%(name)s": %(value)s.')
        raise ApiError("badvalue", message, name="srnamespace", value=unknown[0][:60])
    return Q(namespace__in=numbers)


def _row(result: SearchResult, request: ApiRequest) -> dict[str, Any]:
    """Return a search result with the properties in `srprop`."""
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
    requested = request.get_multi("srprop", "size|wordcount|timestamp|snippet")
    return row | {name: value for name, value in values.items() if name in requested}


def _highlighted(pieces: list[Piece]) -> str:
    """Return text as HTML, with matches highlighted as MediaWiki does."""
    return "".join(
        format_html('<span class="searchmatch">{}</span>', text) if is_match else escape(text)
        for text, is_match in pieces
    )
