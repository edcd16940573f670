"""What changed lately: in the wiki, in a place, by a person."""

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
    """An import of so many pages."""
    changeset = Changeset(act=Changeset.Act.IMPORT, by=by, comment="un lot")
    drafts = [
        NewVersion(
            WikiPage(),
            f"Texte {number}.",
            PageFields(0, None, f"Lot {number}", False, FREE, "fr"),
            Author.of(by),
            **options,
        )
        for number in range(start, start + count)
    ]
    store(drafts, changeset)
    return changeset


def lines(answer: Any) -> list[RecentChange]:
    """The lines of the list."""
    rows: list[RecentChange] = answer.context["changes"].rows
    return rows


def titles(answer: Any) -> list[str]:
    """What each line names."""
    return [f"[{line.count}]" if line.changeset else line.version.title for line in lines(answer)]


@pytest.mark.django_db
def test_it_lists_changes_newest_first_by_day(client: Client, alice: User) -> None:
    page = make_page("Charte", by=alice)
    make_page("Règlement", by=alice)
    page_writer.edit(page, "Encore.", Author.of(alice), EditSummary("relu"))
    now = page_lookup.reload_page(page.pk)
    old = timezone.now() - timedelta(days=400)
    store([NewVersion(now, "Jadis.", PageFields.of(now), Author(None, "Zoé", "autre.example"), claimed_at=old)])
    answer = client.get("/changes")
    assert titles(answer) == ["Charte", "Règlement", "Charte", "Charte"]
    assert len(answer.context["days"]) == 2
    html = answer.content.decode()
    assert "relu" in html
    assert "/compare/Charte?to=2" in html
    assert html.count("imported, not verified") == 1


@pytest.mark.django_db
def test_it_shows_a_batch_as_one_line_that_unfolds(client: Client, alice: User) -> None:
    make_page("Avant", by=alice)
    changeset = make_changeset(25, alice)
    make_page("Après", by=alice)
    answer = client.get("/changes")
    assert titles(answer) == ["Après", "[25]", "Avant"]
    html = answer.content.decode()
    assert '<details class="batch">' in html
    assert "25 page versions" in html
    assert "un lot" in html
    assert "Lot 9" in html
    assert ">Lot 10<" not in html
    whole = client.get(f"/changes?batch={changeset.pk}")
    assert len(lines(whole)) == 25
    assert all(line.changeset is None for line in lines(whole))


@pytest.mark.django_db
def test_it_walks_over_batches_and_versions_without_loss(client: Client, alice: User) -> None:
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
            answer = client.get(address)
        costs.add(len(queries))
        seen += titles(answer)
        cursors.append(answer.context["changes"].newer)
        older = answer.context["changes"].older
        address = f"/changes?before={older}" if older else ""
    assert seen == expected[::-1]
    assert len(costs) == 1
    assert costs.pop() <= 6
    assert titles(client.get(f"/changes?after={cursors[1]}")) == seen[:50]


@pytest.mark.django_db
def test_it_walks_through_rows_of_one_moment(client: Client, alice: User) -> None:
    page = make_page("Charte", by=alice)
    moment = timezone.now() - timedelta(hours=1)
    drafts = [
        NewVersion(page, f"Texte {number}", PageFields.of(page), Author.of(alice), claimed_at=moment)
        for number in range(120)
    ]
    store(drafts)
    seen: list[int] = []
    older = ""
    while True:
        answer = client.get(f"/changes?before={older}")
        seen += [line.version.number for line in lines(answer)]
        older = answer.context["changes"].older
        if not older:
            break
    assert seen == [1, *range(121, 1, -1)]


@pytest.mark.django_db
def test_it_narrows_the_list(client: Client, alice: User, bob: User) -> None:
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
        return [line.version.number for line in lines(client.get(f"/changes?{query}"))]

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
def test_it_bears_odd_addresses(client: Client, query: str) -> None:
    make_page("Charte")
    assert client.get(f"/changes?{query}").status_code == 200


@pytest.mark.django_db
def test_it_shows_nothing_of_deleted_pages(client: Client, alice: User) -> None:
    page = make_page("Secrète", by=alice)
    make_changeset(2, alice)
    for doomed in (page, *WikiPage.objects.filter(title__startswith="Lot")):
        page_writer.delete(page_lookup.reload_page(doomed.pk), Author(None, "root"))
    for address in ("/changes", "/contributions/alice", "/feeds/changes", "/feeds/contributions/alice"):
        html = client.get(address).content.decode()
        assert "Secrète" not in html
        assert "Lot" not in html
        assert "un lot" not in html


@pytest.mark.django_db
def test_it_counts_in_a_batch_only_what_may_be_read(client: Client, alice: User) -> None:
    make_changeset(3, alice)
    page_writer.delete(WikiPage.objects.get(title="Lot 1"), Author(None, "root"))
    assert titles(client.get("/changes")) == ["[2]"]


@pytest.mark.django_db
def test_it_lists_the_changes_of_a_place(client: Client, alice: User, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    make_page("Charte", by=alice, place=place)
    page = make_page("Ailleurs", by=alice)
    page_moves.move(page, "Atelier:Arrivée", Author(None, "root"), leave_redirect=False)
    answer = client.get("/changes/Atelier")
    assert sorted(titles(answer)) == ["Atelier", "Atelier:Charte", "[1]"]
    assert client.get("/changes?place=Atelier").headers["Location"] == "/changes/Atelier"
    assert client.get("/changes/Ailleurs").status_code == 404
    assert client.get("/changes/Atelier:Charte").status_code == 404


@pytest.mark.django_db
def test_it_lists_what_an_account_wrote(client: Client, alice: User, bob: User) -> None:
    page = make_page("Charte", by=alice)
    page_writer.edit(page, "Autre chose.", Author.of(bob))
    make_changeset(4, alice)
    assert titles(client.get("/contributions/alice")) == ["[4]", "Charte"]
    assert [line.version.number for line in lines(client.get("/contributions/bob"))] == [2]
    assert client.get("/contributions/personne").status_code == 404


@pytest.mark.django_db
def test_it_takes_no_account_for_a_name_from_elsewhere(client: Client, alice: User) -> None:
    page = make_page("Charte", by=alice)
    store([NewVersion(page, "Autre chose.", PageFields.of(page), Author(None, "alice", "autre.example"))])
    assert [line.version.number for line in lines(client.get("/contributions/alice"))] == [1]
    answer = client.get("/contributions/?name=alice")
    assert [line.version.number for line in lines(answer)] == [2]
    assert "nobody has verified it" in answer.content.decode()
    assert client.get("/contributions/?name=Zoé").status_code == 404
    assert client.get("/contributions/").status_code == 404


@pytest.mark.django_db
def test_it_reads_no_texts(client: Client, alice: User) -> None:
    for number in range(5):
        make_page(f"Page {number}", by=alice)
    with CaptureQueriesContext(connection) as queries:
        client.get("/changes")
    assert not [query for query in queries if "serialized_data" in query["sql"] or "wiki_pagetext" in query["sql"]]


@pytest.mark.django_db
def test_it_finds_recent_changes_among_many_versions_by_an_index(alice: User) -> None:
    make_page("Charte", by=alice)
    rows = PageVersion.objects.readable_by(alice).filter(SINGLE).order_by("-claimed_at", "-id")[:51]
    if connection.vendor == "sqlite":
        assert "version_claimed" in rows.explain()
