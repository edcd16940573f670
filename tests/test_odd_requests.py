"""No request, however odd, leads to a server error; on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.conftest import Standing, person
from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.accounts.rate_limits import counters
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.moderation.models import Proposal
from wiki.pages.models import PageVersion
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db

TITLES = ("Charte", "a%20b", "a?b", "x" * 255, "é" * 200, "Category:", "File:a.jpg", "User:alice", "Talk:x", "La Myne:",
    "La Myne:a:b", "//x", "x/", "..", "a/../b", "\u202etxet", "\U0001f9c0", "a\tb", "' OR 1=1 --", "%s%n", "{{x}}", "§",
    "\u00a0", "Special:Search", "a\x00b", "a&b=c", "La_Myne")  # fmt: skip
VIEWS = ("wiki", "edit", "history", "authors", "compare", "restore", "undo", "fork", "forks", "touch", "pull",
    "propose", "proposals", "credits", "suggest", "ask-original",
    "export", "move", "delete", "fields", "stewards", "links-to", "changes", "feeds/history", "feeds/changes",
    "contributions",
    "feeds/contributions", "undelete", "unmake-place", "browse", "property", "wiki/Special:Browse",
    "wiki/Special:Ask")  # fmt: skip
WORDS = ("Charte", "x" * 255, "é" * 200, "Category:", "La Myne:a:b", "\u202etxet", "' OR 1=1 --", "%s%n", "{{x}}",
    "a\x00b", "a&b=c")  # fmt: skip
NUMBERS = ("0", "-1", "x", "1e9", "9" * 30, "٣", "1.5", "", "NaN", "%F0%9F%A7%80")
LISTS = ("/all-pages?kind={0}&place={0}&p={0}&q={0}", "/search?q={0}&p={0}",
    "/search?q={0}&when={0}&by={0}&page={0}", "/search?q=a&when=at&at={0}", "/wiki/Charte?at={0}",
    "/search?q=a&by={0}&when=appeared&since={0}&until={0}&kind={0}", "/wanted?p={0}", "/orphans?p={0}",
    "/changes?days={0}&kind={0}&author={0}&namespace={0}&tag={0}&before={0}&after={0}&act={0}", "/upload?name={0}",
    "/create?title={0}&place={0}&kind={0}", "/create-place?title={0}", "/contributions/?name={0}", "/import?place={0}",
    "/account/login?next={0}", "/wiki/Charte?version={0}&from={0}&redirect={0}", "/licenses/{0}", "/sitemap-{0}.xml",
    "/compare/Charte?from={0}&to={0}&view={0}", "/restore/Charte?version={0}", "/undo/Charte?version={0}",
    "/pull/La_Myne:Charte?until={0}&base={0}",
    "/credits/Charte?words={0}&page={0}", "/credits/La_Myne?page={0}&format={0}", "/elsewhere?address={0}",
    "/browse/Charte?version={0}&at={0}&from={0}&incoming={0}", "/properties?q={0}&type={0}&p={0}",
    "/property/Kind?after={0}", "/search-by-property?property={0}&value={0}&comparator={0}&from={0}", "/concepts?p={0}",
    "/search-by-property?property=Kind&value={0}&from={0}", "/problems?property={0}&before={0}",
    "/unused-properties?p={0}", "/ask/complete?kind=value&property={0}&q={0}", "/ask/complete?kind={0}&q={0}",
    "/ask?form=1&q={0}&pp={0}&ph={0}&pf={0}&px={0}&sk={0}&so={0}&more={0}&format={0}",
    "/ask/parameters?format={0}&more={0}", "/ask?form=1&rk={0}&rp={0}&ro=is&rv={0}&rw={0}&rq={0}",
    "/ask/count?rp=Ville&ro=near&rv={0}&rw=5&at={0}", "/ask/count?rk={0}&rp={0}&ro=contains&rv={0}",
    "/ask?q=[[Kind::%2B]]&po={0}&since={0}&until={0}&sort={0}&order={0}&at={0}",
    "/wiki/Special:Ask?q={0}&p[x]={0}&po={0}",
    "/history/Charte?before={0}&after={0}&p={0}", "/authors/Charte?p={0}", "/media/{0}",
    "/documents/{0}/x")  # fmt: skip


@pytest.fixture(scope="module")
def scene(standing: Standing) -> None:
    """A page, a place, and a fork of the page in it, with a conflicting edit."""
    with standing():
        alice, bob = person("alice"), person("bob")
        page = make_page("Charte", by=alice)
        fork = fork_creation.fork(page, ForkTarget(make_place("La Myne", by=bob)), Author.of(bob))
        page_writer.edit(page, "Un mot d'alice.", Author.of(alice))
        page_writer.edit(fork, "Un mot de bob.", Author.of(bob))
        Proposal.objects.create(pk=77_000, page=page, base=1, text="Un autre mot.", by_name="Quelqu'un")


def request_page(client: Client, address: str, post: dict[str, str] | None = None) -> None:
    """Send a request, and fail for a status of 500 and above; rate limits are reset first."""
    counters.clear()
    response = client.get(address) if post is None else client.post(address, post)
    assert response.status_code < 500, address


@pytest.mark.parametrize("view", VIEWS)
def test_odd_titles(view: str, scene: None, bob: User, anna: AnonymousUser, client_of: Callable[..., Client]) -> None:
    bob.is_superuser = True
    bob.save()
    client, stranger = client_of(bob), client_of(anna)
    for number, title in enumerate(TITLES):
        address = f"/{view}/{quote(title, safe='/:')}"
        request_page(client if number % 2 else stranger, address)
        request_page(stranger if number % 2 else client, address, {"text": "x", "title": title.replace("\x00", "")})


@pytest.mark.parametrize("pattern", LISTS)
def test_odd_parameters(pattern: str, scene: None, alice: User, client_of: Callable[..., Client]) -> None:
    client = client_of(alice)
    for value in (*NUMBERS, *map(quote, WORDS)):
        request_page(client, pattern.format(value))


FORMS = ("/edit/Charte", "/edit/Nouveau", "/create", "/create-place", "/fork/Charte", "/upload", "/preview", "/import",
    "/account/register", "/account/login", "/account/", "/account/password", "/account/password/reset", "/language",
    "/restore/Charte?version=1", "/move/La_Myne", "/delete/La_Myne", "/fields/La_Myne", "/stewards/La_Myne",
    "/undo/Charte?version=1", "/undelete/Charte", "/unmake-place/La_Myne", "/export/Charte",
    "/touch/La_Myne:Charte", "/pull/La_Myne:Charte?until=2&base=2",
    "/propose/La_Myne:Charte", "/proposal/77000", "/suggest/Charte", "/elsewhere")  # fmt: skip
FIELDS = ("text", "title", "place", "new_place", "license", "language", "comment", "base", "minor", "kind", "file",
    "username", "password", "password1", "email", "next", "add", "remove", "name", "author", "display_name", "source",
    "description", "version", "steward", "reason", "website", "preview", "skip",
    "choice-0", "own-0", "whole", "theirs", "sides", "changes", "message", "hunks", "hunk", "at", "act", "said",
    "follow", "tell", "address", "agrees")  # fmt: skip
UNLISTED_FIELDS = ("base", "next", "version")
"""Fields that views read although they are in no form."""
ODD_VALUES = (
    "",
    "%00",
    "x" * 70_000,
    "%ED%A0%80",
    "%FF%FE",
    "%C3%A9" * 300,
    "9" * 40,
    "-1",
    "%3Cscript%3E",
    "%E2%80%AE",
    "a:b:c",
)
"""Percent-encoded values for request bodies: a lone surrogate, invalid UTF-8, and others."""
URLENCODED = "application/x-www-form-urlencoded"


def client_for_form(address: str, bob: User, client_of: Callable[..., Client]) -> Client:
    """Return a client that may use the form at an address: bob's, or an anonymous one where no account is needed."""
    return client_of(AnonymousUser() if address.startswith("/suggest/") else bob)


