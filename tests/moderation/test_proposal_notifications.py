"""Who is notified of a proposal, and of what was decided."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import translation

from tests.conftest import person
from tests.factories import make_page, make_place
from wiki.accounts.models import User
from wiki.moderation import proposal_notifications, proposals
from wiki.moderation.models import Proposal
from wiki.notifications import inbox
from wiki.notifications.models import Notification
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_hiding
from wiki.pages.writing.page_writer import Author

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


@pytest.fixture
def page(alice: User, bob: User) -> WikiPage:
    """A page of a place whose steward is bob."""
    return make_page("Charte", "Un texte.", by=bob, place=make_place("Atelier", by=bob))


def make_proposal(page: WikiPage, by: User) -> Proposal:
    proposal = Proposal.objects.create(page=page, base=1, text="Mieux.", by=by, by_name=by.label, message="C'est mieux")
    proposal_notifications.notify_stewards(proposal)
    return proposal


def sentences(user: User) -> list[tuple[str, str]]:
    rows = inbox.list_inbox(user, inbox.Filter.ALL).rows
    with translation.override("fr"):
        return [(one.sentence, one.path) for group in inbox.group_by_page(rows, user) for one in group.listed]


def test_a_visitors_suggestion_is_in_the_inbox_of_the_stewards(
    page: WikiPage, alice: User, bob: User, client_of: Callable[..., Client]
) -> None:
    data = {"text": "Un autre texte.", "base": "1", "name": "Zoé", "message": "Une faute", "agrees": "on"}
    answer = client_of(AnonymousUser()).post(f"/suggest/{page.full_title}", data)
    assert answer.status_code == 302
    number = Proposal.objects.get().pk
    assert sentences(bob) == [("Zoé propose un changement\u00a0: Une faute", f"/proposal/{number}")]
    assert sentences(alice) == []


def test_its_author_learns_of_the_decision(page: WikiPage, alice: User, bob: User) -> None:
    dora = person("dora")
    accepted, declined, own = make_proposal(page, alice), make_proposal(page, dora), make_proposal(page, bob)
    proposals.accept(accepted, "Mieux.", bob, is_whole=True, base=1)
    proposals.decline(declined, bob, "Déjà fait")
    proposals.decline(own, bob, "")
    assert [text for text, _ in sentences(alice)] == ["bob a accepté votre proposition"]
    assert [text for text, _ in sentences(dora)] == ["bob a décliné votre proposition\u00a0: Déjà fait"]
    assert {one.kind for one in Notification.objects.filter(recipient=bob)} == {"proposal"}
    assert len(sentences(bob)) == 2, "nobody is notified of what they did"
    withdrawn = make_proposal(page, alice)
    proposals.withdraw(withdrawn, alice)
    assert len(sentences(alice)) == 1


def test_nobody_is_notified_of_a_page_that_was_hidden(alice: User, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    page = make_page("Dora", "---\nNature: Personne\n---\nUn portrait.", by=bob, place=place)
    proposal = make_proposal(page, alice)
    page_hiding.hide(page_lookup.reload_page(page.pk), Author.of(bob))
    proposal.page = page_lookup.reload_page(page.pk)
    proposal_notifications.notify_author(proposal, Proposal.State.DECLINED, bob, "")
    assert sentences(alice) == []
    assert len(sentences(bob)) == 1
