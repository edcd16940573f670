"""The view that shows who wrote what, and the attribution that follows from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page, make_place
from tests.history.test_passages import LONG, OTHER, by, edit
from wiki.exchange.archive.exported_page import ExportedPage
from wiki.forks import fork_creation
from wiki.history import authorship
from wiki.history.models import Passage
from wiki.pages import page_lookup
from wiki.pages.models import Fork
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]


def shares(page: Any) -> list[tuple[str, int]]:
    """Return names and counts of words, most words first."""
    return [(share.name, share.words) for share in authorship.authorship_of(page).shares]


def test_each_passage_is_shown_with_its_authors(alice: User, anna: User, client_of: ClientOf) -> None:
    page = make_page("Charte", f"# Charte\n\n{LONG}", by=alice)
    edit(page, f"# Charte\n\n{LONG.replace('font ensemble', 'refont <b>ensemble</b>')}\n\nMerci & à demain.", "Bob")
    response = client_of(anna).get("/authors/Charte")
    assert response.status_code == 200
    html = response.content.decode()
    assert "Qui a écrit" in html
    assert "Merci &amp; à demain." in html
    assert "<b>" not in html
    assert [share.name for share in response.context["shares"]] == ["alice", "Bob"]
    heading, paragraph, thanks = response.context["attributed"]
    assert [share.name for share in heading.authors] == ["alice"]
    assert [share.name for share in paragraph.authors] == ["alice", "Bob"]
    assert (paragraph.main_version.number, paragraph.added_version.number) == (1, 2)
    assert "".join(span.text for span in paragraph.spans) == paragraph.passage.text
    span_texts = [span.text for span in paragraph.spans if span.share and span.share.name == "Bob"]
    assert span_texts == ["refont <b", "b"]
    assert (thanks.main_version.number, thanks.added_version) == (2, None)
    assert f'href="/credits/{page.url_title}"' in response.content.decode()


def test_a_page_without_words_has_no_authors(alice: User, anna: User, client_of: ClientOf) -> None:
    page = make_page("Vide", "", by=alice)
    assert shares(page) == []
    assert client_of(anna).get("/authors/Vide").status_code == 200


def test_the_number_of_queries_does_not_depend_on_the_passages(alice: User, anna: User, client_of: ClientOf) -> None:
    few = make_page("Peu", LONG, by=alice)
    many = make_page("Beaucoup", LONG, by=alice)
    for number in range(12):
        edit(many, f"{page_lookup.reload_page(many.pk).source.text}\n\nLigne {number}.", f"Nom {number}")
    counts = []
    for page in (few, many):
        client_of(anna).get(f"/authors/{page.full_title}")
        with CaptureQueriesContext(connection) as queries:
            client_of(anna).get(f"/authors/{page.full_title}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_fork_names_the_authors_of_its_upstream_first(
    alice: User, bob: User, anna: User, client_of: ClientOf
) -> None:
    page = make_page("Charte", LONG, by=alice)
    copy = fork_creation.fork(page, fork_creation.ForkTarget(make_place("Atelier", by=bob)), Author.of(bob))
    edit(copy, f"{LONG}\n\nMerci.", "Chloé")
    assert shares(copy) == [("alice", 19), ("Chloé", 1)]
    page_writer.delete(page_lookup.reload_page(page.pk), by("x"))
    response = client_of(anna).get("/authors/Atelier:Charte")
    assert [share.name for share in response.context["shares"]] == ["alice", "Chloé"]
    assert 'href="/wiki/Charte' not in response.content.decode()
    # Where upstream is not in this wiki, its authors are named together.
    Fork.objects.filter(page=copy).update(upstream=None)
    without_upstream = page_lookup.reload_page(copy.pk)
    Passage.objects.filter(page=without_upstream, added_in=1).update(runs=[[19, 1]])
    assert shares(without_upstream) == [("alice", 19), ("Chloé", 1)]


def test_archives_name_authors_by_their_share(alice: User) -> None:
    page = make_page("Charte", "Merci.", by=alice)
    edit(page, f"Merci.\n\n{OTHER}", "Bob")
    edit(page, f"Merci.\n\n{OTHER}\n\n{LONG}", "Chloé")
    edit(page, f"Merci.\n\n{OTHER.replace(',', ' ,')}\n\n{LONG}", "Dan")
    assert ExportedPage.of(page_lookup.reload_page(page.pk)).credits(())["authors"] == ["Chloé", "Bob", "alice", "Dan"]
