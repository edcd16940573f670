"""Atom feeds of posts (RFC 4287): of the wiki, and of the discussions of a page."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import quote_etag
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.discussions.models import Post
from wiki.history.change_summaries import strip_control_characters
from wiki.history.feeds import ENTRIES, EPOCH, Channel, absolute_url, tag_uri
from wiki.history.noindex import noindex
from wiki.pages.page_urls import address
from wiki.pages.permissions import Action
from wiki.pages.read_permissions import is_readable
from wiki.pages.views import manage

FEED_FORMAT = "1"
"""Part of every ETag: increase it when entries are rendered differently."""


@require_safe
@noindex
def feed_talk(request: HttpRequest) -> HttpResponseBase:
    """Serve the latest posts of the wiki."""
    title = gettext("Discussions of %(site)s") % {"site": settings.SITE_NAME}
    channel = Channel("talk", title, reverse("all_threads"), reverse("feed_talk"))
    return _feed_response(request, channel, Post.objects.all())


@require_safe
@noindex
def feed_page_talk(request: HttpRequest, title: str) -> HttpResponseBase:
    """Serve the latest posts about a page."""
    page = manage.get_page(request, title, Action.READ)
    feed_title = gettext("Discussions of %(page)s") % {"page": page.shown_title}
    own, screen = address("feed_page_talk", page.full_title), address("talk", page.full_title)
    return _feed_response(
        request, Channel(f"talk/{page.pk}", feed_title, screen, own), Post.objects.filter(thread__page=page)
    )


def _feed_response(request: HttpRequest, channel: Channel, posts: QuerySet[Post]) -> HttpResponseBase:
    """Return the feed of the latest of `posts` that the reader may read; 304 if the client's copy is current."""
    rate_limits.limit_feeds(request)
    readable = posts.filter(is_readable(request.user, "thread__page__"), deleted_at=None)
    latest = list(readable.select_related("thread__page").order_by("-created_at", "-pk")[:ENTRIES])
    content = _render(channel, latest)
    etag = quote_etag(hashlib.sha256(FEED_FORMAT.encode() + content).hexdigest()[:32])
    not_modified = get_conditional_response(request, etag=etag)
    response = not_modified or HttpResponse(content, content_type="application/atom+xml; charset=utf-8")
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _render(channel: Channel, posts: list[Post]) -> bytes:
    """Return a feed with one entry for each post."""
    feed = Atom1Feed(
        title=strip_control_characters(channel.title),
        link=absolute_url(channel.link),
        description="",
        language=get_language(),
        feed_url=absolute_url(channel.address),
        feed_guid=tag_uri("feed", channel.name, EPOCH),
    )
    for post in posts:
        title = f"{post.thread.title} · {post.thread.page.full_title}"
        feed.add_item(
            title=strip_control_characters(title),
            link=absolute_url(post.get_absolute_url()),
            description=strip_control_characters(post.html),
            author_name=strip_control_characters(post.author_name),
            pubdate=post.created_at,
            updateddate=post.edited_at or post.created_at,
            unique_id=tag_uri("post", str(post.pk), post.created_at.year),
        )
    return str(feed.writeString("utf-8")).encode()
