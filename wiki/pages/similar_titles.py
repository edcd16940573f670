"""Pages with a title like one that is not there; a room upstairs that finds better ones is named in `wiki/apps.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db.models import Q

from wiki.pages.models import WikiPage
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader

MAX_SUGGESTIONS = 8
"""Pages offered."""
Finder = Callable[[str, "Reader"], list[WikiPage]]


def find_by_words(full_title: str, user: Reader) -> list[WikiPage]:
    """Readable pages that have words of a title in theirs, letter by letter, most first; one query."""
    words = [word for word in titles.fold(full_title).replace(":", " ").split() if len(word) > 3]
    if not words:
        return []
    some = Q()
    for word in words[:6]:
        some |= Q(title_fold__contains=word)
    found = WikiPage.objects.readable_by(user).filter(some).select_related("kind", "place")[:200]

    def score(page: WikiPage) -> tuple[int, int]:
        return (-sum(word in page.title_fold for word in words), len(page.title_fold))

    return sorted(found, key=score)[:MAX_SUGGESTIONS]


_finders: list[Finder] = [find_by_words]


def set_finder(finder: Finder) -> None:
    """Have `finder` look for them from now on."""
    _finders[:] = [finder]


def find_similar_titles(full_title: str, user: Reader) -> list[WikiPage]:
    """Readable pages with a title like `full_title`, the likest first; at most MOST."""
    return _finders[0](full_title, user)
