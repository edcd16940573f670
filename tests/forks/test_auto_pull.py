"""Automatic pulls: when, on behalf of whom, and what waits for people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.forks.fork_factories import change, make_fork, text_of
from wiki.accounts.models import User
from wiki.errors import NotAllowed, Refused
from wiki.forks import auto_pull
from wiki.pages import background_jobs, page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def fork(fork: WikiPage, bob: User) -> WikiPage:
    """A fork with automatic pulls on behalf of bob."""
    auto_pull.set_auto_pull(fork, bob, enabled=True)
    return fork


def test_clean_changes_are_pulled_automatically(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    other = make_fork(fork, "Autre lieu", alice)
    auto_pull.set_auto_pull(other, alice, enabled=True)
    change(bread, alice, ("le soir", "le matin"))
    background_jobs.run_pending()
    assert "le matin" in text_of(fork)
    assert "le matin" in text_of(other), "and what follows the auto_pull_user"
    version = fork.versions.get(number=2)
    assert (version.author, version.tags, version.comment) == (
        bob,
        ["pulled"],
        "Mise à jour depuis Pain, version 2, toute seule",
    )
    background_jobs.run_pending()
    assert page_lookup.reload_page(fork.pk).version == 2


def test_a_conflict_waits_for_people(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    change(fork, bob, ("Une nuit", "Deux nuits"))
    change(bread, alice, ("Une nuit", "Trois nuits"))
    background_jobs.run_pending()
    assert page_lookup.reload_page(fork.pk).version == 2
    change(bread, alice, ("Trois nuits", "Une nuit"), ("Au four.", "Au four, chaud."))
    background_jobs.run_pending()
    assert "Deux nuits" in text_of(fork)
    assert "Au four, chaud." in text_of(fork)


def test_nothing_is_pulled_without_permission(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_blocked=True)
    change(bread, alice, ("le soir", "le matin"))
    background_jobs.run_pending()
    assert "le matin" not in text_of(fork)
    page_writer.delete(bread, Author(None, "script"))
    background_jobs.run_pending()
    assert page_lookup.reload_page(fork.pk).version == 1


def test_it_is_switched_on_and_off_on_the_screen(
    bread: WikiPage, fork: WikiPage, alice: User, charlie: User, client_of: Callable[..., Client]
) -> None:
    with pytest.raises(NotAllowed):
        auto_pull.set_auto_pull(fork, charlie, enabled=True)
    with pytest.raises(Refused):
        auto_pull.set_auto_pull(bread, alice, enabled=True)
    client, address = client_of(alice, "en"), f"/touch/{fork.url_title}"
    assert "in the name of bob" in client.get(address).content.decode()
    assert "Nothing is taken in by itself" in client.post(address, {"follow": "0"}, follow=True).content.decode()
    change(bread, alice, ("le soir", "le matin"))
    background_jobs.run_pending()
    assert "le matin" not in text_of(fork)
    assert "in the name of alice" in client.post(address, {"follow": "1"}, follow=True).content.decode()
    background_jobs.run_pending()
    assert fork.versions.get(number=2).author == alice
