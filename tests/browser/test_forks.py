"""Forks in a browser: a pull with a conflict, a proposal that is accepted, the fork of a place, the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_story import follow, sign_in, write
from tests.forks.fork_factories import change, make_fork, make_page, make_place, make_practice, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]


def test_pull_with_a_conflict_and_proposal(tab: Page, alice: User, bob: User) -> None:
    bread = make_practice(alice)
    fork = make_fork(bread, "Le Fournil", bob)
    change(bread, alice, ("Ville: Lyon", "Ville: Nice"), ("Une nuit", "Trois nuits"), ("le soir", "le matin"))
    change(fork, bob, ("Une nuit", "Deux nuits"), ("Au four.", "Au four, chaud."))
    sign_in(tab, "bob")
    tab.goto("/wiki/Le_Fournil:Pain")
    expect(tab.locator(".box-fork")).to_contain_text("1 version qui n’est pas encore ici")
    follow(tab, "text=Voir ce qui a bougé")
    follow(tab, "text=Mettre à jour…")
    expect(tab.locator(".clash")).to_have_count(1)
    expect(tab.locator(".clash-own")).not_to_be_visible()
    tab.check("input[value=own]")
    tab.fill(".clash-own", "Quatre nuits de repos.")
    follow(tab, "button[name=save]")
    for text in ("Ville: Nice", "Quatre nuits de repos.", "le matin", "Au four, chaud."):
        assert text in text_of(fork)
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


def test_fork_of_a_whole_place_and_network_map(tab: Page, bob: User) -> None:
    make_page("Property:Coordonnées", "---\nHas type: Geographic coordinates\n---")
    place = make_place(
        "La Myne", by=bob, text="---\nNature: Lieu\nCoordonnées: 45.76, 4.88\n---\nUn lieu, avec [[Charte]]."
    )
    make_page("Charte", "---\nLieu: La Myne\n---\nNotre charte, voir [[La Myne:Clés]].", by=bob, place=place)
    make_page("Clés", "Qui a les clés ?", by=bob, place=place)
    sign_in(tab, "bob")
    tab.goto("/fork/La_Myne")
    tab.fill("input[name=new_place]", "Le Phare")
    tab.get_by_label("La Myne:Clés").uncheck()
    follow(tab, "main form.form-card button[type=submit]")
    expect(tab.locator("body")).to_contain_text("2 pages sont maintenant dans votre lieu")
    assert tab.url.endswith("/wiki/Le_Phare")
    tab.goto("/wiki/Le_Phare:Charte")
    expect(tab.locator("article a").first).to_have_attribute("href", "/wiki/La_Myne:Cl%C3%A9s")
    expect(tab.locator(".facts")).to_contain_text("Le Phare")
    tab.goto("/edit/Le_Phare")
    write(tab, "---\nNature: Lieu\nCoordonnées: 47.21, -1.55\n---\nUn autre lieu, avec [[Charte]].")
    tab.goto("/forks/La_Myne:Charte")
    expect(tab.locator(".ask-ground .ask-marker")).to_have_count(2)
    tab.locator(".ask-ground .ask-marker").first.press("Enter")
    expect(tab.locator(".leaflet-popup a").first).to_be_visible()
    expect(tab.locator(".family-tree circle")).to_have_count(2)
    expect(tab.get_by_role("img", name="Arbre de la famille")).to_be_visible()
