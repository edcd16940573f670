"""The action API: permissions, results, and errors in MediaWiki's format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.factories import make_page, make_place
from wiki.pages import page_lookup
from wiki.pages.models import PageVersion, WikiPage

if TYPE_CHECKING:
    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db


def get(client: Client, **parameters: Any) -> dict[str, Any]:
    """Return the response to a GET request."""
    response = client.get("/api.php", {"format": "json", **parameters})
    assert response.status_code == 200
    return dict(json.loads(response.content))


def post(client: Client, **parameters: Any) -> dict[str, Any]:
    """Return the response to a POST request."""
    response = client.post("/api.php", {"format": "json", **parameters})
    assert response.status_code == 200
    return dict(json.loads(response.content))


def token(client: Client) -> str:
    """Return the CSRF token of the client's session."""
    return str(get(client, action="query", meta="tokens")["query"]["tokens"]["csrftoken"])


def code(response: dict[str, Any]) -> str:
    """Return the code of an error."""
    return str(response["error"]["code"])


def test_unknown_actions_and_formats_are_refused(client: Client) -> None:
    assert code(get(client, action="fly")) == "badvalue"
    assert code(get(client)) == "noaction"
    assert code(get(client, action="query", format="xml")) == "badvalue"
    assert code(get(client, action="query", formatversion="3")) == "badvalue"


def test_errors_are_in_a_header_and_in_the_requested_language(client: Client) -> None:
    response = client.get("/api.php", {"action": "fly", "uselang": "fr"})
    assert response.headers["MediaWiki-API-Error"] == "badvalue"
    assert "Valeur" in response.json()["error"]["info"]


def test_an_unknown_language_is_named(client: Client) -> None:
    warning = client.get("/api.php", {"action": "query", "uselang": "de"}, headers={"Accept-Language": "en"}).json()
    assert warning["warnings"] == {"main": {"*": 'Unrecognized value for parameter "uselang": de.'}}


@pytest.mark.parametrize("action", ["edit", "delete", "login", "logout"])
def test_actions_that_write_need_a_post(client: Client, action: str) -> None:
    assert code(get(client, action=action, title="X", text="x", token="+\\")) == "mustbeposted"


def test_only_users_who_are_not_blocked_may_edit(client_of: Any, alice: User, charlie: User) -> None:
    writer = client_of(alice)
    result = post(writer, action="edit", title="Outils", text="Un marteau.", summary="début", token=token(writer))
    assert result["edit"]["result"] == "Success"
    assert result["edit"]["new"] == ""
    page = page_lookup.find("Outils", alice)
    assert page is not None
    assert page.source.text == "Un marteau."
    blocked = client_of(charlie)
    assert code(post(blocked, action="edit", title="Outils", text="x", token=token(blocked))) == "blocked"
    stranger = Client()
    assert code(post(stranger, action="edit", title="Outils", text="x", token="+\\")) == "permissiondenied"


def test_the_token_of_the_session_is_required(client_of: Any, alice: User, bob: User) -> None:
    writer, other = client_of(alice), client_of(bob)
    for wrong_token in ("", "+\\", token(other)):
        assert code(post(writer, action="edit", title="Outils", text="x", token=wrong_token)) == "badtoken"
    assert code(post(writer, action="edit", title="Outils", text="x")) == "missingparam"
    assert page_lookup.find("Outils", alice) is None


