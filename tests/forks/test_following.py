"""Forks that take in clean changes by themselves: when, in whose name, and what waits for people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.forks.making import change, make_fork, text_of
from wiki.accounts.models import User
from wiki.errors import NotAllowed, Refused
from wiki.forks import following
from wiki.pages import chores, finding, saving
from wiki.pages.models import WikiPage
from wiki.pages.saving import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def fork(fork: WikiPage, bob: User) -> WikiPage:
    """A fork that follows it in bob's name."""
    following.follow(fork, bob, follows=True)
    return fork


def test_clean_changes_come_by_themselves(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    other = make_fork(fork, "Autre lieu", alice)
    following.follow(other, alice, follows=True)
    change(bread, alice, ("le soir", "le matin"))
    chores.finish()
    assert "le matin" in text_of(fork)
    assert "le matin" in text_of(other), "and what follows the follower"
    version = fork.versions.get(number=2)
    assert (version.author, version.tags, version.comment) == (bob, ["pulled"], "A repris Pain, version 2, tout seul")
    chores.finish()
    assert finding.fresh(fork.pk).version == 2


def test_a_clash_waits_for_people_and_later_changes_come_after(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User
) -> None:
    change(fork, bob, ("Une nuit", "Deux nuits"))
    change(bread, alice, ("Une nuit", "Trois nuits"))
    chores.finish()
    assert finding.fresh(fork.pk).version == 2
    change(bread, alice, ("Trois nuits", "Une nuit"), ("Au four.", "Au four, chaud."))
    chores.finish()
    assert "Deux nuits" in text_of(fork)
    assert "Au four, chaud." in text_of(fork)


def test_who_may_not_write_any_more_takes_nothing_in(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_blocked=True)
    change(bread, alice, ("le soir", "le matin"))
    chores.finish()
    assert "le matin" not in text_of(fork)
    saving.delete(bread, Author(None, "script"))
    chores.finish()
    assert finding.fresh(fork.pk).version == 1


def test_it_is_switched_on_and_off_on_the_screen(
    bread: WikiPage, fork: WikiPage, alice: User, charlie: User, client_of: Callable[..., Client]
) -> None:
    with pytest.raises(NotAllowed):
        following.follow(fork, charlie, follows=True)
    with pytest.raises(Refused):
        following.follow(bread, alice, follows=True)
    client, address = client_of(alice, "en"), f"/touch/{fork.address}"
    assert "in the name of bob" in client.get(address).content.decode()
    assert "Nothing is taken in by itself" in client.post(address, {"follow": "0"}, follow=True).content.decode()
    change(bread, alice, ("le soir", "le matin"))
    chores.finish()
    assert "le matin" not in text_of(fork)
    assert "in the name of alice" in client.post(address, {"follow": "1"}, follow=True).content.decode()
    chores.finish()
    assert fork.versions.get(number=2).author == alice
