"""Proposals: hunks, consent, comments, accepting in whole or in part, declining, withdrawing, attribution."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.test import Client

from tests.forks.fork_factories import (
    change,
    fork_status_of,
    make_fork,
    make_page,
    make_place,
    merge_of,
    take_in,
    text_of,
)
from wiki.accounts.models import User
from wiki.discussions import thread_changes
from wiki.discussions.models import TEXT_LIMIT, Post, Thread
from wiki.errors import LicenseConflict, NotAllowed, Refused
from wiki.forks import fork_creation
from wiki.forks.fork_creation import ForkTarget
from wiki.forks.pull_merge import Merge
from wiki.history.authorship import authorship_of
from wiki.moderation import proposals
from wiki.moderation.models import Proposal
from wiki.pages import page_lookup
from wiki.pages.contributors import authors_by_page, authors_of
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer, rebuild_derived
from wiki.pages.writing.page_writer import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def fork(fork: WikiPage, bob: User) -> WikiPage:
    """The fork by bob, with two changes."""
    change(fork, bob, ("Une nuit", "Deux nuits longues"), ("Ville: Lyon", "Ville: Nice"))
    return fork


def proposed(fork: WikiPage, bread: WikiPage, by: User, **options: Any) -> Proposal:
    """A proposal of all changes of the fork."""
    merge = merge_of(bread, fork)
    return proposals.propose(merge, merge.merged.text or "", "Plus de repos", by, **options)


def test_accepting_in_whole_credits_the_author_and_merges_the_fork(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User
) -> None:
    created = proposed(fork, bread, bob)
    change(bread, alice, ("le soir", "le matin"))
    now = page_lookup.reload_page(bread.pk)
    text = proposals.merge_proposal(created, now).text
    assert text is not None
    saved = proposals.accept(created, text, alice, is_whole=True, base=now.version)
    assert saved.version == 3
    version = bread.versions.get(number=3)
    assert (version.author, version.tags, version.merge_parent) == (bob, ["accepted"], fork.versions.get(number=2))
    assert version.comment == "Proposition de bob, acceptée par alice: Plus de repos"
    for words in ("Deux nuits longues", "Ville: Nice", "le matin"):
        assert words in text_of(bread)
    created.refresh_from_db()
    assert (created.state, created.resolved_by, created.version) == ("accepted", alice, version)
    assert [node.number for node in fork_status_of(fork, bob).behind] == [2, 3]
    take_in(fork, bread, bob)
    assert text_of(fork) == text_of(bread)
    assert fork_status_of(fork, bob).ahead_count == 0
    with pytest.raises(Refused):
        proposals.accept(created, "Autre", alice, is_whole=True, base=3)
    assert text_of(bread) != "Autre", "settled once, and nothing is written"


def test_accepting_in_part_leaves_the_rest_unmerged(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    created = proposed(fork, bread, bob)
    text = text_of(bread).replace("Une nuit", "Deux nuits longues")
    proposals.accept(created, text, alice, is_whole=False, base=1)
    assert bread.versions.get(number=2).tags == ["accepted", "part"]
    change(bread, alice, ("Au four.", "Au four, chaud."))
    take_in(fork, bread, bob)
    assert "Ville: Nice" in text_of(fork), "what was not taken in is still the fork's own"
    assert "Au four, chaud." in text_of(fork)
    before = rebuild_derived.snapshot()
    rebuild_derived.rebuild()
    assert rebuild_derived.snapshot() == before


def test_everyone_who_wrote_is_credited(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    page_writer.edit(
        page_lookup.reload_page(fork.pk), text_of(fork) + "\nUn mot de Zoé sur la farine.\n", Author(None, "Zoé")
    )
    created = proposed(fork, bread, bob)
    proposals.accept(created, created.text, alice, is_whole=True, base=1)
    assert {share.name for share in authorship_of(page_lookup.reload_page(bread.pk)).shares} == {"alice", "bob", "Zoé"}
    assert authors_of(bread) == ["alice", "bob", "Zoé"]
    assert authors_by_page([bread]) == {bread.pk: ["alice", "bob", "Zoé"]}
    assert authors_of(bread, 1) == ["alice"]


def test_consent_is_requested_for_incompatible_licences(alice: User, bob: User, charlie: User) -> None:
    free = make_page("Levain", "Un texte libre.\n", by=alice, license="CC0-1.0")
    fork = fork_creation.fork(free, ForkTarget(new_place="Le Fournil", license="CC-BY-SA-4.0"), Author.of(bob))
    change(fork, bob, ("libre", "libre et beau"))
    with pytest.raises(LicenseConflict):
        proposed(fork, free, bob)
    assert proposed(fork, free, bob, agrees=True).pending_consents == []
    change(fork, alice, ("beau", "beau et bon"))
    created = proposed(fork, free, bob, agrees=True)
    assert created.pending_consents == [alice.pk]
    with pytest.raises(Refused):
        proposals.accept(created, created.text, alice, is_whole=True, base=1)
    with pytest.raises(NotAllowed):
        proposals.agree(created, charlie)
    proposals.agree(created, alice)
    proposals.accept(created, created.text, alice, is_whole=True, base=1)
    assert "beau et bon" in text_of(free)
    page_writer.edit(page_lookup.reload_page(fork.pk), text_of(fork) + "\nZoé.\n", Author(None, "Zoé"))
    with pytest.raises(LicenseConflict, match="Zoé"):
        proposed(fork, free, bob, agrees=True)


def test_who_can_resolve(bread: WikiPage, fork: WikiPage, alice: User, bob: User, charlie: User) -> None:
    created = proposed(fork, bread, bob)
    for user in (bob, charlie):
        with pytest.raises(NotAllowed):
            proposals.accept(created, created.text, user, is_whole=True, base=1)
        with pytest.raises(NotAllowed):
            proposals.decline(created, user, "Non")
    with pytest.raises(NotAllowed):
        proposals.withdraw(created, alice)
    proposals.withdraw(created, bob)
    with pytest.raises(Refused):
        proposals.decline(created, alice, "Trop tard")
    place = make_place("Atelier", by=bob)
    page = make_page("Charte", "Un texte.\n", by=alice, place=place)
    copy = make_fork(page, "Chez alice", alice)
    change(copy, alice, ("Un texte", "Deux textes"))
    created = proposed(copy, page, alice)
    assert not proposals.can_resolve(alice, created)
    assert proposals.can_resolve(bob, created), "the steward of the place"


def test_a_proposal_needs_changes(bread: WikiPage, fork: WikiPage, bob: User) -> None:
    with pytest.raises(Refused):
        proposals.propose(merge_of(bread, fork), text_of(bread), "Rien", bob)


# --- On the screen --------------------------------------------------------------------------------
def at_of(html: str) -> str:
    """Return the hidden field `at` of a form (the versions that it was made for)."""
    found = re.search(r'name="at" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def test_hunks_are_chosen_discussed_and_accepted(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    client = client_of(bob, "en")
    html = client.get(f"/propose/{fork.url_title}").content.decode()
    assert html.count('name="hunk"') == 2
    data = {"hunks": "1", "hunk": ["0", "1"], "message": "", "at": at_of(html)}
    assert client.post(f"/propose/{fork.url_title}", data).status_code == 422
    response = client.post(f"/propose/{fork.url_title}", data | {"message": "Plus de repos"})
    created = Proposal.objects.get()
    assert response.headers["location"] == f"/proposal/{created.pk}"
    assert (created.is_whole, created.by) == (True, bob)
    assert "1 proposal is waiting" in client_of(anna, "en").get("/wiki/Pain").content.decode()
    assert "Plus de repos" in client_of(anna, "en").get("/proposals/Pain").content.decode()
    theirs, address = client_of(alice, "en"), f"/proposal/{created.pk}"
    theirs.post(address, {"act": "comment", "text": "Pourquoi Nice ?"})
    html = theirs.get(address).content.decode()
    assert "Pourquoi Nice ?" in html
    change(bread, alice, ("Au four.", "Au four, chaud."))
    data = {"act": "accept", "hunks": "1", "hunk": ["1"], "at": at_of(html)}
    response = theirs.post(address, data)
    assert response.status_code == 422, "the page was changed since"
    response = theirs.post(address, data | {"at": at_of(response.content.decode())}, follow=True)
    assert "It is accepted" in response.content.decode()
    text = text_of(bread)
    assert "Deux nuits longues" in text
    assert "Ville: Lyon" in text
    assert "Au four, chaud." in text
    assert bread.versions.get(number=3).tags == ["accepted", "part"]
    assert "proposal is waiting" not in client_of(anna, "en").get("/wiki/Pain").content.decode()
    assert theirs.post(address, {"act": "decline", "said": "x"}).status_code == 422


def test_conflicts_are_resolved_before_hunks(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    change(bread, alice, ("Une nuit", "Trois nuits"))
    client, address = client_of(bob, "en"), f"/propose/{fork.url_title}"
    html = client.get(address).content.decode()
    assert "Take what is proposed" in html
    data = {"message": "Repos", "at": at_of(html)}
    assert client.post(address, data).status_code == 422
    html = client.post(address, data | {"choice-0": "own", "own-0": "Quatre nuits."}).content.decode()
    assert 'name="own-0" value="Quatre nuits.' in html
    data |= {"choice-0": "own", "own-0": "Quatre nuits.", "hunks": "1", "hunk": "1"}
    assert client.post(address, data).status_code == 302
    created = Proposal.objects.get()
    assert "Quatre nuits." in created.text
    assert not created.is_whole
    change(bread, alice, ("Trois nuits", "Cinq nuits"))
    html = client_of(alice, "en").get(f"/proposal/{created.pk}").content.decode()
    assert "Cinq nuits" in html
    assert "Go on" in html


def test_an_expired_session_loses_no_message(
    bread: WikiPage, fork: WikiPage, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    client, address = client_of(anna, "en"), f"/propose/{fork.url_title}"
    assert client.get(address).status_code == 302
    data = {"message": "Mon long message", "hunks": "1", "hunk": "0"}
    response = client.post(address, data)
    assert response.status_code == 403
    assert "Mon long message" in response.content.decode()
    response = client.post(address, data | {"username": "bob", "password": "le café est prêt"})
    assert response.status_code == 302
    assert Proposal.objects.get().message == "Mon long message"


def test_an_expired_session_loses_no_comment(
    bread: WikiPage, fork: WikiPage, bob: User, anna: AnonymousUser, client_of: Callable[..., Client]
) -> None:
    created = proposed(fork, bread, bob)
    client, data = client_of(anna, "en"), {"act": "comment", "text": "Un long mot"}
    response = client.post(f"/proposal/{created.pk}", data)
    assert response.status_code == 403
    assert "Un long mot" in response.content.decode()
    assert not Post.objects.exists()
    response = client.post(f"/proposal/{created.pk}", data | {"username": "bob", "password": "le café est prêt"})
    assert response["Location"] == f"/proposal/{created.pk}#post-1"
    assert Post.objects.get().author == bob


def test_the_discussion_of_a_proposal_is_a_thread_of_its_page(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    created = proposed(fork, bread, bob)
    address, client = f"/proposal/{created.pk}", client_of(alice, "en")
    client.post(address, {"act": "comment", "text": "Combien de **nuits** ?"})
    thread = Thread.objects.get()
    assert (thread.page, thread.title, thread.last_number) == (bread, f"Proposition {created.pk}", 1)
    assert "<strong>nuits</strong>" in client.get(address).content.decode()
    client.post(address, {"act": "comment", "text": "Deux.", "reply_to": "1"})
    assert [post.reply_to and post.reply_to.number for post in thread.posts.order_by("number")] == [None, 1]
    assert client.get(f"/thread/{thread.pk}")["Location"] == address
    assert address in client.get("/talk/Pain").content.decode()
    with pytest.raises(Refused, match="belongs"):
        thread_changes.move(thread, fork, User(is_superuser=True, is_active=True, pk=99))
    response = client.post(address, {"act": "comment", "text": " "})
    assert response.status_code == 422
    assert client.post(address, {"act": "nonsense"}).status_code == 422
    proposals.decline(Proposal.objects.get(), alice, "Non")
    thread.refresh_from_db()
    assert thread.resolved_by == alice


def test_declining_and_withdrawing(
    bread: WikiPage, fork: WikiPage, alice: User, bob: User, charlie: User, client_of: Callable[..., Client]
) -> None:
    first, second = proposed(fork, bread, bob), proposed(fork, bread, bob)
    assert client_of(charlie).post(f"/proposal/{first.pk}", {"act": "comment", "text": "x"}).status_code == 403
    html = client_of(alice, "en").post(
        f"/proposal/{first.pk}", {"act": "decline", "said": "Trop long"}, follow=True
    ).content.decode()  # fmt: skip
    assert "Trop long" in html
    client_of(bob).post(f"/proposal/{second.pk}", {"act": "withdraw"})
    assert [created.state for created in Proposal.objects.order_by("pk")] == ["declined", "withdrawn"]
    page_writer.delete(page_lookup.reload_page(bread.pk), Author(None, "script"))
    assert client_of(bob).get(f"/proposal/{first.pk}").status_code == 404


def test_by_command(
    bread: WikiPage, fork: WikiPage, bob: User, alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("propose", "Le Fournil:Pain", "-m", "Repos", "--by", "bob", "--format", "json")
    response = json.loads(capsys.readouterr().out)
    assert (response["page"], response["version"]) == ("Pain", 2)
    assert Proposal.objects.get(pk=response["proposal"]).by == bob
    for wrong in (["Pain"], ["Rien"]):
        with pytest.raises(CommandError):
            call_command("propose", *wrong, "-m", "x", "--by", "bob")
    with pytest.raises(CommandError, match="--by"):
        call_command("propose", "Le Fournil:Pain", "-m", "x")
    change(bread, alice, ("Une nuit", "Trois nuits"))
    with pytest.raises(CommandError, match="pull first"):
        call_command("propose", "Le Fournil:Pain", "-m", "x", "--by", "bob")


def test_two_consents_at_the_same_moment_are_both_recorded(bread: WikiPage, alice: User, bob: User) -> None:
    keys = [alice.pk, bob.pk]
    made = Proposal.objects.create(page=bread, base=1, text="Autre.", by_name="Zoé", pending_consents=keys)
    first, second = Proposal.objects.get(pk=made.pk), Proposal.objects.get(pk=made.pk)
    proposals.agree(first, alice)
    proposals.agree(second, bob)  # read before the other consent was stored
    made.refresh_from_db()
    assert made.pending_consents == []
    with pytest.raises(NotAllowed):
        proposals.agree(second, bob)


def test_a_message_that_is_too_long_is_refused_not_cut(bread: WikiPage, fork: WikiPage, alice: User, bob: User) -> None:
    change(fork, bob, ("le soir", "le matin"))
    merge = Merge.into_upstream(fork, bread)
    too_long = "é" * (proposals.MESSAGE_LIMIT + 1)
    with pytest.raises(Refused, match="characters"):
        proposals.propose(merge, merge.merged.text or "", too_long, bob)
    proposal = proposals.propose(merge, merge.merged.text or "", "é" * proposals.MESSAGE_LIMIT, bob)
    with pytest.raises(Refused, match="characters"):
        proposals.add_comment(proposal, alice, "é" * (TEXT_LIMIT + 1))
    with pytest.raises(Refused, match="characters"):
        proposals.decline(proposal, alice, "é" * (proposals.REASON_LIMIT + 1))
    proposal.refresh_from_db()
    assert proposal.state == "waiting"
