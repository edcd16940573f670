"""Stewards of a place, and the conversion of a place to a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]
ADDRESS = "/stewards/La_Myne"


@pytest.fixture
def place(bob: User) -> WikiPage:
    """Return a place whose steward is bob."""
    return make_place("La Myne", by=bob)


def names(place: WikiPage) -> set[str]:
    """Return the user names of the stewards."""
    return set(place.stewardships.values_list("user__username", flat=True))


def test_steward_is_added_with_message(place: WikiPage, alice: User, bob: User, client_of: ClientOf) -> None:
    response = client_of(bob, "en").post(ADDRESS, {"add": "1", "username": "alice"}, follow=True)
    assert "alice looks after this place now." in response.content.decode()
    assert names(place) == {"alice", "bob"}


def test_leaving_steward_is_redirected_to_place(place: WikiPage, alice: User, bob: User, client_of: ClientOf) -> None:
    client = client_of(bob, "en")
    client.post(ADDRESS, {"add": "1", "username": "alice"})
    response = client.post(ADDRESS, {"remove": "bob"}, follow=True)
    assert response.redirect_chain == [("/wiki/La_Myne", 302)]
    assert "You do not look after this place any more." in response.content.decode()
    assert names(place) == {"alice"}


def test_last_steward_is_not_removed(place: WikiPage, bob: User, client_of: ClientOf) -> None:
    response = client_of(bob, "en").post(ADDRESS, {"remove": "bob"}, follow=True)
    assert "A place keeps one steward" in response.content.decode()
    assert names(place) == {"bob"}


def test_empty_place_becomes_page(place: WikiPage, bob: User, client_of: ClientOf) -> None:
    client = client_of(bob, "en")
    assert 'action="/unmake-place/La_Myne"' in client.get(ADDRESS).content.decode()
    page = make_page("Charte", place=place, by=bob)
    refused = client.post("/unmake-place/La_Myne")
    assert refused.status_code == 422
    assert "(La Myne:Charte)" in refused.content.decode()
    client.post(f"/delete/{page.full_title}")
    assert client.post("/unmake-place/La_Myne").headers["location"] == "/wiki/La_Myne"
    assert not page_lookup.reload_page(place.pk).is_place


def test_steward_is_found_by_the_name_that_is_shown(
    place: WikiPage, alice: User, bob: User, client_of: ClientOf
) -> None:
    get_user_model().objects.filter(pk=alice.pk).update(first_name="Alice Martin")
    client = client_of(bob, "en")
    client.post(f"/stewards/{place.url_title}", {"add": "1", "username": "alice martin"})
    assert place.stewardships.filter(user=alice).exists()
    get_user_model().objects.create_user("deux", first_name="Camille")
    get_user_model().objects.create_user("trois", first_name="Camille")
    refused = client.post(f"/stewards/{place.url_title}", {"add": "1", "username": "Camille"})
    assert "Nobody here has that name." in refused.content.decode()
