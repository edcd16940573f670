"""The action API: who may do what, what it answers, and errors in MediaWiki's form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.factories import make_page, make_place
from wiki.pages import page_lookup

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db


def ask(client: Client, **parameters: Any) -> dict[str, Any]:
    """The answer to a GET."""
    answer = client.get("/api.php", {"format": "json", **parameters})
    assert answer.status_code == 200
    return dict(json.loads(answer.content))


def send(client: Client, **parameters: Any) -> dict[str, Any]:
    """The answer to a POST."""
    answer = client.post("/api.php", {"format": "json", **parameters})
    assert answer.status_code == 200
    return dict(json.loads(answer.content))


def token(client: Client) -> str:
    """The token of the client's session."""
    return str(ask(client, action="query", meta="tokens")["query"]["tokens"]["csrftoken"])


def code(answer: dict[str, Any]) -> str:
    """The code of an error."""
    return str(answer["error"]["code"])


def test_it_says_which_action_is_wrong(client: Client) -> None:
    assert code(ask(client, action="fly")) == "badvalue"
    assert code(ask(client)) == "noaction"
    assert code(ask(client, action="query", meta="weather")) == "badvalue"


def test_it_says_errors_in_a_header_and_in_the_language_asked_for(client: Client) -> None:
    answer = client.get("/api.php", {"action": "fly", "uselang": "fr"})
    assert answer.headers["MediaWiki-API-Error"] == "badvalue"
    assert "Valeur" in answer.json()["error"]["info"]


@pytest.mark.parametrize("action", ["edit", "delete", "login", "logout"])
def test_it_changes_nothing_by_an_address(client: Client, action: str) -> None:
    assert code(ask(client, action=action, title="X", text="x", token="+\\")) == "mustbeposted"


def test_it_edits_for_alice_not_for_charlie_nor_anna(client_of: Any, alice: User, charlie: User) -> None:
    writer = client_of(alice)
    told = send(writer, action="edit", title="Outils", text="Un marteau.", summary="début", token=token(writer))
    assert told["edit"]["result"] == "Success"
    assert told["edit"]["new"] == ""
    page = page_lookup.find("Outils", alice)
    assert page is not None
    assert page.source.text == "Un marteau."
    blocked = client_of(charlie)
    assert code(send(blocked, action="edit", title="Outils", text="x", token=token(blocked))) == "blocked"
    stranger = Client()
    assert code(send(stranger, action="edit", title="Outils", text="x", token="+\\")) == "permissiondenied"


def test_it_wants_the_token_of_the_session(client_of: Any, alice: User, bob: User) -> None:
    writer, other = client_of(alice), client_of(bob)
    for wrong in ("", "+\\", token(other)):
        assert code(send(writer, action="edit", title="Outils", text="x", token=wrong)) == "badtoken"
    assert code(send(writer, action="edit", title="Outils", text="x")) == "missingparam"
    assert page_lookup.find("Outils", alice) is None


