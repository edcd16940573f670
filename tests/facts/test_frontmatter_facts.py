"""Front matter as people write it gives the facts that they mean, and what states nothing is shown on the page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.factories import make_page
from wiki.ask import query_parser
from wiki.ask.execution import runner
from wiki.facts.models import Fact
from wiki.pages.models import WikiPage

pytestmark = pytest.mark.django_db
HEADER = """---
Nature: Événement
Ville: Lyon
{line}
Adresse: Bâtiment B #3
---
Une fête.
"""


def titles(query: str) -> list[str]:
    """Return the titles of the pages that a query finds."""
    return [row.subject.full_title for row in runner.run(query_parser.parse(query, "fr"), AnonymousUser()).rows]


def facts(page: WikiPage) -> set[tuple[str, str]]:
    """Return name and value as written of the facts that a page states."""
    current = Fact.objects.filter(page=page, removed_in=None).exclude(property__key__startswith="_")
    return set(current.values_list("property__title", "raw"))


@pytest.mark.parametrize(
    "line",
    [
        "Horaires: Samedi : 9h-12h", "Compte: @lyon@mastodon.example", "Taux: %20", "Note: *important*",
        'Note: "Le lieu" est ouvert', "Note: [voir] le texte", "Tags: #atelier", "Personnes: [[A]], [[B]]",
        "une ligne de texte",
    ],
)  # fmt: skip
def test_a_page_stays_in_all_lists_whatever_a_line_of_its_header_is(line: str) -> None:
    page = make_page("Fête", HEADER.format(line=line))
    assert titles("[[Ville::Lyon]]") == titles("[[Nature::Événement]]") == ["Fête"]
    assert page.kind is not None
    assert page.kind.key == "event"
    assert ("Adresse", "Bâtiment B #3") in facts(page)


def test_links_in_the_header_name_pages() -> None:
    make_page("Property:Personnes", "---\nHas type: Page\n---\n")
    quoted = make_page("Un", '---\nPersonnes: "[[Alice]]"\nTags: #atelier\n---\n')
    several = make_page("Deux", "---\nPersonnes: [[Alice]], [[Bob|Robert]]\n---\n")
    assert facts(quoted) == {("Personnes", "Alice"), ("Tags", "#atelier")}
    assert facts(several) == {("Personnes", "Alice"), ("Personnes", "Bob")}
    assert titles("[[Personnes::Alice]]") == ["Deux", "Un"]


def test_a_line_that_states_nothing_is_told_in_the_language_of_the_reader(client: Client) -> None:
    make_page("Fête", HEADER.format(line="une ligne de texte"))
    shown = client.get("/wiki/Fête", headers={"accept-language": "fr"}).content.decode()
    assert "n’énonce rien" in shown
    assert "une ligne de texte" in shown
    assert "Une fête." in shown
