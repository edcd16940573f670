"""The fork network of a page: tree, places, shares of text; readable pages only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.forks.fork_factories import change, make_fork, make_page, make_practice
from wiki.accounts.models import User
from wiki.forks.fork_network import NetworkMember, fork_network
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db

Tree = dict[str, "Tree"]


def tree_of(member: NetworkMember) -> Tree:
    """Return the tree as nested titles."""
    return {member.page.full_title: {key: one for copy in member.forks for key, one in tree_of(copy).items()}}


@pytest.fixture
def bread(alice: User) -> WikiPage:
    """The root of a network of four pages: two forks, and a fork of one of them."""
    page = make_practice(alice)
    first = make_fork(page, "Un", alice)
    make_fork(page, "Deux", alice)
    make_fork(first, "Trois", alice)
    return page


def named(title: str, user: User) -> WikiPage:
    """Return the page called `title`."""
    found = page_lookup.find(title, user)
    assert found is not None
    return found


def test_the_whole_network_is_shown_on_each_of_its_pages(bread: WikiPage, alice: User) -> None:
    for title in ("Pain", "Un:Pain", "Trois:Pain"):
        network = fork_network(named(title, alice), alice)
        assert tree_of(network.root) == {"Pain": {"Un:Pain": {"Trois:Pain": {}}, "Deux:Pain": {}}}
        assert network.place_count == 3
        assert [member.page.full_title for member in network.members if member.is_current] == [title]


def test_it_shows_the_share_of_text(bread: WikiPage, alice: User) -> None:
    change(named("Un:Pain", alice), alice, ("Une nuit de repos.", "Deux jours au frais, puis une nuit."))
    shares = {member.page.full_title: member.share for member in fork_network(bread, alice).members}
    assert shares == {"Pain": None, "Un:Pain": 75, "Deux:Pain": 100, "Trois:Pain": 100}


def test_a_deleted_page_is_left_out_and_its_forks_stay(bread: WikiPage, alice: User) -> None:
    page_writer.delete(named("Un:Pain", alice), Author(None, "script"))
    network = fork_network(bread, alice)
    assert tree_of(network.root) == {"Pain": {"Deux:Pain": {}, "Trois:Pain": {}}}
    assert network.place_count == 2
    page_writer.delete(page_lookup.reload_page(bread.pk), Author(None, "script"))
    network = fork_network(named("Trois:Pain", alice), alice)
    assert tree_of(network.root) == {"Deux:Pain": {"Trois:Pain": {}}}
    assert len(network.members) == 2


def test_on_the_screen(bread: WikiPage, anna: AnonymousUser, client_of: Callable[..., Client]) -> None:
    html = client_of(anna, "en").get("/forks/Pain").content.decode()
    for words in ("It lives in 3 places.", "Trois:Pain", "100 % in common", 'aria-current="page"'):
        assert words in html


def test_it_is_drawn_as_a_tree_and_on_a_map(bread: WikiPage, alice: User, client_of: Callable[..., Client]) -> None:
    make_page("Property:Coordonnées", "---\nHas type: Geographic coordinates\n---")
    for title, where in (("Un", "45.76, 4.83"), ("Deux", "47.22, -1.55")):
        place = named(title, alice)
        page_writer.edit(place, f"---\nNature: Lieu\nCoordonnées: {where}\n---\nUn lieu.", Author(None, "script"))
    change(named("Un:Pain", alice), alice, ("Une nuit de repos.", "Deux jours au frais, puis une nuit."))
    html = client_of(AnonymousUser(), "en").get("/forks/Un:Pain").content.decode()
    tree = html[html.index("<svg role") : html.index("</svg>", html.index("<svg role"))]
    assert tree.count("<circle") == 4
    assert tree.count("family-here") == 1
    assert "4 pages, each under the one it was forked from." in tree
    assert "% in common" in tree
    pins = html[html.index('class="ask-map') : html.index("</ul>", html.index('class="ask-map'))]
    assert pins.count("<li data-lat") == 2
    assert 'data-lat="47.22" data-lon="-1.55"' in pins
    assert 'href="/wiki/Deux:Pain"' in pins
    assert "It lives in 3 places." in html
    assert "<svg role" not in client_of(AnonymousUser()).get("/forks/Un").content.decode()
