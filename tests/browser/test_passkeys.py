"""Security keys in a browser, with a key that Chromium plays; and the screens of an account as axe-core sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from wiki.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("sqlite"), pytest.mark.browser]
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
SCREENS = (
    "/account/second-factor", "/account/second-factor/app", "/account/keys/new", "/account/keys", "/account/sessions",
    "/account/recovery-codes", "/account/recovery-codes/new", "/account/password", "/account/password/confirm",
    "/account/", "/account/keys/confirm",
)  # fmt: skip


def check(tab: Page, violations: list[str]) -> None:
    """Note what axe-core finds on the page, in light and dark."""
    for scheme, options in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found: Any = Axe().run(tab, options={"resultTypes": ["violations"], **options}).response
        violations += [
            f"{tab.url} ({scheme}): {one['id']} {one['nodes'][0]['html'][:160]}" for one in found["violations"]
        ]


def sign_in_button(tab: Page) -> Any:
    return tab.get_by_role("button", name="Se connecter avec une clé d’accès")


@pytest.mark.slow
def test_a_passkey_is_added_and_signs_in(tab: Page, alice: User) -> None:
    violations: list[str] = []
    cdp = tab.context.new_cdp_session(tab)
    cdp.send("WebAuthn.enable")
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    for screen in ("/account/register", "/account/login", "/account/password/reset"):
        tab.goto(screen)
        check(tab, violations)
    tab.goto("/account/login?next=/account/keys/new")
    tab.fill("main input[name=username]", "alice@example.org")
    tab.fill("main input[name=password]", PASSWORD)
    tab.click("main .button-main")
    tab.fill("main input[name=password]", PASSWORD)
    tab.click("main .button-main")
    tab.fill("main input[name=name]", "Téléphone")
    tab.check("main input[name=passwordless]")
    tab.get_by_role("button", name="Ajouter la clé").click()
    expect(tab.locator(".recovery-codes li")).to_have_count(10)
    for screen in SCREENS:
        tab.goto(screen)
        check(tab, violations)
    expect(tab.locator("h1")).to_have_text("Confirmez que c’est bien vous")
    tab.get_by_role("button", name="Utiliser une clé de sécurité").click()
    expect(tab.locator("h1")).not_to_have_text("Confirmez que c’est bien vous")
    tab.goto("/account/keys")
    expect(tab.locator("main")).to_contain_text("Téléphone (clé d’accès)")
    tab.context.clear_cookies()

    tab.goto("/account/login")
    tab.fill("main input[name=username]", "alice")
    tab.fill("main input[name=password]", PASSWORD)
    tab.click("main .button-main")
    expect(tab.locator("h1")).to_have_text("Double authentification")
    check(tab, violations)
    tab.get_by_role("button", name="Utiliser une clé de sécurité").click()
    expect(tab.locator("header .menu").last).to_contain_text("alice")
    tab.context.clear_cookies()

    tab.goto("/account/login?next=/account/keys")
    sign_in_button(tab).click()
    expect(tab.locator("main")).to_contain_text("Téléphone (clé d’accès)")
    tab.get_by_role("link", name="Retirer").click()
    tab.fill("main input[name=password]", PASSWORD)
    tab.click("main .button-main")
    tab.get_by_role("button", name="Retirer la clé").click()
    expect(tab.locator("main")).to_contain_text("Il n’y a pas encore de clé.")
    tab.context.clear_cookies()
    tab.goto("/account/login")
    sign_in_button(tab).click()
    expect(tab.locator(".messages")).to_contain_text("Ce code n’est pas bon")
    assert violations == []
