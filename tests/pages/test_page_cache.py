"""Pages kept in memory: the quick answer is the slow one, and never a stale one."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_page, make_place
from wiki.pages.rendering.page_cache import PREFIX, RESPONSE_STORE, CachedResponse, ResponseStore
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from django.http import HttpResponse

    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db


def read(path: str, **headers: str) -> HttpResponse:
    """What a stranger's browser gets; keyword arguments are request headers."""
    client = Client(headers={"accept-language": headers.pop("language", "fr")})
    for name in ("theme",):
        if name in headers:
            client.cookies[name] = headers.pop(name)
    return client.get(path, headers=headers)


@pytest.mark.parametrize("language", ["fr", "en", "de, en;q=0.5"])
@pytest.mark.parametrize("theme", ["", "dark"])
def test_it_answers_from_memory_what_the_view_answered(language: str, theme: str) -> None:
    make_page("Établi", "# Établi\n\nVoir [[Ailleurs]].")
    wanted: dict[str, Any] = {"language": language} | ({"theme": theme} if theme else {})
    slow, quick = read("/wiki/Établi", **wanted), read("/wiki/Établi", **wanted)
    assert len(RESPONSE_STORE.responses) == 1
    assert quick.content == slow.content
    assert dict(quick.items()) == dict(slow.items())


@pytest.mark.parametrize(
    ("path", "status", "kept"),
    [
        ("/wiki/Atelier", 200, True),
        ("/wiki/Atelier:%C3%89tabli", 200, True),
        ("/wiki/Help:Bois", 200, True),
        ("/wiki/Aide:Bois", 301, False),
        ("/wiki/Renvoi", 302, False),
        ("/wiki/Category:Bois", 200, False),
        ("/wiki/File:Scie.jpg", 200, False),
        ("/wiki/Atelier:Partie", 404, False),
        ("/wiki/Nulle_part", 404, False),
        ("/wiki/%5B%5B", 404, False),
        ("/wiki/a%00", 404, False),
    ],
)
def test_it_changes_no_answer(bob: User, path: str, status: int, kept: bool) -> None:
    place = make_place("Atelier", by=bob)
    make_page("Établi", "Un texte. [[Catégorie:Bois]]", place=place)
    make_page("Aide:Bois"), make_page("Fichier:Scie.jpg"), make_page("Catégorie:Bois")
    make_page("Renvoi", "#REDIRECT [[Atelier]]")
    page_writer.delete(make_page("Partie", place=place), Author.of(bob))
    several: list[dict[str, str]] = [{}, {"theme": "light"}, {"django_language": "en"}, {"theme": "odd"}]
    for cookies, method in product(several, ("get", "head")):
        RESPONSE_STORE.clear()
        answers = [_asked(path, cookies, "get"), _asked(path, cookies, method), _asked(path, cookies, method)]
        assert [answer.status_code for answer in answers] == [status] * 3
        assert bool(RESPONSE_STORE.responses) is kept
        assert dict(answers[0].items()) == dict(answers[1].items()) == dict(answers[2].items())
        assert answers[1].content == answers[2].content == (answers[0].content if method == "get" else b"")


def _asked(path: str, cookies: dict[str, str], method: str) -> HttpResponse:
    client = Client(headers={"accept-language": "fr"})
    client.cookies.load(cookies)
    answer: HttpResponse = getattr(client, method)(path)
    return answer


def test_a_kept_page_keeps_its_one_address() -> None:
    make_page("Établi", "Un texte.")
    etag = read("/wiki/Établi")["ETag"]
    for headers in ({}, {"if-none-match": etag}):
        answer = read("/wiki/%C3%A9tabli", **headers)
        assert answer.status_code == 301
        assert answer["Location"] == "/wiki/%C3%89tabli"


def test_not_modified_says_nothing_that_the_page_does_not() -> None:
    make_page("Établi", "Un texte.")
    whole = read("/wiki/Établi")
    for kept in (True, False):
        if not kept:
            RESPONSE_STORE.clear()
        unchanged = read("/wiki/Établi", **{"if-none-match": f'"old", W/{whole["ETag"]}'})
        assert unchanged.status_code == 304
        assert dict(unchanged.items()).items() <= dict(whole.items()).items()
        assert {"ETag", "Cache-Control", "Vary", "Content-Security-Policy"} <= set(unchanged.headers)
        assert "Content-Length" not in unchanged.headers


