"""Search of posts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.conftest import person
from wiki.accounts.models import User
from wiki.discussions import post_search, post_writer, thread_changes
from wiki.discussions.models import Thread
from wiki.pages import background_jobs
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def found(text: str, user: User | AnonymousUser | None = None) -> list[int]:
    """Return the numbers of the posts that a search finds, the best first."""
    background_jobs.run_pending()
    return [one.post.number for one in post_search.find_posts(text, user or AnonymousUser()) or []]


def test_posts_are_found_by_their_words(thread: Thread, charter: WikiPage, alice: User, bob: User) -> None:
    assert post_search.find_posts("range", bob) is None, "there is no index yet"
    post = post_writer.reply(thread, "Les **établis** se nettoient `le soir`.", bob)
    assert found("etabli soirs") == [2]
    assert found("range") == [1], "the title of the thread, by its first post"
    assert found("soir demain") == found(" - ") == found("strong") == []
    [result] = post_search.find_posts("établis", alice) or []
    assert ("établis", True) in result.snippet
    post_writer.edit(post, "Les copeaux aussi.", bob, 1)
    assert (found("établis"), found("copeaux")) == ([], [2])
    thread_changes.rename(thread, "Balayage", alice)
    assert (found("range"), found("balayages")) == ([], [1])
    post_writer.delete(post, bob)
    assert found("copeaux") == []
    page_writer.delete(charter, Author(None, "script"))
    assert found("balayages") == found("balayages", person("root", is_superuser=True)) == []


def test_the_screen(thread: Thread, client_of: Callable[..., Client]) -> None:
    client = client_of(AnonymousUser(), "en")
    assert "being made" in client.get("/talk?q=range").content.decode()
    background_jobs.run_pending()
    html = client.get("/talk?q=bob").content.decode()
    assert f'href="/thread/{thread.pk}#post-1"' in html
    assert "<mark>bob</mark>" in html
    assert "No discussion has all these words." in client.get("/talk?q=zzz").content.decode()
