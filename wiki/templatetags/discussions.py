"""Template tags of discussions that pages show: how many threads are open, and where the threads of a page are."""

from __future__ import annotations

from typing import Any

from django import template

from wiki.discussions import talk_pages, thread_lists
from wiki.pages.models import WikiPage

register = template.Library()


@register.simple_tag
def open_threads(page: WikiPage) -> int:
    """Return how many threads about a page are open. One query, none if the page is loaded with it."""
    count: int | None = getattr(page, "open_threads", None)
    return thread_lists.count_open(page) if count is None else count


@register.inclusion_tag("wiki/discussions/_talk_note.html")
def talk_note(page: WikiPage) -> dict[str, Any]:
    """Say on a page in a namespace of discussions where the threads are. No query."""
    return {"subject": talk_pages.subject_title(page)}
