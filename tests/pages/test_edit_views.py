"""Views for writing: saving, preview, ended sessions, new pages and places."""

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
from wiki.text import titles

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ClientOf = Callable[..., Client]


def test_edit_is_saved(alice: User, client_of: ClientOf) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    client = client_of(alice)
    assert "Un four." in client.get("/edit/Fournil").content.decode()
    response = client.post("/edit/Fournil", {"text": "Deux.", "base": "1", "comment": "de plus", "save": "1"})
    assert response.headers["location"] == "/wiki/Fournil"
    assert page.versions.get(number=2).comment == "de plus"


def test_markup_of_mediawiki_is_noticed_and_converted_on_demand(alice: User, client_of: ClientOf) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    client = client_of(alice)
    typed = {"text": "== Titre ==\n'''gras'''", "base": "1", "comment": "collé"}
    html = client.post("/edit/Fournil", typed | {"preview": "1"}).content.decode()
    assert 'name="convert"' in html
    html = client.post("/edit/Fournil", typed | {"convert": "1"}).content.decode()
    assert "## Titre\n**gras**</textarea>" in html
    assert "collé" in html
    assert "<strong>gras</strong>" in html
    assert 'name="convert"' not in html
    assert page.versions.count() == 1


def test_a_preview_saves_nothing(alice: User, client_of: ClientOf) -> None:
    make_page("Fournil", "Un four.", by=alice)
    for address in ("/edit/Fournil", "/edit/Nouveau"):
        response = client_of(alice).post(address, {"text": "**gras** [[Fournil]]", "base": "1", "preview": "1"})
        assert "<strong>gras</strong>" in response.content.decode()
    assert page_lookup.find("Nouveau", alice) is None
    response = client_of(alice).post("/preview", {"text": "**gras**", "title": "Fournil"})
    assert "<strong>gras</strong>" in response.content.decode()


def test_text_survives_ended_session_and_sign_in(alice: User, anna: AnonymousUser, client_of: ClientOf) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    client = client_of(anna)
    typed = {"text": "Trois pages de travail.", "base": "1", "save": "1"}
    response = client.post("/edit/Fournil", typed)
    assert response.status_code == 403
    assert "Trois pages de travail." in response.content.decode()
    sign_in = response.content.decode().partition('name="username"')[2].partition('name="password"')
    assert sign_in[1]
    assert "facultatif" not in sign_in[0], "who is to sign in has to give both"
    wrong = client.post("/edit/Fournil", typed | {"username": "alice", "password": "non"})
    assert wrong.status_code == 403
    assert "Trois pages de travail." in wrong.content.decode()
    right = client.post("/edit/Fournil", typed | {"username": "alice", "password": PASSWORD})
    assert right.status_code == 302
    assert page.versions.get(number=2).author == alice


def test_text_survives_missing_csrf_token(alice: User, client_of: ClientOf) -> None:
    page = make_page("Fournil", "Un four.", by=alice)
    client = client_of(alice, enforce_csrf_checks=True)
    response = client.post("/edit/Fournil", {"text": "Trois pages.", "base": "1", "save": "1"})
    assert response.status_code == 403
    assert "Trois pages." in response.content.decode()
    assert page.versions.count() == 1


@pytest.mark.parametrize(
    "title", ["L'imprimerie du coin", "l’Imprimerie du coin", "L’imprimerie\u00a0du coin", "L’imprimeríe du coin"]
)
def test_the_editor_of_a_new_page_shows_those_with_nearly_its_title(
    alice: User, client_of: ClientOf, title: str
) -> None:
    page = make_page("L’imprimerie du coin")
    make_page("Rez-de-chaussée")
    editor = client_of(alice).get(f"/edit/{title}").content.decode()
    assert ("presque ce titre" in editor) is (titles.key_of(title) != page.title_key)
    assert f'href="{page.get_absolute_url()}"' in editor
    assert "presque ce titre" in client_of(alice).get("/edit/Rez‑de‑chaussee").content.decode()
    assert "presque ce titre" not in client_of(alice).get("/edit/Imprimerie").content.decode()


def test_new_page_with_title_place_and_kind(alice: User, bob: User, client_of: ClientOf) -> None:
    make_place("La Myne", by=bob)
    client = client_of(alice)
    response = client.post("/create", {"title": "Charte", "place": "La Myne", "kind": "practice"})
    assert response.headers["location"] == "/form/La_Myne:Charte?kind=practice"
    like = client.post("/create", {"title": "Charte", "place": "La Myne", "like": "Autre page"})
    assert like.headers["location"] == "/form/La_Myne:Charte?like=Autre+page"
    assert "Nature: Pratique" in client.get(response.headers["location"]).content.decode()
    data = {"text": "Nos règles.", "base": "0", "license": "CC-BY-4.0", "language": "fr", "save": "1"}
    assert client.post("/edit/La_Myne:Charte", data).status_code == 302
    page = page_lookup.find("La Myne:Charte", alice)
    assert page is not None
    assert page.license == "CC-BY-4.0"
    assert page.place is not None


