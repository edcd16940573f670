"""The status of a fork: versions behind and ahead, from the right merge base."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.forks.fork_factories import change, fork_status_of, make_fork, make_page, merge_of, take_in, text_of
from wiki.accounts.models import User
from wiki.forks.fork_status import fork_counts
from wiki.forks.version_graph import VersionGraph
from wiki.pages import page_lookup
from wiki.pages.models import Fork, WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db


def counts(page: WikiPage, by: User) -> tuple[int, int]:
    """Return the numbers of versions behind and ahead."""
    found = fork_status_of(page, by)
    return len(found.behind), found.ahead_count


def test_it_counts_versions_of_each_side(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    assert counts(fork, bob) == (0, 0)
    change(bread, alice, ("le soir", "le matin"))
    change(bread, alice, ("Au four.", "Au four, chaud."))
    change(fork, bob, ("Une nuit", "Deux nuits"))
    assert counts(fork, bob) == (2, 1)
    take_in(fork, bread, bob)
    assert counts(fork, bob) == (0, 1)
    assert [node.number for node in fork_status_of(fork, bob).bases] == [3]
    change(bread, alice, ("# Pain", "# Le pain"))
    assert counts(fork, bob) == (1, 1)


def test_what_does_not_change_the_text_is_not_counted(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    page_writer.set_fields(bread, Author(None, "script"), "LAL-1.3")
    page_moves.move(page_lookup.reload_page(bread.pk), "Pain au levain", Author(None, "script"))
    page_writer.set_fields(fork, Author.of(bob), language="en")
    assert counts(fork, bob) == (0, 0)
    assert fork_status_of(fork, bob).was_renamed
    change(bread, alice, ("le soir", "le matin"))
    assert counts(fork, bob) == (1, 0)
    take_in(fork, bread, bob)
    assert "le matin" in text_of(fork)


def test_an_unchanged_fork_gets_the_upstream_text(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    change(bread, alice, ("le soir", "le matin"))
    take_in(fork, bread, bob)
    assert text_of(fork) == text_of(bread)
    assert counts(fork, bob) == (0, 0)


def test_skipping_keeps_the_text_and_moves_the_merge_base(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User
) -> None:
    change(bread, alice, ("le soir", "le matin"))
    change(bread, alice, ("Au four.", "Au four, chaud."))
    before = text_of(fork)
    saved = merge_of(fork, bread, 2).skip_upstream(Author.of(bob))
    assert (saved.changed, text_of(fork)) == (True, before)
    found = fork_status_of(fork, bob)
    assert [node.number for node in found.behind] == [3]
    assert found.ahead_count == 1, "it says something else than what both have"
    take_in(fork, bread, bob)
    assert "le soir" in text_of(fork)
    assert "Au four, chaud." in text_of(fork)
    version = fork.versions.get(number=2)
    assert (version.tags, version.merge_parent) == (["passed over"], bread.versions.get(number=2))


def test_the_merge_base_is_right_after_mutual_merges(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    change(bread, alice, ("le soir", "le matin"))
    change(fork, bob, ("Une nuit", "Deux nuits"))
    into_fork, into_bread = merge_of(fork, bread), merge_of(bread, fork)
    into_fork.save(into_fork.merged.text or "", Author.of(bob))
    into_bread.save(into_bread.merged.text or "", Author.of(alice))
    assert text_of(fork) == text_of(bread)
    found = fork_status_of(fork, bob)
    assert len(found.bases) == 2, "a criss-cross: neither descends from the other"
    assert len(found.behind) == 0
    change(bread, alice, ("Au four.", "Au four, chaud."))
    change(fork, bob, ("# Pain", "# Mon pain"))
    take_in(fork, bread, bob)
    for words in ("le matin", "Deux nuits", "Au four, chaud.", "# Mon pain"):
        assert words in text_of(fork)
    assert counts(fork, bob)[0] == 0


def test_changes_merged_by_a_third_page_are_not_merged_again(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User
) -> None:
    other = make_fork(fork, "Autre lieu", alice)
    change(bread, alice, ("le soir", "le matin"))
    take_in(fork, bread, bob)
    take_in(other, fork, alice)
    merge = merge_of(other, bread)
    assert merge.is_done
    assert text_of(other) == text_of(bread)


def test_a_fork_of_a_deleted_upstream_cannot_pull(
    bread: WikiPage, fork: WikiPage, bob: User, client_of: Callable[..., Client]
) -> None:
    page_writer.delete(bread, Author(None, "script"))
    assert fork_status_of(fork, bob).upstream is None
    html = client_of(bob, "en").get(f"/touch/{fork.url_title}").content.decode()
    assert "The original is not here any more" in html
    assert client_of(bob, "en").get(f"/pull/{fork.url_title}").status_code == 422
    page_writer.undelete(page_lookup.reload_page(bread.pk), Author(None, "script"))
    assert counts(fork, bob) == (0, 0)


def test_the_box_shows_the_status_and_is_updated(
    bread: WikiPage, fork: WikiPage, alice: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    client = client_of(anna, "en")
    first = client.get(fork.get_absolute_url())
    assert "There is nothing new in the original." in first.content.decode()
    change(bread, alice, ("le soir", "le matin"))
    again = client.get(fork.get_absolute_url(), headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 200
    assert "The original has 1 version that is not here yet." in again.content.decode()


def test_the_status_screen_shows_both_sides(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    change(bread, alice, ("le soir", "le matin"))
    change(fork, bob, ("Une nuit", "Deux nuits"))
    html = client_of(bob, "en").get(f"/touch/{fork.url_title}").content.decode()
    for words in ("<del>soir</del>", "<ins>matin</ins>", "<ins>Deux nuits</ins>", "pass over until here", "Take it in"):
        assert words in html
    assert "pass over until here" not in client_of(anna, "en").get(f"/touch/{fork.url_title}").content.decode()
    none = client_of(bob, "en").get(f"/touch/{bread.url_title}").content.decode()
    assert "This page was not forked from another one." in none


def test_skipping_on_the_screen(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User, charlie: User, client_of: Callable[..., Client]
) -> None:
    change(bread, alice, ("le soir", "le matin"))
    assert client_of(charlie).post(f"/touch/{fork.url_title}", {"skip": "2"}).status_code == 403
    client = client_of(bob, "en")
    for wrong in ("9", "x", ""):
        assert client.post(f"/touch/{fork.url_title}", {"skip": wrong}).status_code == 404
    for _ in range(2):
        html = client.post(f"/touch/{fork.url_title}", {"skip": "2"}, follow=True).content.decode()
        assert "There is nothing new in the original." in html
    assert page_lookup.reload_page(fork.pk).version == 2, "sent twice, passed over once"


def test_it_takes_few_queries(bread: WikiPage, fork: WikiPage, bob: User, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(5):
        found = fork_status_of(fork, bob)
    assert found.upstream == bread


def test_a_recreated_fork_counts_its_new_version(bread: WikiPage, alice: User, bob: User) -> None:
    place = make_fork(bread, "Le Fournil", bob)
    page_writer.delete(place, Author(None, "script"))
    old = make_page("Le Fournil:Pain", "Un autre texte.", by=alice)
    assert old.pk == place.pk
    assert counts(place, bob) == (0, 1)


def test_the_counts_are_cached_for_each_pair_of_versions(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    real = VersionGraph.of
    monkeypatch.setattr(VersionGraph, "of", classmethod(lambda cls, *pages: read.append(len(pages)) or real(*pages)))
    fork_row = Fork.objects.get(page=fork)

    def numbers() -> tuple[int, int]:
        state = fork_counts(page_lookup.reload_page(fork.pk), fork_row, bob)
        return state.behind_count, state.ahead_count

    assert [numbers(), numbers()] == [(0, 0), (0, 0)]
    change(bread, alice, ("le soir", "le matin"))
    assert [numbers(), numbers()] == [(1, 0), (1, 0)]
    change(fork, bob, ("Au four.", "Au four, chaud."))
    assert [numbers(), numbers()] == [(1, 1), (1, 1)]
    assert len(read) == 3
