"""Searches that are kept: a list for each account, and an Atom feed for any search."""

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

from wiki.history import feeds
from wiki.history.change_summaries import strip_control_characters
from wiki.history.noindex import noindex
from wiki.pages.models import WikiPage
from wiki.search import facets, search_results
from wiki.search.models import SavedSearch

MAX_SEARCHES = 100
"""Searches that one account keeps."""
FEED_ENTRIES = 30
PARAMETERS = ("q", *facets.NAMES)
MAX_QUERY_LENGTH = 3000


def canonical_query(parameters: QueryDict) -> str:
    """The query of a search without the page of the list, in a fixed order; empty when it asks for nothing."""
    kept = QueryDict(mutable=True)
    for name in PARAMETERS:
        if value := parameters.get(name, "").strip():
            kept[name] = value
    return kept.urlencode()[:MAX_QUERY_LENGTH]


def search_name(parameters: QueryDict) -> str:
    """What a search is called: its words, and what they were narrowed to."""
    return " · ".join(value for name in PARAMETERS if (value := parameters.get(name, "").strip()))[:200]


@login_required
@require_safe
def searches(request: HttpRequest) -> HttpResponse:
    """The searches that a reader kept."""
    found = SavedSearch.objects.filter(user=request.user.pk)
    return render(request, "wiki/search/saved.html", {"searches": found})


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponseRedirect:
    """Keep a search; one that is kept already stays as it is."""
    parameters = QueryDict(request.POST.get("query", "")[:MAX_QUERY_LENGTH])
    query = canonical_query(parameters)
    if not query:
        raise Http404(gettext("There is nothing to keep."))
    if SavedSearch.objects.filter(user=request.user.pk).count() >= MAX_SEARCHES:
        messages.error(request, gettext("You keep %(count)d searches: let go of one first.") % {"count": MAX_SEARCHES})
    else:
        named = {"name": search_name(parameters)}
        SavedSearch.objects.get_or_create(user_id=request.user.pk or 0, query=query, defaults=named)
        messages.success(request, gettext("The search is kept. Its feed tells you what is new."))
    return redirect("searches")


@login_required
@require_POST
def forget(request: HttpRequest, number: int) -> HttpResponseRedirect:
    """Let go of a search of one's own."""
    if not SavedSearch.objects.filter(user=request.user.pk, pk=number).delete()[0]:
        raise Http404(gettext("There is no such search."))
    return redirect("searches")


@require_safe
@noindex
def feed(request: HttpRequest) -> HttpResponseBase:
    """The pages that a search finds, those changed last first; 304 where the reader has it."""
    query = canonical_query(request.GET)
    narrowed = facets.select_facets(request.GET, request.user)
    given = search_results.search_pages(request.GET.get("q", ""), request.user, narrowed.where)
    last = sorted(given.hits, key=lambda hit: (hit.edited_at, hit.pk), reverse=True)[:FEED_ENTRIES]
    shown = [get_language() or "", query, *(f"{hit.pk} {hit.key} {hit.edited_at}" for hit in last)]
    etag = quote_etag(hashlib.sha256("\n".join(shown).encode()).hexdigest()[:32])
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = _written(
            query, search_name(request.GET), search_results.load_results(last, given.leaves, request.user)
        )
    answer["ETag"] = etag
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def _written(query: str, name: str, results: list[search_results.SearchResult]) -> HttpResponse:
    """The feed itself."""
    words = gettext("Search on %(site)s: %(words)s") % {"site": settings.SITE_NAME, "words": name}
    named = hashlib.sha256(query.encode()).hexdigest()[:32]
    found = Atom1Feed(
        title=strip_control_characters(words),
        link=feeds.absolute_url(f"{reverse('search')}?{query}"),
        description="",
        language=get_language(),
        feed_url=feeds.absolute_url(f"{reverse('feed_search')}?{query}"),
        feed_guid=feeds.tag_uri("feed", f"search/{named}", feeds.EPOCH),
    )
    for result in results:
        _add(found, result.page, "".join(text for text, _ in result.snippet))
    answer = HttpResponse(content_type="application/atom+xml; charset=utf-8")
    found.write(answer, "utf-8")
    return answer


def _add(found: Any, page: WikiPage, piece: str) -> None:
    """One page, as it is after its last change."""
    found.add_item(
        title=strip_control_characters(page.shown_title),
        link=feeds.absolute_url(page.get_absolute_url()),
        description=strip_control_characters(piece),
        pubdate=page.edited_at,
        updateddate=page.edited_at,
        unique_id=feeds.tag_uri("page", f"{page.pk}/{page.version}", page.created_at.year),
    )
