"""Edit conflicts: a choice for each fact and line, everything else merged, and nothing lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from tests.conftest import PASSWORD
from tests.factories import make_page
from wiki.accounts import slow_work
from wiki.accounts.models import User
from wiki.errors import RateLimitExceeded
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage
from wiki.pages.views import edit, edit_conflicts
from wiki.pages.writing import page_writer
from wiki.pages.writing.page_writer import Author, SaveResult

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]
ClientOf = Callable[..., Client]
ADDRESS = "/edit/Fournil"
BASE = "---\nVille: Lyon\nTéléphone: 01\n---\n# Fournil\n\nOuvert lundi.\n\nDeux fours.\n\nEntrée libre.\n"
THEIRS = BASE.replace("Lyon", "Nice").replace("lundi", "mardi").replace("Deux", "Trois")
MINE = BASE.replace("Lyon", "Brest").replace("lundi", "jeudi").replace("libre", "payante")


@pytest.fixture
def page(alice: User) -> WikiPage:
    """A page by alice."""
    return make_page("Fournil", BASE, by=alice)


def text_of(page: WikiPage) -> str:
    """Return the current text."""
    text: str = page_lookup.reload_page(page.pk).source.text
    return text


def change(page: WikiPage, by: User, text: str) -> None:
    """Save a text as another person, or in another tab."""
    page_writer.edit(page_lookup.reload_page(page.pk), text, Author.of(by))


def save(client: Client, text: str, base: int = 1, **fields: str) -> Any:
    """Send the form of the editor."""
    return client.post(ADDRESS, {"text": text, "base": str(base), "save": "1", **fields})


def posted(response: Any, **fields: str) -> dict[str, str]:
    """Return what the form of conflicts on a screen sends, with these fields."""
    form = response.context["form"]
    names = ("text", "base", "theirs", "sides", "comment")
    return {name: str(form[name].value()).replace("\n", "\r\n") for name in names} | {"save": "1"} | fields


def test_facts_and_lines_are_chosen_one_by_one(page: WikiPage, alice: User, bob: User, client_of: ClientOf) -> None:
    change(page, alice, THEIRS)
    client = client_of(bob, "en")
    response = save(client, MINE, comment="jeudi", minor="on")
    assert response.status_code == 409
    html = response.content.decode()
    assert "2 pieces were changed on both sides" in html
    assert "Fact “Ville”" in html
    for words in ("<del>Lyon</del>", "<ins>Brest</ins>", "<ins>Nice</ins>", "<ins>jeudi</ins>", "<ins>mardi</ins>"):
        assert words in html
    assert "The same words were changed meanwhile" in html
    assert "/contributions/alice" in html
    assert "<time" in html
    assert text_of(page) == THEIRS
    chosen = posted(response, **{"choice-0": "theirs", "choice-1": "own", "own-1": "Ouvert jeudi et mardi.\r\n"})
    assert client.post(ADDRESS, chosen | {"minor": "on"}).headers["location"] == page.get_absolute_url()
    expected = THEIRS.replace("Ouvert mardi.", "Ouvert jeudi et mardi.").replace("libre", "payante")
    assert text_of(page) == expected
    version = page.versions.get(number=3)
    assert (version.comment, version.minor, version.author, version.tags) == ("jeudi", True, bob, [])


@pytest.mark.parametrize(
    ("theirs", "mine", "choice", "expected"),
    [
        ("Ville: Nice", "Ville: Brest", "ours", "Ville: Brest\n"),
        ("Ville: Nice", "Ville: Brest", "both", "Ville:\n- Brest\n- Nice\n"),
        ("Ouvert mardi.", "Ouvert jeudi.", "ours", "\nOuvert jeudi.\n"),
        ("Ouvert mardi.", "Ouvert jeudi.", "theirs", "\nOuvert mardi.\n"),
        ("Ouvert mardi.", "Ouvert jeudi.", "both", "\nOuvert jeudi.\n\nOuvert mardi.\n"),
    ],
)
def test_a_conflict_in_facts_or_in_lines_alone(
    page: WikiPage, alice: User, bob: User, client_of: ClientOf, theirs: str, mine: str, choice: str, expected: str
) -> None:
    old = "Ville: Lyon" if "Ville" in mine else "Ouvert lundi."
    change(page, alice, BASE.replace(old, theirs))
    response = save(client_of(bob), BASE.replace(old, mine))
    assert len(response.context["choices"].items) == 1
    assert client_of(bob).post(ADDRESS, posted(response, **{"choice-0": choice})).status_code == 302
    assert expected in text_of(page)


def test_every_conflict_has_to_be_chosen(page: WikiPage, alice: User, bob: User, client_of: ClientOf) -> None:
    change(page, alice, THEIRS)
    client = client_of(bob, "en")
    chosen = {"choice-0": "ours", "choice-1": "mine", "own-1": "Ouvert un jour sur deux."}
    response = client.post(ADDRESS, posted(save(client, MINE, comment="je change"), **chosen))
    assert response.status_code == 422
    html = response.content.decode()
    assert "Choose for each clash" in html
    assert 'value="ours" checked' in html
    assert "Ouvert un jour sur deux." in html
    assert "je change" in html
    assert text_of(page) == THEIRS


def test_the_whole_text_can_be_opened_with_the_choices(
    page: WikiPage, alice: User, bob: User, client_of: ClientOf
) -> None:
    change(page, alice, THEIRS)
    client = client_of(bob)
    response = client.post(ADDRESS, posted(save(client, MINE, comment="oui"), **{"choice-0": "ours", "whole": "1"}))
    assert response.status_code == 200
    form = response.context["form"]
    expected = BASE.replace("Lyon", "Brest").replace("lundi.", "jeudi.\n\nOuvert mardi.").replace("Deux", "Trois")
    assert form["text"].value() == expected.replace("libre", "payante"), "where nothing is chosen, both are there"
    assert (form["base"].value(), form["comment"].value()) == ("2", "oui")
    assert text_of(page) == THEIRS
    assert save(client, "Tout autre.", 2).status_code == 302
    assert text_of(page) == "Tout autre."


def test_a_second_conflict_is_shown_again(page: WikiPage, alice: User, bob: User, client_of: ClientOf) -> None:
    change(page, alice, THEIRS)
    client = client_of(bob, "en")
    first = save(client, MINE)
    change(page, alice, THEIRS.replace("mardi", "dimanche").replace("# Fournil", "# Le fournil"))
    chosen = {"choice-0": "ours", "choice-1": "own", "own-1": "Ouvert mardi matin.\n"}
    second = client.post(ADDRESS, posted(first, **chosen))
    assert second.status_code == 409
    assert len(second.context["choices"].items) == 1
    html = second.content.decode()
    assert "<ins>dimanche</ins>" in html
    assert "Ouvert mardi<ins> matin</ins>" in html.replace("mardi <ins>matin</ins>", "mardi<ins> matin</ins>")
    assert " checked" not in html.partition('class="clash"')[2].partition("</fieldset>")[0], "chosen for another piece"
    assert client.post(ADDRESS, posted(second, **{"choice-0": "ours"})).status_code == 302
    saved = text_of(page)
    for words in ("Ville: Brest", "Ouvert mardi matin.", "# Le fournil", "Trois fours.", "Entrée payante."):
        assert words in saved


def test_what_does_not_conflict_with_a_later_edit_is_merged(
    page: WikiPage, alice: User, bob: User, client_of: ClientOf
) -> None:
    change(page, alice, THEIRS)
    client = client_of(bob)
    first = save(client, MINE)
    change(page, alice, THEIRS.replace("# Fournil", "# Le fournil"))
    assert client.post(ADDRESS, posted(first, **{"choice-0": "ours", "choice-1": "theirs"})).status_code == 302
    assert text_of(page) == MINE.replace("jeudi", "mardi").replace("Deux", "Trois").replace("# F", "# Le f")


def test_another_tab_of_the_same_person_is_said(page: WikiPage, alice: User, bob: User, client_of: ClientOf) -> None:
    change(page, bob, THEIRS)
    html = save(client_of(bob, "en"), MINE).content.decode()
    assert "You changed the same words in another tab or window" in html
    change(page, alice, THEIRS.replace("mardi", "samedi"))
    html = save(client_of(bob, "en"), MINE).content.decode()
    assert "You changed" not in html
    assert "/contributions/alice" in html
    assert "/contributions/bob" in html


def test_many_versions_are_counted(page: WikiPage, alice: User, bob: User, client_of: ClientOf) -> None:
    for number in range(edit_conflicts.LISTED + 2):
        change(page, alice, THEIRS.replace("01", str(number)))
    response = save(client_of(bob, "en"), MINE)
    assert len(response.context["later"]) == edit_conflicts.LISTED
    assert "and 2 versions before" in response.content.decode()


def test_choices_survive_an_ended_session(
    page: WikiPage, alice: User, bob: User, anna: AnonymousUser, client_of: ClientOf
) -> None:
    change(page, alice, THEIRS)
    first = save(client_of(bob), MINE)
    client = client_of(anna)
    chosen = {"choice-0": "ours", "choice-1": "own", "own-1": "Ouvert quand il fait beau."}
    response = client.post(ADDRESS, posted(first, **chosen))
    assert response.status_code == 403
    form = response.context["form"]
    assert "Ouvert quand il fait beau." in form["text"].value()
    signed_in = {"username": "bob", "password": PASSWORD}
    assert save(client, form["text"].value(), 2, **signed_in).status_code == 302
    assert "Ouvert quand il fait beau." in text_of(page)
    assert page.versions.get(number=3).author == bob


def test_choices_survive_a_session_that_changed(page: WikiPage, alice: User, bob: User, client_of: ClientOf) -> None:
    change(page, alice, THEIRS)
    chosen = posted(save(client_of(bob), MINE), **{"choice-0": "ours", "choice-1": "own", "own-1": "Fermé."})
    response = client_of(bob, "en", enforce_csrf_checks=True).post(ADDRESS, chosen)
    assert response.status_code == 403
    html = response.content.decode()
    assert "Your session changed meanwhile" in html
    assert "Fermé." in html
    assert 'value="ours" checked' in html
    assert text_of(page) == THEIRS


def test_choices_survive_a_busy_server(
    page: WikiPage, alice: User, bob: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(page, alice, THEIRS)
    client = client_of(bob, "en")
    chosen = posted(save(client, MINE), **{"choice-0": "ours", "choice-1": "own", "own-1": "Fermé."})

    def refuse(*_: object) -> None:
        raise RateLimitExceeded("Too much.")

    monkeypatch.setattr(slow_work, "begin", refuse)
    assert client.post(ADDRESS, chosen).status_code == 302, "small texts are no slow work"
    page_writer.edit(page_lookup.reload_page(page.pk), THEIRS, Author.of(alice))
    monkeypatch.setattr(edit_conflicts, "COSTLY_BYTES", 10)
    response = client.post(ADDRESS, chosen)
    assert response.status_code == 429
    html = response.content.decode()
    assert "Too much." in html
    for field in (
        'name="choice-0" hidden aria-label="choice-0">\nours<',
        'name="own-1" hidden aria-label="own-1">\nFermé.<',
        "Entrée payante.",
    ):
        assert field in html
    assert text_of(page) == THEIRS
    response = client_of(bob, "en", enforce_csrf_checks=True).post(ADDRESS, chosen)
    assert response.status_code == 403
    assert "Entrée payante." in response.context["form"]["text"].value()


@pytest.mark.parametrize("theirs", ["", "x", "99", "-1", "9" * 30, "٣"])
def test_versions_that_are_not_there_make_it_an_edit_again(
    page: WikiPage, alice: User, bob: User, client_of: ClientOf, theirs: str
) -> None:
    change(page, alice, THEIRS)
    client = client_of(bob)
    response = client.post(ADDRESS, posted(save(client, MINE), theirs=theirs, **{"choice-0": "ours"}))
    assert response.status_code == 409
    assert response.context["form"]["theirs"].value() == 2


def test_two_people_write_the_same_new_page(alice: User, bob: User, client_of: ClientOf) -> None:
    data = {"base": "0", "license": "CC-BY-SA-4.0", "language": "fr", "save": "1"}
    client_of(alice).post(ADDRESS, data | {"text": "De moi.\n"})
    response = client_of(bob).post(ADDRESS, data | {"text": "De bob.\n"})
    assert response.status_code == 409
    assert "De moi." in response.content.decode()
    assert "De bob." in response.content.decode()
    assert client_of(bob).post(ADDRESS, posted(response, **{"choice-0": "both"})).status_code == 302
    page = page_lookup.find("Fournil", bob)
    assert page is not None
    assert text_of(page) == "De bob.\n\nDe moi.\n"


def test_a_page_that_is_deleted_meanwhile_can_be_written_anew(
    page: WikiPage, alice: User, bob: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = edit.save_edit

    def delete_first(user: User, page: WikiPage | None, title: str, data: dict[str, Any]) -> SaveResult:
        assert page is not None
        page_writer.delete(page_lookup.reload_page(page.pk), Author(None, "script"))
        monkeypatch.setattr(edit, "save_edit", write)
        return write(user, page, title, data)

    monkeypatch.setattr(edit, "save_edit", delete_first)
    client = client_of(bob, "en")
    response = save(client, MINE)
    assert response.status_code == 409
    assert "This page was deleted meanwhile" in response.content.decode()
    form = response.context["form"]
    sent = {name: form[name].value() for name in ("text", "base", "license", "language")}
    assert client.post(ADDRESS, sent).status_code == 302
    assert text_of(page) == MINE