@pytest.mark.parametrize("data", [{"place": "Nulle part", "title": "x"}, {"title": "<x>"}, {"title": ""},
    {"title": "x" * 400}, {"title": "..", "kind": "zzz"}])  # fmt: skip
def test_invalid_creation_form_is_shown_again(alice: User, client_of: ClientOf, data: dict[str, str]) -> None:
    response = client_of(alice).post("/create", data)
    assert response.status_code == 200
    assert WikiPage.objects.count() == 0


def test_place_can_be_created(alice: User, client_of: ClientOf) -> None:
    data = {"title": "Le Fournil", "text": "Un four.", "license": "CC-BY-SA-4.0", "language": "fr"}
    response = client_of(alice).post("/create-place", data)
    assert response.headers["location"] == "/wiki/Le_Fournil"
    place = page_lookup.find("Le Fournil", alice)
    assert place is not None
    assert place.is_place
    again = client_of(alice).post("/create-place", data | {"text": "Autre."})
    assert again.status_code == 409


def test_blocked_user_gets_message_and_text(charlie: User, alice: User, client_of: ClientOf) -> None:
    make_page("Fournil", "Un four.", by=alice)
    response = client_of(charlie, "en").post("/edit/Fournil", {"text": "Non.", "base": "1", "save": "1"})
    assert response.status_code == 403
    assert "blocked" in response.content.decode()
    assert "Non." in response.content.decode()


@pytest.mark.parametrize("base", ["x", "-1", "99", "", "9" * 30])
def test_invalid_base_does_not_lose_text(alice: User, client_of: ClientOf, base: str) -> None:
    make_page("Fournil", "Un four.\n", by=alice)
    response = client_of(alice).post("/edit/Fournil", {"text": "Deux fours.\n", "base": base, "save": "1"})
    saved = page_lookup.find("Fournil", alice).source.text == "Deux fours.\n"  # type: ignore[union-attr]
    assert saved or "Deux fours." in response.content.decode()


def test_unknown_place_is_an_error_of_its_field(alice: User, client_of: ClientOf) -> None:
    response = client_of(alice).post("/create", {"title": "Charte", "place": "Nulle part"})
    errors = response.context["form"].errors
    assert list(errors) == ["place"]


PLACE = {"title": "Le Fournil", "text": "Trois heures de travail.", "license": "CC-BY-SA-4.0", "language": "fr"}


def test_place_form_survives_ended_session_and_sign_in(alice: User, anna: AnonymousUser, client_of: ClientOf) -> None:
    client = client_of(anna)
    for more in ({}, {"username": "alice", "password": "non"}):
        response = client.post("/create-place", PLACE | more)
        assert response.status_code == 403
        assert "Trois heures de travail." in response.content.decode()
        assert 'name="password"' in response.content.decode()
    assert client.post("/create-place", PLACE | {"username": "alice", "password": PASSWORD}).status_code == 302
    place = page_lookup.find("Le Fournil", alice)
    assert place is not None
    assert place.stewardships.get().user == alice


def test_place_form_survives_missing_csrf_token(alice: User, client_of: ClientOf) -> None:
    response = client_of(alice, enforce_csrf_checks=True).post("/create-place", PLACE)
    assert response.status_code == 403
    assert "Trois heures de travail." in response.content.decode()
    assert page_lookup.find("Le Fournil", alice) is None


def test_blocked_user_cannot_create_place_by_inline_sign_in(
    charlie: User, anna: AnonymousUser, client_of: ClientOf
) -> None:
    response = client_of(anna).post("/create-place", PLACE | {"username": "charlie", "password": PASSWORD})
    assert response.status_code == 403
    assert page_lookup.find("Le Fournil", charlie) is None


def test_a_place_is_not_made_of_a_page_with_the_same_text(alice: User, client_of: ClientOf) -> None:
    page = make_page("Le Fournil", "Un four.", by=alice)
    data = {"title": "Le Fournil", "text": "Un four.", "license": "CC-BY-SA-4.0", "language": "fr"}
    answer = client_of(alice).post("/create-place", data)
    assert answer.status_code == 409
    assert list(answer.context["form"].errors) == ["title"]
    assert not page_lookup.reload_page(page.pk).is_place
