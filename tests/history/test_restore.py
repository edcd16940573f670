"""Restoring a version and undoing an edit in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.factories import make_page
from wiki.errors import EditConflict, NotAllowed, Refused
from wiki.history import restore
from wiki.pages import page_lookup
from wiki.pages.models import PageVersion
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User
    from wiki.pages.models import WikiPage

FIRST = "# Atelier\n\nNous partageons les outils.\n\nOn range après.\n"


def rewrite(page: WikiPage, by: User, *replacements: tuple[str, str]) -> WikiPage:
    """Save one edit per replacement, and return the page as it is then."""
    for old, new in replacements:
        now = page_lookup.reload_page(page.pk)
        assert old in now.source.text
        page_writer.edit(now, now.source.text.replace(old, new), Author.of(by))
    return page_lookup.reload_page(page.pk)


def text_of(page: WikiPage) -> str:
    """Return the current text."""
    text: str = page_lookup.reload_page(page.pk).source.text
    return text


def latest(page: WikiPage) -> PageVersion:
    """Return the newest version."""
    version: PageVersion = page.versions.order_by("-number").first()
    return version


def test_restoring_adds_a_tagged_version_with_a_comment(alice: User, bob: User) -> None:
    page = rewrite(make_page("Atelier", FIRST, by=alice), bob, ("outils", "machines"))
    saved = restore.restore(page, 1, Author.of(alice), "c'était mieux")
    assert (saved.version, saved.changed, text_of(page)) == (3, True, FIRST)
    version = latest(page)
    assert version.tags == ["restored"]
    assert version.comment.endswith("· c'était mieux")
    assert "1" in version.comment
    assert "alice" in version.comment
    assert version.author == alice
    assert page.versions.count() == 3


def test_restoring_the_current_text_adds_no_version(alice: User) -> None:
    page = make_page("Atelier", FIRST, by=alice)
    assert restore.restore(page, 1, Author.of(alice)).changed is False
    assert page.versions.count() == 1


def test_restoring_merges_later_edits(alice: User, bob: User) -> None:
    page = rewrite(make_page("Atelier", FIRST, by=alice), alice, ("outils", "machines"))
    rewrite(page, bob, ("On range après.", "On range et on balaie."))
    saved = restore.restore(page, 1, Author.of(alice), base=2)
    assert saved.merged
    assert text_of(page) == FIRST.replace("On range après.", "On range et on balaie.")


def test_it_undoes_one_edit_in_the_middle(alice: User, bob: User) -> None:
    page = make_page("Atelier", FIRST, by=alice)
    page = rewrite(page, bob, ("outils", "machines"), ("On range après.", "On range toujours."))
    saved = restore.undo(page, 2, Author.of(alice))
    assert saved.version == 4
    assert text_of(page) == FIRST.replace("On range après.", "On range toujours.")
    assert "undone" in latest(page).tags
    assert "bob" in latest(page).comment


def test_it_undoes_the_latest_edit(alice: User) -> None:
    page = rewrite(make_page("Atelier", FIRST, by=alice), alice, ("outils", "machines"))
    restore.undo(page, 2, Author.of(alice))
    assert text_of(page) == FIRST


def test_undoing_raises_a_conflict_with_all_three_texts(alice: User, bob: User) -> None:
    page = make_page("Atelier", FIRST, by=alice)
    page = rewrite(page, bob, ("les outils", "les machines"), ("les machines", "les robots"))
    before = page.versions.count()
    with pytest.raises(EditConflict) as caught:
        restore.undo(page, 2, Author.of(alice))
    assert caught.value.base == FIRST.replace("outils", "machines")
    assert caught.value.mine == FIRST
    assert caught.value.theirs == FIRST.replace("outils", "robots")
    assert caught.value.theirs_version == 3
    assert page.versions.count() == before


@pytest.mark.parametrize("number", [1, 3])
def test_only_edits_of_a_text_can_be_undone(alice: User, bob: User, number: int) -> None:
    page = rewrite(make_page("Atelier", FIRST, by=alice), alice, ("outils", "machines"))
    page_writer.set_fields(page, Author.of(bob), language="en")
    with pytest.raises(Refused):
        restore.undo(page_lookup.reload_page(page.pk), number, Author.of(alice))
    assert page.versions.count() == 3


def test_deletions_can_be_neither_restored_nor_undone(alice: User) -> None:
    page = make_page("Atelier", FIRST, by=alice)
    root = Author(None, "root")
    page_writer.delete(page, root)
    with pytest.raises(Refused):
        restore.restore(page_lookup.reload_page(page.pk), 1, root)
    page_writer.undelete(page_lookup.reload_page(page.pk), root)
    page = page_lookup.reload_page(page.pk)
    for number in (2, 3):
        with pytest.raises(Refused):
            restore.undo(page, number, root)
    with pytest.raises(Refused):
        restore.restore(page, 2, root)
    assert page.version == 3


@pytest.mark.parametrize("action", [restore.restore, restore.undo])
def test_missing_versions_raise(alice: User, action: object) -> None:
    page = make_page("Atelier", FIRST, by=alice)
    assert callable(action)
    with pytest.raises(PageVersion.DoesNotExist):
        action(page, 7, Author.of(alice))


@pytest.mark.parametrize("action", [restore.restore, restore.undo])
def test_blocked_users_can_neither_restore_nor_undo(alice: User, charlie: User, action: object) -> None:
    page = rewrite(make_page("Atelier", FIRST, by=alice), alice, ("outils", "machines"))
    assert callable(action)
    number = 1 if action is restore.restore else 2
    with pytest.raises(NotAllowed):
        action(page, number, Author.of(charlie))
    assert text_of(page) != FIRST


def test_a_long_comment_is_kept_whole(alice: User) -> None:
    page = rewrite(make_page("Atelier", FIRST, by=alice), alice, ("outils", "machines"))
    restore.restore(page, 1, Author.of(alice), "é" * 2_000)
    assert latest(page).comment.endswith(" · " + "é" * 2_000)
