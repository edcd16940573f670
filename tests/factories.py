"""Plain functions that make what tests need, through the wiki's own writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wiki.pages.writing import page_writer

if TYPE_CHECKING:
    from wiki.accounts.models import User
    from wiki.pages.models import WikiPage


def make_page(
    title: str, text: str = "Un texte.", by: User | None = None, place: WikiPage | None = None, **options: Any
) -> WikiPage:
    """The page `title` (in `place`, if one is given), written by `by`, or by someone who only has a name."""
    full = f"{place.full_title}:{title}" if place else title
    return page_writer.create(full, text, by=_author(by), **options).page


def make_place(title: str, by: User, text: str = "Un lieu.") -> WikiPage:
    """The place `title`, whose first steward is `by`."""
    return page_writer.create_place(title, text, by=_author(by)).page


def _author(user: User | None) -> page_writer.Author:
    return page_writer.Author.of(user) if user else page_writer.Author(None, "Quelqu'un")
