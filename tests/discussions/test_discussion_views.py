"""Screens of discussions."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from tests.conftest import person
from tests.factories import make_page
from wiki.accounts.models import User
from wiki.discussions import post_writer, thread_changes
from wiki.discussions.models import POSTS_PER_PAGE, Post, Thread
from wiki.history.models import Passage
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
Clients = Callable[..., Client]
PASSWORD = "le café est prêt"


def html_of(client: Client, address: str) -> str:
    """Return the screen at an address."""
    response = client.get(address)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_a_thread_from_its_beginning_to_its_end(charter: WikiPage, alice: User, bob: User, client_of: Clients) -> None:
    client, page = client_of(alice, "en"), "/wiki/Atelier:Charte"
    assert "Discuss</span>" in html_of(client, page)
    passage = Passage.objects.get(page=charter, text="On range.").name
    form = html_of(client, f"/start-thread/Atelier:Charte?passage={passage}")
    assert f'<option value="{passage}" selected>' in form
    assert f"passage={passage}" in html_of(client, "/authors/Atelier:Charte")
    data = {"title": "Qui ?", "passage": passage, "text": "Tout le **monde** ?"}
    address = client.post("/start-thread/Atelier:Charte", data)["Location"]
    assert re.fullmatch(r"/thread/[0-9]+#post-1", address)
    thread = Thread.objects.get()
    shown = html_of(client, address)
    assert "<strong>monde</strong>" in shown
    assert "On range." in shown
    assert re.search(r"Discuss · 1<", html_of(client_of(bob, "en"), page))
    theirs, at = client_of(bob, "en"), f"/thread/{thread.pk}"
    assert "&gt; Tout le **monde** ?" in html_of(theirs, f"{at}?reply=1&quote")
    assert theirs.post(at, {"text": "Non.", "reply_to": "1"})["Location"] == f"{at}#post-2"
    assert "in reply to #1 by alice" in html_of(theirs, at)
    assert "Thanked" not in html_of(theirs, at)
    theirs.post(f"/post/{thread.posts.get(number=1).pk}/thanks")
    assert "Thanked" in html_of(theirs, at)
    assert "Thanks from" in html_of(client, at)
    client.post(f"{at}/state", {"state": "resolved"})
    assert "Discuss</span>" in html_of(client_of(bob, "en"), page)
    assert "Qui ?" in html_of(client, "/talk/Atelier:Charte?state=resolved")
    client.post(f"{at}/state", {"state": "open"})
    page_writer.edit(page_lookup.reload_page(charter.pk), "Rien.", Author.of(alice))
    assert "This passage is gone. It was:" in html_of(client, at)


def test_nothing_typed_is_lost_when_a_session_ends(thread: Thread, anna: AnonymousUser, client_of: Clients) -> None:
    typed, sign_in = {"text": "Mon long message", "title": "Mon titre", "revision": "1"}, {"username": "alice"}
    post = thread.posts.get()
    for address in (f"/thread/{thread.pk}", "/start-thread/Atelier:Charte", f"/post/{post.pk}/edit"):
        client = client_of(anna, "en")
        for more in ({}, sign_in | {"password": "wrong"}):
            response = client.post(address, typed | more)
            assert response.status_code == 403
            assert "Mon long message" in response.content.decode()
            assert 'name="password"' in response.content.decode()
        assert client.post(address, typed | sign_in | {"password": PASSWORD}).status_code == 302
    assert Post.objects.filter(text="Mon long message").count() == 3


def test_a_form_that_is_too_old_gives_back_what_was_typed(thread: Thread, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post(f"/thread/{thread.pk}", {"text": "Mon long message"})
    assert response.status_code == 403
    assert "Mon long message" in response.content.decode()


def test_refusals_keep_the_text(thread: Thread, charter: WikiPage, alice: User, client_of: Clients) -> None:
    client = client_of(alice, "en")
    passage = Passage.objects.get(page=charter, text="On range.").name
    page_writer.edit(page_lookup.reload_page(charter.pk), "# Charte\n\nOn range tout.", Author.of(alice))
    data = {"title": "T", "passage": passage, "text": "Mon texte"}
    for sent in (data, {"title": "T" * 201, "text": "Mon texte"}, {"title": "", "text": "Mon texte"}):
        response = client.post("/start-thread/Atelier:Charte", sent)
        assert response.status_code == 422
        assert "Mon texte" in response.content.decode()
    assert "was changed meanwhile" in client.post("/start-thread/Atelier:Charte", data).content.decode()
    long = "Mon texte" + "é" * 10_000
    assert "Mon texte" in client.post(f"/thread/{thread.pk}", {"text": long}).content.decode()
    assert client.post(f"/thread/{thread.pk}", {"text": "x", "reply_to": "é"}).status_code == 422
    assert client.post(f"/thread/{thread.pk}", {"text": "x", "reply_to": "99"}).status_code == 302


def test_two_edits_at_once_lose_nothing(thread: Thread, alice: User, client_of: Clients) -> None:
    post, client = thread.posts.get(), client_of(alice, "en")
    address = f"/post/{post.pk}/edit"
    assert 'name="revision" value="1"' in html_of(client, address)
    client.post(address, {"text": "D’un côté", "revision": "1"})
    response = client.post(address, {"text": "De l’autre", "revision": "1"})
    assert response.status_code == 409
    html = response.content.decode()
    assert "D’un côté" in html
    assert "De l’autre" in html
    assert 'name="revision" value="2"' in html
    assert client.post(address, {"text": "Les deux", "revision": "2"}).status_code == 302
    history = html_of(client, f"/post/{post.pk}/history")
    assert history.count("<section") == 3
    assert "Moi, @bob ?" in history


def test_a_deleted_post_is_read_by_administrators_only(thread: Thread, alice: User, client_of: Clients) -> None:
    post, admin = thread.posts.get(), person("root", is_superuser=True)
    address = f"/post/{post.pk}/delete"
    assert "Moi, " in html_of(client_of(alice), address)
    assert client_of(alice).post(address).status_code == 302
    for user, status in ((alice, 404), (admin, 200)):
        shown = html_of(client_of(user, "en"), f"/thread/{thread.pk}")
        assert "Deleted by alice" in shown
        assert "Moi, " not in shown
        assert client_of(user).get(f"/post/{post.pk}/history").status_code == status
        assert client_of(user).get(f"/post/{post.pk}/edit").status_code == 404
        assert client_of(user).get(f"/post/{post.pk}").status_code == 302
    assert "Moi, " not in html_of(client_of(alice), "/feeds/talk")
    assert "&gt; Moi" not in html_of(client_of(alice), f"/thread/{thread.pk}?reply=1&quote")


def test_renaming_and_moving(thread: Thread, charter: WikiPage, alice: User, bob: User, client_of: Clients) -> None:
    make_page("Autre")
    address = f"/thread/{thread.pk}/edit"
    assert 'name="page"' not in html_of(client_of(alice), address)
    client_of(alice).post(address, {"title": "Deux mots", "page": "Autre"})
    client = client_of(bob, "en")
    response = client.post(address, {"title": "Trois mots", "page": "Nulle part"})
    assert response.status_code == 422
    assert "There is no page of that title." in response.content.decode()
    thread.refresh_from_db()
    assert (thread.title, thread.page) == ("Deux mots", charter), "all of a form or nothing"
    assert client.post(address, {"title": "Trois mots", "page": "Autre"}).status_code == 302
    assert "Trois mots" in html_of(client, "/talk/Autre")


def test_threads_follow_their_page_and_its_redirect(thread: Thread, charter: WikiPage, client_of: Clients) -> None:
    client = client_of(AnonymousUser())
    page_moves.move(page_lookup.reload_page(charter.pk), "Atelier:Règles", Author(None, "script"))
    assert client.get("/talk/Atelier:Charte")["Location"] == "/talk/Atelier:R%C3%A8gles"
    assert "Qui range ?" in html_of(client, "/talk/Atelier:Règles")
    assert "Atelier:Règles" in html_of(client, "/talk-in/Atelier")
    page_writer.delete(page_lookup.reload_page(charter.pk), Author(None, "script"))
    for address in ("/talk", "/talk-in/Atelier", "/feeds/talk"):
        assert "Qui range ?" not in html_of(client, address)
    assert client.get(f"/thread/{thread.pk}").status_code == 404


def test_lists_are_paged_by_activity(thread: Thread, charter: WikiPage, alice: User, client_of: Clients) -> None:
    now = timezone.now()
    Thread.objects.bulk_create(
        Thread(page=charter, title=f"Fil {n:02}", last_post_at=now - timedelta(hours=1 + n // 2)) for n in range(70)
    )
    thread_changes.set_resolved(thread, alice, is_resolved=True)
    client, seen, address = client_of(alice, "en"), list[str](), "/talk?state=open"
    while address:
        html = html_of(client, address)
        seen += re.findall(r"Fil [0-9]{2}", html)
        older = re.search(r'rel="next nofollow" href="([^"]+)"', html)
        address = "/talk" + older[1].replace("&amp;", "&") if older else ""
    assert sorted(seen) == [f"Fil {n:02}" for n in range(70)]
    assert [title[4:5] for title in seen] == sorted(title[4:5] for title in seen)
    assert "Qui range ?" not in seen
    assert "Qui range ?" in html_of(client, "/talk?state=resolved")


def test_a_long_thread_costs_as_few_queries_as_a_short_one(
    thread: Thread, bob: User, client_of: Clients, django_assert_max_num_queries: Callable[..., object]
) -> None:
    first = thread.posts.get()
    Post.objects.bulk_create(
        Post(thread=thread, number=n, author=bob, author_name="bob", text="x", html="x", reply_to=first)
        for n in range(2, 121)
    )
    Thread.objects.update(last_number=120)
    people = [person(f"nom{number}") for number in range(8)]
    for post in Post.objects.filter(number__lt=10):
        for user in people:
            post_writer.toggle_thanks(post, user)
    client = client_of(bob, "en")
    with django_assert_max_num_queries(14):  # type: ignore[attr-defined]
        html = html_of(client, f"/thread/{thread.pk}")
    assert html.count('class="post"') == POSTS_PER_PAGE
    assert "and 3 more" in html
    assert 'id="post-120"' in html_of(client, f"/thread/{thread.pk}?p=3")
    Thread.objects.bulk_create(Thread(page=thread.page, title=f"Fil {n}", passage="1.1.1") for n in range(25))
    for address in ("/talk", "/talk/Atelier:Charte", "/talk-in/Atelier", "/feeds/talk"):
        with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
            html_of(client, address)


def test_the_feed_is_conditional(thread: Thread, charter: WikiPage, alice: User, client_of: Clients) -> None:
    client = client_of(alice, "en")
    for address in ("/feeds/talk", "/feeds/talk/Atelier:Charte"):
        response = client.get(address)
        assert "Qui range ? · Atelier:Charte" in response.content.decode()
        assert client.get(address, headers={"if-none-match": response["ETag"]}).status_code == 304
    before = response["ETag"]
    post_writer.edit(thread.posts.get(), "Autre", alice, 1)
    assert client.get(address, headers={"if-none-match": before}).status_code == 200
    make_page("Vide")
    assert "<entry>" not in html_of(client, "/feeds/talk/Vide")
