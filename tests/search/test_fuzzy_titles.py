"""Suggestions of similar titles for missing pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.conftest import StandingIndex, person
from tests.factories import make_page, make_place
from wiki.pages.models import WikiPage
from wiki.pages.similar_titles import find_similar_titles
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ANNA = AnonymousUser()


@pytest.fixture(scope="module", autouse=True)
def _wiki(standing_index: StandingIndex) -> None:
    with standing_index.filled():
        place = make_place("La Filature", by=person("bob"))
        make_page("Atelier vélo", place=place)
        make_page("Réparer un vélo")
        make_page("Les vélos cargo")
        make_page("Couture")
        make_page("Le grand atelier de couture du samedi")


def titles(title: str) -> list[str]:
    return [page.full_title for page in find_similar_titles(title, ANNA)]


@pytest.mark.parametrize(
    ("title", "first"),
    [
        ("Vélo cargo", "Les vélos cargo"),
        ("Velos Cargos", "Les vélos cargo"),
        ("Coutrue", "Couture"),
        ("coutures", "Couture"),
        ("Ateleir velo", "La Filature:Atelier vélo"),
        ("La Filature:Ateliers vélos", "La Filature:Atelier vélo"),
        ("Reparrer un vélo", "Réparer un vélo"),
        ("Filatures", "La Filature"),
    ],
)
def test_the_most_similar_title_comes_first(title: str, first: str) -> None:
    assert titles(title)[0] == first


@pytest.mark.parametrize("title", ["Zythum", "le de la", "§", "x" * 255])
def test_dissimilar_titles_are_not_suggested(title: str) -> None:
    assert titles(title) == []


def test_deleted_pages_are_not_suggested() -> None:
    page_writer.delete(WikiPage.objects.get(title="Les vélos cargo"), Author(None, "script"))
    assert "Les vélos cargo" not in titles("Vélo cargo")


def test_without_an_index_the_database_is_searched(settings: Any) -> None:
    shutil.rmtree(settings.INDEX_ROOT)
    assert titles("Couture du dimanche")[0] == "Couture"


def test_a_missing_page_suggests_similar_titles(client_of: Callable[..., Client]) -> None:
    response = client_of(ANNA).get("/wiki/Coutrue")
    assert response.status_code == 404
    assert 'href="/wiki/Couture"' in response.content.decode()
