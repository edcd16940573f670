"""How templates say what the history room knows of a version."""

from __future__ import annotations

from django import template

from wiki.history import recent_changes
from wiki.pages.models import PageVersion

register = template.Library()


@register.filter
def marks(version: PageVersion) -> list[str]:
    """The tags of a version in the reader's language."""
    return recent_changes.visible_tag_labels(version)
