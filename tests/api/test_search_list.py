"""`list=search` of the action API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.api.test_api import code, get
from tests.factories import make_page
from wiki.pages import background_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _pages(db: None) -> None:
    for number in range(3):
        make_page(f"Pain {number}", "Du pain & du sel, pétri à la main.")
    make_page("Category:Pain", "Tous les pains.")
    background_jobs.run_pending()


def search(client: Client, **parameters: Any) -> dict[str, Any]:
    return get(client, action="query", list="search", **parameters)


def test_results_have_highlighted_snippets(client: Client) -> None:
    result = search(client, srsearch="pétrir sel", formatversion=2)
    assert result["query"]["searchinfo"] == {"totalhits": 3}
    row = result["query"]["search"][0]
    assert row["ns"] == 0
    assert row["title"].startswith("Pain ")
    assert row["snippet"] == (
        'Du pain &amp; du <span class="searchmatch">sel</span>, <span class="searchmatch">pétri</span> à la main.'
    )
    assert row["wordcount"] == 9
    assert row["timestamp"].endswith("Z")
    assert set(row) == {"ns", "title", "pageid", "size", "wordcount", "timestamp", "snippet"}


def test_results_are_paginated(client: Client) -> None:
    first = search(client, srsearch="pain", srlimit=2)
    assert first["continue"] == {"sroffset": 2, "continue": "-||"}
    second = search(client, srsearch="pain", srlimit=2, sroffset=2)
    assert "continue" not in second
    found = [row["title"] for response in (first, second) for row in response["query"]["search"]]
    assert sorted(found) == ["Pain 0", "Pain 1", "Pain 2"]


def test_namespaces_and_titles(client: Client) -> None:
    assert [row["ns"] for row in search(client, srsearch="pain", srnamespace="14")["query"]["search"]] == [14]
    assert search(client, srsearch="pain", srnamespace="*")["query"]["searchinfo"]["totalhits"] == 4
    assert search(client, srsearch="sel", srwhat="title")["query"]["searchinfo"]["totalhits"] == 0
    assert code(search(client, srsearch="pain", srnamespace="x")) == "badvalue"


def test_suggestions_and_errors(client: Client) -> None:
    assert search(client, srsearch="pettri")["query"]["searchinfo"]["suggestion"] == "petri"
    assert code(search(client)) == "missingparam"
    assert code(search(client, srsearch=" ")) == "missingparam"