def test_it_takes_no_secret_in_the_address(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    answer = writer.post("/api.php?action=edit&title=X&token=abc", {"text": "x"})
    assert code(answer.json()) == "mustpostparams"


def test_it_knows_nobody_from_another_site(client_of: Any, alice: User) -> None:
    answer = client_of(alice).get("/api.php", {"action": "query", "meta": "userinfo", "origin": "*"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "anon" in answer.json()["query"]["userinfo"]
    assert "Access-Control-Allow-Origin" not in client_of(alice).get("/api.php", {"action": "query"}).headers


def test_it_creates_only_and_never_creates_as_asked(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    own = token(writer)
    assert code(send(writer, action="edit", title="Là", text="x", nocreate="1", token=own)) == "missingtitle"
    make_page("Ici", by=alice)
    assert code(send(writer, action="edit", title="Ici", text="x", createonly="1", token=own)) == "articleexists"


def test_it_tells_that_nothing_changed(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    make_page("Ici", "Un texte.", by=alice)
    assert send(writer, action="edit", title="Ici", text="Un texte.", token=token(writer))["edit"]["nochange"] == ""


def test_it_checks_the_sum_of_the_text(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    assert code(send(writer, action="edit", title="Ici", text="x", md5="0" * 32, token=token(writer))) == "badmd5"


def test_it_refuses_titles_that_are_none(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    assert code(send(writer, action="edit", title="<b>", text="x", token=token(writer))) == "invalidtitle"


def test_it_deletes_for_stewards_only(client_of: Any, alice: User, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    make_page("Brouillon", place=place)
    writer, steward = client_of(alice), client_of(bob)
    wanted = {"action": "delete", "title": "Atelier:Brouillon", "reason": "vide"}
    assert code(send(writer, token=token(writer), **wanted)) == "permissiondenied"
    assert send(steward, token=token(steward), **wanted)["delete"]["title"] == "Atelier:Brouillon"
    assert code(send(steward, token=token(steward), **wanted)) == "missingtitle"


def test_it_says_who_and_what_it_is(client_of: Any, bob: User) -> None:
    props = "general|namespaces|namespacealiases|statistics|rightsinfo"
    wanted = {"meta": "userinfo|siteinfo", "uiprop": "groups|rights", "siprop": props, "formatversion": "2"}
    told = ask(client_of(bob), action="query", **wanted)["query"]
    assert told["userinfo"]["name"] == "bob"
    assert "edit" in told["userinfo"]["rights"]
    assert told["general"]["generator"].startswith("MediaWiki ")
    assert told["namespaces"]["14"]["canonical"] == "Category"
    assert any(row["alias"] == "Catégorie" for row in told["namespacealiases"])
    assert told["rightsinfo"]["url"].startswith("https://")


def test_it_shows_current_texts_and_says_what_is_missing(client: Client) -> None:
    make_page("Établi", "Un établi.")
    told = ask(client, action="query", titles="Établi|Nulle part|<b>", prop="info|revisions", rvprop="content|ids",
               rvslots="main", formatversion="2")["query"]["pages"]  # fmt: skip
    here = next(page for page in told if page["title"] == "Établi")
    assert here["revisions"][0]["slots"]["main"]["content"] == "Un établi."
    assert here["lastrevid"] == here["revisions"][0]["revid"]
    assert next(page for page in told if page["title"] == "Nulle part")["missing"] is True
    assert next(page for page in told if page["title"] == "<b>")["invalid"] is True


def test_it_shows_no_deleted_page(client: Client, bob: User) -> None:
    from wiki.pages.models import PageVersion
    from wiki.pages.writing import page_writer

    place = make_place("Atelier", by=bob)
    page = make_page("Secret", "Le mot secret.", place=place)
    number = PageVersion.objects.get(page=page, number=1).pk
    page_writer.delete(page, page_writer.Author.of(bob))
    for wanted in ({"titles": "Atelier:Secret"}, {"pageids": page.pk}, {"revids": number}):
        told = json.dumps(ask(client, action="query", prop="revisions", rvprop="content", **wanted), ensure_ascii=False)
        assert "Le mot secret" not in told


@pytest.mark.parametrize(
    "odd", ["\x00", "\ud800", "x" * 100_000, "[[", "-1", "9" * 40, "|" * 60, "\x1f" * 5, "{}", "[]"]
)
def test_it_answers_odd_values_with_200_and_json(client: Client, odd: str) -> None:
    odd = odd.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    for wanted in (
        {"action": "query", "titles": odd}, {"action": "query", "pageids": odd}, {"action": "query", "meta": odd},
        {"action": "ask", "query": odd}, {"action": "askargs", "conditions": odd, "printouts": odd},
        {"action": "smwbrowse", "browse": "property", "params": odd}, {"action": "smwbrowse", "browse": odd},
        {"action": "smwbrowse", "browse": "subject", "params": json.dumps({"subject": odd, "ns": odd})},
        {"action": "smwbrowse", "browse": "pvalue", "params": json.dumps({"property": odd, "limit": odd})},
        {"action": "smwinfo", "info": odd},
        {"action": "query", "revids": odd}, {"action": "edit", "title": odd}, {"action": "login", "lgname": odd},
        {"action": odd},
    ):  # fmt: skip
        assert isinstance(send(client, **wanted), dict)
