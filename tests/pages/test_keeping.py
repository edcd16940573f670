"""Pages kept in memory: the quick answer is the slow one, and never a stale one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.making import make_page, make_place
from wiki.pages import saving
from wiki.pages.keeping import SHELF, Kept, Shelf
from wiki.pages.saving import Author

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
    assert len(SHELF.kept) == 1
    assert quick.content == slow.content
    assert dict(quick.items()) == dict(slow.items())


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
    SHELF.clear()
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
    saving.edit(page, "Nouveau.", Author.of(bob))
    assert b"Nouveau." in read("/wiki/Atelier:Établi").content
    saving.delete(page, Author.of(bob))
    assert read("/wiki/Atelier:Établi").status_code == 404


@pytest.mark.parametrize(
    "path", ["/wiki/Renvoi", "/wiki/Catégorie:Bois", "/wiki/%C3%A9tabli", "/wiki/Nulle_part", "/wiki/Établi?version=1"]
)
def test_it_keeps_only_pages_whole_and_under_their_name(path: str) -> None:
    make_page("Établi", "Un texte. [[Catégorie:Bois]]")
    make_page("Renvoi", "#REDIRECT [[Établi]]")
    first, second = read(path), read(path)
    assert first.status_code == second.status_code
    assert SHELF.size == 0


def test_it_keeps_nothing_for_people_with_a_session(client_of: Any, alice: User) -> None:
    make_page("Établi", "Un texte.")
    client = client_of(alice)
    assert b"alice" in client.get("/wiki/Établi").content
    assert SHELF.size == 0
    read("/wiki/Établi")
    assert b"alice" in client.get("/wiki/Établi").content
    assert b"alice" not in read("/wiki/Établi").content


def test_it_refuses_strange_hosts_for_kept_pages_too() -> None:
    make_page("Établi", "Un texte.")
    read("/wiki/Établi"), read("/wiki/Établi")
    assert Client().get("/wiki/Établi", headers={"host": "mal.example"}).status_code == 400


def test_it_lets_go_of_what_nobody_asks_for() -> None:
    shelf = Shelf(limit=10)
    for name in ("a", "b"):
        shelf.put(name, Kept(b"12345", ()))
    assert shelf.get("a")
    shelf.put("c", Kept(b"12345", ()))
    assert shelf.get("b") is None
    assert shelf.get("a")
    shelf.put("a", Kept(b"1", ()))
    assert shelf.size == 6
    shelf.put("d", Kept(b"x" * 11, ()))
    assert shelf.size == 0
