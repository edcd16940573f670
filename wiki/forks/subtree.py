"""Pages forked together with a page (its subpages, or the pages of a place), and facts that name the place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wiki.pages.models import WikiPage, WikiPageQuerySet
from wiki.text import titles
from wiki.text.title_rewriting import find_title_references

if TYPE_CHECKING:
    from wiki.pages.models import Reader


def subtree(page: WikiPage, user: Reader) -> WikiPageQuerySet:
    """Return the pages below `page` that `user` may read: those of a place, or those called «Title/…».

    Without redirects, and without hidden pages, whose copies everybody would see.
    """
    readable = (
        WikiPage.objects.readable_by(user).filter(redirect_key="", hidden_with=None).select_related("source", "place")
    )
    pages: WikiPageQuerySet
    if page.is_place:
        pages = readable.filter(place=page)
    else:
        pages = readable.filter(title_key__startswith=f"{page.title_key}/", namespace=page.namespace)
    pages = pages.order_by("title_fold", "pk")
    return pages


@dataclass(frozen=True, slots=True)
class FactRewriteOption:
    """A fact that names the place of a forked page, and can be rewritten to name the new place."""

    page: WikiPage
    property_name: str
    """The property, as written in the text."""

    @property
    def form_value(self) -> str:
        """The value in forms: primary key of the page and name of the property."""
        return f"{self.page.pk} {self.property_name}"


def fact_rewrite_options(pages: Sequence[WikiPage]) -> list[FactRewriteOption]:
    """Return the facts of `pages` that name the place of their page (or the page itself, if it is a place)."""
    options: dict[str, FactRewriteOption] = {}
    for page in pages:
        place = page if page.is_place else page.place
        text = page.source.text or ""
        if place is None:
            continue
        for reference in find_title_references(text):
            if reference.kind == "fact" and titles.key_or_empty(reference.title) == place.title_key:
                option = FactRewriteOption(page, reference.property)
                options.setdefault(option.form_value, option)
    return list(options.values())
