"""The number of unread notifications, for the header of signed-in users."""

from __future__ import annotations

from typing import cast

from django import template
from django.template.context import RequestContext

from wiki.accounts.models import User
from wiki.notifications import inbox

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_notifications(context: RequestContext) -> str:
    """Return how many unread notifications the user has: "", a number, or "99+". One query."""
    user = context.get("user")
    count = inbox.count_unread(cast(User, user)) if user is not None and user.is_authenticated else 0
    return "" if not count else str(count) if count < inbox.COUNTED else f"{inbox.COUNTED - 1}+"
