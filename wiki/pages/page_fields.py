"""The fields that a page shares with each of its versions."""

from __future__ import annotations

from dataclasses import dataclass

from wiki.pages.models import WikiPage
from wiki.text import titles


@dataclass(frozen=True, slots=True)
class PageFields:
    """Everything that a version of a page holds beside its text."""

    namespace: int
    place: WikiPage | None
    title: str
    is_place: bool
    license: str
    language: str
    hidden_with: int | None = None
    """See `WikiPage.hidden_with`."""

    @classmethod
    def of(cls, page: WikiPage) -> PageFields:
        """Return the current fields of `page`."""
        return cls(
            page.namespace, page.place, page.title, page.is_place, page.license, page.language, page.hidden_with_id
        )  # fmt: skip

    @property
    def full_title(self) -> str:
        """Full title: namespace or place, and title."""
        return titles.build_full_title(self.namespace, self.place.full_title if self.place else None, self.title)

    @property
    def place_title(self) -> str:
        """Full title of the place that the page is or is in; "" if there is none."""
        return self.title if self.is_place else self.place.full_title if self.place else ""
