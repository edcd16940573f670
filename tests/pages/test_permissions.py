"""Permissions: the table of users and actions, without views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page, make_place
from wiki.errors import NotAllowed
from wiki.pages import page_lookup, permissions
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.text.titles import MIRROR_NAMESPACE

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db
READING = {"read", "export"}
WITH_AN_ACCOUNT = {"edit", "create", "fork", "make_place", "upload", "change_file", "import", "discuss"}
LOOKING_AFTER = {"move", "delete", "undelete", "relicense", "unmake_place", "steward", "moderate", "protect"}
WRITTEN = {"move", "relicense", "unmake_place"}
"""What writes a page: nobody may do it to a mirror."""
EVERYTHING = READING | WITH_AN_ACCOUNT | LOOKING_AFTER
"""All actions on an ordinary page: only that of a person can be hidden."""


def rights(reader: User | AnonymousUser, page: WikiPage | None = None) -> set[str]:
    """Return the actions that a reader may do; check that both functions agree."""
    one_by_one = {action for action in EVERYTHING | {"hide"} if permissions.has_permission(reader, action, page)}
    assert permissions.allowed_actions(reader, page) == one_by_one
    return one_by_one


def refusal(reader: User | AnonymousUser, action: str, page: WikiPage | None = None) -> str:
    """Return the message with which `require` refuses an action."""
    with pytest.raises(NotAllowed) as caught:
        permissions.require(reader, action, page)
    return str(caught.value)


def far_page() -> WikiPage:
    """Return a mirror, not saved."""
    return WikiPage(namespace=MIRROR_NAMESPACE, title="Pain", full_title="Ailleurs:Pain")


# --- The table ------------------------------------------------------------------------------------
def test_an_account_writes_and_forks_everywhere(alice: User, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    for page in (None, place, make_page("Charte", place=place), make_page("Commun", by=alice)):
        assert rights(alice, page) == READING | WITH_AN_ACCOUNT


def test_a_steward_looks_after_one_place_and_what_lives_in_it(alice: User, bob: User) -> None:
    place, other = make_place("Atelier", by=bob), make_place("Fournil", by=alice)
    for page in (place, make_page("Charte", place=place)):
        assert rights(bob, page) == EVERYTHING
    for page in (other, make_page("Charte", place=other), make_page("Commun"), None):
        assert rights(bob, page) == READING | WITH_AN_ACCOUNT


def test_an_administrator_may_do_everything_everywhere(alice: User, bob: User) -> None:
    alice.is_superuser = True
    for page in (None, make_place("Atelier", by=bob), make_page("Commun")):
        assert rights(alice, page) == EVERYTHING


def test_the_blocked_and_the_anonymous_only_read(bob: User, charlie: User, anna: AnonymousUser) -> None:
    place = make_place("Atelier", by=bob)
    for page in (None, place, make_page("Charte", place=place)):
        for reader in (charlie, anna):
            assert rights(reader, page) == READING


def test_an_inactive_account_only_reads(bob: User) -> None:
    place = make_place("Atelier", by=bob)
    bob.is_active = False
    bob.save()
    assert rights(bob, place) == rights(bob) == READING
    with pytest.raises(NotAllowed):
        page_writer.edit(place, "Un autre texte.", Author.of(bob))


def test_an_inactive_or_blocked_administrator_only_reads(alice: User, charlie: User) -> None:
    alice.is_superuser, alice.is_active, charlie.is_superuser = True, False, True
    assert rights(alice) == rights(charlie) == READING


def test_a_page_of_another_site_is_copied_and_never_written(alice: User, charlie: User, anna: AnonymousUser) -> None:
    assert rights(alice, far_page()) == READING | {"fork", "import", "discuss"}
    assert rights(charlie, far_page()) == rights(anna, far_page()) == READING
    alice.is_superuser = True
    assert rights(alice, far_page()) == READING | {"fork", "import", "discuss"} | LOOKING_AFTER - WRITTEN


@pytest.mark.parametrize("is_superuser", [False, True])
def test_an_unknown_action_is_an_error_for_everybody(bob: User, is_superuser: bool) -> None:
    place = make_place("Atelier", by=bob)
    bob.is_superuser = is_superuser
    with pytest.raises(ValueError, match="unheard of"):
        permissions.has_permission(bob, "unheard of", place)  # type: ignore[arg-type]


def test_menus_ask_the_database_once_at_most(bob: User) -> None:
    place, commons = make_place("Atelier", by=bob), make_page("Commun")
    with CaptureQueriesContext(connection) as queries:
        permissions.allowed_actions(bob, place)
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        permissions.allowed_actions(bob, commons)
    assert len(queries) == 0, "a page in no place has no stewards"


# --- Reasons of refusals ----------------------------------------------------------------------------------
def test_the_refusal_says_what_to_do(alice: User, bob: User, charlie: User, anna: AnonymousUser) -> None:
    place, commons = make_place("Atelier", by=bob), make_page("Commun")
    assert refusal(anna, "edit", commons).startswith("Sign in first")
    assert refusal(anna, "edit", far_page()).startswith("Sign in first")
    assert refusal(charlie, "edit", commons).startswith("Your account is blocked")
    assert refusal(alice, "edit", far_page()).startswith("This page lives on another site")
    assert refusal(alice, "delete", far_page()).startswith("This page lives in no place")
    assert refusal(alice, "delete", commons).startswith("This page lives in no place")
    for page in (place, make_page("Charte", place=place), None):
        assert refusal(alice, "move", page).startswith("Only the stewards of this place")


def test_whoever_may_is_not_refused(bob: User, anna: AnonymousUser) -> None:
    permissions.require(bob, "move", make_place("Atelier", by=bob))
    permissions.require(anna, "read")


# --- Wagtail's admin ------------------------------------------------------------------------------
def test_the_admin_changes_no_page_around_the_writer(alice: User) -> None:
    alice.is_superuser, page = True, make_page("Commun")
    tester = page.permissions_for_user(alice)
    for question in (
        "add_subpage", "publish_subpage", "reorder_children", "copy", "publish", "unpublish", "unschedule",
        "submit_for_moderation", "lock", "unlock", "set_view_restrictions",
    ):  # fmt: skip
        assert getattr(tester, f"can_{question}")() is False, question
    for question in ("copy_to", "move_to"):
        assert getattr(tester, f"can_{question}")(page.get_parent()) is False, question
    assert tester.can_edit()
    assert tester.can_delete()


def test_who_began_the_page_of_a_person_takes_it_down(alice: User, bob: User, charlie: User) -> None:
    page = make_page("Camille", "---\nkind: Personne\n---\nUn portrait.", by=alice)
    assert "delete" in rights(alice, page)
    assert not {"delete", "move", "relicense"} & rights(bob, page)
    assert "move" not in rights(alice, page)
    assert "delete" not in rights(charlie, page)
    assert "delete" not in rights(alice, make_page("Four", "---\nkind: Pratique\n---\n", by=alice))
    place = make_place("La Myne", by=bob)
    assert "delete" not in rights(alice, make_page("Anna", "---\nkind: Personne\n---\n", by=alice, place=place))
    page_writer.delete(page, Author.of(alice), "Je ne veux plus")
    assert page_lookup.reload_page(page.pk).is_deleted
