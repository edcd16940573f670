"""Coordinates are a text with a map below it, whose marker is moved by mouse, keys, a commune or one's position."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.forms.scripted_forms import field, open_form

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]
MAP, MARKER = ".form-map", ".form-marker"
COMMUNE = field("commune", "Commune", attributes='data-input="commune"')


def place(value: str = "") -> str:
    return field("place", "Coordonnées", value, 'data-input="coordinates"')


def degrees(tab: Page) -> list[float]:
    return [float(part) for part in tab.input_value("#place").split(", ")]


def choose(tab: Page, name: str) -> None:
    with tab.expect_response("**/communes?**"):
        tab.fill("#commune", name)
    tab.locator("[role=option]").first.click()


def test_the_marker_is_moved_by_keys_and_by_mouse(tab: Page) -> None:
    open_form(tab, place("45.4397, 4.3872"))
    marker = tab.locator(MARKER)
    expect(marker).to_be_visible()
    assert tab.input_value("#place") == "45.4397, 4.3872", "opening changes nothing"
    marker.focus()
    before = marker.bounding_box()
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("ArrowRight")
    tab.wait_for_timeout(400)  # as long as a map that moves
    after = marker.bounding_box()
    assert before is not None
    assert after is not None
    assert (after["x"] - before["x"], after["y"] - before["y"]) == (10, -10), "the map stays"
    up, right = degrees(tab)
    assert 45.4397 < up < 45.442
    assert 4.3872 < right < 4.391
    tab.keyboard.press("Shift+ArrowDown")
    assert 45.4397 < degrees(tab)[0] < up
    box = marker.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 40, y + 60, steps=4)
    tab.mouse.up()
    assert degrees(tab)[0] < 45.4397
    assert degrees(tab)[1] > right


def test_a_click_and_enter_set_a_marker_where_there_was_none(tab: Page) -> None:
    open_form(tab, place())
    expect(tab.locator(f"{MAP} .leaflet-control-zoom")).to_be_visible()
    expect(tab.locator(MARKER)).to_have_count(0)
    tab.locator(MAP).click(position={"x": 300, "y": 100})
    expect(tab.locator(MARKER)).to_be_visible()
    assert 41 < degrees(tab)[0] < 52
    tab.fill("#place", "")
    expect(tab.locator(MARKER)).to_have_count(0)
    tab.locator(MAP).focus()
    tab.keyboard.press("Enter")
    assert degrees(tab) == pytest.approx([46.6, 2.4], abs=0.1)
    assert tab.title() == "Formulaire"


@pytest.mark.parametrize("text", ["45° 26′ 23″ N, 4° 23′ 14″ E", "à Lyon", "95, 4", "45.4", "45.4, 200", "45,4, 4,3"])
def test_a_text_that_the_map_cannot_read_stays(tab: Page, text: str) -> None:
    open_form(tab, place(text))
    expect(tab.locator(f"{MAP} .leaflet-control-zoom")).to_be_visible()
    expect(tab.locator(MARKER)).to_have_count(0)
    assert tab.input_value("#place") == text


def test_what_is_typed_moves_the_marker(tab: Page) -> None:
    open_form(tab, place("45.4397, 4.3872"))
    expect(tab.locator(MARKER)).to_be_visible()
    tab.fill("#place", "48.8566 2.3522")
    expect(tab.locator(MARKER)).to_be_in_viewport()
    assert tab.input_value("#place") == "48.8566 2.3522"


def test_a_commune_moves_the_marker_unless_somebody_placed_it(tab: Page) -> None:
    open_form(tab, COMMUNE, place())
    expect(tab.locator(f"{MAP} .leaflet-control-zoom")).to_be_visible()
    choose(tab, "saint-étienne")
    assert degrees(tab) == pytest.approx([45.44, 4.39], abs=0.02)
    choose(tab, "lyon")
    assert degrees(tab) == pytest.approx([45.76, 4.83], abs=0.02)
    expect(tab.locator(MARKER)).to_be_visible()
    choose(tab, "nouméa")
    assert tab.input_value("#place") == "", "no centre is known"
    tab.fill("#place", "45.7, 4.8")
    choose(tab, "lyon")
    assert tab.input_value("#place") == "45.7, 4.8"


def test_one_s_position_is_used_where_one_asks_for_it(tab: Page) -> None:
    tab.context.grant_permissions(["geolocation"])
    tab.context.set_geolocation({"latitude": 45.75, "longitude": 4.85})
    open_form(tab, place())
    assert tab.input_value("#place") == ""
    tab.get_by_role("button", name="Utiliser ma position").click()
    expect(tab.locator("#place")).to_have_value("45.75, 4.85")
    expect(tab.locator(MARKER)).to_be_visible()


def test_a_refused_position_is_said(tab: Page) -> None:
    tab.context.clear_permissions()
    open_form(tab, place("1, 2"))
    tab.evaluate("navigator.geolocation.getCurrentPosition = (done, failed) => { failed({ code: 1 }); }; 0")
    tab.get_by_role("button", name="Utiliser ma position").click()
    expect(tab.get_by_role("status")).to_have_text("Votre position n’a pas pu être trouvée.")
    assert tab.input_value("#place") == "1, 2"


def test_nothing_outside_is_asked_unless_a_tile_server_is_named(tab: Page) -> None:
    tab.route("https://tiles.example/**", lambda route: route.abort())
    asked = open_form(tab, place("45.4397, 4.3872"))
    expect(tab.locator(MARKER)).to_be_visible()
    tab.wait_for_load_state("networkidle")
    assert {urlsplit(address).hostname for address in asked} == {urlsplit(tab.url).hostname}
    asked = open_form(tab, place("45.4397, 4.3872"), tiles="https://tiles.example/{z}/{x}/{y}.png")
    expect(tab.locator(MARKER)).to_be_visible()
    tab.wait_for_load_state("networkidle")
    assert "tiles.example" in {urlsplit(address).hostname for address in asked}


def test_without_the_map_the_text_is_enough(tab: Page) -> None:
    tab.route("**/build/leaflet/leaflet.js", lambda route: route.abort())
    open_form(tab, place("45.4397, 4.3872"))
    expect(tab.locator(MAP)).to_have_count(1)
    expect(tab.locator(MAP)).to_be_hidden()
    tab.fill("#place", "1, 2")
    tab.get_by_role("button", name="Enregistrer").click()
    tab.wait_for_url("**/sent?place=1%2C+2")


def test_a_folded_field_has_its_map_when_it_is_unfolded(tab: Page) -> None:
    asked = open_form(tab, f"<details><summary>Où</summary>{place('45.4397, 4.3872')}</details>")
    tab.wait_for_load_state("networkidle")
    assert not [
        address for address in asked if "leaflet" in address and address.endswith("leaflet.js") and "build" in address
    ]
    tab.get_by_text("Où").click()
    expect(tab.locator(MARKER)).to_be_visible()
