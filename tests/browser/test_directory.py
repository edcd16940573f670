"""A directory in a browser: facets answer at once, the map asks for its markers, all of it on a phone too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.factories import make_page, make_place

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]


@pytest.fixture
def places(bob: User) -> None:
    make_page("Property:Coordonnées", "---\nHas type: Geographic coordinates\n---\n")
    for name, town, service, point in (
        ("Atelier", "Saint-Étienne", "Laser", "45.43, 4.39"),
        ("Bocal", "Lyon", "Café", "45.75, 4.85"),
        ("Cale", "Brest", "Café", "48.39, -4.49"),
    ):
        text = f"---\nVille: {town}\nServices: {service}\nCoordonnées: {point}\n---\nUn lieu."
        make_place(name, bob, text)


def titles(tab: Page) -> list[str]:
    return tab.locator(".directory-entry h2").all_inner_texts()


def test_facets_map_and_address(tab: Page, live_server: Any, places: None) -> None:
    hosts: set[str] = set()
    tab.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    tab.goto("/directory/place")
    expect(tab.locator(".directory-marker")).to_have_text("2")  # Saint-Étienne and Lyon
    tab.get_by_label("Café").check()
    expect(tab.locator("[data-part=count]")).to_have_text("2 pages")
    assert titles(tab) == ["Bocal", "Cale"]
    expect(tab.get_by_label("Café")).to_be_focused()  # one goes on with the keyboard
    expect(tab.locator(".ask-marker")).to_have_count(2)
    assert parse_qs(urlsplit(tab.url).query)["services"] == ["Café"]
    tab.fill("[name=near]", "Brest")
    tab.press("[name=near]", "Enter")
    expect(tab.locator(".directory-entry h2").first).to_have_text("Cale")
    tab.go_back()
    expect(tab.locator(".directory-entry h2").first).to_have_text("Bocal")
    expect(tab.locator("[name=near]")).to_have_value("")
    tab.reload()
    expect(tab.get_by_label("Café")).to_be_checked()

    with tab.expect_response(lambda answer: "/markers?" in answer.url):
        tab.locator(".leaflet-control-zoom-in").click()
    for _ in range(3):
        with tab.expect_response(lambda answer: "/markers?" in answer.url):
            tab.locator(".leaflet-control-zoom-out").click()
    marker = tab.locator(".leaflet-marker-icon[title=Cale]")
    marker.click()
    expect(tab.locator(".directory-popup a")).to_have_attribute("href", "/wiki/Cale")
    tab.evaluate("document.querySelector('[data-only-here]').click()")
    expect(tab.locator(".directory-chosen")).to_contain_text("cette partie de la carte")
    assert "bbox=" in tab.url
    assert hosts == {urlsplit(live_server.url).netloc}

    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto("/directory/place")
    expect(tab.locator("[data-ground]")).to_be_hidden()
    assert titles(tab) == ["Atelier", "Bocal", "Cale"]
    tab.click("[data-map-switch]")
    expect(tab.locator(".leaflet-marker-icon")).to_have_count(2)
    tab.click(".directory-facets > summary")
    tab.get_by_label("Laser").check()
    expect(tab.locator("[data-part=count]")).to_have_text("1 page")
    expect(tab.get_by_label("Laser")).to_be_visible()  # the filters stay open
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
