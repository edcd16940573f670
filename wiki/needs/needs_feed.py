"""The Atom feed of what is offered and needed near a place (RFC 4287), as everybody may read it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import number_format
from django.utils.html import escape, strip_tags
from django.utils.http import quote_etag
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.history import page_access
from wiki.history.change_summaries import strip_control_characters
from wiki.history.feeds import ENTRIES, EPOCH, absolute_url, tag_uri
from wiki.history.noindex import noindex
from wiki.needs.place_exchange import NearbyStatement, find_nearby, is_offer
from wiki.needs.statement_cache import current_needs
from wiki.needs.views import read_within
from wiki.pages.models import WikiPage
from wiki.pages.page_urls import address

FEED_FORMAT = "1"
"""Part of every ETag: increase it when entries are rendered differently."""


@require_safe
@noindex
def feed_needs(request: HttpRequest, title: str) -> HttpResponseBase:
    """Serve what others offer near a place (`?within=` kilometres), and what they need that it offers, newest first."""
    place = page_access.get_place_or_404(title, request.user)
    rate_limits.limit_feeds(request)
    within = read_within(request.GET, [])
    nearby = find_nearby(current_needs(), place.pk, within)[:ENTRIES]
    content = _render(place, within, nearby)
    etag = quote_etag(hashlib.sha256(FEED_FORMAT.encode() + content).hexdigest()[:32])
    not_modified = get_conditional_response(request, etag=etag)
    response = not_modified or HttpResponse(content, content_type="application/atom+xml; charset=utf-8")
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _render(place: WikiPage, within: float, nearby: Sequence[NearbyStatement]) -> bytes:
    own = address("feed_needs", place.full_title)
    title = gettext("Near %(place)s: needs and offers within %(kilometres)s km")
    feed = Atom1Feed(
        title=_clean(title % {"place": place.shown_title, "kilometres": number_format(f"{within:g}")}),
        link=absolute_url(address("place_needs", place.full_title)),
        description="",
        language=get_language(),
        feed_url=absolute_url(f"{own}?within={within:g}"),
        feed_guid=tag_uri("feed", f"needs/{place.pk}/{within:g}", EPOCH),
    )
    for one in nearby:
        _add(feed, one)
    return str(feed.writeString("utf-8")).encode()


def _add(feed: Atom1Feed, one: NearbyStatement) -> None:
    statement = one.statement
    title = gettext("Offered: %(text)s") if is_offer(statement) else gettext("Needed: %(text)s")
    digest = hashlib.sha256(f"{statement.text}\0{statement.details}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    feed.add_item(
        title=_clean(strip_tags(title % {"text": statement.text})),  # a plain text
        link=absolute_url(address("page", statement.page.full_title)),
        description="".join(f"<p>{escape(_clean(line))}</p>" for line in _lines(one)),
        author_name=_clean(statement.page.title),
        pubdate=statement.added_at,
        updateddate=statement.added_at,
        unique_id=tag_uri(statement.role, f"{statement.page.pk}/{digest}", statement.added_at.year),
    )


def _lines(one: NearbyStatement) -> list[str]:
    """Return what an entry says: who, how far, the details, and what it answers."""
    page = one.statement.page
    where = " · ".join(dict.fromkeys(filter(None, (page.title, page.place_title))))
    lines = [f"{where} ({number_format(f'{one.kilometres:.1f}')} km)", " · ".join(one.statement.details.texts)]
    if one.answers:
        text = gettext("You look for: %(texts)s") if is_offer(one.statement) else gettext("You offer: %(texts)s")
        lines.append(text % {"texts": " · ".join(one.answers)})
    return [line for line in lines if line]


def _clean(text: str) -> str:
    return strip_control_characters(text)
