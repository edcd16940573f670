"""Creation of forks: text, link to the upstream, credits, licence, permissions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from wagtail.models import Page

from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.errors import LicenseConflict, NotAllowed, Refused, TitleTaken
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.pages import page_lookup
from wiki.pages.contributors import authors_of
from wiki.pages.models import Fork, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def practice(alice: User, bob: User) -> WikiPage:
    """A practice by two authors."""
    page = make_page("Pain au levain", "Farine.\n", by=alice)
    return page_writer.edit(page, "Farine, eau.\n", Author.of(bob)).page


def test_a_fork_has_text_upstream_and_credits(practice: WikiPage, alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    copy = fork_creation.fork(practice, ForkTarget(place), Author.of(alice))
    assert copy.full_title == "La Myne:Pain au levain"
    assert page_lookup.reload_page(copy.pk).source.text == "Farine, eau.\n"
    fork_row = Fork.objects.get(page=copy)
    assert (fork_row.upstream, fork_row.upstream_version) == (practice, 2)
    assert fork_row.upstream_authors == ["alice", "bob"]
    version = copy.versions.get(number=1)
    assert version.merge_parent == practice.versions.get(number=2)
    assert "forked" in version.tags


def test_a_fork_into_a_new_place_makes_both_or_nothing(practice: WikiPage, alice: User) -> None:
    copy = fork_creation.fork(practice, ForkTarget(new_place="Le Fournil"), Author.of(alice))
    place = page_lookup.find("Le Fournil", alice)
    assert place is not None
    assert place.is_place
    assert copy.place_id == place.pk
    assert [one.user for one in place.stewardships.all()] == [alice]
    with pytest.raises(TitleTaken):
        fork_creation.fork(practice, ForkTarget(new_place="Le Fournil"), Author.of(alice))
    with pytest.raises(TitleTaken):
        fork_creation.fork(practice, ForkTarget(place), Author.of(alice))
    assert WikiPage.objects.count() == 3
    assert not any(Page.find_problems())


def test_a_fork_of_a_fork_credits_everyone(practice: WikiPage, alice: User, bob: User) -> None:
    first = fork_creation.fork(practice, ForkTarget(new_place="Un"), Author.of(bob))
    second = fork_creation.fork(first, ForkTarget(new_place="Deux"), Author.of(alice))
    assert authors_of(second) == ["alice", "bob"]
    assert Fork.objects.get(page=second).upstream == first


def test_the_licence_changes_only_if_compatible(practice: WikiPage, alice: User) -> None:
    with pytest.raises(LicenseConflict):
        fork_creation.fork(practice, ForkTarget(new_place="Un", license="CC0-1.0"), Author.of(alice))
    assert not WikiPage.objects.filter(is_place=True).exists()
    copy = fork_creation.fork(practice, ForkTarget(new_place="Un", license="LAL-1.3"), Author.of(alice))
    assert copy.license == "LAL-1.3"
    assert page_lookup.reload_page(practice.pk).license == "CC-BY-SA-4.0"


def test_it_refuses_without_a_place_or_with_a_page_that_is_none(practice: WikiPage, alice: User) -> None:
    for target in (ForkTarget(), ForkTarget(practice)):
        with pytest.raises(Refused):
            fork_creation.fork(practice, target, Author.of(alice))


def test_charlie_cannot_fork(practice: WikiPage, charlie: User) -> None:
    with pytest.raises(NotAllowed):
        fork_creation.fork(practice, ForkTarget(new_place="Un"), Author.of(charlie))


def test_a_fork_of_a_deleted_upstream_keeps_its_link(
    practice: WikiPage, alice: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    copy = fork_creation.fork(practice, ForkTarget(new_place="Un"), Author.of(alice))
    page_writer.delete(practice, Author(None, "script"))
    html = client_of(anna, "en").get(copy.get_absolute_url()).content.decode()
    assert "Pain au levain" in html
    assert "version 2" in html


def test_the_form_shows_each_refusal_with_its_reason(
    practice: WikiPage, alice: User, client_of: Callable[..., Client]
) -> None:
    client = client_of(alice, "en")
    html = client.get(f"/fork/{practice.url_title}").content.decode()
    assert "Licences that the copy cannot have" in html
    assert "CC0" in html
    response = client.post(
        f"/fork/{practice.url_title}",
        {"new_place": "Le Fournil", "title": "Pain", "license": "CC-BY-SA-4.0"},
    )
    assert response.headers["location"] == "/wiki/Le_Fournil:Pain"
    html = client.get("/wiki/Pain_au_levain").content.decode()
    assert "Le Fournil:Pain" in html


def test_the_form_names_ones_own_places(practice: WikiPage, bob: User, client_of: Callable[..., Client]) -> None:
    client = client_of(bob, "en")
    form = f"/fork/{practice.url_title}"
    make_place("La Myne", by=bob)
    assert "Your places:" not in (html := client.get(form).content.decode())
    assert 'value="La Myne"' in html
    make_place("Le Fournil", by=bob)
    html = client.get(form).content.decode()
    assert f'href="{form}?place=La+Myne"' in html or f'href="{form}?place=La%20Myne"' in html
    assert 'name="place" value="Le Fournil"' in html


@pytest.mark.parametrize("data", [{}, {"new_place": "a:b", "title": "x", "license": "CC-BY-SA-4.0"},
    {"place": "Nulle part", "title": "x", "license": "CC-BY-SA-4.0"},
    {"place": "La Myne", "new_place": "Autre", "title": "x", "license": "CC-BY-SA-4.0"},
    {"new_place": "Un", "title": "[x]", "license": "CC-BY-SA-4.0"},
    {"new_place": "Un", "title": "x", "license": "CC-BY-NC-4.0"}])  # fmt: skip
def test_a_wrong_form_is_shown_again_and_makes_nothing(
    practice: WikiPage, bob: User, client_of: Callable[..., Client], data: dict[str, str]
) -> None:
    make_place("La Myne", by=bob)
    response = client_of(bob).post(f"/fork/{practice.url_title}", data)
    assert response.status_code in (200, 400, 422)
    assert Fork.objects.count() == 0
    assert WikiPage.objects.count() == 2


def test_it_makes_no_place_of_a_page_that_is_there(practice: WikiPage, alice: User) -> None:
    made = fork_creation.fork(practice, ForkTarget(new_place="Fournil"), Author.of(alice)).place
    assert made is not None
    taken = make_page("Levain", page_lookup.reload_page(made.pk).source.text or "", by=alice)
    with pytest.raises(TitleTaken, match="Levain"):
        fork_creation.fork(practice, ForkTarget(new_place="Levain"), Author.of(alice))
    now = page_lookup.reload_page(taken.pk)
    assert (now.is_place, now.version) == (False, 1)


def test_it_replaces_no_page_even_with_the_same_text(practice: WikiPage, alice: User, bob: User) -> None:
    place = make_place("La Myne", by=bob)
    taken = make_page("Pain au levain", "Farine, eau.\n", by=bob, place=place)
    with pytest.raises(TitleTaken, match="La Myne:Pain au levain"):
        fork_creation.fork(practice, ForkTarget(place), Author.of(alice))
    assert not Fork.objects.exists()
    assert page_lookup.reload_page(taken.pk).version == 1
