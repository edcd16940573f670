"""`list=search` of `action=query`, in MediaWiki's shape; the query language is the search page's own."""

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


def search(call: ApiRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """The part of the answer, and how to go on: `srsearch`, `srnamespace`, `srlimit`, `sroffset`, `srwhat`."""
    text = call.required("srsearch").strip()
    if not text:
        message = gettext_noop('The "%(name)s" parameter must be set.')
        raise ApiError("missingparam", message, name="srsearch")
    if call.get("srwhat") in ("title", "nearmatch"):
        text = f"intitle:{text}" if " " not in text else f'intitle:"{text}"'
    given = search_results.search_pages(text, call.user, _namespaces(call))
    offset, limit = call.number("sroffset", 0, 1_000_000), call.number("srlimit", DEFAULT_LIMIT, MAX_LIMIT, 1)
    some = given.hits[offset : offset + limit]
    told: dict[str, Any] = {
        "search": [_row(one, call) for one in search_results.load_results(some, given.leaves, call.user)]
    }
    if "totalhits" in call.get_multi("srinfo", "totalhits|suggestion"):
        told["searchinfo"] = {"totalhits": len(given.hits)}
        better = search_results.suggest_query(given, call.user, _namespaces(call))
        if better:
            told["searchinfo"] |= {"suggestion": better, "suggestionsnippet": escape(better)}
    more = offset + limit < len(given.hits)
    return told, {"sroffset": offset + limit, "continue": "-||"} if more else {}


def _namespaces(call: ApiRequest) -> Q | None:
    """Where to look: `srnamespace` as numbers, 0 when it is not given, all for `*`. Raises ApiProblem."""
    wanted = call.get_multi("srnamespace", "0")
    if "*" in wanted:
        return None
    numbers = [int(one) for one in wanted if one.isdecimal() and len(one) < 6]
    unknown = [one for one in wanted if not one.isdecimal() or len(one) >= 6 or int(one) not in titles.NAMESPACES]
    if unknown:
        message = gettext_noop('Unrecognized value for parameter "%(name)s": %(value)s.')
        raise ApiError("badvalue", message, name="srnamespace", value=unknown[0][:60])
    return Q(namespace__in=numbers)


def _row(result: SearchResult, call: ApiRequest) -> dict[str, Any]:
    """A page with what `srprop` asks for."""
    page = result.page
    row: dict[str, Any] = {"ns": page.namespace, "title": page.full_title, "pageid": page.pk}
    values: dict[str, Any] = {
        "size": page.size,
        "wordcount": result.word_count,
        "timestamp": format_timestamp(page.edited_at),
        "snippet": _marked(result.snippet),
        "titlesnippet": _marked(result.title),
        "score": round(result.score, 4),
    }
    if result.via:
        values["redirecttitle"] = result.via
    wanted = call.get_multi("srprop", "size|wordcount|timestamp|snippet")
    return row | {name: value for name, value in values.items() if name in wanted}


def _marked(pieces: list[Piece]) -> str:
    """Text with its words marked as MediaWiki marks them."""
    return "".join(
        format_html('<span class="searchmatch">{}</span>', text) if marked else escape(text) for text, marked in pieces
    )
