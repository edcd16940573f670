"""The inbox as an Atom feed, at an address that only its owner knows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import quote_etag
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from wiki.accounts import rate_limits
from wiki.history import feeds
from wiki.history.change_summaries import strip_control_characters
from wiki.history.noindex import noindex
from wiki.notifications import inbox
from wiki.notifications.models import Notification, NotificationSettings

ENTRIES = 50


@require_safe
@noindex
def feed_notifications(request: HttpRequest, token: str) -> HttpResponseBase:
    """Serve the newest notifications of the account with this token. Raises Http404 for another token."""
    rate_limits.limit_feeds(request)
    owner = NotificationSettings.objects.filter(feed_token=token, user__is_active=True).select_related("user").first()
    if owner is None:
        raise Http404
    found = list(inbox.notifications_of(owner.user, inbox.Filter.ALL).order_by("-made_at", "-pk")[:ENTRIES])

    with translation.override(owner.language):
        content = _render(owner, found)
    etag = quote_etag(hashlib.sha256(content).hexdigest()[:32])
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(content, content_type="application/atom+xml; charset=utf-8")
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _render(owner: NotificationSettings, notifications: Sequence[Notification]) -> bytes:
    """Return the feed, in the active language."""
    feed = Atom1Feed(
        title=gettext("Notifications of %(site)s") % {"site": settings.SITE_NAME},
        link=feeds.absolute_url(reverse("notifications")),
        description="",
        language=owner.language,
        feed_url=feeds.absolute_url(reverse("feed_notifications", args=[owner.feed_token])),
        feed_guid=feeds.tag_uri("feed", f"notifications/{owner.pk}", feeds.EPOCH),
    )
    for group in inbox.group_by_page(notifications, owner.user):
        for one in group.listed:
            row = one.notification
            title = strip_control_characters(f"{group.title}: {one.sentence}")
            feed.add_item(
                title=title, link=feeds.absolute_url(one.path), description=title, pubdate=row.made_at,
                updateddate=row.made_at, author_name=strip_control_characters(row.actor_name) or None,
                unique_id=feeds.tag_uri("notification", str(row.pk), row.made_at.year),
            )  # fmt: skip
    return feed.writeString("utf-8").encode()
