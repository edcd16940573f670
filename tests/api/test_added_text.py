"""`action=edit` with `appendtext` or `prependtext`: text is added to what is there at the moment of the write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.api.test_api import code, post, token
from tests.factories import make_page
from wiki.accounts.models import User
from wiki.errors import EditConflict, NotAllowed, Refused
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, EditSummary
from wiki.text.markup.markdown_parser import TEXT_LIMIT

pytestmark = pytest.mark.django_db
SCRIPT = Author(None, "script")


def text_of(title: str) -> str | None:
    """Return the text of a page."""
    page = page_lookup.find(title, AnonymousUser())
    assert page is not None
    return page.source.text


def write_first(others: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run `others` once, before the next write of the page writer."""
    store = page_writer.store

    def store_after_others(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(page_writer, "store", store)
        others()
        return store(*arguments, **options)

    monkeypatch.setattr(page_writer, "store", store_after_others)


def test_text_is_added_at_both_ends(client_of: Any, alice: User) -> None:
    make_page("Outils", "Un marteau.\n")
    writer = client_of(alice)
    edit = post(
        writer, action="edit", title="Outils", prependtext="Liste.\n", appendtext="Une scie.\n", token=token(writer)
    )["edit"]
    assert text_of("Outils") == "Liste.\nUn marteau.\nUne scie.\n"
    versions = {version.number: version.pk for version in WikiPage.objects.get(full_title="Outils").versions.all()}
    assert (edit["oldrevid"], edit["newrevid"]) == (versions[1], versions[2])
    unchanged = post(writer, action="edit", title="Outils", appendtext="", token=token(writer))["edit"]
    assert unchanged["nochange"] == ""


@pytest.mark.parametrize(("before", "after"), [("", "Une scie.\n"), ("Une scie.\n", "")])
def test_what_others_add_meanwhile_is_kept(
    client_of: Any, alice: User, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    page = make_page("Outils", "Un marteau.\n")
    writer = client_of(alice)
    page_token = token(writer)
    write_first(lambda: page_writer.add_text(page, SCRIPT, EditSummary(), "Un four.\n", "Un pétrin.\n"), monkeypatch)
    edit = post(writer, action="edit", title="Outils", prependtext=before, appendtext=after, token=page_token)["edit"]
    assert edit["result"] == "Success"
    assert text_of("Outils") == f"{before}Un four.\nUn marteau.\nUn pétrin.\n{after}"
    assert edit["oldrevid"] == page.versions.get(number=2).pk


def test_text_is_added_to_a_page_that_others_create_meanwhile(
    client_of: Any, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = client_of(alice)
    write_first(lambda: page_writer.create("Outils", "Un marteau.\n", SCRIPT), monkeypatch)
    edit = post(writer, action="edit", title="Outils", appendtext="Une scie.\n", token=token(writer))["edit"]
    assert text_of("Outils") == "Un marteau.\nUne scie.\n"
    assert "new" not in edit


@pytest.mark.parametrize("parameters", [{"appendtext": "Une scie.", "createonly": "1"}, {"text": "Une scie."}])
def test_a_text_that_is_not_added_is_refused_for_a_page_created_meanwhile(
    client_of: Any, alice: User, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, str]
) -> None:
    writer = client_of(alice)
    write_first(lambda: page_writer.create("Outils", "Un marteau.\n", SCRIPT), monkeypatch)
    answer = post(writer, action="edit", title="Outils", token=token(writer), **parameters)
    assert code(answer) == "articleexists"
    assert text_of("Outils") == "Un marteau.\n"


def test_nothing_is_added_to_a_deleted_page(monkeypatch: pytest.MonkeyPatch) -> None:
    page = make_page("Outils", "Un marteau.\n")
    write_first(lambda: page_writer.delete(page, SCRIPT), monkeypatch)
    with pytest.raises(EditConflict) as caught:
        page_writer.add_text(page, SCRIPT, EditSummary(), after="Une scie.\n")
    assert caught.value.mine == "Une scie.\n"


def test_the_size_of_the_whole_text_is_limited() -> None:
    page = make_page("Outils", "a" * TEXT_LIMIT)
    with pytest.raises(Refused):
        page_writer.add_text(page, SCRIPT, EditSummary(), after="b")


def test_only_users_who_are_not_blocked_may_add(client_of: Any, alice: User, charlie: User) -> None:
    page = make_page("Outils", "Un marteau.\n")
    blocked = client_of(charlie)
    assert code(post(blocked, action="edit", title="Outils", appendtext="x", token=token(blocked))) == "blocked"
    assert code(post(Client(), action="edit", title="Outils", appendtext="x", token="+\\")) == "permissiondenied"
    with pytest.raises(NotAllowed):
        page_writer.add_text(page, Author.of(charlie), EditSummary(), after="x")
    assert text_of("Outils") == "Un marteau.\n"


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("parameters", "error"), [({}, "notext"), ({"appendtext": "x", "section": "1"}, "unsupportedparam")]
)
def test_a_request_without_text_or_for_a_section_is_refused(
    client_of: Any, alice: User, parameters: dict[str, str], error: str
) -> None:
    make_page("Outils", "Un marteau.\n")
    writer = client_of(alice)
    assert code(post(writer, action="edit", title="Outils", token=token(writer), **parameters)) == error
    assert text_of("Outils") == "Un marteau.\n"