def post_body(client: Client, address: str, body: str) -> None:
    """Post a raw body, and fail for a status of 500 and above."""
    counters.clear()
    assert client.post(address, body, content_type=URLENCODED).status_code < 500, (address, body[:60])


@pytest.mark.parametrize("address", FORMS)
def test_odd_form_values(address: str, scene: None, bob: User, client_of: Callable[..., Client]) -> None:
    client = client_for_form(address, bob, client_of)
    for value in ODD_VALUES:
        post_body(client, address, "&".join(f"{name}={value}" for name in FIELDS))
    fields = re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', client.get(address).content.decode())
    # Each field alone, with one of four values: forms have many fields in common, so that each meets several.
    for number, name in enumerate(sorted({*fields, *UNLISTED_FIELDS}), start=FORMS.index(address)):
        post_body(client, address, f"{name}={ODD_VALUES[1 + number % 4]}")
    post_body(client, address, f"text={'x' * 1_100_000}&title=Long&save=1")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("address", FORMS)
def test_form_values_of_a_megabyte(address: str, scene: None, bob: User, client_of: Callable[..., Client]) -> None:
    client = client_for_form(address, bob, client_of)
    for name in ("text", "title", "comment", "place", "license", "username", "base", "next"):
        post_body(client, address, f"{name}={'x' * 1_000_000}")


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("address", FORMS)
def test_files_in_text_fields(address: str, scene: None, bob: User, client_of: Callable[..., Client]) -> None:
    client = client_for_form(address, bob, client_of)
    for content in (b"", b"GIF89a\xff", b"PK\x03\x04" + b"\x00" * 100):
        for name in ("../../x.png", "x" * 300 + ".png", "a\x00b.jpg"):
            counters.clear()
            files = {field: SimpleUploadedFile(name or "x", content) for field in ("file", "text", "title", "archive")}
            assert client.post(address, files).status_code < 500, (address, name)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("address", FORMS)
