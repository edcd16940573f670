"""Proposals without an account: form, refusals, resolution, attribution."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.factories import make_page
from tests.forks.fork_factories import change, text_of
from wiki.accounts.models import User
from wiki.accounts.rate_limits import counters
from wiki.moderation.models import Proposal
from wiki.pages.models import WikiPage

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


@pytest.fixture
def anna(client_of: Callable[..., Client]) -> Client:
    """The browser of a user without an account."""
    return client_of(AnonymousUser(), "en")


def typed(page: WikiPage, **more: str) -> dict[str, str]:
    """Return the data of a filled-in form."""
    text = text_of(page).replace("Au four.", "Au feu de bois.")
    return {"base": "1", "text": text, "message": "Au bois c'est mieux", "name": "Anna", "agrees": "on", **more}


def test_it_waits_for_the_stewards(
    bread: WikiPage, alice: User, bob: User, anna: Client, client_of: Callable[..., Client]
) -> None:
    html = anna.get("/suggest/Pain").content.decode()
    assert "CC BY-SA 4.0" in html
    assert "Au four." in html
    change(bread, alice, ("Une nuit", "Deux nuits"))
    response = anna.post("/suggest/Pain", typed(bread, text=text_of(bread).replace("Au four.", "Au feu de bois.")))
    proposal = Proposal.objects.get()
    assert response["Location"] == f"/proposal/{proposal.pk}"
    assert (proposal.by, proposal.by_name, proposal.base) == (None, "Anna", 1)
    assert "1 proposal is waiting" in anna.get("/wiki/Pain").content.decode()
    stewards = client_of(bob, "en")
    assert "Anna" in stewards.get(f"/proposal/{proposal.pk}").content.decode()
    stewards.post(f"/proposal/{proposal.pk}", {"act": "accept", "at": "2", "hunks": "1", "hunk": ["0", "1"]})
    version = bread.versions.get(number=3)
    assert (version.author, version.author_name) == (None, "Anna")
    assert "Au feu de bois." in text_of(bread)
    assert "is waiting" not in anna.get("/wiki/Pain").content.decode()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"agrees": ""}, "agrees"),
        ({"message": ""}, "message"),
        ({"base": "9"}, "Nothing is changed"),
        ({"base": "99999999999999999999"}, "base"),
        ({"name": "Bob"}, "account with this name"),
        ({"name": "x" * 81}, "80"),
        ({"text": "x" * 1_100_000}, "bytes"),
    ],
)
def test_refusals_are_shown_and_no_text_is_lost(
    bread: WikiPage, bob: User, anna: Client, more: dict[str, str], said: str
) -> None:
    response = anna.post("/suggest/Pain", typed(bread, **more))
    assert response.status_code == 422
    html = response.content.decode()
    assert said in html
    assert "Au feu de bois." in html or "text" in more
    assert not Proposal.objects.exists()


def test_it_is_previewed_and_limited(
    bread: WikiPage, alice: User, anna: Client, client_of: Callable[..., Client]
) -> None:
    counters.clear()
    response = anna.post("/suggest/Pain", typed(bread, preview="1", agrees="", message=""))
    assert response.status_code == 200
    assert "<p>Au feu de bois.</p>" in response.content.decode()
    for number in range(5):
        text = text_of(bread).replace("Au four.", f"Au feu {number}.")
        assert anna.post("/suggest/Pain", typed(bread, text=text, name="")).status_code == 302
    response = anna.post("/suggest/Pain", typed(bread))
    assert response.status_code == 429
    assert "Au feu de bois." in response.content.decode()
    assert Proposal.objects.values_list("by_name", flat=True).distinct().get() == "somebody without an account"
    assert client_of(alice).get("/suggest/Pain")["Location"] == "/edit/Pain"
    login = anna.get(anna.get("/edit/Pain")["Location"]).content.decode()
    assert 'href="/suggest/Pain"' in login


def test_the_form_of_the_page_proposes_too(alice: User, anna: Client) -> None:
    text = "---\nkind: Pratique # ici\nPublic: Tous\n---\nUn four.\n"
    page = make_page("Compost", text, by=alice)
    opened = anna.post("/suggest/Compost", typed(page, open="1"))
    assert 'value="Tous"' in opened.content.decode()
    assert opened.context["form"]["text"].value() == "Un four.\n"
    front = opened.context["front"]
    filled = typed(page, front=front, text="Un four.\n") | {"fact-public": "Les lieux"}
    preview = anna.post("/suggest/Compost", filled | {"changes": "1"})
    assert "Les lieux" in str(preview.context["changes"].rows)
    wrong = anna.post("/suggest/Compost", filled | {"fact-cout": "beaucoup"})
    assert wrong.status_code == 422
    assert 'value="beaucoup"' in wrong.content.decode()
    assert not Proposal.objects.exists()
    source = anna.post("/suggest/Compost", filled | {"source": "1"})
    assert source.context["form"]["text"].value() == text.replace("Tous", "Les lieux")
    assert "page_form" not in source.context
    assert anna.post("/suggest/Compost", filled).status_code == 302
    assert Proposal.objects.get().text == text.replace("Tous", "Les lieux")
