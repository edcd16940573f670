"""Threads about passages, through edits, moves and deletions of their text."""

from __future__ import annotations

import pytest

from tests.factories import make_page
from wiki.accounts.models import User
from wiki.discussions import passage_anchors, post_writer
from wiki.discussions.models import Thread
from wiki.discussions.passage_anchors import Anchor
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_moves, page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
FIRST, SECOND = "La pâte repose une nuit au frais.", "On la cuit **très** chaud, dans le four à bois du village."
TEXT = f"# Pain\n\n{FIRST}\n\n{SECOND}\n"


@pytest.fixture
def bread(alice: User) -> WikiPage:
    return make_page("Pain", TEXT, by=alice)


@pytest.fixture
def thread(bread: WikiPage, alice: User) -> Thread:
    """A thread about the second passage."""
    names = {label: name for name, label in passage_anchors.choices_for(bread)}
    assert list(names) == ["Pain", f"— {FIRST}", "— On la cuit très chaud, dans le four à bois du village."]
    found = passage_anchors.find_current(bread, list(names.values())[2])
    return post_writer.start_thread(bread, "Quel bois ?", "Du hêtre ?", alice, found).thread


def write(page: WikiPage, text: str) -> None:
    """Write the next version of a page."""
    page_writer.edit(page_lookup.reload_page(page.pk), text, Author(None, "Zoé"))


def anchor_of(thread: Thread) -> Anchor:
    """Return the anchor of a thread now."""
    found = Thread.objects.select_related("page").get(pk=thread.pk)
    return passage_anchors.anchors_of([found])[thread.pk]


def test_it_is_quoted_without_markup_and_linked(thread: Thread) -> None:
    anchor = anchor_of(thread)
    assert (anchor.text, anchor.is_gone) == ("On la cuit très chaud, dans le four à bois du village.", False)
    assert anchor.link == "/wiki/Pain#:~:text=On%20la%20cuit%20tr%C3%A8s%20chaud%2C%20dans%20le%20four"


def test_it_survives_edits_and_moves(thread: Thread, bread: WikiPage) -> None:
    for number in range(4):
        edited = SECOND.replace("chaud", f"chaud, à {250 + number} degrés")
        write(bread, TEXT.replace(SECOND, edited))
    assert "253 degrés" in anchor_of(thread).text
    write(bread, f"# Pain\n\n{edited}\n\n{FIRST}\n\nUne fin.\n")
    assert "253 degrés" in anchor_of(thread).text, "the passage moved within the page"
    page_moves.move(page_lookup.reload_page(bread.pk), "Bon pain", Author(None, "Zoé"))
    assert anchor_of(thread).link.startswith("/wiki/Bon_pain#:~:text=")
    rebuild_derived.rebuild()
    assert "253 degrés" in anchor_of(thread).text, "names of passages follow from the history"


def test_it_comes_back_with_its_passage(thread: Thread, bread: WikiPage) -> None:
    write(bread, f"# Pain\n\n{FIRST}\n")
    anchor = anchor_of(thread)
    assert (anchor.is_gone, anchor.link) == (True, "/wiki/Pain")
    assert anchor.text == "On la cuit très chaud, dans le four à bois du village.", "what it was is quoted"
    write(bread, TEXT)
    assert not anchor_of(thread).is_gone
    write(bread, "Tout autre chose.")
    write(bread, TEXT)
    assert not anchor_of(thread).is_gone, "the third row of the same origin"


@pytest.mark.parametrize("name", ["", "x", "1.2", "1.2.3.4", "1.1.x", "9.9.9", f"{'9' * 30}.1.1", "²1.1.1"])
def test_what_is_no_name_is_no_passage(name: str, bread: WikiPage) -> None:
    assert passage_anchors.find_current(bread, name) is None


def test_a_passage_of_another_page_or_time_is_not_chosen(bread: WikiPage, thread: Thread) -> None:
    assert passage_anchors.find_current(make_page("Autre"), thread.passage) is None
    write(bread, TEXT.replace("chaud", "froid"))
    assert passage_anchors.find_current(bread, thread.passage) is None


def test_words_find_their_passage(bread: WikiPage) -> None:
    def find(words: str) -> str:
        found = passage_anchors.find_by_words(bread, words)
        return found.said() if found else ""

    assert find("le FOUR à bois").startswith("On la cuit")
    assert find(f"{FIRST}\nOn la cuit").startswith("La pâte"), "the longest passage inside the selection"
    assert find("rien de tel") == find(" … ") == ""
