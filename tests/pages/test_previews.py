"""What the calls of a text that is not saved answer, for the visual editor: from which facts, and how often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from tests.factories import make_page, make_place
from wiki.accounts import slow_work
from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ClientOf = Callable[..., Client]
ASK = "{{#ask: [[Ville::Lyon]]\n|format=ul\n}}"
ADDRESS = "/preview/calls"


def answers(client: Client, text: str, title: str = "Établi") -> dict[str, str]:
    """Return what the calls of a text answer."""
    response = client.post(ADDRESS, {"text": text, "title": title}, headers={"accept": "application/json"})
    assert response.status_code == 200
    found: dict[str, str] = response.json()["answers"]
    return found


def test_it_answers_queries_values_and_transclusions_by_their_sources(alice: User, client_of: ClientOf) -> None:
    make_page("Four", "---\nVille: Lyon\n---\n# Four\n\n## Bois\n\nDu *hêtre*.", by=alice)
    show, include = "{{#show: Établi |?Ville}}", "{{Four#Bois}}"
    text = f"---\nVille: Brest\n---\nIci {show}.\n\n{ASK}\n\n{include}\n\n" + "{{#set: a=b}}"
    found = answers(client_of(alice), text)
    assert set(found) == {show, ASK, include}
    assert 'href="/wiki/Four"' in found[ASK]
    assert "Du <em>hêtre</em>." in found[include]


def test_it_answers_for_the_place_of_the_page(alice: User, client_of: ClientOf) -> None:
    make_place("Atelier", by=alice)
    make_page("Atelier:Charte", "Nos règles.", by=alice)
    call = "{{Charte}}"
    assert "Nos règles." in answers(client_of(alice), call, "Atelier:Nouvelle")[call]
    assert "Nos règles." not in answers(client_of(alice), call, "Nouvelle")[call]


@pytest.mark.parametrize(
    "text", ["", "{{", "{{#ask: [[Ville::", "Sans appel.", "\x00{{#ask:}}", "{{ }}\r\n\u2028{{Rien|a}}", "{{[[x]]}}"]
)
def test_it_bears_any_text_and_title(anna: AnonymousUser, client_of: ClientOf, text: str) -> None:
    client = client_of(anna)
    answers(client, text)
    answers(client, text, "")
    for title in ("a|b", "../..", "\x00"):
        assert client.post(ADDRESS, {"text": text, "title": title}).status_code in (200, 422)
    assert client.post(ADDRESS).status_code == 200


def test_it_is_slow_work_beside_a_preview(alice: User, client_of: ClientOf, rf: RequestFactory) -> None:
    client = client_of(alice)
    preview: Any
    calls: Any
    preview, calls = rf.get("/"), rf.get("/")
    preview.user = calls.user = alice
    slow_work.begin(preview, "preview")
    answers(client, ASK)
    slow_work.end(preview)
    slow_work.begin(calls, "calls")
    assert client.post(ADDRESS, {"text": ASK}).status_code == 503
    slow_work.end(calls)


def test_it_takes_no_other_method(alice: User, client_of: ClientOf) -> None:
    assert client_of(alice).get(ADDRESS).status_code == 405