def test_it_sends_readers_of_kept_pages_to_https_too(settings: Any) -> None:
    make_page("Établi", "Un texte.")
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    slow, quick = (Client().get("/wiki/Établi", secure=True) for _ in range(2))
    assert len(RESPONSE_STORE.responses) == 1
    assert quick.headers["Strict-Transport-Security"] == "max-age=60"
    assert dict(quick.items()) == dict(slow.items())
    moved = Client().get("/wiki/Établi")
    assert moved.status_code == 301
    assert moved.headers["Location"].startswith("https://")


@pytest.mark.parametrize("cookie", ["sessionid", "messages"])
def test_it_leaves_readers_with_a_session_or_a_message_to_the_view(cookie: str) -> None:
    make_page("Établi", "Un texte.")
    read("/wiki/Établi")
    answer = _asked("/wiki/Établi", {cookie: "x"}, "get")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "ETag" not in answer.headers


def test_it_shares_no_answer_that_sets_a_cookie() -> None:
    make_page("Établi", "Un texte.")
    answer = _asked("/wiki/Établi", {"csrftoken": "not a token"}, "get")
    assert answer.cookies
    assert not RESPONSE_STORE.responses


def test_it_knows_where_pages_are() -> None:
    assert reverse("page", args=["x"]) == f"{PREFIX}x"


def test_it_tells_languages_and_themes_apart() -> None:
    make_page("Établi", "# Établi")
    pages = {read("/wiki/Établi", language=one).content for one in ("fr", "en") for _ in range(2)}
    assert len(pages) == 2
    assert read("/wiki/Établi", theme="dark").content not in pages


def test_it_asks_the_database_once(django_assert_num_queries: Any) -> None:
    make_page("Établi", "# Établi")
    first = read("/wiki/Établi")
    with django_assert_num_queries(1):
        read("/wiki/Établi")
    RESPONSE_STORE.clear()
    with django_assert_num_queries(1):
        unchanged = read("/wiki/Établi", **{"if-none-match": first["ETag"]})
    assert unchanged.status_code == 304
    assert not unchanged.content
    assert unchanged["ETag"] == first["ETag"]
    assert unchanged["Vary"] == "Cookie, Accept-Language"


def test_it_is_never_stale(bob: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Établi", "Ancien.", place=place)
    read("/wiki/Atelier:Établi"), read("/wiki/Atelier:Établi")
    page_writer.edit(page, "Nouveau.", Author.of(bob))
    assert b"Nouveau." in read("/wiki/Atelier:Établi").content
    page_writer.delete(page, Author.of(bob))
    assert read("/wiki/Atelier:Établi").status_code == 404


@pytest.mark.parametrize(
    "path", ["/wiki/Renvoi", "/wiki/Catégorie:Bois", "/wiki/%C3%A9tabli", "/wiki/Nulle_part", "/wiki/Établi?version=1"]
)
def test_it_keeps_only_pages_whole_and_under_their_name(path: str) -> None:
    make_page("Établi", "Un texte. [[Catégorie:Bois]]")
    make_page("Renvoi", "#REDIRECT [[Établi]]")
    first, second = read(path), read(path)
    assert first.status_code == second.status_code
    assert RESPONSE_STORE.size == 0


def test_it_keeps_nothing_for_people_with_a_session(client_of: Any, alice: User) -> None:
    make_page("Établi", "Un texte.")
    client = client_of(alice)
    assert b"alice" in client.get("/wiki/Établi").content
    assert RESPONSE_STORE.size == 0
    read("/wiki/Établi")
    assert b"alice" in client.get("/wiki/Établi").content
    assert b"alice" not in read("/wiki/Établi").content


def test_it_refuses_strange_hosts_for_kept_pages_too() -> None:
    make_page("Établi", "Un texte.")
    read("/wiki/Établi"), read("/wiki/Établi")
    assert Client().get("/wiki/Établi", headers={"host": "mal.example"}).status_code == 400


def test_it_lets_go_of_what_nobody_asks_for() -> None:
    shelf = ResponseStore(limit=10)
    for name in ("a", "b"):
        shelf.put(name, CachedResponse(b"12345", ()))
    assert shelf.get("a")
    shelf.put("c", CachedResponse(b"12345", ()))
    assert shelf.get("b") is None
    assert shelf.get("a")
    shelf.put("a", CachedResponse(b"1", ()))
    assert shelf.size == 6
    shelf.put("d", CachedResponse(b"x" * 11, ()))
    assert shelf.size == 0
