"""The pages of the network: counts, what is needed and forked most, and the shares of all places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_page, make_place
from tests.network.network_factories import accounts, place_with, soup_of, text_of
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.network.network_summary import compute_summary
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db  # on both databases: window functions, collations, casts


def test_an_empty_wiki_has_a_network(client: Client) -> None:
    assert "Aucun lieu ne l’a encore dit." in soup_of(client, "/network").get_text()
    assert "Aucun lieu n’a encore dit ses parts." in soup_of(client, "/network/economy").get_text()


def test_the_network_counts_layers_needs_and_forks(client: Client, alice: User, bob: User) -> None:
    first = place_with("A", bob, "Besoins: [Congélateur, Bras]", "Surface: 3")
    second = place_with("B", bob, "Besoins: [congelateur, Temps]", "Offres: Four")
    make_place("C", by=bob)
    practice = make_page("Cuire", "---\nkind: Pratique\n---", place=first, by=alice)
    make_page("Camille", "---\nkind: Personne\nLieux: [B, Ailleurs]\n---")
    make_page("Noé", "---\nkind: Personne\n---", place=second)
    for place in (second, first):
        fork_creation.fork(practice, ForkTarget(place, title="Aussi"), Author.of(bob))
    summary = compute_summary()
    assert (summary.place_count, summary.kinds["person"], summary.kinds["practice"]) == (3, 2, 3)
    assert [(one.layer_id, one.count) for one in summary.layers] == [
        ("people", 1), ("space", 1), ("documentation", 2), ("services", 0), ("rules", 0),
    ]  # fmt: skip
    assert [(one.page_count, one.text) for one in summary.needs] == [(2, "Congélateur"), (1, "Bras"), (1, "Temps")]
    assert [(one.title, one.fork_count, one.place_count) for one in summary.forked] == [("A:Cuire", 2, 2)]
    assert (summary.growth[-1].pages, summary.growth[-1].places) == (8, 3)
    soup = soup_of(client, "/network")
    assert "2 lieux sur 3, 67 %" in text_of(soup, "[aria-labelledby=network-layers]")
    [need] = [str(link["href"]) for link in soup.select("[aria-labelledby=network-needs] a") if "Cong" in link.text]
    assert "A" in soup_of(client, need).select_one("main").get_text()  # type: ignore[union-attr]
    page_writer.delete(practice, Author.of(bob))
    assert "2 fois" not in soup_of(client, "/network").get_text(), "the cache follows"


def test_the_network_takes_as_many_queries_for_more_places(client: Client, bob: User) -> None:
    def count(address: str) -> int:
        make_page(f"Encore {address}")  # what was computed before is stale now
        with CaptureQueriesContext(connection) as queries:
            soup_of(client, address)
        return len(queries)

    numbers = []
    for names in ("AB", "EFGH"):
        for name in names:
            place = place_with(name, bob, f"Besoins: [b{name}]", "Surface: 1", accounts((2025, "1", "2", "3")))
            make_page("Un", "---\nkind: Service\n---", place=place)
        numbers.append((count(f"/network?{names}"), count(f"/network/economy?{names}")))
    assert numbers[0] == numbers[1]
    assert numbers[0] < (20, 12)
    soup_of(client, "/network")
    with CaptureQueriesContext(connection) as queries:
        soup_of(client, "/network")
    assert len(queries) <= 4, "known until something is written"


def test_the_economy_compares_places_and_years_with_sources(client: Client, bob: User) -> None:
    place_with("A", bob, accounts((2025, "10 %", "20 %", "70 %"), (2024, "40", "", "")) + "\n  Source: Bilan 2024")
    place_with("B", bob, accounts((2025, "20", "90", "20")))
    place = place_with("C", bob, accounts((2025, "30", "beaucoup", "")))
    text = accounts((2025, "60", "30", "10"))
    page_writer.edit(place, f"---\n{text}\n---\nAutre.", Author.of(bob))
    make_page("D", f"---\n{accounts((2025, '1', '1', '1'))}\n---")
    soup = soup_of(client, "/network/economy")
    rows = [" ".join(row.get_text(" ").split()) for row in soup.select(".economy-table")[0].select("tbody tr")]
    assert [row.split(" version")[0] for row in rows] == [
        "A 2025 10 % 20 % 70 % –",
        "A 2024 40 % – – 60 % Bilan 2024 ·",
        "B 2025 20 % 90 % 20 % la somme est 130 %",
        "C 2025 60 % 30 % 10 % –",
    ]
    assert [link["href"] for link in soup.select(".economy-table a[rel=nofollow]")] == [
        "/wiki/A?version=1", "/wiki/A?version=1", "/wiki/B?version=1", "/wiki/C?version=2",
    ]  # fmt: skip
    assert "Médiane 20 % 30 % 20 %" in text_of(soup, ".economy-table tfoot")
    assert "Les lieux en 2025" in soup.get_text()
    older = soup_of(client, "/network/economy?year=2024")
    assert len(older.select(".economy-table")[0].select("tbody tr")) == 1
    for odd in ("?year=abc", "?year=1", "?year=2024&p=99", "?p=-1"):
        assert soup_of(client, f"/network/economy{odd}").select(".economy-table")
