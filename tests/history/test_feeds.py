"""Atom feeds of changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page, make_place
from wiki.history import change_summaries
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author, EditSummary
from wiki.pages.writing.version_store import NewVersion, store

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User

pytestmark = pytest.mark.only_on("sqlite")
ATOM = "{http://www.w3.org/2005/Atom}"
ALL = ("/feeds/changes", "/feeds/changes/Atelier", "/feeds/history/Atelier:Charte", "/feeds/contributions/alice")


@pytest.fixture
def client(client_of: Callable[..., Client], anna: AnonymousUser) -> Client:
    """Anna's feed reader, in English."""
    return client_of(anna, "en")


@pytest.fixture
def page(alice: User, bob: User) -> WikiPage:
    """A page in a place, created by alice and edited by bob."""
    place = make_place("Atelier", by=bob)
    made = make_page("Charte", "Nous partageons les outils.", by=alice, place=place)
    page_writer.edit(made, "Nous partageons tous les outils.", Author.of(bob), EditSummary("plus <b>clair</b>"))
    return page_lookup.reload_page(made.pk)


def entries(response: Any) -> list[dict[str, str]]:
    """Return the entries of a feed: the text of each element by name, and the address of the link."""
    root = ElementTree.fromstring(response.content)
    found = []
    for entry in root.findall(f"{ATOM}entry"):
        values = {child.tag.removeprefix(ATOM): child.text or "" for child in entry}
        link = entry.find(f"{ATOM}link")
        author = entry.find(f"{ATOM}author/{ATOM}name")
        values["link"] = link.get("href", "") if link is not None else ""
        values["author"] = (author.text or "") if author is not None else ""
        found.append(values)
    return found


