"""Pulls: merges, conflicts, credits, licences, and no loss of typed text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.forks.fork_factories import change, make_fork, merge_of, take_in, text_of
from wiki.accounts.models import User
from wiki.errors import LicenseConflict, NotAllowed, Refused
from wiki.history.authorship import authorship_of
from wiki.pages import page_lookup
from wiki.pages.contributors import authors_of
from wiki.pages.models import Fork, WikiPage
from wiki.pages.writing import page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def conflicting(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> WikiPage:
    """A fork where bob changed a fact and words that alice changed as well, besides changes without conflict."""
    change(bread, alice, ("Ville: Lyon", "Ville: Nice"), ("Une nuit", "Trois nuits"), ("le soir", "le matin"))
    change(fork, bob, ("Ville: Lyon", "Ville: Paris"), ("Une nuit", "Deux nuits"), ("Au four.", "Au four, chaud."))
    return fork


def test_a_clean_pull_is_one_version_with_two_parents(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    change(bread, alice, ("le soir", "le matin"), ("Ville: Lyon", "Ville: [Lyon, Nice]"))
    change(fork, bob, ("Au four.", "Au four, chaud."), ("Nature: Pratique", "Nature: Pratique\nDurée: 1 jour"))
    saved = take_in(fork, bread, bob)
    assert (saved.version, saved.changed) == (3, True)
    for words in ("le matin", "Au four, chaud.", "Durée: 1 jour", "Ville: [Lyon, Nice]"):
        assert words in text_of(fork)
    version = fork.versions.get(number=3)
    assert version.merge_parent == bread.versions.get(number=2)
    assert (version.tags, version.comment) == (["pulled"], "Mise à jour depuis Pain, version 2")
    merge = merge_of(fork, bread)
    assert merge.is_done
    assert not merge.save(text_of(fork), Author.of(bob)).changed, "what was taken in is not taken in twice"


def test_concurrent_pulls_make_one_version(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    change(bread, alice, ("le soir", "le matin"))
    change(fork, bob, ("Au four.", "Au four, chaud."))
    first, second = merge_of(fork, bread), merge_of(fork, bread)
    assert first.save(first.merged.text or "", Author.of(bob)).changed
    saved = second.save(second.merged.text or "", Author.of(alice))
    assert (saved.changed, saved.version) == (False, 3)
    assert page_lookup.reload_page(fork.pk).version == 3
    assert "Au four, chaud." in text_of(fork)


def test_pulled_words_belong_to_their_authors(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User, charlie: User
) -> None:
    words = "Le pétrissage demande dix bonnes minutes de patience et de calme"
    page_writer.edit(page_lookup.reload_page(bread.pk), text_of(bread) + f"\n{words}.\n", Author(None, "Zoé"))
    change(fork, bob, ("Au four.", "Au four, vraiment très chaud."))
    take_in(fork, bread, bob)
    shares = {share.name: share.words for share in authorship_of(page_lookup.reload_page(fork.pk)).shares}
    assert shares["Zoé"] == len(words.split())
    assert shares["bob"] == 3
    assert authors_of(fork) == ["alice", "Zoé", "bob"]
    before = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == before


def test_words_keep_their_author_through_three_pages_and_back(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User
) -> None:
    other = make_fork(fork, "Autre lieu", alice)
    page_writer.edit(
        page_lookup.reload_page(other.pk), text_of(other) + "\nUn mot de Zoé sur la farine.\n", Author(None, "Zoé")
    )
    take_in(fork, other, bob)
    take_in(bread, fork, alice)
    shares = {share.name: share.words for share in authorship_of(page_lookup.reload_page(bread.pk)).shares}
    assert shares["Zoé"] == 7
    assert set(shares) == {"alice", "Zoé"}
    assert text_of(bread) == text_of(other)


def test_licences_are_checked(bread: WikiPage, alice: User, bob: User) -> None:
    free = make_fork(bread, "Le Fournil", bob)
    change(bread, alice, ("le soir", "le matin"))
    WikiPage.objects.filter(pk=free.pk).update(license="CC0-1.0")
    merge = merge_of(free, bread)
    assert not merge.verdict.allowed
    with pytest.raises(LicenseConflict):
        merge.save(merge.merged.text or "", Author.of(bob))
    assert "le matin" not in text_of(free)


def test_a_redirect_cannot_be_pulled(
    bread: WikiPage, fork: WikiPage, alice: User, client_of: Callable[..., Client]
) -> None:
    page_writer.edit(bread, "#REDIRECT [[Brioche]]\n", Author.of(alice))
    with pytest.raises(Refused):
        merge_of(fork, bread)
    assert client_of(alice).get(f"/pull/{fork.url_title}").status_code == 422


def test_a_user_without_permission_cannot_pull(bread: WikiPage, fork: WikiPage, alice: User, charlie: User) -> None:
    change(bread, alice, ("le soir", "le matin"))
    with pytest.raises(NotAllowed):
        take_in(fork, bread, charlie)


# --- On the screen --------------------------------------------------------------------------------
def test_the_screen_shows_conflicts_and_saves_the_choices(
    conflicting: WikiPage, bob: User, client_of: Callable[..., Client]
) -> None:
    client, address = client_of(bob, "en"), f"/pull/{conflicting.url_title}?until=2&base=2"
    html = client.get(address).content.decode()
    assert "2 pieces were changed on both sides" in html
    assert "Fact “Ville”" in html
    response = client.post(address, {"choice-0": "theirs"})
    assert response.status_code == 422
    assert "Choose for each clash" in response.content.decode()
    assert 'value="theirs" checked' in response.content.decode()
    data = {"choice-0": "theirs", "choice-1": "own", "own-1": "Quatre nuits.\r\n", "comment": "Comme eux"}
    assert client.post(address, data).headers["location"] == conflicting.get_absolute_url()
    text = text_of(conflicting)
    for words in ("Ville: Nice", "Quatre nuits.\n\nAu four, chaud.", "le matin"):
        assert words in text
    version = conflicting.versions.get(number=3)
    assert (version.comment, version.tags, version.merge_parent.number) == ("Comme eux", ["pulled"], 2)
    assert "taken in already" in client.get(address.replace("base=2", "base=3")).content.decode()
    assert client.post(address, data).status_code == 302
    assert page_lookup.reload_page(conflicting.pk).version == 3, "sent twice, saved once"


@pytest.mark.parametrize(("choice", "words"), [("ours", "Deux nuits"), ("both", "Deux nuits de repos.\n\nTrois nuits")])
def test_ours_and_both(
    conflicting: WikiPage, bob: User, client_of: Callable[..., Client], choice: str, words: str
) -> None:
    client_of(bob).post(f"/pull/{conflicting.url_title}", {"choice-0": choice, "choice-1": choice})
    assert words in text_of(conflicting)


def test_the_merged_text_can_be_edited_first(
    conflicting: WikiPage, bob: User, client_of: Callable[..., Client]
) -> None:
    client, address = client_of(bob, "en"), f"/pull/{conflicting.url_title}?until=2&base=2"
    html = client.post(address, {"choice-0": "theirs", "whole": "1"}).content.decode()
    assert "Ville: Nice" in html
    assert "Deux nuits" in html
    assert page_lookup.reload_page(conflicting.pk).version == 2
    preview = client.post(address, {"text": "Un essai", "base": "2", "preview": "1"}).content.decode()
    assert "<p>Un essai</p>" in preview
    assert client.post(address, {"text": "Tout autre", "base": "2"}).status_code == 302
    assert text_of(conflicting) == "Tout autre"
    assert conflicting.versions.get(number=3).tags == ["pulled"]


def test_concurrent_edits_are_merged_or_shown(
    conflicting: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    client, address = client_of(bob, "en"), f"/pull/{conflicting.url_title}?until=2&base=2"
    change(conflicting, alice, ("Deux nuits", "Cinq nuits"), ("# Pain", "# Le pain"))
    response = client.post(address, {"choice-0": "ours", "choice-1": "theirs"})
    assert response.status_code == 409
    html = response.content.decode()
    assert "Cinq nuits" in html
    assert "Trois nuits" in html
    form = response.context["form"]
    sent = {name: str(form[name].value()) for name in ("text", "base", "theirs", "comment")}
    response = client.post(address, sent | {"choice-0": "own", "own-0": "Six nuits."})
    assert response.status_code == 302
    assert "Six nuits" in text_of(conflicting)
    assert "# Le pain" in text_of(conflicting)
    assert conflicting.versions.get(number=4).merge_parent is not None


def test_an_expired_session_loses_no_text(
    conflicting: WikiPage, bob: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    client, address = client_of(anna, "en"), f"/pull/{conflicting.url_title}?until=2&base=2"
    assert client.get(address).status_code == 302
    response = client.post(address, {"choice-0": "theirs", "choice-1": "own", "own-1": "Sept nuits"})
    assert response.status_code == 403
    assert "Sept nuits" in response.content.decode()
    data = {"text": "Sept nuits", "base": "2", "username": "bob", "password": "le café est prêt"}
    assert client.post(address, data).status_code == 302
    assert text_of(conflicting) == "Sept nuits"
    assert conflicting.versions.get(number=3).author == bob


def test_a_deleted_upstream_loses_no_typed_text(
    conflicting: WikiPage, bread: WikiPage, bob: User, client_of: Callable[..., Client]
) -> None:
    page_writer.delete(page_lookup.reload_page(bread.pk), Author(None, "script"))
    response = client_of(bob, "en").post(
        f"/pull/{conflicting.url_title}?until=2&base=2", {"text": "Long texte", "base": "2"}
    )
    assert response.status_code == 422
    assert "Long texte" in response.content.decode()
    assert "The original is not here any more" in response.content.decode()
    assert page_lookup.reload_page(conflicting.pk).version == 2


def test_invalid_parameters_are_handled(conflicting: WikiPage, bob: User, client_of: Callable[..., Client]) -> None:
    client = client_of(bob)
    for query in ("until=99", "base=99", "until=x", "base=-1", "until=", "until=1"):
        assert client.get(f"/pull/{conflicting.url_title}?{query}").status_code in (200, 404)
        assert client.post(f"/pull/{conflicting.url_title}?{query}", {"choice-0": "x"}).status_code in (302, 404, 422)
    assert client.get("/pull/Pain").status_code == 404
    assert Fork.objects.count() == 1
