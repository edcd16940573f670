"""Which pages go along when one is forked: its sub-pages, or all of a place; and which facts name that place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wiki.pages.models import WikiPage, WikiPageQuerySet
from wiki.text import titles
from wiki.text.title_rewriting import find_title_references
from wiki.text.titles import TitleProblem

if TYPE_CHECKING:
    from wiki.pages.models import Reader


def subtree(page: WikiPage, user: Reader) -> WikiPageQuerySet:
    """The pages under `page`: those of a place, or those called «Title/…» beside it; redirects are left behind."""
    readable = WikiPage.objects.readable_by(user).filter(redirect_key="").select_related("source", "place")
    found: WikiPageQuerySet
    if page.is_place:
        found = readable.filter(place=page)
    else:
        found = readable.filter(title_key__startswith=f"{page.title_key}/", namespace=page.namespace)
    found = found.order_by("title_fold", "pk")
    return found


@dataclass(frozen=True, slots=True)
class FactRewriteOption:
    """A fact that names the place which a page is forked from."""

    page: WikiPage
    property_name: str
    """The property, as it is written."""

    @property
    def form_value(self) -> str:
        """How a form calls it."""
        return f"{self.page.pk} {self.property_name}"


def fact_rewrite_options(pages: Sequence[WikiPage]) -> list[FactRewriteOption]:
    """The facts of `pages` that name the place they live in (or are): whoever forks them says which shall change."""
    found: dict[str, FactRewriteOption] = {}
    for page in pages:
        home = page if page.is_place else page.place
        text = page.source.text or ""
        if home is None:
            continue
        for mention in find_title_references(text):
            if mention.kind == "fact" and title_key_or_empty(mention.title) == home.title_key:
                offer = FactRewriteOption(page, mention.property)
                found.setdefault(offer.form_value, offer)
    return list(found.values())


def title_key_or_empty(title: str) -> str:
    """The key of a title; "" where it is none."""
    try:
        return titles.key_of(title)
    except TitleProblem:
        return ""
