"""Template filter for the tags of versions."""

from __future__ import annotations

from django import template

from wiki.history import recent_changes
from wiki.pages.models import PageVersion

register = template.Library()


@register.filter
def marks(version: PageVersion) -> list[str]:
    """Return the tags of a version in the current language."""
    return recent_changes.visible_tag_labels(version)
