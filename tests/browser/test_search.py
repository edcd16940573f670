"""Search in a browser: suggestions, live results, facets and history search; and without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.factories import make_page, make_place
from wiki.pages import background_jobs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]


@pytest.fixture(autouse=True)
def _wiki(transactional_db: None, bob: User) -> None:
    place = make_place("La Filature", by=bob, text="Une friche.")
    make_page("Atelier vélo", "---\nkind: Pratique\n---\nOn répare les vélos.", place=place)
    make_page("Le vélo cargo", "Un vélo pour porter.")
    make_page("Couture", "On coud.")
    background_jobs.run_pending()


def test_pages_are_suggested_while_typing(tab: Page) -> None:
    tab.goto("/")
    box = tab.get_by_role("combobox")
    box.press_sequentially("vél")
    options = tab.get_by_role("option")
    options.first.wait_for()
    expect(options).to_have_count(2)
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    box.press("Escape")
    expect(tab.get_by_role("listbox")).to_have_count(0)
    box.press("ArrowDown")
    title = options.first.locator("span").first.inner_text()
    box.press("Enter")
    tab.wait_for_url("**/wiki/**")
    assert title in tab.get_by_role("heading", level=1).inner_text()


def test_live_results_and_facets(tab: Page) -> None:
    tab.goto("/search")
    tab.locator("#search-q").press_sequentially("vélos")
    tab.get_by_text("2 pages trouvées").wait_for()
    expect(tab.locator("mark").first).to_have_text("vélo")
    assert "q=v%C3%A9los" in tab.url
    tab.get_by_role("link", name="Pratique 1").click()
    tab.get_by_text("1 page trouvée").wait_for()
    assert "kind=practice" in tab.url
    tab.locator("#search-q").fill("couture")
    tab.get_by_text("Aucune page ne contient tout cela").wait_for()
    tab.get_by_role("link", name="ne plus choisir").click()
    tab.get_by_text("1 page trouvée").wait_for()


def test_it_works_without_javascript(browser: Browser, live_server: Any) -> None:
    context = browser.new_context(base_url=live_server.url, locale="fr-FR", java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator("#site-search").fill("répare")
    page.locator(".site-search button").click()
    expect(page.get_by_text("1 page trouvée")).to_have_count(1)
    expect(page.locator("mark").first).to_have_text("répare")
    context.close()


def test_history_search(tab: Page, browser: Browser, live_server: Any) -> None:
    tab.goto("/search?q=coud")
    expect(tab.locator("#search-at")).not_to_be_visible()
    tab.select_option("#search-when", "at")
    expect(tab.locator("#search-at")).to_be_visible()
    expect(tab.locator("#search-since")).not_to_be_visible()
    tab.locator("#search-at").fill("2001-01-01")
    tab.get_by_text("Aucune page ne contenait tout cela").wait_for()
    tab.select_option("#search-when", "ever")
    tab.get_by_text("Depuis la version 1").wait_for()
    assert "when=ever" in tab.url
    tab.set_viewport_size({"width": 360, "height": 800})
    tab.goto("/search?q=coud&when=appeared&since=2001-01-01")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    context = browser.new_context(base_url=live_server.url, locale="fr-FR", java_script_enabled=False)
    page = context.new_page()
    page.goto("/search?q=coud")
    page.select_option("#search-when", "ever")
    page.locator(".search-form button").click()
    expect(page.get_by_text("Depuis la version 1")).to_have_count(1)
    context.close()
