"""Template filters of the account screens."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder

from wiki.accounts import user_agents
from wiki.pages import permissions

register = template.Library()
register.filter("browser_name", user_agents.browser_name)


@register.filter
def as_json(value: Any) -> str:
    """Return a value as JSON, which the template escapes for an attribute."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def may_invite(user: Any) -> bool:
    """Return whether a user may invite people to register. One query."""
    return permissions.has_permission(user, permissions.Action.INVITE)
