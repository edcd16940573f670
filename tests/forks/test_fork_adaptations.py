"""What each fork changed, in one line in the page that it comes from: near and far, never stale."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from tests.forks.fork_factories import TEXT, change, make_fork
from wiki.accounts.models import User
from wiki.forks import fork_adaptations
from wiki.forks.fork_adaptations import Adaptation, find_adaptations
from wiki.pages.models import Fork, WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def adaptations_of(page: WikiPage, user: User) -> list[Adaptation]:
    """The adaptations of a page, newest first."""
    forks = list(Fork.objects.filter(upstream=page).select_related("page"))
    return list(find_adaptations(WikiPage.objects.get(pk=page.pk), forks, user).shown)


def box(client: Client, title: str) -> str:
    """The box of adaptations in a page, with single spaces; "" without one."""
    response = client.get(f"/wiki/{title}", headers={"accept-language": "fr"})
    found = BeautifulSoup(response.content, "html.parser").select_one(".adaptations")
    return " ".join(found.get_text(" ").split()) if found else ""


def test_changes_are_counted_near_and_far(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    assert [one.is_unchanged for one in adaptations_of(bread, bob)] == [True]
    change(fork, bob, ("Une nuit de repos.", "Deux nuits de repos."), ("Ville: Lyon", "Ville: Die"))
    second = make_fork(WikiPage.objects.get(pk=fork.pk), "La Meunerie", alice)
    change(second, alice, ("\nAu four.\n", ""))
    far, near = adaptations_of(bread, bob)
    assert (near.fork.page_id, far.fork.page_id) == (fork.pk, second.pk)
    assert (near.changed_passages, near.left_out_passages, near.changed_facts) == (1, 0, 1)
    assert (far.changed_passages, far.left_out_passages, far.changed_facts) == (1, 1, 1)
    [of_fork] = adaptations_of(fork, bob)
    assert (of_fork.changed_passages, of_fork.left_out_passages, of_fork.changed_facts) == (0, 1, 0)


def test_the_page_shows_them_and_is_never_stale(client: Client, bread: WikiPage, alice: User, bob: User) -> None:
    assert box(client, "Pain") == ""
    fork = make_fork(bread, "Le Fournil", bob)
    assert "Fait ici aussi Le Fournil:Pain" in box(client, "Pain")
    assert "inchangé" in box(client, "Pain")
    second = make_fork(fork, "La Meunerie", alice)
    assert "La Meunerie:Pain" in box(client, "Pain")
    page_writer.edit(second, TEXT + "\nOn goûte.\n", Author.of(alice), page_writer.EditSummary("Avec <b>goût</b>"))
    assert "1 passage changé" in box(client, "Pain"), "a change two forks away"
    assert "Avec <b>goût</b>" in box(client, "Pain")
    assert "1 passage changé" in box(client, "Le_Fournil:Pain")
    page_writer.delete(second, Author.of(alice))
    assert "Meunerie" not in box(client, "Pain")


def test_more_forks_take_no_more_queries(
    bread: WikiPage, bob: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: object
) -> None:
    for name in ("A", "B", "C"):
        make_fork(bread, name, bob)
    forks = list(Fork.objects.filter(upstream=bread).select_related("page"))
    monkeypatch.setattr(fork_adaptations, "SHOWN", 2)
    with django_assert_num_queries(3):  # type: ignore[operator]
        found = find_adaptations(bread, forks, bob)
    assert (len(found.shown), found.count) == (2, 3)
    monkeypatch.setattr(fork_adaptations, "TEXT_LIMIT", 10)
    assert not any(one.is_counted or one.is_unchanged for one in find_adaptations(bread, forks, bob).shown)
