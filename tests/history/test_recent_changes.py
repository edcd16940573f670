"""Recent changes: of the wiki, of a place, of a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_page, make_place
from wiki.history.recent_changes import SINGLE, RecentChange
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, PageVersion, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author, EditSummary
from wiki.pages.writing.version_store import NewVersion, store

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User

FREE = "CC-BY-SA-4.0"


@pytest.fixture
def client(client_of: Callable[..., Client], anna: AnonymousUser) -> Client:
    """Anna's browser, in English."""
    return client_of(anna, "en")


def make_changeset(count: int, by: User, start: int = 0, **options: Any) -> Changeset:
    """Return an import of `count` pages."""
    changeset = Changeset(act=Changeset.Act.IMPORT, by=by, comment="un lot")
    versions = [
        NewVersion(
            WikiPage(),
            f"Texte {number}.",
            PageFields(0, None, f"Lot {number}", False, FREE, "fr"),
            Author.of(by),
            **options,
        )
        for number in range(start, start + count)
    ]
    store(versions, changeset)
    return changeset


def entries(response: Any) -> list[RecentChange]:
    """Return the entries of the list."""
    rows: list[RecentChange] = response.context["changes"].rows
    return rows


def titles(response: Any) -> list[str]:
    """Return the title of each entry, or the count of a changeset."""
    return [f"[{entry.count}]" if entry.changeset else entry.version.title for entry in entries(response)]


@pytest.mark.django_db
def test_it_lists_changes_newest_first_by_day(client: Client, alice: User) -> None:
    page = make_page("Charte", by=alice)
    make_page("Règlement", by=alice)
    page_writer.edit(page, "Encore.", Author.of(alice), EditSummary("relu"))
    now = page_lookup.reload_page(page.pk)
    old = timezone.now() - timedelta(days=400)
    store([NewVersion(now, "Jadis.", PageFields.of(now), Author(None, "Zoé", "autre.example"), claimed_at=old)])
    response = client.get("/changes")
    assert titles(response) == ["Charte", "Règlement", "Charte", "Charte"]
    assert len(response.context["days"]) == 2
    html = response.content.decode()
    assert "relu" in html
    assert "/compare/Charte?to=2" in html
    assert html.count("imported, not verified") == 1


@pytest.mark.django_db
def test_a_changeset_is_one_entry_that_unfolds(client: Client, alice: User) -> None:
    make_page("Avant", by=alice)
    changeset = make_changeset(25, alice)
    make_page("Après", by=alice)
    response = client.get("/changes")
    assert titles(response) == ["Après", "[25]", "Avant"]
    html = response.content.decode()
    assert '<details class="batch">' in html
    assert "25 page versions" in html
    assert "un lot" in html
    assert "Lot 9" in html
    assert ">Lot 10<" not in html
    whole = client.get(f"/changes?batch={changeset.pk}")
    assert len(entries(whole)) == 25
    assert all(entry.changeset is None for entry in entries(whole))


@pytest.mark.django_db
def test_pages_cover_changesets_and_versions_without_loss(client: Client, alice: User) -> None:
    expected = []
    for number in range(40):
        make_page(f"Page {number}", by=alice)
        expected.append(f"Page {number}")
        make_changeset(3, alice, start=number * 3)
        expected.append("[3]")
    seen: list[str] = []
    address, costs, cursors = "/changes", set(), []
    client.get(address)
    while address:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        costs.add(len(queries))
        seen += titles(response)
        cursors.append(response.context["changes"].newer)
        older = response.context["changes"].older
        address = f"/changes?before={older}" if older else ""
    assert seen == expected[::-1]
    assert len(costs) == 1
    assert costs.pop() <= 6
    assert titles(client.get(f"/changes?after={cursors[1]}")) == seen[:50]


@pytest.mark.django_db
def test_pages_cover_versions_of_the_same_time(client: Client, alice: User) -> None:
    page = make_page("Charte", by=alice)
    moment = timezone.now() - timedelta(hours=1)
    versions = [
        NewVersion(page, f"Texte {number}", PageFields.of(page), Author.of(alice), claimed_at=moment)
        for number in range(120)
    ]
    store(versions)
    seen: list[int] = []
    older = ""
    while True:
        response = client.get(f"/changes?before={older}")
        seen += [entry.version.number for entry in entries(response)]
        older = response.context["changes"].older
        if not older:
            break
    assert seen == [1, *range(121, 1, -1)]


