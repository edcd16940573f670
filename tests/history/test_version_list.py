"""The versions of one page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page
from wiki.pages import page_lookup
from wiki.pages.models import Changeset, WikiPage
from wiki.pages.page_fields import PageFields
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary
from wiki.pages.writing.version_store import NewVersion, store

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User

HOSTILE = '"><script>alert(1)</script>\u202e\x07'


@pytest.fixture
def client(client_of: Callable[..., Client], anna: AnonymousUser) -> Client:
    """Anna's browser, in English."""
    return client_of(anna, "en")


def write(page: WikiPage, count: int, author: Author, changeset: Changeset | None = None, **options: Any) -> None:
    """Store `count` more versions of `page`."""
    now = page_lookup.reload_page(page.pk)
    first = now.version
    store(
        [NewVersion(now, f"Texte {first + step}.", PageFields.of(now), author, **options) for step in range(count)],
        changeset,
    )


def numbers(response: Any) -> list[int]:
    """Return the numbers of the listed versions."""
    return [version.number for version in response.context["versions"].rows]


@pytest.mark.django_db
def test_it_shows_who_when_and_what(client: Client, alice: User) -> None:
    page = make_page("Charte", "Un texte.", by=alice)
    page_writer.edit(
        page, "Un texte plus long.", Author.of(alice), EditSummary("plus clair", minor=True, tags=["mobile"])
    )
    html = client.get("/history/Charte").content.decode()
    assert '<a href="/contributions/alice"' in html
    assert "plus clair" in html
    assert ">+10<" in html
    assert '<abbr class="badge" title="Minor edit">' in html
    assert ">mobile<" in html
    assert "?version=1" in html
    assert 'href="/feeds/history/Charte"' in html
    assert html.count('type="radio"') == 4


@pytest.mark.django_db
def test_it_marks_imported_authors_as_not_verified(client: Client) -> None:
    page = make_page("Charte")
    write(page, 1, Author(None, "Alice", "autre.example"), comment="ailleurs")
    html = client.get("/history/Charte").content.decode()
    assert "imported, not verified" in html
    assert "autre.example" in html
    assert "/contributions/Alice" not in html, "an imported name is no account here"
    assert "/contributions/?name=Alice" in html


@pytest.mark.django_db
def test_it_shows_hostile_comments_and_names_as_text(client: Client) -> None:
    page = make_page("Charte")
    write(page, 1, Author(None, HOSTILE, HOSTILE), comment=HOSTILE, tags=[HOSTILE])
    html = client.get("/history/Charte").content.decode()
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)") >= 3
    name = html.split("/contributions/?name=")[1].split('"')[0]
    assert client.get(f"/contributions/?name={name}").status_code == 200


@pytest.mark.django_db
def test_pages_of_1000_versions_cost_the_same(client: Client) -> None:
    page = make_page("Charte")
    write(page, 999, Author(None, "Quelqu'un"))
    seen: list[int] = []
    costs = set()
    address = "/history/Charte"
    client.get(address)
    while address:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = client.get(address)
        costs.add(len(queries))
        seen += numbers(response)
        older = response.context["versions"].older
        address = f"/history/Charte?before={older}" if older else ""
    assert seen == list(range(1_000, 0, -1))
    assert len(costs) == 1
    assert costs.pop() <= 4
    back = client.get(f"/history/Charte?after={seen[99]}")
    assert numbers(back) == seen[49:99]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["before=x", "before=-5", "after=" + "9" * 999, "who=nobody", "tag=%07", "no_minor=x"]
)
def test_invalid_parameters_are_ignored(client: Client, query: str) -> None:
    make_page("Charte")
    assert client.get(f"/history/Charte?{query}").status_code == 200


@pytest.mark.django_db
def test_filters(client: Client, alice: User, bob: User) -> None:
    page = make_page("Charte", by=alice)
    write(page, 1, Author.of(bob), minor=True)
    write(page, 1, Author(None, "Zoé", "autre.example"), tags=["restored"])
    write(page, 1, Author(None, "import"))
    assert numbers(client.get("/history/Charte?by=bob")) == [2]
    assert numbers(client.get("/history/Charte?by=Zoé")) == [3]
    assert numbers(client.get("/history/Charte?who=accounts")) == [2, 1]
    assert numbers(client.get("/history/Charte?who=imported")) == [3]
    assert numbers(client.get("/history/Charte?who=others")) == [4]
    assert numbers(client.get("/history/Charte?no_minor=on")) == [4, 3, 1]
    assert numbers(client.get("/history/Charte?tag=restored")) == [3]
    assert b"No version is like that" in client.get("/history/Charte?by=personne").content


@pytest.mark.django_db
def test_versions_link_to_their_changeset(client: Client, alice: User) -> None:
    page = make_page("Charte", by=alice)
    changeset = Changeset(act=Changeset.Act.IMPORT, by=alice)
    write(page, 1, Author(None, "Zoé", "autre.example"), changeset)
    assert f"/changes?batch={changeset.pk}" in client.get("/history/Charte").content.decode()


@pytest.mark.django_db
def test_merge_parents_are_shown_if_readable(client: Client, alice: User) -> None:
    source, page = make_page("Source", by=alice), make_page("Charte", by=alice)
    page_writer.edit(page, "Repris.", Author.of(alice), EditSummary(merge_parent=source.versions.get()))
    assert "from Source, version 1" in client.get("/history/Charte").content.decode()
    page_writer.delete(page_lookup.reload_page(source.pk), Author(None, "root"))
    assert "from Source, version 1" not in client.get("/history/Charte").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("view", ["history", "compare", "feeds/history"])
def test_it_shows_deleted_pages_to_administrators_only(
    view: str, alice: User, bob: User, client_of: Callable[..., Client], anna: AnonymousUser
) -> None:
    page = make_page("Secrète", by=alice)
    page_writer.delete(page, Author(None, "root"))
    assert client_of(anna).get(f"/{view}/Secrète").status_code == 404
    assert client_of(alice).get(f"/{view}/Secrète").status_code == 404
    bob.is_superuser = True
    bob.save()
    assert client_of(bob).get(f"/{view}/Secrète").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("title", ["Nulle_part", "a|b", "%00", ".."])
def test_history_of_missing_pages_is_404(client: Client, title: str) -> None:
    assert client.get(f"/history/{title}").status_code == 404


@pytest.mark.django_db
def test_titles_with_encoded_characters(client: Client) -> None:
    page = make_page("50%20 & plus ? c'est «tout»")
    assert client.get(page.get_absolute_url().replace("/wiki/", "/history/")).status_code == 200


@pytest.mark.django_db
def test_restore_and_undo_are_offered_to_users_who_may_edit(
    alice: User, charlie: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    page = make_page("Charte", by=alice)
    write(page, 1, Author.of(alice))
    for person, offered in ((alice, True), (charlie, False), (anna, False)):
        html = client_of(person, "en").get("/history/Charte").content.decode()
        assert ("/restore/Charte?version=1" in html) is offered
        assert ("/undo/Charte?version=2" in html) is offered
