"""Atom feeds of changes (RFC 4287), with conditional requests; `?format=json` is the same as JSON Feed 1.1.

Ids are tag URIs (RFC 4151) made of primary keys, so they do not change when a page is renamed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed, SyndicationFeed
from django.utils.http import quote_etag
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.history import page_access
from wiki.history.change_summaries import strip_control_characters, summarize_changes
from wiki.history.forms import ChangesFilter
from wiki.history.history_urls import changes_address, contributions_address, feed_address
from wiki.history.json_feed import JsonFeed
from wiki.history.noindex import noindex
from wiki.history.recent_changes import RecentChange, list_changes, versions_in_place, visible_tag_labels
from wiki.pages.models import PageVersion, PageVersionQuerySet, WikiPage
from wiki.pages.page_urls import address

ENTRIES = 30
FeedClass = type[Atom1Feed] | type[JsonFeed]
FORMATS: Mapping[str, FeedClass] = {"json": JsonFeed}
"""Formats beside Atom, by the parameter `format`."""
EPOCH = 2026
"""Year in the tag URIs of feeds (RFC 4151): the domain belonged to this wiki then."""
FEED_FORMAT = "1"
"""Part of every ETag: increase it when entries are rendered differently."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Metadata of a feed. Addresses are paths on this site."""

    name: str
    """Permanent name for its tag URI, independent of its address."""
    title: str
    link: str
    address: str
    fold: bool = True


@require_safe
@noindex
def changes(request: HttpRequest) -> HttpResponseBase:
    """Serve the feed of the changes in the whole wiki."""
    title = gettext("Recent changes of %(site)s") % {"site": settings.SITE_NAME}
    channel = Channel("changes", title, address_of_changes(), feed_address("feed_changes"))
    return _feed_response(request, channel, PageVersion.objects.readable_by(request.user))


@require_safe
@noindex
def place(request: HttpRequest, title: str) -> HttpResponseBase:
    """Serve the feed of the changes in a place."""
    found = page_access.get_place_or_404(title, request.user)
    feed_title = gettext("Changes in %(place)s") % {"place": found.shown_title}
    feed = feed_address("feed_place", found.full_title)
    channel = Channel(f"place/{found.pk}", feed_title, changes_address(found.full_title), feed)
    return _feed_response(request, channel, versions_in_place(PageVersion.objects.readable_by(request.user), found))


@require_safe
@noindex
def page(request: HttpRequest, title: str) -> HttpResponseBase:
    """Serve the feed of the versions of a page."""
    found = page_access.get_page_or_404(title, request.user)
    feed_title = gettext("History of %(page)s") % {"page": found.shown_title}
    feed = feed_address("feed_page", found.full_title)
    channel = Channel(f"page/{found.pk}", feed_title, address("history", found.full_title), feed, fold=False)
    versions = PageVersion.objects.readable_by(request.user).filter(page=found)
    return _feed_response(request, channel, versions)


@require_safe
@noindex
def contributions(request: HttpRequest, username: str = "") -> HttpResponseBase:
    """Serve the feed of an account's versions, or of an author without account given by `?name=`."""
    name = request.GET.get("name", "")
    person, versions = page_access.get_contributor(request.user, username, name)
    label = person.label if person else name
    channel = Channel(
        f"account/{person.pk}" if person else f"author/{quote(name, safe='')}",
        gettext("Contributions of %(name)s") % {"name": label},
        contributions_address(username, name),
        feed_address("feed_contributions", username, name=name),
        fold=person is not None,
    )
    return _feed_response(request, channel, versions)


def address_of_changes() -> str:
    """Return the URL of the recent changes."""
    return feed_address("changes")


def _feed_response(request: HttpRequest, channel: Channel, versions: PageVersionQuerySet) -> HttpResponseBase:
    """Return the feed of `versions`, filtered by the query string; 304 if the client's copy is current.

    Texts are loaded only for a response with a body.
    """
    rate_limits.limit_feeds(request)
    form = ChangesFilter(request.GET)
    fold = channel.fold and form.changeset_id is None
    entries = list_changes(form.narrow(versions), since=form.since, fold=fold, size=ENTRIES).rows
    etag = _etag(channel, entries, request.GET.get("format", ""))
    not_modified = get_conditional_response(request, etag=etag)
    response = not_modified or _render(channel, entries, FORMATS.get(request.GET.get("format", ""), Atom1Feed))
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _etag(channel: Channel, entries: Sequence[RecentChange], feed_format: str) -> str:
    """Return the ETag: a hash of all that the feed shows."""
    parts = [FEED_FORMAT, feed_format, get_language() or "", channel.title, channel.address]
    for change in entries:
        version = change.version
        parts.append(f"{change.cursor} {change.count} {version.title} {version.page.full_title}")
    return quote_etag(hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32])


def _render(channel: Channel, entries: Sequence[RecentChange], make_feed: FeedClass) -> HttpResponse:
    """Return the feed as a response."""
    feed = make_feed(
        title=strip_control_characters(channel.title),
        link=absolute_url(channel.link),
        description="",
        language=get_language(),
        feed_url=absolute_url(channel.address),
        feed_guid=tag_uri("feed", channel.name, EPOCH),
    )
    bodies = summarize_changes(entries)
    for change, body in zip(entries, bodies, strict=True):
        _add(feed, change, body)
    response = HttpResponse(content_type=feed.content_type)
    feed.write(response, "utf-8")
    return response


def _add(feed: SyndicationFeed, change: RecentChange, body: str) -> None:
    """Add one entry: a version, or a changeset."""
    version, changeset = change.version, change.changeset
    if changeset is None:
        title, author = version.title, version.author_name
        link = comparison_address(version)
        unique_id = tag_uri("version", f"{version.page_id}/{version.number}", version.recorded_at.year)
    else:
        title = gettext("%(count)d pages: %(act)s") % {
            "count": change.count,
            "act": changeset.get_act_display(),
        }
        author = changeset.by.label if changeset.by else version.author_name
        link = f"{address_of_changes()}?batch={changeset.pk}"
        unique_id = tag_uri("batch", str(changeset.pk), changeset.made_at.year)
    feed.add_item(
        title=strip_control_characters(title),
        link=absolute_url(link),
        description=body,
        author_name=strip_control_characters(author),
        pubdate=change.cursor.at,
        updateddate=change.cursor.at,
        unique_id=unique_id,
        categories=[strip_control_characters(label) for label in visible_tag_labels(version)]
        if changeset is None
        else [],
    )


def comparison_address(version: PageVersion) -> str:
    """Return the URL that compares a version with the version before it."""
    page: WikiPage = version.page
    compared = address("compare", page.full_title)
    return f"{compared}?from={version.number - 1}&to={version.number}"


def absolute_url(path: str) -> str:
    """Return the absolute URL of a path on this site."""
    return f"{settings.BASE_ADDRESS}{path}"


def tag_uri(kind: str, name: str, year: int) -> str:
    """Return a tag URI: host, year, and the name of a thing."""
    return f"tag:{settings.HOST},{year}:{kind}/{name}"
