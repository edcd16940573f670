"""The layout in a browser: theme, editor, menus, and pages from 360 to 1600 pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import expect

from tests.factories import make_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite")]

SOURCE = ".cm-content"
"""The source of a text, in the editor that has its field."""
SCREENS = (
    "/",
    "/wiki/La_Filature",
    "/wiki/Help:Bien_écrire_une_page",
    "/wiki/Brouillon_de_bricothèque",
    "/wiki/File:Cles.png",
    "/wiki/Category:Gouvernance",
    "/history/Ouvrir_un_atelier_partagé",
    "/compare/Ouvrir_un_atelier_partagé?from=1&to=5",
    "/changes",
    "/all-pages",
    "/all-pages?kind=practice",
    "/directory/place",
    "/network",
    "/network/economy",
    "/needs",
    "/needs/La_Filature",
    "/assemble/Repair_café?place=La_Roue_libre&within=900",
    "/categories",
    "/licenses/CC-BY-SA-4.0",
    "/account/login",
)


def sign_in(tab: Page, name: str) -> None:
    """Sign in as a user of the fixtures, by a session as the form would make it (`test_story` uses the form)."""
    client = Client()
    client.force_login(get_user_model().objects.get(username=name))
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    tab.context.add_cookies([{"name": session.key, "value": session.value, "domain": "localhost", "path": "/"}])


def write_as_source(tab: Page) -> None:
    """Let the open editor show the source; it stays so in this browser."""
    expect(tab.locator(".ProseMirror")).to_be_visible()
    tab.click("[data-mode=source]")
    expect(tab.locator(SOURCE)).to_be_visible()


def fill_source(tab: Page, text: str) -> None:
    """Write a text in place of that of the source, and wait until the field has it."""
    tab.locator(SOURCE).fill(text)
    expect(tab.locator("textarea[name=text]")).to_have_value(text)


def test_the_chosen_theme_is_kept(tab: Page) -> None:
    tab.goto("/")
    assert tab.get_attribute("html", "data-theme") is None
    tab.click("[data-theme-switch]")
    chosen = tab.get_attribute("html", "data-theme")
    assert chosen == "dark"
    response = tab.request.get("/")
    assert f'data-theme="{chosen}"' in response.text()


def test_editor_tools(tab: Page, alice: User) -> None:
    make_page("Établi", "Un établi solide.", by=alice)
    sign_in(tab, "alice")
    tab.goto("/edit/Établi")
    write_as_source(tab)
    field = tab.locator("textarea[name=text]")
    fill_source(tab, "Un établi solide et lourd")
    tab.keyboard.press("Control+Shift+ArrowLeft")
    tab.click("[data-key=b]")
    expect(field).to_have_value("Un établi solide et **lourd**")
    tab.click("button[name=preview]")
    expect(tab.locator(".preview strong")).to_have_text("lourd")
    tab.wait_for_timeout(1200)  # drafts are saved when typing pauses; the CSP forbids wait_for_function
    assert tab.evaluate("localStorage.length") == 2
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.goto("/wiki/Établi")
    tab.goto("/edit/Établi")
    expect(field).to_have_value("Un établi solide.")
    tab.click("[data-drafts] button >> nth=0")
    expect(field).to_have_value("Un établi solide et **lourd**")
    tab.locator(SOURCE).press("Control+s")
    tab.wait_for_url(f"**/wiki/{quote('Établi')}")
    expect(tab.locator("article strong")).to_have_text("lourd")
    tab.goto("/edit/Établi")
    expect(tab.locator("[data-drafts]")).to_be_hidden()


def test_the_menu_opens_without_javascript(browser: Browser, live_server: Any) -> None:
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.goto("/")
    link = page.locator(".site-tools .menu-panel a[href='/create']")
    expect(link).not_to_be_visible()
    page.click(".site-tools .menu > summary")
    expect(link).to_be_visible()
    context.close()


@pytest.mark.slow
def test_pages_fit_phones_and_wide_screens(tab: Page) -> None:
    call_command("load_demo", verbosity=0)
    too_wide = []
    for width in (360, 768, 1600):
        tab.set_viewport_size({"width": width, "height": 800})
        for screen in SCREENS:
            response = tab.goto(screen)
            assert response is not None
            assert response.status == 200, screen
            if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
                too_wide.append((width, screen))
    assert too_wide == []
