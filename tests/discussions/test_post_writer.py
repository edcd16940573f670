"""Writing posts: numbers, limits, mentions, earlier texts, deletions, thanks, and who may do what."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from tests.conftest import person
from tests.factories import make_page
from wiki.accounts import rate_limits
from wiki.accounts.models import User
from wiki.discussions import post_writer, thread_changes, thread_lists
from wiki.discussions.models import TEXT_LIMIT, TITLE_LIMIT, Post, PostMention, PostReaction, Thread
from wiki.discussions.post_writer import PostConflict
from wiki.discussions.signals import post_published
from wiki.errors import NotAllowed, RateLimitExceeded, Refused
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db


def cache_version(page: WikiPage) -> int:
    """Return the counter of a page, which changes when it shows something else."""
    return int(WikiPage.objects.values_list("cache_version", flat=True).get(pk=page.pk))


def test_posts_are_numbered_and_threads_know_their_latest(thread: Thread, bob: User) -> None:
    stale = Thread.objects.get(pk=thread.pk)
    posts = [post_writer.reply(thread, "Un", bob), post_writer.reply(stale, "Deux", bob)]
    assert [post.number for post in posts] == [2, 3]
    thread.refresh_from_db()
    assert (thread.last_number, thread.last_post_at) == (3, posts[1].created_at)
    assert posts[1].get_absolute_url() == f"/thread/{thread.pk}#post-3"
    assert Post(thread=thread, number=51).get_absolute_url() == f"/thread/{thread.pk}?p=2#post-51"


def test_a_new_post_is_sent_within_its_transaction_with_its_mentions(charter: WikiPage, alice: User, bob: User) -> None:
    seen: list[tuple[Any, ...]] = []

    def receive(post: Post, **_: Any) -> None:
        seen.append((post.number, [row.user for row in post.mentions.order_by("user")], connection.in_atomic_block))

    post_published.connect(receive)
    try:
        first = post_writer.start_thread(charter, "Clés", "@bob, @alice et @personne", alice)
        post_writer.edit(first, "@alice", alice, 1)
        post_writer.reply(first.thread, "Sans nom", bob)
    finally:
        post_published.disconnect(receive)
    assert seen == [(1, [alice, bob], True), (2, [], True)], "an edit is no new post"
    assert [row.user for row in first.mentions.all()] == [alice], "mentions are those of the current text"


def test_the_page_shows_open_threads_and_changes_with_them(charter: WikiPage, alice: User, bob: User) -> None:
    versions = [cache_version(charter)]
    thread = post_writer.start_thread(charter, "Clés", "Où ?", alice).thread
    other = make_page("Autre")
    for is_resolved in (True, True, False):
        versions.append(cache_version(charter))
        thread_changes.set_resolved(thread, bob, is_resolved=is_resolved)
        assert thread_lists.count_open(charter) == (0 if is_resolved else 1)
    versions.append(cache_version(charter))
    assert [later - before for before, later in pairwise(versions)] == [1, 1, 0, 1]
    bob.is_superuser = True
    before = cache_version(other)
    thread_changes.move(thread, other, bob)
    assert (cache_version(other), cache_version(charter)) == (before + 1, versions[-1] + 1)
    assert (thread_lists.count_open(charter), thread_lists.count_open(other)) == (0, 1)


def test_bad_texts_are_refused_and_nothing_is_stored(charter: WikiPage, thread: Thread, alice: User) -> None:
    for title, text in (("", "x"), (" ", "x"), ("T", ""), ("T", " \n "), ("é" * (TITLE_LIMIT + 1), "x")):
        with pytest.raises(Refused):
            post_writer.start_thread(charter, title, text, alice)
    with pytest.raises(Refused, match="10001 characters"):
        post_writer.reply(thread, "é" * (TEXT_LIMIT + 1), alice)
    with pytest.raises(Refused):
        post_writer.edit(thread.posts.get(), " ", alice, 1)
    assert (Thread.objects.count(), Post.objects.count()) == (1, 1)
    assert post_writer.reply(thread, "\x00é" * 5 + "\r\n" * 3, alice).text == "é" * 5


def test_posts_are_limited_for_each_account(
    thread: Thread, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "POSTS", (rate_limits.RateLimit(2, 60, "%(count)d"),))
    post_writer.reply(thread, "Un", bob)
    post_writer.edit(Post.objects.get(author=bob), "Deux", bob, 1)
    for act in (
        lambda: post_writer.reply(thread, "Trois", bob),
        lambda: post_writer.start_thread(thread.page, "T", "Trois", bob),
        lambda: post_writer.edit(Post.objects.get(author=bob), "Trois", bob, 2),
    ):
        with pytest.raises(RateLimitExceeded):
            act()
    post_writer.reply(thread, "Moi", alice)


def test_who_may_do_what_to_a_post(thread: Thread, alice: User, bob: User, charlie: User, anna: AnonymousUser) -> None:
    post, dora = thread.posts.get(), person("dora")
    for other in (bob, dora, charlie):
        with pytest.raises(NotAllowed):
            post_writer.edit(post, "Autre", other, 1)
    for other in (dora, charlie, anna):
        with pytest.raises(NotAllowed):
            post_writer.delete(post, other)  # type: ignore[arg-type]
    for other in (charlie, anna):
        with pytest.raises(NotAllowed):
            post_writer.toggle_thanks(post, other)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            post_writer.reply(thread, "x", other)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            post_writer.start_thread(thread.page, "T", "x", other)  # type: ignore[arg-type]
    alice.is_blocked = True
    with pytest.raises(NotAllowed):
        post_writer.edit(post, "Autre", alice, 1)
    with pytest.raises(NotAllowed):
        post_writer.delete(post, alice)
    post_writer.delete(post, bob)
    post.refresh_from_db()
    assert (post.deleted_by_name, post.text) == ("bob", "Moi, @bob ?")


def test_an_edit_keeps_the_earlier_text_and_meets_no_other(thread: Thread, alice: User) -> None:
    post = thread.posts.get()
    post_writer.edit(post, "Moi, @bob ?", alice, 1)
    assert not post.revisions.exists(), "the same text is no edit"
    post_writer.edit(post, "Toi ?", alice, 1)
    stale = Post.objects.get(pk=post.pk)
    with pytest.raises(PostConflict):
        post_writer.edit(stale, "Nous ?", alice, 1)
    post_writer.edit(stale, "Nous ?", alice, 2)
    post.refresh_from_db()
    assert (post.text, post.revision) == ("Nous ?", 3)
    assert [(row.number, row.text) for row in post.revisions.all()] == [(1, "Moi, @bob ?"), (2, "Toi ?")]
    assert not post.mentions.exists()
    post_writer.delete(post, alice)
    with pytest.raises(PostConflict):
        post_writer.edit(stale, "Encore", alice, 3)
    with pytest.raises(Refused):
        post_writer.delete(post, alice)


def test_a_deleted_post_has_neither_thanks_nor_mentions(thread: Thread, alice: User, bob: User) -> None:
    post = thread.posts.get()
    assert [post_writer.toggle_thanks(post, bob) for _ in range(3)] == [True, False, True]
    with pytest.raises(Refused):
        post_writer.toggle_thanks(post, alice)  # one's own
    post_writer.delete(post, alice)
    assert (PostReaction.objects.count(), PostMention.objects.count()) == (0, 0)
    post.refresh_from_db()
    with pytest.raises(Refused):
        post_writer.toggle_thanks(post, bob)


def test_who_resolves_renames_and_moves(thread: Thread, alice: User, bob: User, charlie: User) -> None:
    dora, other = person("dora"), make_page("Autre")
    acts: list[Callable[[User], object]] = [
        lambda user: thread_changes.set_resolved(thread, user, is_resolved=True),
        lambda user: thread_changes.rename(thread, "Rangement", user),
    ]
    for act in acts:
        for refused in (dora, charlie):
            with pytest.raises(NotAllowed):
                act(refused)
        for allowed in (alice, bob):
            act(allowed)
    with pytest.raises(NotAllowed):
        thread_changes.move(thread, other, alice)
    thread_changes.move(thread, other, bob)
    thread.refresh_from_db()
    assert (thread.title, thread.page.pk, thread.resolved_by) == ("Rangement", other.pk, alice)
    thread = Thread.objects.get()
    thread_changes.set_resolved(thread, dora, is_resolved=False)
    with pytest.raises(NotAllowed):
        thread_changes.rename(thread, "x", dora)
    with pytest.raises(Refused):
        thread_changes.rename(thread, " ", alice)


def test_all_html_is_made_again(thread: Thread, bob: User) -> None:
    Post.objects.update(html="")
    PostMention.objects.all().delete()
    post_writer.render_again()
    post = thread.posts.get()
    assert "Moi" in post.html
    assert [row.user for row in post.mentions.all()] == [bob]


def test_a_thread_is_read_as_its_page(thread: Thread, charter: WikiPage, alice: User, anna: AnonymousUser) -> None:
    assert Thread.objects.readable_by(anna).get() == thread
    page_writer.delete(charter, Author(None, "script"))
    alice.is_superuser = True
    for reader in (anna, alice):
        assert not Thread.objects.readable_by(reader).exists()
