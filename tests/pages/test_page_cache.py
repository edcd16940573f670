"""Page cache: cached responses equal those of the views, and are never stale."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_page, make_place
from wiki.pages.models import Kind
from wiki.pages.rendering.page_cache import PREFIX, RESPONSE_STORE, CachedResponse, ResponseStore
from wiki.pages.site_settings import SiteTexts
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary

if TYPE_CHECKING:
    from django.http import HttpResponse

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def read(path: str, **headers: str) -> HttpResponse:
    """GET `path` anonymously; keyword arguments are request headers, and `theme` a cookie."""
    client = Client(headers={"accept-language": headers.pop("language", "fr")})
    for name in ("theme",):
        if name in headers:
            client.cookies[name] = headers.pop(name)
    return client.get(path, headers=headers)


@pytest.mark.parametrize("language", ["fr", "en", "de, en;q=0.5"])
@pytest.mark.parametrize("theme", ["", "dark"])
def test_cached_response_equals_response_of_view(language: str, theme: str) -> None:
    make_page("Établi", "# Établi\n\nVoir [[Ailleurs]].")
    preferences: dict[str, Any] = {"language": language} | ({"theme": theme} if theme else {})
    uncached, cached = read("/wiki/Établi", **preferences), read("/wiki/Établi", **preferences)
    assert len(RESPONSE_STORE.responses) == 1
    assert cached.content == uncached.content
    assert dict(cached.items()) == dict(uncached.items())


@pytest.mark.parametrize(
    ("path", "status", "is_cached"),
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
def test_cache_does_not_change_responses(bob: User, path: str, status: int, is_cached: bool) -> None:
    place = make_place("Atelier", by=bob)
    make_page("Établi", "Un texte. [[Catégorie:Bois]]", place=place)
    make_page("Aide:Bois"), make_page("Fichier:Scie.jpg"), make_page("Catégorie:Bois")
    make_page("Renvoi", "#REDIRECT [[Atelier]]")
    page_writer.delete(make_page("Partie", place=place), Author.of(bob))
    cookie_sets: list[dict[str, str]] = [{}, {"theme": "light"}, {"django_language": "en"}, {"theme": "odd"}]
    for cookies, method in product(cookie_sets, ("get", "head")):
        RESPONSE_STORE.clear()
        responses = [_request(path, cookies, "get"), _request(path, cookies, method), _request(path, cookies, method)]
        assert [response.status_code for response in responses] == [status] * 3
        assert bool(RESPONSE_STORE.responses) is is_cached
        assert dict(responses[0].items()) == dict(responses[1].items()) == dict(responses[2].items())
        assert responses[1].content == responses[2].content == (responses[0].content if method == "get" else b"")


def _request(path: str, cookies: dict[str, str], method: str) -> HttpResponse:
    client = Client(headers={"accept-language": "fr"})
    client.cookies.load(cookies)
    response: HttpResponse = getattr(client, method)(path)
    return response


def test_cached_page_has_one_url() -> None:
    make_page("Établi", "Un texte.")
    etag = read("/wiki/Établi")["ETag"]
    for headers in ({}, {"if-none-match": etag}):
        response = read("/wiki/%C3%A9tabli", **headers)
        assert response.status_code == 301
        assert response["Location"] == "/wiki/%C3%89tabli"


def test_not_modified_has_headers_of_page() -> None:
    make_page("Établi", "Un texte.")
    full = read("/wiki/Établi")
    for is_cached in (True, False):
        if not is_cached:
            RESPONSE_STORE.clear()
        unchanged = read("/wiki/Établi", **{"if-none-match": f'"old", W/{full["ETag"]}'})
        assert unchanged.status_code == 304
        assert dict(unchanged.items()).items() <= dict(full.items()).items()
        assert {"ETag", "Cache-Control", "Vary", "Content-Security-Policy"} <= set(unchanged.headers)
        assert "Content-Length" not in unchanged.headers


def test_https_redirect_applies_to_cached_pages(settings: Any) -> None:
    make_page("Établi", "Un texte.")
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    uncached, cached = (Client().get("/wiki/Établi", secure=True) for _ in range(2))
    assert len(RESPONSE_STORE.responses) == 1
    assert cached.headers["Strict-Transport-Security"] == "max-age=60"
    assert dict(cached.items()) == dict(uncached.items())
    moved = Client().get("/wiki/Établi")
    assert moved.status_code == 301
    assert moved.headers["Location"].startswith("https://")


@pytest.mark.parametrize("cookie", ["sessionid", "messages"])
def test_session_or_message_bypasses_cache(cookie: str) -> None:
    make_page("Établi", "Un texte.")
    read("/wiki/Établi")
    response = _request("/wiki/Établi", {cookie: "x"}, "get")
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert "ETag" not in response.headers


def test_response_with_cookie_is_not_cached() -> None:
    make_page("Établi", "Un texte.")
    response = _request("/wiki/Établi", {"csrftoken": "not a token"}, "get")
    assert response.cookies
    assert not RESPONSE_STORE.responses


def test_prefix_is_url_of_pages() -> None:
    assert reverse("page", args=["x"]) == f"{PREFIX}x"


def test_cache_depends_on_language_and_theme() -> None:
    make_page("Établi", "# Établi")
    pages = {read("/wiki/Établi", language=language).content for language in ("fr", "en") for _ in range(2)}
    assert len(pages) == 2
    assert read("/wiki/Établi", theme="dark").content not in pages


def test_cached_response_needs_one_query(django_assert_num_queries: Any) -> None:
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
    assert unchanged["Vary"] == "Cookie, Accept-Language, Accept"


def test_cache_is_never_stale(bob: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Établi", "Ancien.", place=place)
    read("/wiki/Atelier:Établi"), read("/wiki/Atelier:Établi")
    page_writer.edit(page, "Nouveau.", Author.of(bob))
    assert b"Nouveau." in read("/wiki/Atelier:Établi").content
    page_writer.delete(page, Author.of(bob))
    assert read("/wiki/Atelier:Établi").status_code == 404


def test_the_home_page_is_cached_until_anything_changes(bob: User, django_assert_num_queries: Any) -> None:
    page = make_page("Établi", "Ancien.", by=bob)
    first = read("/")
    with django_assert_num_queries(1):
        assert read("/").content == first.content
    with django_assert_num_queries(1):
        assert read("/", **{"if-none-match": first["ETag"]}).status_code == 304
    assert "Link" not in first.headers, "it holds parts under several licences"
    kind = Kind.objects.create(key="jeu", name_fr="Jeu", plural_fr="Jeux", name_en="Game", plural_en="Games")

    def rename_kind() -> None:
        kind.plural_fr = "Manèges"
        kind.save()

    changes: list[tuple[str, Callable[[], object]]] = [
        ("Jeux", lambda: None),
        ("Four", lambda: make_page("Four", by=bob)),
        ("mieux dit", lambda: page_writer.edit(page, "Neuf.", Author.of(bob), EditSummary("mieux dit"))),
        ("Chez nous", lambda: SiteTexts.objects.create(heading_fr="Chez nous")),
        ("Manèges", rename_kind),
    ]
    for words, change in changes:
        change()
        assert words in read("/").content.decode()
    kind.delete()
    assert "Manèges" not in read("/").content.decode()
    page_writer.delete(page, Author(None, "script"))
    assert "mieux dit" not in read("/").content.decode()


@pytest.mark.parametrize(
    "path", ["/wiki/Renvoi", "/wiki/Catégorie:Bois", "/wiki/%C3%A9tabli", "/wiki/Nulle_part", "/wiki/Établi?version=1"]
)
def test_only_canonical_urls_are_cached(path: str) -> None:
    make_page("Établi", "Un texte. [[Catégorie:Bois]]")
    make_page("Renvoi", "#REDIRECT [[Établi]]")
    first, second = read(path), read(path)
    assert first.status_code == second.status_code
    assert RESPONSE_STORE.size == 0


def test_response_for_session_is_not_cached(client_of: Any, alice: User) -> None:
    make_page("Établi", "Un texte.")
    client = client_of(alice)
    assert b"alice" in client.get("/wiki/Établi").content
    assert RESPONSE_STORE.size == 0
    read("/wiki/Établi")
    assert b"alice" in client.get("/wiki/Établi").content
    assert b"alice" not in read("/wiki/Établi").content


def test_unknown_hosts_are_refused_for_cached_pages() -> None:
    make_page("Établi", "Un texte.")
    read("/wiki/Établi"), read("/wiki/Établi")
    assert Client().get("/wiki/Établi", headers={"host": "mal.example"}).status_code == 400


def test_least_recently_used_responses_are_evicted() -> None:
    store = ResponseStore(limit=10)
    for name in ("a", "b"):
        store.put(name, CachedResponse(b"12345", ()))
    assert store.get("a")
    store.put("c", CachedResponse(b"12345", ()))
    assert store.get("b") is None
    assert store.get("a")
    store.put("a", CachedResponse(b"1", ()))
    assert store.size == 6
    store.put("d", CachedResponse(b"x" * 11, ()))
    assert store.size == 0
