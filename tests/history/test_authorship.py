"""The screen that says who wrote what, and the credits that follow from it."""

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
    """Names and words, most words first."""
    return [(share.name, share.words) for share in authorship.authors_by_share(page)]


def test_it_tells_each_passage_with_its_authors(alice: User, anna: User, client_of: ClientOf) -> None:
    page = make_page("Charte", f"# Charte\n\n{LONG}", by=alice)
    edit(page, f"# Charte\n\n{LONG.replace('font ensemble', 'refont <b>ensemble</b>')}\n\nMerci & à demain.", "Bob")
    answer = client_of(anna).get("/authors/Charte")
    assert answer.status_code == 200
    said = answer.content.decode()
    assert "Qui a écrit" in said
    assert "Merci &amp; à demain." in said
    assert "<b>" not in said
    assert [share.name for share in answer.context["shares"]] == ["alice", "Bob"]
    heading, paragraph, thanks = answer.context["told"]
    assert [share.name for share in heading.authors] == ["alice"]
    assert [share.name for share in paragraph.authors] == ["alice", "Bob"]
    assert (paragraph.written.number, paragraph.changed.number) == (1, 2)
    assert "".join(piece.text for piece in paragraph.pieces) == paragraph.passage.text
    theirs = [piece.text for piece in paragraph.pieces if piece.share and piece.share.name == "Bob"]
    assert theirs == ["refont <b", "b"]
    assert (thanks.written.number, thanks.changed) == (2, None)
    assert f'href="/credits/{page.url_title}"' in answer.content.decode()


def test_a_page_without_words_has_no_authors(alice: User, anna: User, client_of: ClientOf) -> None:
    page = make_page("Vide", "", by=alice)
    assert shares(page) == []
    assert client_of(anna).get("/authors/Vide").status_code == 200


def test_it_asks_as_often_for_many_passages_as_for_few(alice: User, anna: User, client_of: ClientOf) -> None:
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


def test_a_fork_names_upstreams_authors_first(alice: User, bob: User, anna: User, client_of: ClientOf) -> None:
    page = make_page("Charte", LONG, by=alice)
    copy = fork_creation.fork(page, fork_creation.ForkTarget(make_place("Atelier", by=bob)), Author.of(bob))
    edit(copy, f"{LONG}\n\nMerci.", "Chloé")
    assert shares(copy) == [("alice", 19), ("Chloé", 1)]
    page_writer.delete(page_lookup.reload_page(page.pk), by("x"))
    answer = client_of(anna).get("/authors/Atelier:Charte")
    assert [share.name for share in answer.context["shares"]] == ["alice", "Chloé"]
    assert 'href="/wiki/Charte' not in answer.content.decode()
    # Where upstream is not in this wiki, its authors are named together.
    Fork.objects.filter(page=copy).update(upstream=None)
    away = page_lookup.reload_page(copy.pk)
    Passage.objects.filter(page=away, added_in=1).update(runs=[[19, 1]])
    assert shares(away) == [("alice", 19), ("Chloé", 1)]


def test_archives_name_first_who_wrote_most(alice: User) -> None:
    page = make_page("Charte", "Merci.", by=alice)
    edit(page, f"Merci.\n\n{OTHER}", "Bob")
    edit(page, f"Merci.\n\n{OTHER}\n\n{LONG}", "Chloé")
    edit(page, f"Merci.\n\n{OTHER.replace(',', ' ,')}\n\n{LONG}", "Dan")
    assert ExportedPage.of(page_lookup.reload_page(page.pk)).credits(())["authors"] == ["Chloé", "Bob", "alice", "Dan"]
