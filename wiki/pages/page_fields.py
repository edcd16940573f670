"""The fields of a page and of each version."""

from __future__ import annotations

from dataclasses import dataclass

from wiki.pages.models import WikiPage
from wiki.text import titles


@dataclass(frozen=True, slots=True)
class PageFields:
    """The fields of a page and of each version: all that is not in the text."""

    namespace: int
    place: WikiPage | None
    title: str
    is_place: bool
    license: str
    language: str

    @classmethod
    def of(cls, page: WikiPage) -> PageFields:
        """The fields as `page` has them now."""
        return cls(page.namespace, page.place, page.title, page.is_place, page.license, page.language)

    @property
    def full_title(self) -> str:
        """The full title that they make."""
        return titles.build_full_title(self.namespace, self.place.full_title if self.place else None, self.title)
