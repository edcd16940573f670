"""Saved searches, and feeds of searches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.pages import background_jobs
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.search import saved_searches
from wiki.search.models import SavedSearch

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def save_search(client: Client, query: str) -> None:
    assert client.post("/searches/keep", {"query": query}).status_code == 302


def test_searches_are_saved_listed_and_deleted(alice: User, bob: User, client_of: Callable[..., Client]) -> None:
    client = client_of(alice)
    save_search(client, "q=atelier+vélo&kind=place&p=3&zzz=1")
    save_search(client, "kind=place&q=atelier+vélo")
    text = client.get("/searches").text
    assert text.count("atelier vélo · place") == 1
    assert "/search?q=atelier+v%C3%A9lo&amp;kind=place" in text
    assert "/search/feed?q=atelier+v%C3%A9lo&amp;kind=place" in text
    assert "atelier" not in client_of(bob).get("/searches").text
    saved = SavedSearch.objects.get()
    assert client_of(bob).post(f"/searches/{saved.pk}/forget").status_code == 404
    assert client.post(f"/searches/{saved.pk}/forget").status_code == 302
    assert not SavedSearch.objects.exists()


def test_the_number_of_saved_searches_is_limited(
    alice: User, client_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_searches, "MAX_SEARCHES", 2)
    client = client_of(alice)
    for number in range(4):
        save_search(client, f"q=mot{number}")
    assert SavedSearch.objects.count() == 2
    assert "2 recherches" in client.get("/searches").text
    assert client.post("/searches/keep", {"query": "p=1"}).status_code == 404


def test_the_search_page_has_a_feed_and_a_save_button(alice: User, client_of: Callable[..., Client]) -> None:
    assert "/search/feed?q=pain" in client_of(AnonymousUser()).get("/search?q=pain&p=2").text
    assert "Garder cette recherche" not in client_of(AnonymousUser()).get("/search?q=pain").text
    assert "Garder cette recherche" in client_of(alice).get("/search?q=pain").text


def test_the_feed_lists_last_edited_pages_first_and_has_an_etag(client_of: Callable[..., Client]) -> None:
    old = Author(None, "script", claimed_at=datetime(2015, 1, 1, tzinfo=UTC))
    page = page_writer.create("Un four", "Du pain & du sel.", by=old).page
    make_page("Le four", "Du pain.")
    make_page("Le moulin", "Du grain.")
    background_jobs.run_pending()
    client = client_of(AnonymousUser())

    def entries() -> list[str]:
        response = client.get("/search/feed?q=pain")
        assert response["content-type"].startswith("application/atom+xml")
        root = ElementTree.fromstring(response.content)
        return [entry.findtext(f"{ATOM}title") or "" for entry in root.iter(f"{ATOM}entry")]

    assert entries() == ["Le four", "Un four"]
    etag = client.get("/search/feed?q=pain")["etag"]
    assert client.get("/search/feed?q=pain", headers={"if-none-match": etag}).status_code == 304
    page_writer.edit(WikiPage.objects.get(pk=page.pk), "Du bon pain.", Author(None, "script"))
    background_jobs.run_pending()
    assert entries() == ["Un four", "Le four"]
    assert client.get("/search/feed?q=pain", headers={"if-none-match": etag}).status_code == 200
    page_writer.delete(WikiPage.objects.get(pk=page.pk), Author(None, "script"))
    assert entries() == ["Le four"]
