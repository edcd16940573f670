"""Query results in a browser: maps with clusters and popups, sortable tables, and both without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from movilab.env_settings import Tiles
from tests.ask.formats.building import column, number, place, render_in_page, result, text
from tests.ask.formats.standing import open_page
from tests.map_archives import EAST, PNG_TILES, tile, write_archive

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]

HOSTILE = "<img src=x onerror=alert(1)>"


def map_of_france(**parameters: str) -> str:
    rows = [
        ("La Filature", [[place(45.76, 4.86)], [text(HOSTILE)]]),
        ("L’Atelier", [[place(45.75, 4.85)], [text("Lyon")]]),
        ("Le Port", [[place(48.39, -4.49)], [text("Brest")]]),
    ]
    return render_in_page(result(rows, [column("Lieu", "_geo"), column("Ville")], format="map", **parameters))


def watch(tab: Page) -> list[str]:
    """Return a list that collects the hosts that the tab sends requests to."""
    hosts: list[str] = []
    tab.on("request", lambda request: hosts.append(urlsplit(request.url).netloc))
    return hosts


def expand(tab: Page, marker: str) -> None:
    """Click a cluster until it expands: a click while the map moves counts as the end of a drag."""
    for _ in range(20):
        if tab.locator(marker).count():
            break
        if tab.locator(".ask-cluster").count():
            tab.locator(".ask-cluster").first.click()
        tab.wait_for_timeout(700)
    tab.wait_for_selector(marker)


def test_map_with_clusters_and_popups(tab: Page, live_server: Any) -> None:
    hosts = watch(tab)
    open_page(tab, map_of_france())
    tab.wait_for_selector(".ask-cluster")
    expect(tab.locator(".ask-cluster")).to_have_text("2")
    expect(tab.locator(".ask-ground")).to_have_attribute("aria-label", "Carte de 3 lieux")
    tab.locator(".ask-marker[title='Le Port']").press("Enter")
    popup = tab.locator(".ask-popup")
    expect(popup.locator("a")).to_have_attribute("href", "/wiki/Le_Port")
    expect(popup).to_contain_text("Brest")
    expand(tab, ".ask-marker[title='La Filature']")
    tab.locator(".ask-marker[title='La Filature']").press("Enter")
    tab.wait_for_selector(f".ask-popup >> text={HOSTILE}")
    expect(tab.locator(".ask-popup img")).to_have_count(0)
    assert set(hosts) == {urlsplit(live_server.url).netloc}


def test_map_has_a_list_of_places(tab: Page) -> None:
    open_page(tab, map_of_france())
    tab.wait_for_selector(".ask-ground")
    expect(tab.locator(".ask-places")).not_to_be_visible()
    tab.click(".ask-map summary")
    expect(tab.locator(".ask-places li:visible")).to_have_count(3)


def test_map_without_clusters(tab: Page) -> None:
    open_page(tab, map_of_france(cluster="no", zoom="4"))
    tab.wait_for_selector(".ask-marker")
    expect(tab.locator(".ask-marker")).to_have_count(3)
    expect(tab.locator(".ask-cluster")).to_have_count(0)


def test_the_configured_tile_server_is_used(tab: Page, settings: Any) -> None:
    settings.TILES = Tiles("https://tile.invalid/{z}/{x}/{y}.png", "© <b>Nous", "https://tile.invalid")
    requests: list[str] = []
    tab.route("https://tile.invalid/**", lambda route: (requests.append(route.request.url), route.abort())[1])
    open_page(tab, map_of_france())
    tab.wait_for_selector(".leaflet-tile", state="attached")
    tab.wait_for_timeout(300)
    assert requests
    assert requests[0].endswith(".png")
    expect(tab.locator(".leaflet-control-attribution")).to_have_text("© <b>Nous")


COLOUR = """([selector, x, y]) => {
    const ground = document.querySelector(".ask-ground")?.getBoundingClientRect() ?? new DOMRect();
    const [left, top] = [ground.left + ground.width / 2 + x, ground.top + ground.height / 2 + y];
    for (const canvas of document.querySelectorAll(selector)) {
        const box = canvas.getBoundingClientRect();
        if (left < box.left || left >= box.right || top < box.top || top >= box.bottom) continue;
        const scale = canvas.width / box.width;
        const at = [(left - box.left) * scale, (top - box.top) * scale];
        return String(canvas.getContext("2d").getImageData(...at, 1, 1).data.slice(0, 3));
    }
    return "";
}"""


def wait_for_colour(tab: Page, selector: str, place: tuple[int, int], colour: str) -> None:
    """Wait until what canvases draw has a colour, at a place in pixels from the middle of the map."""
    tab.wait_for_function(f"([argument, colour]) => ({COLOUR})(argument) === colour", arg=[[selector, *place], colour])


def test_land_and_streets_lie_below_the_markers_in_light_and_dark(
    tab: Page, live_server: Any, settings: Any, tmp_path: Path
) -> None:
    hosts = watch(tab)
    land, sea = (20, 0), (-120, 40)  # at zoom 5, from a point between Lyon and Brest
    open_page(tab, map_of_france(zoom="5"))
    for theme, of_land, of_sea in (("light", "247,241,230", "201,221,224"), ("dark", "48,43,39", "22,36,42")):
        tab.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        wait_for_colour(tab, ".map-land", land, of_land)
        wait_for_colour(tab, ".map-land", sea, of_sea)
    expect(tab.locator(".leaflet-control-attribution")).to_have_text("Natural Earth · IGN")
    with tab.expect_response("**/geography/communes/0_47.bin") as communes:
        open_page(tab, map_of_france(zoom="12"))
    assert communes.value.ok
    settings.MAP_ARCHIVE = tmp_path / "map.pmtiles"
    write_archive(settings.MAP_ARCHIVE, tile(earth=EAST), attribution=f"<a href='/x'>Nous</a> {HOSTILE} &lt;b>")
    open_page(tab, map_of_france(zoom="5"))
    for theme, of_street in (("light", "226,223,218"), ("dark", "31,31,31")):
        tab.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        wait_for_colour(tab, ".leaflet-tile:not(.map-land)", sea, of_street)
    wait_for_colour(tab, ".leaflet-tile:not(.map-land)", land, "0,0,0")  # nothing: land is seen
    wait_for_colour(tab, ".map-land", land, "48,43,39")
    expect(tab.locator(".leaflet-control-attribution")).to_have_text("Natural Earth · IGN, Nous  <b>")
    write_archive(settings.MAP_ARCHIVE, tile(earth=EAST), tile_type=PNG_TILES)
    with tab.expect_console_message(lambda message: "/map.pmtiles has no vector tiles" in message.text):
        open_page(tab, map_of_france(zoom="5"))
    settings.MAP_ARCHIVE.write_bytes(b"no archive" * 20)
    with tab.expect_console_message(lambda message: "Wrong magic number" in message.text):
        open_page(tab, map_of_france(zoom="5"))
    wait_for_colour(tab, ".map-land", sea, "201,221,224")
    expect(tab.locator(".leaflet-tile:not(.map-land)")).to_have_count(0)
    assert set(hosts) == {urlsplit(live_server.url).netloc}


def test_places_are_listed_without_javascript(browser: Browser, live_server: Any) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    open_page(page, map_of_france())
    expect(page.locator(".ask-places li:visible")).to_have_count(3)
    expect(page.locator(".ask-ground")).to_have_count(0)
    context.close()


def column_of(tab: Page, index: int) -> list[str]:
    return tab.locator(f"tbody tr > :nth-child({index})").all_inner_texts()


def test_tables_can_be_sorted(tab: Page) -> None:
    rows = [
        ("Zoé", [[number(10)], [text("b")]]),
        ("Émile", [[], [text("C")]]),
        ("Anna", [[number(9)], [text("a")]]),
        ("Eve", [[number(-1.5)], [text("A")]]),
    ]
    open_page(
        tab, render_in_page(result(rows, [column("Nombre", "_num"), column("Mot")], format="table", mainlabel="Nom"))
    )
    sort = tab.locator("thead button")
    expect(sort).to_have_count(3)
    sort.nth(0).click()
    assert column_of(tab, 1) == ["Anna", "Émile", "Eve", "Zoé"]
    sort.nth(1).click()
    assert column_of(tab, 1) == ["Eve", "Anna", "Zoé", "Émile"]
    expect(tab.locator("thead th").nth(1)).to_have_attribute("aria-sort", "ascending")
    assert tab.locator("thead th").nth(0).get_attribute("aria-sort") is None
    sort.nth(1).press("Enter")
    assert column_of(tab, 1) == ["Zoé", "Anna", "Eve", "Émile"]
    expect(tab.locator("thead th").nth(1)).to_have_attribute("aria-sort", "descending")
