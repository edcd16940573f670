"""Atom feeds of changes (RFC 4287), as short as the reader's own copy is fresh.

Identities are tag URIs (RFC 4151) made of row numbers: they stay when a page is renamed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import quote_etag
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from wiki.history import page_access
from wiki.history.change_summaries import strip_control_characters, summarize_changes
from wiki.history.forms import ChangesFilter
from wiki.history.history_urls import changes_address, contributions_address, feed_address
from wiki.history.noindex import noindex
from wiki.history.recent_changes import RecentChange, list_changes, versions_in_place, visible_tag_labels
from wiki.pages.models import PageVersion, PageVersionQuerySet, WikiPage
from wiki.pages.page_urls import address

ENTRIES = 30
EPOCH = 2026
"""The year in which the names of feeds were given; the host could be another's before."""
FEED_FORMAT = "1"
"""Part of every ETag: changes when entries are written in another way."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of itself. Addresses are paths on this site."""

    name: str
    """What it is called for ever, whatever its address becomes."""
    title: str
    link: str
    address: str
    fold: bool = True


@require_safe
@noindex
def changes(request: HttpRequest) -> HttpResponseBase:
    """The changes of the whole wiki."""
    title = gettext("Recent changes of %(site)s") % {"site": settings.SITE_NAME}
    channel = Channel("changes", title, address_of_changes(), feed_address("feed_changes"))
    return _answer(request, channel, PageVersion.objects.readable_by(request.user))


@require_safe
@noindex
def place(request: HttpRequest, title: str) -> HttpResponseBase:
    """The changes in a place."""
    found = page_access.get_place_or_404(title, request.user)
    words = gettext("Changes in %(place)s") % {"place": found.shown_title}
    feed = feed_address("feed_place", found.full_title)
    channel = Channel(f"place/{found.pk}", words, changes_address(found.full_title), feed)
    return _answer(request, channel, versions_in_place(PageVersion.objects.readable_by(request.user), found))


@require_safe
@noindex
def page(request: HttpRequest, title: str) -> HttpResponseBase:
    """The versions of a page."""
    found = page_access.get_page_or_404(title, request.user)
    words = gettext("History of %(page)s") % {"page": found.shown_title}
    feed = feed_address("feed_page", found.full_title)
    channel = Channel(f"page/{found.pk}", words, address("history", found.full_title), feed, fold=False)
    versions = PageVersion.objects.readable_by(request.user).filter(page=found)
    return _answer(request, channel, versions)


@require_safe
@noindex
def contributions(request: HttpRequest, username: str = "") -> HttpResponseBase:
    """What an account, or someone known only by `?name=`, has written."""
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
    return _answer(request, channel, versions)


def address_of_changes() -> str:
    """Where the changes of the wiki are listed."""
    return feed_address("changes")


def _answer(request: HttpRequest, channel: Channel, versions: PageVersionQuerySet) -> HttpResponseBase:
    """The feed of `versions`, narrowed as the address says; 304 where the reader has it.

    Texts are read only for an answer with a body.
    """
    form = ChangesFilter(request.GET)
    fold = channel.fold and form.changeset_id is None
    lines = list_changes(form.narrow(versions), since=form.since, fold=fold, size=ENTRIES).rows
    etag = _etag(channel, lines)
    kept = get_conditional_response(request, etag=etag)
    answer = kept or _written(channel, lines)
    answer["ETag"] = etag
    patch_cache_control(answer, private=True, no_cache=True)
    return answer


def _etag(channel: Channel, lines: Sequence[RecentChange]) -> str:
    """Stands for all that a feed shows."""
    shown = [FEED_FORMAT, get_language() or "", channel.title, channel.address]
    for line in lines:
        version = line.version
        shown.append(f"{line.cursor} {line.count} {version.title} {version.page.full_title}")
    return quote_etag(hashlib.sha256("\n".join(shown).encode()).hexdigest()[:32])


def _written(channel: Channel, lines: Sequence[RecentChange]) -> HttpResponse:
    """The feed itself."""
    feed = Atom1Feed(
        title=strip_control_characters(channel.title),
        link=absolute_url(channel.link),
        description="",
        language=get_language(),
        feed_url=absolute_url(channel.address),
        feed_guid=tag_uri("feed", channel.name, EPOCH),
    )
    bodies = summarize_changes(lines)
    for line, body in zip(lines, bodies, strict=True):
        _add(feed, line, body)
    answer = HttpResponse(content_type="application/atom+xml; charset=utf-8")
    feed.write(answer, "utf-8")
    return answer


def _add(feed: Atom1Feed, line: RecentChange, body: str) -> None:
    """One entry: a version, or a changeset."""
    version, changeset = line.version, line.changeset
    if changeset is None:
        title, author = version.title, version.author_name
        link = comparison_address(version)
        identity = tag_uri("version", f"{version.page_id}/{version.number}", version.recorded_at.year)
    else:
        title = gettext("%(count)d pages: %(act)s") % {
            "count": line.count,
            "act": changeset.get_act_display(),
        }
        author = changeset.by.label if changeset.by else version.author_name
        link = f"{address_of_changes()}?batch={changeset.pk}"
        identity = tag_uri("batch", str(changeset.pk), changeset.made_at.year)
    feed.add_item(
        title=strip_control_characters(title),
        link=absolute_url(link),
        description=body,
        author_name=strip_control_characters(author),
        pubdate=line.cursor.at,
        updateddate=line.cursor.at,
        unique_id=identity,
        categories=[strip_control_characters(word) for word in visible_tag_labels(version)]
        if changeset is None
        else [],
    )


def comparison_address(version: PageVersion) -> str:
    """Where a version is compared with the one before it."""
    page: WikiPage = version.page
    compared = address("compare", page.full_title)
    return f"{compared}?from={version.number - 1}&to={version.number}"


def absolute_url(path: str) -> str:
    """`path` on the address under which this wiki is known."""
    return f"{settings.BASE_ADDRESS}{path}"


def tag_uri(kind: str, name: str, year: int) -> str:
    """A tag URI: this host in that year, and what it calls the thing."""
    return f"tag:{settings.HOST},{year}:{kind}/{name}"
