"""The screen of a directory, and its markers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page, make_place
from wiki.pages import background_jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from wiki.accounts.models import User

    ClientOf = Callable[..., Client]

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


@pytest.fixture
def reader(client_of: ClientOf) -> Client:
    return client_of(AnonymousUser())


@pytest.fixture
def places(bob: User) -> None:
    make_page("Property:Coordonnées", "---\nHas type: Geographic coordinates\n---\n")
    make_page("Property:Surface", "---\nHas type: Number\n---\n")
    make_place("Atelier", bob, "---\nVille: Saint-Étienne\nDépartement: Loire\nServices: [Café, Découpe laser]\n"
               "Coordonnées: 45.43, 4.39\nHoraires: 24/7\nSurface: 1500\n---\nUn fablab en ville.")  # fmt: skip
    make_place("Bocal", bob, "---\nVille: Lyon\nServices: Café\nCoordonnées: 45.75, 4.85\n---\nUne cuisine.")
    make_place("Cale", bob, "---\nVille: <b>Brest</b>\nType de lieu: Fablab\n---\nUn ponton.")


def shown(content: str) -> list[str]:
    """Return the titles in the list, in order."""
    return [name for name in ("Atelier", "Bocal", "Cale") if f">{name}</a></h2>" in content]


def test_the_screen(reader: Client, places: None) -> None:
    content = reader.get("/directory/place").content.decode()
    assert shown(content) == ["Atelier", "Bocal", "Cale"]
    assert 'name="services" value="Café" form="directory-form">' in content
    assert '<span>Café</span><span class="facet-count">2</span>' in content
    assert "&lt;b&gt;Brest&lt;/b&gt;" in content
    assert "<b>Brest</b>" not in content
    assert '"bounds": [45.43, 4.39, 45.75, 4.85]' in content
    assert 'placeholder="1500"' in content
    assert "noindex" not in content

    content = reader.get("/directory/place?services=Café&ville=Lyon&p=1").content.decode()
    assert shown(content) == ["Bocal"]
    assert 'href="/directory/place?services=Caf%C3%A9"' in content  # without the town
    assert "noindex, follow" in content
    assert shown(reader.get("/directory/place?open=now").content.decode()) == ["Atelier"]
    assert shown(reader.get("/directory/place?near=Lyon&within=20").content.decode()) == ["Bocal"]
    assert "aucune commune" in reader.get("/directory/place?near=Zzyzx").content.decode()
    assert reader.get("/directory/nothing").status_code == 404
    assert reader.post("/directory/place").status_code == 405


def test_words_are_searched_in_the_text(reader: Client, places: None) -> None:
    background_jobs.run_pending()
    assert shown(reader.get("/directory/place?q=ponton").content.decode()) == ["Cale"]
    assert shown(reader.get("/directory/place?q=ponton+fablab").content.decode()) == ["Cale"]
    assert shown(reader.get("/directory/place?q=+").content.decode()) == ["Atelier", "Bocal", "Cale"]
    assert "Rien ne répond" in reader.get("/directory/place?q=introuvable").content.decode()


def test_a_kind_without_a_form_has_list_and_general_facets(reader: Client, alice: User, places: None) -> None:
    make_page("Note", "Un mot. [[Catégorie:Divers]]", by=alice)
    content = reader.get("/directory/article").content.decode()
    assert ">Note</a></h2>" in content
    assert "data-map-box" not in content


def test_an_embedded_directory_may_be_framed_and_no_other(reader: Client, places: None) -> None:
    usual, embedded = reader.get("/directory/place"), reader.get("/directory/place?embed=1&ville=Lyon")
    assert "frame-ancestors 'none'" in usual["Content-Security-Policy"]
    assert usual["X-Frame-Options"] == "DENY"
    assert "frame-ancestors *" in embedded["Content-Security-Policy"]
    assert "X-Frame-Options" not in embedded
    content = embedded.content.decode()
    assert shown(content.replace(' target="_blank">', ">")) == ["Bocal"]
    assert "site-header" not in content
    assert "csrfmiddlewaretoken" not in content  # nothing in it changes anything
    assert 'name="embed" value="1"' in content
    assert (
        'src="http://testserver/directory/place?ville=Lyon&amp;embed=1"'
        in reader.get("/directory/place?ville=Lyon").content.decode()
    )


def test_markers(reader: Client, places: None) -> None:
    near = reader.get("/directory/place/markers?bbox=45,4,46,5&z=12").json()["markers"]
    assert near == [
        [45.43, 4.39, 1, [["Atelier", "/wiki/Atelier"]]],
        [45.75, 4.85, 1, [["Bocal", "/wiki/Bocal"]]],
    ]
    assert [one[2] for one in reader.get("/directory/place/markers?bbox=40,-5,51,9&z=2").json()["markers"]] == [2]
    narrowed = reader.get("/directory/place/markers?bbox=45,4,46,5&z=12&ville=Lyon").json()["markers"]
    assert [one[3][0][0] for one in narrowed] == ["Bocal"]
    within = reader.get("/directory/place/markers?bbox=45,4,46,5&z=12&within_bbox=45.7,4,46,5").json()["markers"]
    assert [one[3][0][0] for one in within] == ["Bocal"]
    for wrong in ("", "bbox=1,2,3&z=4", "bbox=1,2,3,4&z=x", "bbox=1,2,3,4&z=-1", "bbox=1,2,3,4&z=²"):
        assert reader.get(f"/directory/place/markers?{wrong}").status_code == 400


def test_costs_do_not_grow_with_places(reader: Client, bob: User, places: None) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert reader.get("/directory/place").status_code == 200
        return len(found)

    queries()
    few = queries()
    for number in range(15):
        make_place(f"Lieu {number}", bob, f"---\nVille: Ville {number}\nServices: S{number}\n---\n")
    queries()
    assert queries() == few <= 8


def test_pages_that_answer_a_question(reader: Client, places: None) -> None:
    asked = reader.get("/ask?q=[[Services::Café]]").content.decode()
    assert "/directory/place?ask=%5B%5BServices%3A%3ACaf%C3%A9%5D%5D" in asked
    content = reader.get("/directory/place?ask=[[Services::Café]]&ville=Lyon").content.decode()
    assert shown(content) == ["Bocal"]
    assert 'name="ask" value="[[Services::Café]]"' in content
    wrong = reader.get("/directory/place?ask=[[Services::").content.decode()
    assert shown(wrong) == ["Atelier", "Bocal", "Cale"]
    assert "box-warning" in wrong
    assert "/directory/place?q=ponton" in reader.get("/search?q=ponton&kind=place").content.decode()
