"""`prop=revisions`: the history of a page, its selection and continuation."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.test_api import code, get
from tests.api.test_query_pages import collected, query
from tests.factories import make_page, make_place
from wiki.pages.models import PageVersion, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary

if TYPE_CHECKING:
    from django.test import Client

    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(alice: User, bob: User) -> WikiPage:
    """A page with six versions, written in turn by alice, bob and a script, a day apart; and another page."""
    other = make_page("Sel", "Du sel.")
    page_writer.edit(other, "Du gros sel.", Author(None, "script"))
    found = make_page("Pain", "Texte 1 & suite.", by=alice)
    writers = [Author.of(alice), Author.of(bob), Author(None, "script")]
    for number in range(2, 7):
        text, summary = f"Texte {number} & suite.", EditSummary(f"<{number}>", number == 2)
        page_writer.edit(found, text, writers[(number - 1) % 3], summary, base=number - 1)
    newest = PageVersion.objects.get(page=found, number=6).claimed_at.replace(microsecond=500_000)
    for number in range(1, 7):
        time = newest - timedelta(days=6 - number)
        PageVersion.objects.filter(page=found, number=number).update(claimed_at=time)
    return found


def numbers(client: Client, **parameters: Any) -> list[int]:
    """Return the numbers of the revisions of the page, in the order of the answer."""
    pages = query(client, titles="Pain", prop="revisions", rvprop="ids", **parameters)["query"]["pages"]
    found = dict(PageVersion.objects.values_list("pk", "number"))
    return [found[row["revid"]] for row in pages[0].get("revisions", [])]


def moment(page: WikiPage, number: int) -> str:
    """Return the time of a version."""
    return PageVersion.objects.get(page=page, number=number).claimed_at.strftime("%Y%m%d%H%M%S")


def test_which_revisions(client: Client, page: WikiPage) -> None:
    ids = dict(PageVersion.objects.filter(page=page).values_list("number", "pk"))
    assert numbers(client) == [6]
    assert numbers(client, rvlimit="max") == [6, 5, 4, 3, 2, 1]
    assert numbers(client, rvdir="newer") == [1, 2, 3, 4, 5, 6]
    assert numbers(client, rvuser="bob") == [5, 2]
    assert numbers(client, rvuser="script") == [6, 3]
    assert numbers(client, rvexcludeuser="script") == [5, 4, 2, 1]
    assert numbers(client, rvexcludeuser="bob") == [6, 4, 3, 1]
    assert numbers(client, rvuser="nobody") == []
    PageVersion.objects.filter(pk=ids[1]).update(author_name="bob")
    assert numbers(client, rvuser="bob") == [5, 2]
    assert numbers(client, rvendid=ids[4]) == [6, 5, 4]
    assert numbers(client, rvstartid=ids[4], rvendid=ids[2]) == [4, 3, 2]
    assert numbers(client, rvstartid=ids[2], rvendid=ids[4], rvdir="newer") == [2, 3, 4]


def test_revisions_between_times(client: Client, page: WikiPage) -> None:
    assert numbers(client, rvstart=moment(page, 4), rvend=moment(page, 2)) == [4, 3, 2]
    assert numbers(client, rvstart=moment(page, 2), rvend=moment(page, 4), rvdir="newer") == [2, 3, 4]
    assert numbers(client, rvend=moment(page, 5)) == [6, 5]
    assert numbers(client, rvstart="now", rvlimit=1) == [6]


@pytest.mark.parametrize("parameters", [{}, {"rvdir": "newer"}, {"rvuser": "alice"}, {"rvexcludeuser": "alice"}])
def test_a_history_is_continued(client: Client, page: WikiPage, parameters: dict[str, str]) -> None:
    at_once = numbers(client, rvlimit="max", **parameters)
    responses = collected(client, titles="Pain", prop="revisions", rvprop="ids", rvlimit=2, **parameters)
    rows = [row for response in responses for row in response["query"]["pages"][0]["revisions"]]
    found = dict(PageVersion.objects.values_list("pk", "number"))
    assert [found[row["revid"]] for row in rows] == at_once
    assert len(responses) == (len(at_once) + 1) // 2
    ids = dict(PageVersion.objects.filter(page=page).values_list("number", "pk")) | {0: 0}
    assert [row["parentid"] for row in rows] == [ids[number - 1] for number in at_once]


def test_texts_come_fifty_at_a_time(client: Client, alice: User) -> None:
    page = make_page("Pain", "Texte 1.", by=alice)
    for number in range(2, 56):
        page_writer.edit(page, f"Texte {number}.", Author(None, "script"), base=number - 1)
    assert len(numbers(client, rvlimit="max")) == 55
    responses = collected(client, titles="Pain", prop="revisions", rvprop="content", rvslots="main", rvlimit="max")
    found = [row["slots"]["main"]["content"] for r in responses for row in r["query"]["pages"][0]["revisions"]]
    assert found == [f"Texte {number}." for number in range(55, 0, -1)]
    assert [len(response["query"]["pages"][0]["revisions"]) for response in responses] == [50, 5]


def test_a_deletion_has_an_empty_text(client: Client, bob: User) -> None:
    page = make_page("Brouillon", place=make_place("Atelier", by=bob))
    page_writer.delete(page, Author.of(bob))
    make_page("Atelier:Brouillon", "Un texte.")
    rows = query(client, titles="Atelier:Brouillon", prop="revisions", rvprop="content|size", rvlimit="max")
    rows = rows["query"]["pages"][0]["revisions"]
    assert [(row["content"], row["size"]) for row in rows] == [("Un texte.", 9), ("", 0), ("Un texte.", 9)]


@pytest.mark.parametrize(
    "name",
    ["section", "parse", "expandtemplates", "generatexml", "diffto", "difftotext", "difftotextpst", "contentformat"],
)
def test_other_texts_are_refused(client: Client, name: str) -> None:
    response = get(client, action="query", titles="Pain", prop="revisions", **{f"rv{name}": "1"})
    assert code(response) == "unsupportedparam"


def test_the_texts_of_many_pages_are_continued(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wiki.api.revision_list.TEXT_LIMIT", 2)
    for number in range(5):
        make_page(f"Page {number}", f"Texte {number}.")
    responses = collected(client, generator="allpages", prop="revisions", rvprop="content", rvslots="main")
    texts = {
        page["title"]: page["revisions"][0]["slots"]["main"]["content"]
        for response in responses
        for page in response["query"]["pages"]
        if "revisions" in page
    }
    assert texts == {f"Page {number}": f"Texte {number}." for number in range(5)}
    assert len(responses) == 3


def test_properties_of_a_revision(client: Client, page: WikiPage, bob: User) -> None:
    version = PageVersion.objects.get(page=page, number=2)
    asked = "ids|flags|user|userid|size|sha1|contentmodel|comment|parsedcomment|tags|roles"
    (row,) = query(client, revids=version.pk, prop="revisions", rvprop=asked)["query"]["pages"][0]["revisions"]
    text = "Texte 2 & suite."
    assert row == {
        "revid": version.pk,
        "parentid": PageVersion.objects.get(page=page, number=1).pk,
        "minor": True,
        "user": "bob",
        "userid": bob.pk,
        "size": len(text),
        "sha1": hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
        "contentmodel": "markdown",
        "comment": "<2>",
        "parsedcomment": "&lt;2&gt;",
        "tags": version.tags,
        "roles": ["main"],
    }
    script = PageVersion.objects.get(page=page, number=3)
    (row,) = query(client, revids=script.pk, prop="revisions", rvprop="user|userid")["query"]["pages"][0]["revisions"]
    assert row == {"user": "script", "userid": 0}
