"""The commands for forking and pulling."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.forks.fork_factories import change, make_place, make_practice, text_of
from wiki.accounts.models import User
from wiki.pages import page_lookup
from wiki.pages.models import WikiPage

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Run a command; return its JSON output."""
    call_command(*arguments, "--format", "json")
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def bread(alice: User, bob: User) -> WikiPage:
    """The upstream page, and a place for its fork."""
    make_place("Le Fournil", bob)
    return make_practice(alice)


def test_it_forks_and_pulls(bread: WikiPage, alice: User, charlie: User, capsys: pytest.CaptureFixture[str]) -> None:
    response = run(capsys, "fork", "Pain", "--into", "Le Fournil", "--by", "alice")
    assert (response["title"], response["upstream"]) == ("Le Fournil:Pain", {"title": "Pain", "version": 1})
    fork = page_lookup.find("Le Fournil:Pain", alice)
    assert fork is not None
    assert fork.versions.get(number=1).author == alice
    change(bread, alice, ("le soir", "le matin"))
    response = run(capsys, "pull", "Le Fournil:Pain")
    assert (response["version"], response["changed"], response["behind"], response["clashes"]) == (2, True, 1, [])
    response = run(capsys, "pull", "Le Fournil:Pain")
    assert (response["version"], response["changed"], response["behind"]) == (2, False, 0)
    call_command("fork", "Pain", "--into", "Tout neuf", "--make", "--title", "Miche")
    assert "«Tout neuf:Miche» is a fork of «Pain», version 2." in capsys.readouterr().out


@pytest.mark.parametrize(("side", "words"), [("ours", "Deux nuits"), ("theirs", "Trois nuits"), ("both", "Deux nuits")])
def test_conflicts_stop_it_unless_a_side_is_chosen(
    bread: WikiPage, alice: User, bob: User, capsys: pytest.CaptureFixture[str], side: str, words: str
) -> None:
    call_command("fork", "Pain", "--into", "Le Fournil")
    fork = page_lookup.find("Le Fournil:Pain", bob)
    assert fork is not None
    change(fork, bob, ("Une nuit", "Deux nuits"))
    change(bread, alice, ("Une nuit", "Trois nuits"))
    capsys.readouterr()
    with pytest.raises(CommandError, match="--ours"):
        call_command("pull", "Le Fournil:Pain", "--format", "json")
    response = json.loads(capsys.readouterr().out)
    assert [one["theirs"] for one in response["clashes"]] == ["Trois nuits de repos.\n"]
    assert page_lookup.reload_page(fork.pk).version == 2
    call_command("pull", "Le Fournil:Pain", f"--{side}", "-m", "Suivi")
    assert words in text_of(fork)
    assert ("Trois" in text_of(fork)) == (side != "ours")
    assert fork.versions.get(number=3).comment == "Suivi"


@pytest.mark.parametrize("arguments", [
    ["pull", "Pain"], ["pull", "Rien"], ["pull", "[x]"], ["fork", "Rien", "--into", "Le Fournil"],
    ["fork", "Pain", "--into", "Nulle part"], ["fork", "Pain", "--into", "Le Fournil", "--by", "personne"],
    ["fork", "Pain", "--into", "Le Fournil", "--by", "charlie"], ["fork", "Pain", "--into", "Pain"],
    ["fork", "Pain", "--into", "Le Fournil", "--license", "CC0-1.0"],
])  # fmt: skip
def test_errors_are_reported(bread: WikiPage, charlie: User, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command(*arguments)
    assert WikiPage.objects.count() == 2