@pytest.mark.django_db
def test_filters(client: Client, alice: User, bob: User) -> None:
    make_page("Charte", "---\nKind: Practice\n---\nUn texte.", by=alice)
    page = make_page("Help:Écrire", by=bob)
    page_writer.edit(page, "Une virgule,", Author.of(bob), EditSummary(minor=True))
    now = page_lookup.reload_page(page.pk)
    old = timezone.now() - timedelta(days=20)
    store(
        [
            NewVersion(
                now, "Jadis.", PageFields.of(now), Author(None, "Zoé", "x.example"), claimed_at=old, tags=["restored"]
            )
        ]
    )

    def shown(query: str) -> list[int]:
        return [entry.version.number for entry in entries(client.get(f"/changes?{query}"))]

    assert shown("kind=practice") == [1]
    assert shown("namespace=12") == [2, 1, 3]
    assert shown("namespace=0") == [1]
    assert shown("no_minor=on") == [1, 1, 3]
    assert shown("by=bob") == [2, 1]
    assert shown("who=imported") == [3]
    assert shown("who=accounts") == [2, 1, 1]
    assert shown("days=7") == [2, 1, 1]
    assert shown("days=30") == [2, 1, 1, 3]
    assert shown("tag=restored") == [3]
    assert shown("tag=restored&days=7") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        "kind=x",
        "namespace=x",
        "days=0",
        "days=99999",
        "batch=x",
        "batch=" + "9" * 30,
        "before=1.2.3",
        "after=9.0.x",
        "tag=''",
    ],
)
def test_invalid_parameters_are_ignored(client: Client, query: str) -> None:
    make_page("Charte")
    assert client.get(f"/changes?{query}").status_code == 200


@pytest.mark.django_db
def test_deleted_pages_are_hidden(client: Client, alice: User) -> None:
    page = make_page("Secrète", by=alice)
    make_changeset(2, alice)
    for deleted in (page, *WikiPage.objects.filter(title__startswith="Lot")):
        page_writer.delete(page_lookup.reload_page(deleted.pk), Author(None, "root"))
    for address in ("/changes", "/contributions/alice", "/feeds/changes", "/feeds/contributions/alice"):
        html = client.get(address).content.decode()
        assert "Secrète" not in html
        assert "Lot" not in html
        assert "un lot" not in html


@pytest.mark.django_db
def test_changesets_count_readable_versions_only(client: Client, alice: User) -> None:
    make_changeset(3, alice)
    page_writer.delete(WikiPage.objects.get(title="Lot 1"), Author(None, "root"))
    assert titles(client.get("/changes")) == ["[2]"]


@pytest.mark.django_db
def test_it_lists_the_changes_of_a_place(client: Client, alice: User, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    make_page("Charte", by=alice, place=place)
    page = make_page("Ailleurs", by=alice)
    page_moves.move(page, "Atelier:Arrivée", Author(None, "root"), leave_redirect=False)
    response = client.get("/changes/Atelier")
    assert sorted(titles(response)) == ["Atelier", "Atelier:Charte", "[1]"]
    assert client.get("/changes?place=Atelier").headers["Location"] == "/changes/Atelier"
    assert client.get("/changes/Ailleurs").status_code == 404
    assert client.get("/changes/Atelier:Charte").status_code == 404


@pytest.mark.django_db
def test_it_lists_the_versions_of_an_account(client: Client, alice: User, bob: User) -> None:
    page = make_page("Charte", by=alice)
    page_writer.edit(page, "Autre chose.", Author.of(bob))
    make_changeset(4, alice)
    assert titles(client.get("/contributions/alice")) == ["[4]", "Charte"]
    assert [entry.version.number for entry in entries(client.get("/contributions/bob"))] == [2]
    assert client.get("/contributions/personne").status_code == 404


@pytest.mark.django_db
def test_imported_authors_are_not_accounts(client: Client, alice: User) -> None:
    page = make_page("Charte", by=alice)
    store([NewVersion(page, "Autre chose.", PageFields.of(page), Author(None, "alice", "autre.example"))])
    assert [entry.version.number for entry in entries(client.get("/contributions/alice"))] == [1]
    response = client.get("/contributions/?name=alice")
    assert [entry.version.number for entry in entries(response)] == [2]
    assert "nobody has verified it" in response.content.decode()
    assert client.get("/contributions/?name=Zoé").status_code == 404
    assert client.get("/contributions/").status_code == 404


@pytest.mark.django_db
def test_it_loads_no_texts(client: Client, alice: User) -> None:
    for number in range(5):
        make_page(f"Page {number}", by=alice)
    with CaptureQueriesContext(connection) as queries:
        client.get("/changes")
    assert not [query for query in queries if "serialized_data" in query["sql"] or "wiki_pagetext" in query["sql"]]


@pytest.mark.django_db
def test_recent_changes_use_an_index(alice: User) -> None:
    make_page("Charte", by=alice)
    rows = PageVersion.objects.readable_by(alice).filter(SINGLE).order_by("-claimed_at", "-id")[:51]
    if connection.vendor == "sqlite":
        assert "version_claimed" in rows.explain()
