"""Suggestions of pages with a title similar to one that does not exist.

The search package registers a better finder in `wiki/apps.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db.models import Q

from wiki.pages.models import WikiPage
from wiki.text import titles

if TYPE_CHECKING:
    from wiki.pages.models import Reader

MAX_SUGGESTIONS = 8
"""Maximal number of suggested pages."""
Finder = Callable[[str, "Reader"], list[WikiPage]]


def find_by_words(full_title: str, user: Reader) -> list[WikiPage]:
    """Find readable pages whose titles contain words of `full_title`, those with most words first. One query."""
    words = [word for word in titles.fold(full_title).replace(":", " ").split() if len(word) > 3]
    if not words:
        return []
    contains_any = Q()
    for word in words[:6]:
        contains_any |= Q(title_fold__contains=word)
    found = WikiPage.objects.readable_by(user).filter(contains_any).select_related("kind", "place")[:200]

    def score(page: WikiPage) -> tuple[int, int]:
        return (-sum(word in page.title_fold for word in words), len(page.title_fold))

    return sorted(found, key=score)[:MAX_SUGGESTIONS]


HYPHENS = "-‐"
"""Hyphens that people write for one another, as `titles.fold` leaves them: the no-break one is the second."""


def find_twins(namespace: int, place: WikiPage | None, title: str, user: Reader) -> list[WikiPage]:
    """Return the readable pages of a namespace and place whose titles differ from `title` by spelling only.

    That is by case, accents, ligatures, no-break blanks, and the sign of apostrophes and hyphens.
    """
    folded = " ".join(titles.fold(title).split())
    spellings = {folded.translate(dict.fromkeys(map(ord, HYPHENS), hyphen)) for hyphen in HYPHENS}
    same_place = WikiPage.objects.readable_by(user).filter(namespace=namespace, place=place)
    return list(same_place.filter(title_fold__in=spellings).select_related("kind", "place")[:MAX_SUGGESTIONS])


_finders: list[Finder] = [find_by_words]


def set_finder(finder: Finder) -> None:
    """Replace the function that finds similar titles."""
    _finders[:] = [finder]


def find_similar_titles(full_title: str, user: Reader) -> list[WikiPage]:
    """Return at most MAX_SUGGESTIONS readable pages with a title like `full_title`, the most similar first."""
    return _finders[0](full_title, user)
