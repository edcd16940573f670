"""Factories for forks and their edits."""

from __future__ import annotations

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.forks import fork_creation, pull_merge
from wiki.forks.fork_creation import ForkTarget
from wiki.forks.fork_status import ForkStatus, find_fork_status
from wiki.forks.pull_merge import Merge
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, SaveResult

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
    """Create a practice at the root level."""
    return make_page("Pain", text, by=by)


def make_fork(page: WikiPage, place: str, by: User) -> WikiPage:
    """Fork `page` into a new place."""
    return fork_creation.fork(page, ForkTarget(new_place=place), Author.of(by))


def change(page: WikiPage, by: User, *pairs: tuple[str, str]) -> SaveResult:
    """Edit a page: replace words, as user `by`."""
    text = page_lookup.reload_page(page.pk).source.text
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return page_writer.edit(page, text, Author.of(by), base=page_lookup.reload_page(page.pk).version)


def text_of(page: WikiPage) -> str:
    """Return the current text of a page."""
    return str(page_lookup.reload_page(page.pk).source.text)


def fork_status_of(page: WikiPage, by: User) -> ForkStatus:
    """Return the status of a fork."""
    found = find_fork_status(page_lookup.reload_page(page.pk), by)
    assert found is not None
    return found


def merge_of(page: WikiPage, other: WikiPage, number: int | None = None) -> Merge:
    """Return the merge of a version of `other` (default: the latest) into the current `page`."""
    return Merge.of(
        page_lookup.reload_page(page.pk), pull_merge.upstream_version(page_lookup.reload_page(other.pk), number)
    )


def take_in(page: WikiPage, other: WikiPage, by: User) -> SaveResult:
    """Merge the latest version of `other` into `page`; there must be no conflict."""
    merge = merge_of(page, other)
    assert merge.merged.text is not None
    return merge.save(merge.merged.text, Author.of(by))


__all__ = ["TEXT", "change", "make_fork", "make_page", "make_place", "make_practice", "merge_of", "take_in", "text_of"]
