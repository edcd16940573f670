"""Comparing two versions."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.factories import make_page, make_place
from wiki.pages import page_lookup
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author
from wiki.text.diffing import text_difference
from wiki.text.diffing.text_difference import Difference

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from wiki.accounts.models import User

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def client(client_of: Callable[..., Client], anna: AnonymousUser) -> Client:
    """Anna's browser, in English."""
    return client_of(anna, "en")


def make_versions(title: str, *texts: str) -> None:
    """Make a page with one version per text."""
    page = make_page(title, texts[0])
    for text in texts[1:]:
        page_writer.edit(page_lookup.reload_page(page.pk), text, Author(None, "Quelqu'un"))


@pytest.mark.django_db
def test_it_marks_the_words_side_by_side_and_in_line(client: Client) -> None:
    make_versions("Charte", "Nous partageons les outils.", "Nous partageons tous les outils.")
    side = client.get("/compare/Charte?from=1&to=2").content.decode()
    assert '<table class="diff">' in side
    assert '<td class="diff-old">Nous partageons les outils.</td>' in side
    assert "<ins>tous </ins>" in side
    line = client.get("/compare/Charte?from=1&to=2&view=inline").content.decode()
    assert '<div class="diff-line-old">Nous partageons les outils.</div>' in line
    assert '<table class="diff">' not in line


@pytest.mark.django_db
def test_it_shows_hostile_texts_as_text(client: Client) -> None:
    make_versions("Charte", "<script>alert(1)</script>", "<img src=x onerror=alert(2)>")
    for view in ("", "&view=inline"):
        html = client.get(f"/compare/Charte?from=1&to=2{view}").content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "onerror" in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", (2, 3)),
        ("?to=2", (1, 2)),
        ("?from=1", (1, 3)),
        ("?from=3&to=1", (1, 3)),
        ("?from=x&to=-1", (2, 3)),
        ("?from=²&to=", (2, 3)),
        ("?from=" + "9" * 5_000, (2, 3)),
        ("?from=0&to=1", (None, 1)),
        ("?from=2&to=2", (2, 2)),
    ],
)
def test_version_numbers_have_sensible_defaults(client: Client, query: str, shown: tuple[int | None, int]) -> None:
    make_versions("Charte", "un", "deux", "trois")
    response = client.get(f"/compare/Charte{query}")
    comparison = response.context["comparison"]
    assert (comparison.old.number if comparison.old else None, comparison.new.number) == shown


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["?from=1&to=4", "?from=7", "?to=999999999", "?from=0&to=0"])
def test_missing_versions_are_404(client: Client, query: str) -> None:
    make_versions("Charte", "un", "deux", "trois")
    assert client.get(f"/compare/Charte{query}").status_code == 404


@pytest.mark.django_db
def test_links_to_the_previous_and_next_change(client: Client) -> None:
    make_versions("Charte", "un", "deux", "trois", "quatre")
    response = client.get("/compare/Charte?from=2&to=3")
    assert (response.context["previous"], response.context["next"]) == ((1, 2), (3, 4))
    assert client.get("/compare/Charte?from=0&to=1").context["previous"] is None
    assert client.get("/compare/Charte?from=3&to=4").context["next"] is None


@pytest.mark.django_db
def test_it_counts_skipped_versions(client: Client) -> None:
    make_versions("Charte", "un", "deux", "trois", "quatre")
    response = client.get("/compare/Charte?from=1&to=4")
    assert (response.context["skipped"].versions, response.context["skipped"].authors) == (2, 1)


@pytest.mark.django_db
def test_it_names_the_fields_that_changed(client: Client, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", "---\nKind: Practice\n---\nUn texte.", by=bob)
    page_writer.edit(page, "---\nKind: Projet\n---\nUn texte.", Author.of(bob))
    page_writer.set_fields(page_lookup.reload_page(page.pk), Author.of(bob), language="en")
    root = Author(None, "root")
    page_writer.set_fields(page_lookup.reload_page(page.pk), root, "CC-BY-SA-4.0")
    page_moves.move(page_lookup.reload_page(page.pk), "Atelier:Notre charte", Author(None, "root"))
    assert place.full_title == "Atelier"
    response = client.get("/compare/Atelier:Notre_charte?from=1")
    changed = {field.name: (field.old, field.new) for field in response.context["comparison"].fields}
    assert changed == {
        "Title": ("Charte", "Atelier:Notre charte"),
        "Place": ("the commons", "Atelier"),
        "Kind": ("Practice", "Project"),
        "Language of the text": ("French", "English"),
    }


@pytest.mark.django_db
def test_search_engines_are_excluded(client: Client) -> None:
    make_versions("Charte", "un", "deux")
    response = client.get("/compare/Charte")
    assert "noindex" in response["X-Robots-Tag"]
    assert b'<meta name="robots" content="noindex' in response.content


@pytest.mark.django_db
def test_it_compares_in_few_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    make_versions("Charte", *[f"texte {number}" for number in range(30)])
    client.get("/compare/Charte?from=1&to=29")
    with django_assert_max_num_queries(6):
        client.get("/compare/Charte?from=1&to=29")


def hostile_texts() -> list[tuple[str, str]]:
    """Return pairs of texts of a megabyte that are hard to compare: long, with little in common."""
    rng = random.Random(7)
    letters = "\n".join(rng.choice("ab") for _ in range(500_000))
    others = "\n".join(rng.choice("ab") for _ in range(500_000))
    line = " ".join(rng.choice(["un", "deux", "trois"]) for _ in range(200_000))
    return [(letters, others), (line, line[::-1]), ("[" * 1_000_000, "]" * 1_000_000), ("a\n" * 500_000, "")]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.slow
def test_it_compares_hostile_megabytes_in_bounded_time(number: int) -> None:
    old, new = hostile_texts()[number]
    started = time.process_time()
    difference = Difference.of(old, new)
    assert time.process_time() - started < 15
    assert len(difference.rows) <= text_difference.ROWS
    spans = sum(len(row.old) + len(row.new) for row in difference.rows)
    assert spans <= text_difference.SPANS + 2 * text_difference.ROWS


def test_texts_that_differ_in_the_last_line_break_only() -> None:
    assert Difference.of("un", "un\n") == Difference([], 0, ends_differ=True)
    assert Difference.of("un", "un") == Difference([], 0, ends_differ=False)
