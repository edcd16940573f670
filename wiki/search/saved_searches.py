"""Saved searches of a user, and the Atom feed of any search."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import quote_etag
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from wiki.accounts import rate_limits
from wiki.history import feeds
from wiki.history.change_summaries import strip_control_characters
from wiki.history.noindex import noindex
from wiki.pages.models import WikiPage
from wiki.search import facets, search_results
from wiki.search.models import SavedSearch

MAX_SEARCHES = 100
"""Most saved searches per user."""
FEED_ENTRIES = 30
PARAMETERS = ("q", *facets.NAMES)
MAX_QUERY_LENGTH = 3000


def canonical_query(parameters: QueryDict) -> str:
    """Return the query string of a search in canonical order, without the page number; empty for an empty search."""
    parameters_used = QueryDict(mutable=True)
    for name in PARAMETERS:
        if value := parameters.get(name, "").strip():
            parameters_used[name] = value
    return parameters_used.urlencode()[:MAX_QUERY_LENGTH]


def search_name(parameters: QueryDict) -> str:
    """Return the name of a search: its text and its selected facets."""
    return " · ".join(value for name in PARAMETERS if (value := parameters.get(name, "").strip()))[:200]


@login_required
@require_safe
def searches(request: HttpRequest) -> HttpResponse:
    """List the saved searches of the user."""
    saved = SavedSearch.objects.filter(user=request.user.pk)
    return render(request, "wiki/search/saved.html", {"searches": saved})


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponseRedirect:
    """Save a search; a search that is saved already is not changed."""
    parameters = QueryDict(request.POST.get("query", "")[:MAX_QUERY_LENGTH])
    query = canonical_query(parameters)
    if not query:
        raise Http404(gettext("There is nothing to keep."))
    if SavedSearch.objects.filter(user=request.user.pk).count() >= MAX_SEARCHES:
        messages.error(request, gettext("You keep %(count)d searches: let go of one first.") % {"count": MAX_SEARCHES})
    else:
        defaults = {"name": search_name(parameters)}
        SavedSearch.objects.get_or_create(user_id=request.user.pk or 0, query=query, defaults=defaults)
        messages.success(request, gettext("The search is kept. Its feed tells you what is new."))
    return redirect("searches")


@login_required
@require_POST
def forget(request: HttpRequest, number: int) -> HttpResponseRedirect:
    """Delete a saved search of the user. Raises Http404."""
    if not SavedSearch.objects.filter(user=request.user.pk, pk=number).delete()[0]:
        raise Http404(gettext("There is no such search."))
    return redirect("searches")


@require_safe
@noindex
def feed(request: HttpRequest) -> HttpResponseBase:
    """Return the Atom feed of a search, last edited pages first; 304 where the ETag matches."""
    rate_limits.limit_feeds(request)
    query = canonical_query(request.GET)
    selected = facets.select_facets(request.GET, request.user)
    results = search_results.search_pages(request.GET.get("q", ""), request.user, selected.where)
    latest = sorted(results.hits, key=lambda hit: (hit.edited_at, hit.pk), reverse=True)[:FEED_ENTRIES]
    etag_parts = [get_language() or "", query, *(f"{hit.pk} {hit.key} {hit.edited_at}" for hit in latest)]
    etag = quote_etag(hashlib.sha256("\n".join(etag_parts).encode()).hexdigest()[:32])
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = _feed_response(
            query, search_name(request.GET), search_results.load_results(latest, results.leaves, request.user)
        )
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _feed_response(query: str, name: str, results: list[search_results.SearchResult]) -> HttpResponse:
    """Write the feed of `results`."""
    title = gettext("Search on %(site)s: %(words)s") % {"site": settings.SITE_NAME, "words": name}
    query_digest = hashlib.sha256(query.encode()).hexdigest()[:32]
    atom = Atom1Feed(
        title=strip_control_characters(title),
        link=feeds.absolute_url(f"{reverse('search')}?{query}"),
        description="",
        language=get_language(),
        feed_url=feeds.absolute_url(f"{reverse('feed_search')}?{query}"),
        feed_guid=feeds.tag_uri("feed", f"search/{query_digest}", feeds.EPOCH),
    )
    for result in results:
        _add_entry(atom, result.page, "".join(text for text, _ in result.snippet))
    response = HttpResponse(content_type="application/atom+xml; charset=utf-8")
    atom.write(response, "utf-8")
    return response


def _add_entry(atom: Any, page: WikiPage, snippet: str) -> None:
    """Add an entry for the current version of `page`."""
    atom.add_item(
        title=strip_control_characters(page.shown_title),
        link=feeds.absolute_url(page.get_absolute_url()),
        description=strip_control_characters(snippet),
        pubdate=page.edited_at,
        updateddate=page.edited_at,
        unique_id=feeds.tag_uri("page", f"{page.pk}/{page.version}", page.created_at.year),
    )
