"""History in a browser: choosing two versions, both views of a comparison, a changeset that unfolds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.factories import make_page, make_place
from wiki.pages import background_jobs, page_lookup
from wiki.pages.writing import page_moves, page_writer
from wiki.pages.writing.page_writer import Author

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = pytest.mark.only_on("sqlite")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_reader_compares_two_versions(tab: Page, bob: User) -> None:
    page = make_page("Charte", "Nous partageons les outils.", by=bob)
    for noun in ("machines", "robots", "savoirs"):
        page_writer.edit(page_lookup.reload_page(page.pk), f"Nous partageons les {noun}.", Author.of(bob))
    tab.goto("/history/Charte")
    tab.locator('input[name="from"][value="1"]').check()
    tab.locator('input[name="to"][value="3"]').check()
    tab.locator('form[action="/compare/Charte"] button').click()
    expect(tab.locator("table.diff del")).to_have_text("outils")
    expect(tab.locator("table.diff ins")).to_have_text("robots")
    tab.locator('a[href*="view=inline"]').click()
    expect(tab.locator(".diff-inline ins")).to_have_text("robots")
    tab.locator('.compare-nav a[rel~="next"]').click()
    expect(tab.locator(".diff-inline ins")).to_have_text("savoirs")
    expect(tab.locator('.compare-nav a[rel~="next"]')).to_have_count(0)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [360, 1280])
def test_a_changeset_unfolds_and_fits_the_screen(tab: Page, bob: User, width: int) -> None:
    place = make_place("Atelier", by=bob)
    long_title = "Une page au titre si long qu'il ne tient sur aucune ligne de téléphone " + "é" * 60
    make_page(long_title, by=bob, place=place)
    page_moves.move(place, "Fabrique", Author.of(bob), "nouveau nom " * 20)
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto("/changes")
    line = tab.locator("details.batch li").first
    expect(line).not_to_be_visible()
    tab.locator("details.batch summary").click()
    expect(line).to_be_visible()
    for address in (
        "/changes",
        f"/history/Fabrique:{long_title}",
        f"/compare/Fabrique:{long_title}",
        "/contributions/bob",
    ):
        tab.goto(address)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_slider_shows_past_versions_and_selected_text_leads_to_its_first_version(tab: Page) -> None:
    def by(name: str, year: int) -> Author:
        return Author(None, name, claimed_at=datetime(year, 3, 3, 12, tzinfo=UTC))

    page = page_writer.create("Fournil", "Du pain *au levain*.", by=by("Ada", 2019)).page
    page_writer.edit(page_lookup.reload_page(page.pk), "Du pain noir.", by("Bob", 2020))
    page_writer.edit(page_lookup.reload_page(page.pk), "Du pain **au levain**.\n\nFin.", by("Chloé", 2021))
    background_jobs.run_pending()
    tab.goto("/history/Fournil")
    slider = tab.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    tab.locator("#then").get_by_text("Du pain au levain.").wait_for()
    expect(tab.locator("#as-of")).to_have_value("2019-03-03")
    tab.locator("#as-of").fill("2020-12-31")
    tab.locator("form[data-time] button").click()
    tab.locator("article").get_by_text("Du pain noir.").wait_for()
    tab.goto("/wiki/Fournil")
    tab.locator("article p").first.click(click_count=3)
    tab.locator(".came-in-offer a").first.click()
    tab.get_by_text("Depuis la version 3").wait_for()
    expect(tab.locator(".life")).to_have_count(2)
    expect(tab.get_by_text("Seulement dans l’historique de")).to_be_visible()