@pytest.mark.parametrize("address", ALL)
def test_feeds_are_valid_atom(address: str, page: WikiPage, client: Client) -> None:
    response = client.get(address)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert "noindex" in response["X-Robots-Tag"]
    root = ElementTree.fromstring(response.content)
    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert root.findtext(f"{ATOM}{name}")
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links["self"] == settings.BASE_ADDRESS + address
    assert links["alternate"].startswith(settings.BASE_ADDRESS)
    assert client.get(links["alternate"].removeprefix(settings.BASE_ADDRESS)).status_code == 200
    for entry in entries(response):
        assert re.fullmatch(r"tag:[^,]+,\d{4}:version/\d+/\d+", entry["id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*", entry["updated"])
        assert entry["author"]
        assert client.get(entry["link"].removeprefix(settings.BASE_ADDRESS)).status_code == 200


def test_entries_show_what_changed(page: WikiPage, client: Client) -> None:
    newest = entries(client.get("/feeds/history/Atelier:Charte"))[0]
    assert newest["title"] == "Atelier:Charte"
    assert newest["author"] == "bob"
    assert "<ins>tous </ins>" in newest["summary"]
    assert "plus &lt;b&gt;clair&lt;/b&gt;" in newest["summary"]


def test_ids_do_not_change_when_a_page_is_renamed(page: WikiPage, client: Client) -> None:
    before = client.get("/feeds/history/Atelier:Charte")
    page_moves.move(page, "Atelier:Règles", Author(None, "root"), leave_redirect=False)
    after = client.get("/feeds/history/Atelier:Règles")
    assert {entry["id"] for entry in entries(before)} < {entry["id"] for entry in entries(after)}
    names = [ElementTree.fromstring(response.content).findtext(f"{ATOM}id") for response in (before, after)]
    assert names[0] == names[1]


def test_it_escapes_hostile_texts(page: WikiPage, client: Client) -> None:
    hostile = "<script>alert(1)</script>]]>&amp;\x07\ufffe\U0001f600"
    author = Author(None, hostile, "x.example")
    store([NewVersion(page, f"{hostile}\x0c", PageFields.of(page), author, comment=hostile, tags=[hostile])])
    for address in ("/feeds/changes", "/feeds/history/Atelier:Charte"):
        newest = entries(client.get(address))[0]
        assert "<script>" not in newest["summary"]
        assert "&lt;script&gt;alert(1)" in newest["summary"]
        assert newest["author"].startswith("<script>alert(1)</script>]]>")
        assert "\U0001f600" in newest["summary"]


@pytest.mark.parametrize("address", ALL)
def test_it_returns_304_until_something_changes(address: str, page: WikiPage, alice: User, client: Client) -> None:
    first = client.get(address)
    headers = {"if-none-match": first["ETag"]}
    with CaptureQueriesContext(connection) as queries:
        not_modified = client.get(address, headers=headers)
    assert not_modified.status_code == 304
    assert not_modified.content == b""
    assert not [query for query in queries if "serialized_data" in query["sql"]]
    page_writer.edit(page_lookup.reload_page(page.pk), "Encore.", Author.of(alice))
    changed = client.get(address, headers=headers)
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_etags_differ_by_language(page: WikiPage, client: Client) -> None:
    english = client.get("/feeds/changes")
    french = client.get("/feeds/changes", headers={"accept-language": "fr", "if-none-match": english["ETag"]})
    assert french.status_code == 200
    assert "Accept-Language" in french["Vary"]


def test_a_changeset_is_one_entry(page: WikiPage, alice: User, client: Client) -> None:
    changeset = Changeset(act=Changeset.Act.IMPORT, by=alice, comment="un lot")
    fields = [PageFields(0, None, f"Lot {number}", False, "CC-BY-SA-4.0", "fr") for number in range(15)]
    store([NewVersion(WikiPage(), "Un texte.", field, Author.of(alice)) for field in fields], changeset)
    found = entries(client.get("/feeds/changes"))
    assert len(found) == 4
    assert found[0]["id"].endswith(f":batch/{changeset.pk}")
    assert "un lot" in found[0]["summary"]
    assert "Lot 3" in found[0]["summary"]
    assert found[0]["link"].endswith(f"/changes?batch={changeset.pk}")


def test_the_filters_of_the_list_apply(page: WikiPage, client: Client) -> None:
    assert [entry["author"] for entry in entries(client.get("/feeds/changes?by=alice"))] == ["alice"]
    assert entries(client.get("/feeds/changes?kind=person")) == []


def test_it_loads_all_texts_in_one_query_and_caches_summaries(page: WikiPage, client: Client, alice: User) -> None:
    for number in range(10):
        page_writer.edit(page_lookup.reload_page(page.pk), f"Texte {number}", Author.of(alice))
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/feeds/changes")
        counts.append(len([query for query in queries if "serialized_data" in query["sql"]]))
    assert counts == [1, 0]


def test_very_long_texts_are_not_compared(page: WikiPage, client: Client, alice: User) -> None:
    page_writer.edit(page, "mot\n" * change_summaries.SIZE_LIMIT, Author.of(alice))
    newest = entries(client.get("/feeds/changes"))[0]
    assert "<ins>" not in newest["summary"]
    assert "Version 3" in newest["summary"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/feeds/history/Nulle_part",
        "/feeds/changes/Nulle_part",
        "/feeds/contributions/personne",
        "/feeds/contributions/",
    ],
)
def test_feeds_of_missing_pages_are_404(address: str, client: Client) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_an_empty_wiki_has_an_empty_feed(client: Client) -> None:
    assert entries(client.get("/feeds/changes?days=1&kind=person")) == []


def test_the_same_as_json_feed(alice: User, client_of: Callable[..., Client]) -> None:
    make_page("Four", "Du pain <b>.", by=alice)
    client = client_of(alice, "en")
    response = client.get("/feeds/changes?format=json")
    assert response["Content-Type"] == "application/feed+json; charset=utf-8"
    feed = json.loads(response.content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"].endswith("/feeds/changes")
    (item,) = feed["items"]
    assert (item["title"], item["authors"]) == ("Four", [{"name": "alice"}])
    assert item["url"].endswith("/compare/Four?from=0&to=1")
    assert item["id"].startswith("tag:")
    assert "&lt;b&gt;" in item["content_html"]
    assert datetime.fromisoformat(item["date_published"]).tzinfo is not None
    again = client.get("/feeds/changes?format=json", headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304
    assert client.get("/feeds/changes", headers={"if-none-match": response["ETag"]}).status_code == 200
    assert client.get("/feeds/changes?format=other")["Content-Type"].startswith("application/atom+xml")
