"""`list=search`, in the shape of MediaWiki's API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.api.test_api import ask, code
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
    return ask(client, action="query", list="search", **parameters)


def test_it_finds_and_marks(client: Client) -> None:
    told = search(client, srsearch="pétrir sel", formatversion=2)
    assert told["query"]["searchinfo"] == {"totalhits": 3}
    row = told["query"]["search"][0]
    assert row["ns"] == 0
    assert row["title"].startswith("Pain ")
    assert row["snippet"] == (
        'Du pain &amp; du <span class="searchmatch">sel</span>, <span class="searchmatch">pétri</span> à la main.'
    )
    assert row["wordcount"] == 9
    assert row["timestamp"].endswith("Z")
    assert set(row) == {"ns", "title", "pageid", "size", "wordcount", "timestamp", "snippet"}


def test_it_goes_on(client: Client) -> None:
    first = search(client, srsearch="pain", srlimit=2)
    assert first["continue"] == {"sroffset": 2, "continue": "-||"}
    second = search(client, srsearch="pain", srlimit=2, sroffset=2)
    assert "continue" not in second
    found = [row["title"] for answer in (first, second) for row in answer["query"]["search"]]
    assert sorted(found) == ["Pain 0", "Pain 1", "Pain 2"]


def test_it_looks_where_it_is_told(client: Client) -> None:
    assert [row["ns"] for row in search(client, srsearch="pain", srnamespace="14")["query"]["search"]] == [14]
    assert search(client, srsearch="pain", srnamespace="*")["query"]["searchinfo"]["totalhits"] == 4
    assert search(client, srsearch="sel", srwhat="title")["query"]["searchinfo"]["totalhits"] == 0
    assert code(search(client, srsearch="pain", srnamespace="x")) == "badvalue"


def test_it_suggests_and_says_what_is_missing(client: Client) -> None:
    assert search(client, srsearch="pettri")["query"]["searchinfo"]["suggestion"] == "petri"
    assert code(search(client)) == "missingparam"
    assert code(search(client, srsearch=" ")) == "missingparam"
    assert code(ask(client, action="query", list="weather")) == "badvalue"