def test_forms_without_a_csrf_token_are_rejected(address: str, scene: None, bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    versions = PageVersion.objects.count()
    response = client.post(address, {"text": "x", "title": "Volé", "comment": "x", "save": "1"})
    assert PageVersion.objects.count() == versions
    if address != "/language":  # a forged change of language does no harm
        assert response.status_code in (403, 405), address


@pytest.mark.parametrize("view", VIEWS)
def test_urls_with_invalid_utf8(view: str, scene: None, client_of: Callable[..., Client], bob: User) -> None:
    client = client_of(bob)
    for value in ("%ED%A0%80", "%FF", "%C3", "%00", "%F0%9F%A7", "a%ED%B0%80b"):
        request_page(client, f"/{view}/{value}")
        request_page(client, f"/{view}/Charte?version={value}&from={value}&to={value}&next={value}&p={value}")
        request_page(client, f"/{view}/{value}", {"text": "x"})


@pytest.mark.parametrize(
    "url", ["https://mal.example/", "//mal.example", "/\\mal.example", "https:mal.example", "javascript:alert(1)",
        "\thttps://mal.example", "http:///mal.example", "/%0d%0aSet-Cookie:x=1"])  # fmt: skip
def test_no_redirects_to_other_sites(url: str, scene: None, bob: User, client_of: Callable[..., Client]) -> None:
    bob.set_password("un mot de passe long")
    bob.save()
    for client, address, form in (
        (Client(), "/account/login", {"username": "bob", "password": "un mot de passe long", "next": url}),
        (client_of(bob), "/account/logout", {"next": url}),
        (client_of(bob), "/language", {"language": "en", "next": url}),
    ):
        response = client.post(f"{address}?next={quote(url)}", form)
        assert "mal.example" not in response.headers.get("Location", ""), address
        assert "javascript" not in response.headers.get("Location", ""), address
        assert "x" not in response.cookies


def test_signing_in_changes_the_session_key(scene: None, bob: User) -> None:
    bob.set_password("un mot de passe long")
    bob.save()
    client = Client()
    session = client.session
    session["seen"] = True
    session.save()
    client.cookies["sessionid"] = old_key = session.session_key or ""
    client.post("/account/login", {"username": "bob", "password": "un mot de passe long"})
    assert client.cookies["sessionid"].value != old_key
    assert client.get("/account/").status_code == 200