def test_secrets_in_the_query_string_are_rejected(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    response = writer.post("/api.php?action=edit&title=X&token=abc", {"text": "x"})
    assert code(response.json()) == "mustpostparams"


def test_requests_of_any_origin_are_anonymous(client_of: Any, alice: User) -> None:
    response = client_of(alice).get("/api.php", {"action": "query", "meta": "userinfo", "origin": "*"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "anon" in response.json()["query"]["userinfo"]
    assert "Access-Control-Allow-Origin" not in client_of(alice).get("/api.php", {"action": "query"}).headers


def test_createonly_and_nocreate(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    own_token = token(writer)
    assert code(post(writer, action="edit", title="Là", text="x", nocreate="1", token=own_token)) == "missingtitle"
    make_page("Ici", by=alice)
    assert code(post(writer, action="edit", title="Ici", text="x", createonly="1", token=own_token)) == "articleexists"


def test_an_edit_without_changes_is_reported(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    make_page("Ici", "Un texte.", by=alice)
    assert post(writer, action="edit", title="Ici", text="Un texte.", token=token(writer))["edit"]["nochange"] == ""


def test_the_md5_of_the_text_is_checked(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    assert code(post(writer, action="edit", title="Ici", text="x", md5="0" * 32, token=token(writer))) == "badmd5"


def test_the_licence_of_a_new_page(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    parameters = {"action": "edit", "title": "Pain", "token": token(writer), "uselang": "en"}
    assert code(post(writer, text="De la farine.", license="Nonsense-1.0", **parameters)) == "refused"
    assert not WikiPage.objects.filter(full_title="Pain").exists()
    assert post(writer, text="De la farine.", license="cc0-1.0", **parameters)["edit"]["result"] == "Success"
    assert WikiPage.objects.get(full_title="Pain").license == "CC0-1.0"
    assert post(writer, text="Du sel.", license="CC0-1.0", **parameters)["edit"]["result"] == "Success"
    assert code(post(writer, text="De l’eau.", license="CC-BY-4.0", **parameters)) == "unsupportedparam"
    assert code(post(writer, appendtext="De l’eau.", license="CC-BY-4.0", **parameters)) == "unsupportedparam"
    assert WikiPage.objects.get(full_title="Pain").source.text == "Du sel."


def test_a_comment_is_kept_whole(client_of: Any, bob: User) -> None:
    make_page("Brouillon", place=make_place("Atelier", by=bob))
    steward = client_of(bob)
    parameters = {"title": "Atelier:Brouillon", "token": token(steward), "uselang": "en"}
    edited = post(steward, action="edit", text="x", summary="s" * 700, **parameters)
    assert "warnings" not in edited
    assert PageVersion.objects.get(pk=edited["edit"]["newrevid"]).comment == "s" * 700
    assert code(post(steward, action="edit", text="y", summary="s" * 10_001, **parameters)) == "refused"
    deleted = post(steward, action="delete", reason="r" * 700, **parameters)
    assert deleted["delete"]["reason"] == "r" * 700


def test_invalid_titles_are_rejected(client_of: Any, alice: User) -> None:
    writer = client_of(alice)
    assert code(post(writer, action="edit", title="<b>", text="x", token=token(writer))) == "invalidtitle"


def test_only_stewards_may_delete(client_of: Any, alice: User, bob: User) -> None:
    place = make_place("Atelier", by=bob)
    make_page("Brouillon", place=place)
    writer, steward = client_of(alice), client_of(bob)
    parameters = {"action": "delete", "title": "Atelier:Brouillon", "reason": "vide"}
    assert code(post(writer, token=token(writer), **parameters)) == "permissiondenied"
    assert post(steward, token=token(steward), **parameters)["delete"]["title"] == "Atelier:Brouillon"
    assert code(post(steward, token=token(steward), **parameters)) == "missingtitle"


def test_userinfo_and_siteinfo(client_of: Any, bob: User) -> None:
    props = "general|namespaces|namespacealiases|statistics|rightsinfo"
    parameters = {"meta": "userinfo|siteinfo", "uiprop": "groups|rights", "siprop": props, "formatversion": "2"}
    result = get(client_of(bob), action="query", **parameters)["query"]
    assert result["userinfo"]["name"] == "bob"
    assert "edit" in result["userinfo"]["rights"]
    assert result["general"]["generator"].startswith("MediaWiki ")
    assert result["namespaces"]["14"]["canonical"] == "Category"
    assert any(row["alias"] == "Catégorie" for row in result["namespacealiases"])
    assert result["rightsinfo"]["url"].startswith("https://")


def test_user_groups_have_the_rights_of_their_members(client_of: Any, alice: User) -> None:
    parameters = {"meta": "userinfo|siteinfo", "uiprop": "rights", "siprop": "usergroups"}
    for client, group in ((Client(), "*"), (client_of(alice), "user")):
        result = get(client, action="query", **parameters)["query"]
        assert {row["name"]: row["rights"] for row in result["usergroups"]}[group] == result["userinfo"]["rights"]
    alice.is_superuser = True
    alice.save()
    result = get(client_of(alice), action="query", **parameters)["query"]
    assert {row["name"]: row["rights"] for row in result["usergroups"]}["sysop"] == result["userinfo"]["rights"]


def test_pages_are_returned_and_missing_titles_reported(client: Client) -> None:
    make_page("Établi", "Un établi.")
    result = get(client, action="query", titles="Établi|Nulle part|<b>", prop="info|revisions", rvprop="content|ids",
               rvslots="main", formatversion="2")["query"]["pages"]  # fmt: skip
    page = next(page for page in result if page["title"] == "Établi")
    assert page["revisions"][0]["slots"]["main"]["content"] == "Un établi."
    assert page["lastrevid"] == page["revisions"][0]["revid"]
    assert next(page for page in result if page["title"] == "Nulle part")["missing"] is True
    assert next(page for page in result if page["title"] == "<b>")["invalid"] is True


def test_deleted_pages_are_not_returned(client: Client, bob: User) -> None:
    from wiki.pages.models import PageVersion
    from wiki.pages.writing import page_writer

    place = make_place("Atelier", by=bob)
    page = make_page("Secret", "Le mot secret.", place=place)
    number = PageVersion.objects.get(page=page, number=1).pk
    page_writer.delete(page, page_writer.Author.of(bob))
    for parameters in ({"titles": "Atelier:Secret"}, {"pageids": page.pk}, {"revids": number}):
        result = json.dumps(
            get(client, action="query", prop="revisions", rvprop="content", **parameters), ensure_ascii=False
        )
        assert "Le mot secret" not in result


@pytest.mark.parametrize(
    "value", ["\x00", "\ud800", "x" * 100_000, "[[", "-1", "9" * 40, "|" * 60, "\x1f" * 5, "{}", "[]"]
)
def test_odd_values_are_answered_with_200_and_json(client: Client, value: str) -> None:
    value = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    for parameters in (
        {"action": "query", "titles": value}, {"action": "query", "pageids": value}, {"action": "query", "meta": value},
        {"action": "ask", "query": value}, {"action": "askargs", "conditions": value, "printouts": value},
        {"action": "smwbrowse", "browse": "property", "params": value}, {"action": "smwbrowse", "browse": value},
        {"action": "smwbrowse", "browse": "subject", "params": json.dumps({"subject": value, "ns": value})},
        {"action": "smwbrowse", "browse": "pvalue", "params": json.dumps({"property": value, "limit": value})},
        {"action": "smwinfo", "info": value},
        {"action": "query", "revids": value}, {"action": "edit", "title": value}, {"action": "login", "lgname": value},
        {"action": value},
    ):  # fmt: skip
        assert isinstance(post(client, **parameters), dict)


@pytest.mark.parametrize(
    ("query", "warned"),
    [
        ("action=query&meta=siteinfo&siprop=general&formatversion=2", None),
        ("action=query&titles=Pain&prop=info&rvuser=alice&formatversion=2", "Unrecognized parameter: rvuser."),
        ("action=query&titles=Pain&prop=revisions&rvuser=alice&formatversion=2", None),
        ("action=query&meta=siteinfo&callback=f&formatversion=2", "Unrecognized parameter: callback."),
        ("action=query&errorformat=html&formatversion=2", 'Unrecognized value for parameter "errorformat": html.'),
        ("action=query&meta=tokens&nonsense=1&Bizarre=&formatversion=2", "Unrecognized parameters: Bizarre, nonsense."),
    ],
)
def test_it_warns_of_parameters_that_it_ignores(client: Client, query: str, warned: str | None) -> None:
    response = client.get(f"/api.php?format=json&uselang=en&{query}").json()
    assert response.get("warnings") == (warned and {"main": {"warnings": warned}})
