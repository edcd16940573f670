"""Forks for tests, made and changed as people would."""

from __future__ import annotations

from tests.making import make_page, make_place
from wiki.accounts.models import User
from wiki.forks import forking, pulling
from wiki.forks.forking import Wish
from wiki.forks.pulling import Merge
from wiki.forks.touch import Touch, touch_of
from wiki.pages import finding, saving
from wiki.pages.models import WikiPage
from wiki.pages.saving import Author, Saved

TEXT = """---
Nature: Pratique
Ville: Lyon
---
# Pain

De la farine et de l'eau, mélangées à la main le soir.

Une nuit de repos.

Au four.
"""


def make_practice(by: User, text: str = TEXT) -> WikiPage:
    """A practice in the commons."""
    return make_page("Pain", text, by=by)


def make_fork(page: WikiPage, place: str, by: User) -> WikiPage:
    """A fork of `page` in a new place."""
    return forking.fork(page, Wish(new_place=place), Author.of(by))


def change(page: WikiPage, by: User, *pairs: tuple[str, str]) -> Saved:
    """Replace words in a page as `by` would."""
    text = finding.fresh(page.pk).source.text
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return saving.edit(page, text, Author.of(by), base=finding.fresh(page.pk).version)


def text_of(page: WikiPage) -> str:
    """The current text of a page."""
    return str(finding.fresh(page.pk).source.text)


def touched(page: WikiPage, by: User) -> Touch:
    """How a fork stands to its original."""
    found = touch_of(finding.fresh(page.pk), by)
    assert found is not None
    return found


def merge_of(page: WikiPage, other: WikiPage, number: int | None = None) -> Merge:
    """The merge of a version of `other` (default: the last) into `page` as they are now."""
    return Merge.of(finding.fresh(page.pk), pulling.upstream_version(finding.fresh(other.pk), number))


def take_in(page: WikiPage, other: WikiPage, by: User) -> Saved:
    """Take the last version of `other` into `page`, which must be possible without a clash."""
    merge = merge_of(page, other)
    assert merge.joined.text is not None
    return merge.save(merge.joined.text, Author.of(by))


__all__ = ["TEXT", "change", "make_fork", "make_page", "make_place", "make_practice", "merge_of", "take_in", "text_of"]
