"""Template tags for the notes on hidden and on protected pages."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.db.models import TextField
from django.db.models.functions import Cast
from django.template.context import RequestContext

from wiki.pages import permissions
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.protection import level_of, strictest_level
from wiki.pages.writing.page_hiding import HIDDEN

register = template.Library()


@register.inclusion_tag("wiki/pages/_hidden.html", takes_context=True)
def hidden_note(context: RequestContext, page: WikiPage) -> dict[str, Any]:
    """Say who sees a hidden page, who hid it and when, with the button that shows it again. Some queries."""
    versions = PageVersion.objects.filter(page=page).annotate(tags_text=Cast("tags", TextField()))
    is_whole = page.hidden_with_id == page.pk
    return {
        "page": page,
        "hiding": versions.filter(tags_text__contains=json.dumps(HIDDEN)).order_by("-number").first(),
        "hidden_with": None if is_whole else page.hidden_with,
        "may_show": is_whole and permissions.has_permission(context["user"], permissions.Action.HIDE, page),
    }


@register.inclusion_tag("wiki/pages/_protected.html")
def protection_note(page: WikiPage) -> dict[str, Any]:
    """Say who may change a protected page, and until when; nothing of other pages."""
    level = strictest_level(page)
    holder = page if level_of(page) == level else page.place
    return {
        "level": level,
        "until": holder.protected_until if level and holder else None,
        "holder": holder,
        "page": page,
    }
