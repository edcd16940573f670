"""Whatever is asked at whatever address, the answer is never an error of ours; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import Client

from tests.making import make_page, make_place
from wiki.accounts.models import User

pytestmark = pytest.mark.django_db

TITLES = ("Charte", "a%20b", "a?b", "x" * 255, "é" * 200, "Category:", "File:a.jpg", "User:alice", "Talk:x", "La Myne:",
    "La Myne:a:b", "//x", "x/", "..", "a/../b", "\u202etxet", "\U0001f9c0", "a\tb", "' OR 1=1 --", "%s%n", "{{x}}", "§",
    "\u00a0", "Special:Search", "a\x00b", "a&b=c", "La_Myne")  # fmt: skip
VIEWS = ("wiki", "edit", "history", "compare", "restore", "undo", "fork", "forks", "export", "move", "delete", "fields",
    "stewards", "links-to", "changes", "feeds/history", "feeds/changes", "contributions", "feeds/contributions",
    "undelete", "unmake-place")  # fmt: skip
NUMBERS = ("0", "-1", "x", "1e9", "9" * 30, "٣", "1.5", "", "NaN", "%F0%9F%A7%80")
LISTS = ("/all-pages?kind={0}&place={0}&p={0}&q={0}", "/search?q={0}&p={0}", "/wanted?p={0}", "/orphans?p={0}",
    "/changes?days={0}&kind={0}&author={0}&namespace={0}&tag={0}&before={0}&after={0}&act={0}", "/upload?name={0}",
    "/create?title={0}&place={0}&kind={0}", "/create-place?title={0}", "/contributions/?name={0}", "/import?place={0}",
    "/account/login?next={0}", "/wiki/Charte?version={0}&from={0}&redirect={0}", "/licenses/{0}", "/sitemap-{0}.xml",
    "/compare/Charte?from={0}&to={0}&view={0}", "/restore/Charte?version={0}", "/undo/Charte?version={0}",
    "/history/Charte?before={0}&after={0}&p={0}", "/media/{0}", "/documents/{0}/x")  # fmt: skip


@pytest.fixture
def scene(alice: User, bob: User) -> None:
    """A page, and a place."""
    make_page("Charte", by=alice)
    make_place("La Myne", by=bob)


def ask(client: Client, address: str, post: dict[str, str] | None = None) -> None:
    """Ask, and fail for an answer of 500 and above; no limit stands in the way."""
    cache.clear()
    answer = client.get(address) if post is None else client.post(address, post)
    assert answer.status_code < 500, address


@pytest.mark.parametrize("view", VIEWS)
def test_odd_titles(view: str, scene: None, bob: User, anna: AnonymousUser, client_of: Callable[..., Client]) -> None:
    bob.is_superuser = True
    bob.save()
    client, stranger = client_of(bob), client_of(anna)
    for title in TITLES:
        address = f"/{view}/{quote(title, safe='/:')}"
        ask(client, address)
        ask(stranger, address)
        ask(stranger, address, {"text": "x", "title": title})


@pytest.mark.parametrize("pattern", LISTS)
def test_odd_parameters(pattern: str, scene: None, alice: User, client_of: Callable[..., Client]) -> None:
    client = client_of(alice)
    for value in (*NUMBERS, *map(quote, TITLES)):
        ask(client, pattern.format(value))


@pytest.mark.parametrize("address", ["/edit/Charte", "/edit/Nouveau", "/create", "/create-place", "/fork/Charte",
    "/upload", "/preview", "/import", "/account/register", "/account/login", "/account/", "/account/password",
    "/account/password/reset", "/language", "/restore/Charte?version=1", "/move/La_Myne", "/delete/La_Myne",
    "/fields/La_Myne", "/stewards/La_Myne"])  # fmt: skip
def test_odd_forms(address: str, scene: None, bob: User, client_of: Callable[..., Client]) -> None:
    names = [
        "text",
        "title",
        "place",
        "new_place",
        "license",
        "language",
        "comment",
        "base",
        "minor",
        "kind",
        "file",
        "username",
        "password",
        "password1",
        "email",
        "next",
        "add",
        "remove",
        "name",
        "author",
        "display_name",
    ]
    client = client_of(bob)
    for value in ("", "\x00", "x" * 70_000, "\ud800", "é" * 300, "9" * 40, "<script>", "\u202e", "a:b:c"):
        ask(client, address, dict.fromkeys(names, value.encode("utf-8", "replace").decode()))
    ask(client, address, {"text": "x" * 1_100_000, "title": "Long", "save": "1"})
