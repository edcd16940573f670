"""The editor: saving, preview, conflict, an ended session, new pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.conftest import PASSWORD
from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]


def test_it_saves_what_was_typed(alice: User, client_of: ClientOf) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    client = client_of(alice)
    assert "Un four." in client.get("/edit/Fournil").content.decode()
    answer = client.post("/edit/Fournil", {"text": "Deux.", "base": "1", "comment": "de plus", "save": "1"})
    assert answer.headers["location"] == "/wiki/Fournil"
    assert page.versions.get(number=2).comment == "de plus"


def test_it_shows_a_conflict_with_all_texts_and_saves_on_the_second_try(
    alice: User, bob: User, client_of: ClientOf
) -> None:
    page = make_page("Fournil", "Ouvert lundi.\n", by=alice)
    page_writer.edit(page, "Ouvert mardi.\n", Author.of(alice))
    client = client_of(bob)
    answer = client.post("/edit/Fournil", {"text": "Ouvert jeudi.\n", "base": "1", "save": "1"})
    screen = answer.content.decode()
    assert answer.status_code == 409
    for text in ("Ouvert lundi.", "Ouvert mardi.", "Ouvert jeudi."):
        assert text in screen
    assert 'name="base" value="2"' in screen
    answer = client.post("/edit/Fournil", {"text": "Ouvert mardi et jeudi.\n", "base": "2", "save": "1"})
    assert answer.status_code == 302
    assert page_lookup.reload_page(page.pk).source.text == "Ouvert mardi et jeudi.\n"


def test_a_preview_saves_nothing(alice: User, client_of: ClientOf) -> None:
    make_page("Fournil", "Un four.", by=alice)
    for address in ("/edit/Fournil", "/edit/Nouveau"):
        answer = client_of(alice).post(address, {"text": "**gras** [[Fournil]]", "base": "1", "preview": "1"})
        assert "<strong>gras</strong>" in answer.content.decode()
    assert page_lookup.find("Nouveau", alice) is None
    answer = client_of(alice).post("/preview", {"text": "**gras**", "title": "Fournil"})
    assert "<strong>gras</strong>" in answer.content.decode()


def test_an_ended_session_keeps_the_text_and_signs_in_while_saving(
    alice: User, anna: AnonymousUser, client_of: ClientOf
) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    client = client_of(anna)
    typed = {"text": "Trois pages de travail.", "base": "1", "save": "1"}
    answer = client.post("/edit/Fournil", typed)
    assert answer.status_code == 403
    assert "Trois pages de travail." in answer.content.decode()
    assert 'name="password"' in answer.content.decode()
    wrong = client.post("/edit/Fournil", typed | {"username": "alice", "password": "non"})
    assert wrong.status_code == 403
    assert "Trois pages de travail." in wrong.content.decode()
    right = client.post("/edit/Fournil", typed | {"username": "alice", "password": PASSWORD})
    assert right.status_code == 302
    assert page.versions.get(number=2).author == alice


def test_a_missing_token_keeps_the_text(alice: User, client_of: ClientOf) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    client = client_of(alice, enforce_csrf_checks=True)
    answer = client.post("/edit/Fournil", {"text": "Trois pages.", "base": "1", "save": "1"})
    assert answer.status_code == 403
    assert "Trois pages." in answer.content.decode()
    assert page.versions.count() == 1


def test_a_new_page_begins_with_title_place_and_kind(alice: User, bob: User, client_of: ClientOf) -> None:
    make_place("La Myne", by=bob)
    client = client_of(alice)
    answer = client.post("/create", {"title": "Charte", "place": "La Myne", "kind": "practice"})
    assert answer.headers["location"] == "/edit/La_Myne:Charte?kind=practice"
    assert "Nature: Pratique" in client.get(answer.headers["location"]).content.decode()
    data = {"text": "Nos règles.", "base": "0", "license": "CC-BY-4.0", "language": "fr", "save": "1"}
    assert client.post("/edit/La_Myne:Charte", data).status_code == 302
    page = page_lookup.find("La Myne:Charte", alice)
    assert page is not None
    assert page.license == "CC-BY-4.0"
    assert page.place is not None


def test_two_people_who_begin_the_same_page_both_keep_their_text(alice: User, bob: User, client_of: ClientOf) -> None:
    data = {"base": "0", "license": "CC-BY-SA-4.0", "language": "fr", "save": "1"}
    client_of(alice).post("/edit/Fournil", data | {"text": "De moi.\n"})
    answer = client_of(bob).post("/edit/Fournil", data | {"text": "De bob.\n"})
    assert answer.status_code == 409
    assert "De moi." in answer.content.decode()
    assert "De bob." in answer.content.decode()


@pytest.mark.parametrize("data", [{"place": "Nulle part", "title": "x"}, {"title": "<x>"}, {"title": ""},
    {"title": "x" * 400}, {"title": "..", "kind": "zzz"}])  # fmt: skip
def test_wrong_beginnings_are_shown_again(alice: User, client_of: ClientOf, data: dict[str, str]) -> None:
    answer = client_of(alice).post("/create", data)
    assert answer.status_code == 200
    assert WikiPage.objects.count() == 0


def test_a_place_is_made_in_the_browser(alice: User, client_of: ClientOf) -> None:
    data = {"title": "Le Fournil", "text": "Un four.", "license": "CC-BY-SA-4.0", "language": "fr"}
    answer = client_of(alice).post("/create-place", data)
    assert answer.headers["location"] == "/wiki/Le_Fournil"
    place = page_lookup.find("Le Fournil", alice)
    assert place is not None
    assert place.is_place
    again = client_of(alice).post("/create-place", data | {"text": "Autre."})
    assert again.status_code == 200


def test_blocked_people_are_told_why_not(charlie: User, alice: User, client_of: ClientOf) -> None:
    make_page("Fournil", "Un four.", by=alice)
    answer = client_of(charlie, "en").post("/edit/Fournil", {"text": "Non.", "base": "1", "save": "1"})
    assert answer.status_code == 403
    assert "blocked" in answer.content.decode()
    assert "Non." in answer.content.decode()


@pytest.mark.parametrize("base", ["x", "-1", "99", "", "9" * 30])
def test_an_odd_base_never_loses_the_text(alice: User, client_of: ClientOf, base: str) -> None:
    make_page("Fournil", "Un four.\n", by=alice)
    answer = client_of(alice).post("/edit/Fournil", {"text": "Deux fours.\n", "base": base, "save": "1"})
    saved = page_lookup.find("Fournil", alice).source.text == "Deux fours.\n"  # type: ignore[union-attr]
    assert saved or "Deux fours." in answer.content.decode()


def test_an_unknown_place_is_said_at_its_field(alice: User, client_of: ClientOf) -> None:
    answer = client_of(alice).post("/create", {"title": "Charte", "place": "Nulle part"})
    errors = answer.context["form"].errors
    assert list(errors) == ["place"]


PLACE = {"title": "Le Fournil", "text": "Trois heures de travail.", "license": "CC-BY-SA-4.0", "language": "fr"}


def test_an_ended_session_keeps_a_place_and_signs_in_while_making_it(
    alice: User, anna: AnonymousUser, client_of: ClientOf
) -> None:
    client = client_of(anna)
    for more in ({}, {"username": "alice", "password": "non"}):
        answer = client.post("/create-place", PLACE | more)
        assert answer.status_code == 403
        assert "Trois heures de travail." in answer.content.decode()
        assert 'name="password"' in answer.content.decode()
    assert client.post("/create-place", PLACE | {"username": "alice", "password": PASSWORD}).status_code == 302
    place = page_lookup.find("Le Fournil", alice)
    assert place is not None
    assert place.stewardships.get().user == alice


def test_a_missing_token_keeps_a_place(alice: User, client_of: ClientOf) -> None:
    answer = client_of(alice, enforce_csrf_checks=True).post("/create-place", PLACE)
    assert answer.status_code == 403
    assert "Trois heures de travail." in answer.content.decode()
    assert page_lookup.find("Le Fournil", alice) is None


def test_the_blocked_make_no_place_even_by_signing_in_late(
    charlie: User, anna: AnonymousUser, client_of: ClientOf
) -> None:
    answer = client_of(anna).post("/create-place", PLACE | {"username": "charlie", "password": PASSWORD})
    assert answer.status_code == 403
    assert page_lookup.find("Le Fournil", charlie) is None
