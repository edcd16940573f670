"""Forks that stay in touch, as people live it: a pull with a clash, a proposal, the original that takes it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_story import follow, sign_in
from tests.forks.making import change, make_fork, make_practice, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_fork_takes_in_and_gives_back(tab: Page, alice: User, bob: User) -> None:
    bread = make_practice(alice)
    fork = make_fork(bread, "Le Fournil", bob)
    change(bread, alice, ("Ville: Lyon", "Ville: Nice"), ("Une nuit", "Trois nuits"), ("le soir", "le matin"))
    change(fork, bob, ("Une nuit", "Deux nuits"), ("Au four.", "Au four, chaud."))
    sign_in(tab, "bob")
    tab.goto("/wiki/Le_Fournil:Pain")
    expect(tab.locator(".box-fork")).to_contain_text("1 version qui n’est pas encore ici")
    follow(tab, "text=Voir ce qui a bougé")
    follow(tab, "text=Reprendre…")
    expect(tab.locator(".clash")).to_have_count(1)
    expect(tab.locator(".clash-own")).not_to_be_visible()
    tab.check("input[value=own]")
    tab.fill(".clash-own", "Quatre nuits de repos.")
    follow(tab, "button[name=save]")
    for words in ("Ville: Nice", "Quatre nuits de repos.", "le matin", "Au four, chaud."):
        assert words in text_of(fork)
    tab.goto("/touch/Le_Fournil:Pain")
    follow(tab, "text=Proposer à l’original ce qui a été changé ici")
    tab.fill("textarea[name=message]", "Quatre nuits valent mieux.")
    tab.locator("input[name=hunk]").last.uncheck()
    follow(tab, "main button[type=submit]")
    expect(tab.locator(".box-fork")).to_contain_text("en attente")
    proposal = tab.url
    tab.context.clear_cookies()
    sign_in(tab, "alice")
    tab.goto("/wiki/Pain")
    follow(tab, "text=1 proposition attend")
    follow(tab, "text=Quatre nuits valent mieux.")
    assert tab.url == proposal
    follow(tab, "button[value=accept]")
    assert "Quatre nuits de repos." in text_of(bread)
    assert "Au four." in text_of(bread)
    assert bread.versions.get(number=3).author == bob
