"""With the setting for the database's full-text search, the query language works as with Whoosh."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import connection

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.pages import background_jobs
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author
from wiki.search import search_results
from wiki.search.models import OutboxEntry, PageSearchText

pytestmark = pytest.mark.django_db
ANNA = AnonymousUser()


@pytest.fixture(autouse=True)
def _database(settings: Any) -> None:
    settings.WAGTAILSEARCH_BACKENDS = {
        "default": {"BACKEND": "modelsearch.backends.database", "AUTO_UPDATE": False},
    }


@pytest.fixture
def _wiki(bob: User) -> None:
    place = make_place("La Filature", by=bob, text="Une friche avec un atelier bois.")
    make_page("Charte", "---\nkind: Pratique\n---\nOn range les outils.", place=place)
    make_page("Couture", "Un atelier de couture.")
    background_jobs.run_pending()


def titles(text: str) -> set[str]:
    hits = search_results.search_pages(text, ANNA).hits
    return set(WikiPage.objects.filter(pk__in=[hit.pk for hit in hits]).values_list("full_title", flat=True))


@pytest.mark.usefixtures("_wiki")
def test_the_query_language_works() -> None:
    cases = {
        "atelier": {"La Filature", "Couture"},
        "atelier bois": {"La Filature"},
        '"atelier bois"': {"La Filature"},
        "atelier -couture": {"La Filature"},
        "outils OR couture": {"La Filature:Charte", "Couture"},
        "title:couture": {"Couture"},
        "cout*": {"Couture"},
        "couture~": {"Couture"},
        "kind:pratique outils": {"La Filature:Charte"},
        "outils OR kind:lieu": {"La Filature:Charte", "La Filature"},
        "-atelier": {"La Filature:Charte"},
        "zzz": set(),
    }
    assert {text: titles(text) for text in cases} == cases
    assert not search_results.search_pages("atelier", ANNA).by_title_only


@pytest.mark.usefixtures("_wiki")
def test_changes_are_indexed_by_the_same_outbox() -> None:
    assert not OutboxEntry.objects.exists()
    page = WikiPage.objects.get(title="Couture")
    page_writer.edit(page, "De la broderie.", Author(None, "script"))
    background_jobs.run_pending()
    assert titles("broderie") == {"Couture"}
    page_writer.delete(WikiPage.objects.get(pk=page.pk), Author(None, "script"))
    background_jobs.run_pending()
    assert titles("broderie") == set()
    PageSearchText.objects.filter(title="Charte").update(body="On ne range rien du tout.")
    call_command("rebuild_index")
    assert titles("rien") == {"La Filature:Charte"}


def test_postgresql_has_a_database_index_for_the_search() -> None:
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, "wagtailsearch_indexentry")
        assert ("wiki_searched_words" in indexes) is (connection.vendor == "postgresql")
