"""Guards of the page writer against concurrent writes between its reads and its transaction.

Each test makes another write happen at that moment: after texts were read and merged, before the first row is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_page, make_place
from wiki.errors import Refused, TitleTaken
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_moves, page_writer, version_store
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db
Act = Callable[[], object]
Meanwhile = Callable[[Act], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Return a function that makes `act` run just before the next transaction of the writer begins."""
    waiting: list[Act] = []
    unhindered = version_store.retry_while_locked

    def hindered(transaction: Callable[[], Any]) -> Any:
        if waiting:
            waiting.pop()()
        return unhindered(transaction)

    monkeypatch.setattr(version_store, "retry_while_locked", hindered)
    return waiting.append


# --- A place that is deleted or converted ----------------------------------------------------------------------------
@pytest.mark.parametrize("act", [page_writer.delete, page_writer.convert_place_to_page])
def test_a_place_does_not_go_when_a_page_comes_to_live_in_it(
    alice: User, bob: User, meanwhile: Meanwhile, act: Callable[[WikiPage, Author], object]
) -> None:
    place = make_place("Atelier", by=bob)
    meanwhile(lambda: make_page("Charte", by=alice, place=place))
    with pytest.raises(Refused, match="Atelier:Charte"):
        act(place, Author.of(bob))
    now = page_lookup.reload_page(place.pk)
    assert (now.version, now.is_place, now.is_deleted) == (1, True, False)
    assert page_lookup.find("Atelier:Charte", alice) is not None


def test_a_place_goes_when_only_a_deleted_page_lived_in_it(alice: User, bob: User, meanwhile: Meanwhile) -> None:
    place = make_place("Atelier", by=bob)
    meanwhile(lambda: page_writer.delete(make_page("Charte", by=alice, place=place), Author.of(bob)))
    assert page_writer.delete(place, Author.of(bob)).changed


def test_an_ordinary_page_is_deleted_whatever_comes(alice: User, meanwhile: Meanwhile) -> None:
    page = make_page("Fournil", by=alice)
    meanwhile(lambda: make_page("Fournil bis", by=alice))
    assert page_writer.delete(page, Author(None, "script")).changed


# --- A place that changes while a page is written into it -----------------------------------------
def test_a_new_page_goes_to_the_new_name_of_its_place(alice: User, bob: User, meanwhile: Meanwhile) -> None:
    place = make_place("Atelier", by=bob)
    meanwhile(lambda: page_moves.move(place, "Fabrique", Author.of(bob)))
    page = page_writer.create("Atelier:Charte", "Un texte.", Author.of(alice)).page
    now = page_lookup.reload_page(page.pk)
    assert (now.full_title, now.title_key, now.place_id) == ("Fabrique:Charte", "Fabrique:Charte", place.pk)


@pytest.mark.parametrize("act", [page_writer.delete, page_writer.convert_place_to_page])
def test_a_new_page_is_refused_when_its_place_went(
    alice: User, bob: User, meanwhile: Meanwhile, act: Callable[[WikiPage, Author], object]
) -> None:
    place = make_place("Atelier", by=bob)
    meanwhile(lambda: act(place, Author.of(bob)))
    with pytest.raises(Refused, match="Atelier"):
        page_writer.create("Atelier:Charte", "Un texte.", Author.of(alice))
    assert not WikiPage.objects.filter(title__contains="Charte").exists()
    assert not WikiPage.objects.filter(place=place).exists()


def test_a_page_does_not_move_into_a_place_that_went(bob: User, meanwhile: Meanwhile) -> None:
    place, page = make_place("Atelier", by=bob), make_page("Charte", by=bob)
    meanwhile(lambda: page_writer.convert_place_to_page(place, Author.of(bob)))
    page_moves.move(page, "Atelier:Charte", Author(None, "script"))
    now = page_lookup.reload_page(page.pk)
    assert now.place is None, "«Atelier:» is no prefix of a place any more"
    assert (now.full_title, now.version) == ("Atelier:Charte", 2)


# --- A title that another write takes -----------------------------------------------------------------
def test_a_page_that_somebody_made_meanwhile_is_made_once(alice: User, bob: User, meanwhile: Meanwhile) -> None:
    meanwhile(lambda: make_page("Fournil", "Un four.", by=bob))
    assert not page_writer.create("Fournil", "Un four.", Author.of(alice)).changed
    meanwhile(lambda: make_page("Four", "Un four.", by=bob))
    with pytest.raises(TitleTaken, match="Four"):
        page_writer.create("Four", "Deux fours.", Author.of(alice))
    assert WikiPage.objects.count() == 2


# --- A page created in a place during its renaming -----------------------------------------------
def test_a_page_that_comes_into_a_renamed_place_is_renamed_too(alice: User, bob: User, meanwhile: Meanwhile) -> None:
    place = make_place("Atelier", by=bob)
    meanwhile(lambda: make_page("Charte", by=alice, place=place))
    page_moves.move(place, "Fabrique", Author.of(bob))
    found = page_lookup.find("Fabrique:Charte", alice)
    assert found is not None
    assert found.place_id == place.pk
